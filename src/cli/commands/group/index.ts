import type { Node } from '../../command.ts';
import { addGroup } from './add.ts';
import { editGroup } from './edit.ts';
import { listGroups } from './list.ts';
import { removeGroup } from './remove.ts';
import { showGroup } from './show.ts';

export const groupCommands: readonly Node[] = [addGroup, listGroups, showGroup, editGroup, removeGroup];
