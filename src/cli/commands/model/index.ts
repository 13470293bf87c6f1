import type { Node } from '../../command.ts';
import { addModel } from './add.ts';
import { aliasBranch } from './alias.ts';
import { bindModel } from './bind.ts';
import { editModel } from './edit.ts';
import { importModels } from './import.ts';
import { listModels } from './list.ts';
import { priceBranch } from './price.ts';
import { removeModel } from './remove.ts';
import { showModel } from './show.ts';
import { unbindModel } from './unbind.ts';

export const modelCommands: readonly Node[] = [
  addModel,
  listModels,
  showModel,
  editModel,
  removeModel,
  bindModel,
  unbindModel,
  priceBranch,
  importModels,
  aliasBranch,
];
