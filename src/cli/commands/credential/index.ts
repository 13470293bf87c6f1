import type { Node } from '../../command.ts';
import { addCredential } from './add.ts';
import { editCredential } from './edit.ts';
import { listCredentials } from './list.ts';
import { removeCredential } from './remove.ts';
import { disableCredential, enableCredential } from './switch.ts';
import { testCredential } from './test.ts';

export const credentialCommands: readonly Node[] = [
  addCredential,
  listCredentials,
  editCredential,
  enableCredential,
  disableCredential,
  removeCredential,
  testCredential,
];
