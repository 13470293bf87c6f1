import type { Node } from '../../command.ts';
import { rotateKeyring } from './rotate.ts';

export const keyringCommands: readonly Node[] = [rotateKeyring];
