import type { Node } from '../../command.ts';
import { createKey } from './create.ts';
import { editKey } from './edit.ts';
import { listKeys } from './list.ts';
import { removeKey } from './remove.ts';
import { rotateKey } from './rotate.ts';
import { showKey } from './show.ts';
import { disableKey, enableKey } from './switch.ts';

export const keyCommands: readonly Node[] = [
  createKey,
  listKeys,
  showKey,
  editKey,
  enableKey,
  disableKey,
  rotateKey,
  removeKey,
];
