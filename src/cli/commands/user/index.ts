import type { Node } from '../../command.ts';
import { addUser } from './add.ts';
import { editUser } from './edit.ts';
import { listUsers } from './list.ts';
import { showUser } from './show.ts';
import { userTokens } from './token/index.ts';

export const userCommands: readonly Node[] = [addUser, listUsers, showUser, editUser, userTokens];
