import { branch } from '../../../command.ts';
import { createUserToken } from './create.ts';
import { listUserTokens } from './list.ts';
import { revokeUserToken } from './revoke.ts';

export const userTokens = branch({
  name: 'token',
  about: 'tokens with which users reach their own account: balance, orders, plans',
  children: [createUserToken, listUserTokens, revokeUserToken],
});
