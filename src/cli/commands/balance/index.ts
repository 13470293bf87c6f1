import type { Node } from '../../command.ts';
import { adjustBalance } from './adjust.ts';
import { listHolds } from './held.ts';
import { listBalances } from './list.ts';
import { showBalance } from './show.ts';

export const balanceCommands: readonly Node[] = [listBalances, showBalance, adjustBalance, listHolds];
