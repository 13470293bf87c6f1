import type { Node } from '../../command.ts';
import { listBatches } from './batches.ts';
import { createCodes } from './create.ts';
import { listCodes } from './list.ts';
import { showCode } from './show.ts';
import { disableCodes, enableCodes } from './switch.ts';

export const redeemCommands: readonly Node[] = [
  createCodes,
  listCodes,
  listBatches,
  showCode,
  disableCodes,
  enableCodes,
];
