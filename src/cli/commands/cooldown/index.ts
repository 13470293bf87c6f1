import type { Node } from '../../command.ts';
import { clearCooldown } from './clear.ts';
import { listCooldowns } from './list.ts';

export const cooldownCommands: readonly Node[] = [listCooldowns, clearCooldown];
