import type { Node } from '../../command.ts';
import { migrateStatus } from './status.ts';
import { migrateUp } from './up.ts';

export const migrateCommands: readonly Node[] = [migrateStatus, migrateUp];
