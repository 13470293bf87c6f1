import type { Node } from '../../command.ts';
import { listAccounts } from './accounts.ts';
import { showLedger } from './show.ts';
import { verifyLedger } from './verify.ts';

export const ledgerCommands: readonly Node[] = [showLedger, listAccounts, verifyLedger];
