import type { Node } from '../../command.ts';
import { listAudit } from './list.ts';

export const auditCommands: readonly Node[] = [listAudit];
