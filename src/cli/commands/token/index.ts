import type { Node } from '../../command.ts';
import { createToken } from './create.ts';
import { listTokens } from './list.ts';
import { revokeToken } from './revoke.ts';

export const tokenCommands: readonly Node[] = [createToken, listTokens, revokeToken];
