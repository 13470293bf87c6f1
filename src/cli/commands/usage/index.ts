import type { Node } from '../../command.ts';
import { listUsage } from './list.ts';
import { summariseUsage } from './summary.ts';

export const usageCommands: readonly Node[] = [listUsage, summariseUsage];
