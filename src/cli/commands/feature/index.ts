import type { Node } from '../../command.ts';
import { listFeatures } from './list.ts';
import { selfModeBranch } from './self-mode.ts';
import { disableFeature, enableFeature } from './switch.ts';

export const featureCommands: readonly Node[] = [listFeatures, enableFeature, disableFeature, selfModeBranch];
