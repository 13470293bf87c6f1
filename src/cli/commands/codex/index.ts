import type { Node } from '../../command.ts';
import { logoutAccount, refreshAccount } from './change.ts';
import { importAccount } from './import.ts';
import { loginAccount } from './login.ts';
import { listAccounts, listHistory, showOneAccount } from './look.ts';

export const codexCommands: readonly Node[] = [
  loginAccount,
  importAccount,
  listAccounts,
  showOneAccount,
  refreshAccount,
  listHistory,
  logoutAccount,
];
