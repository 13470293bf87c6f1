import type { Node } from '../../command.ts';
import { getSetting } from './get.ts';
import { listSettings } from './list.ts';
import { setSetting } from './set.ts';
import { unsetSetting } from './unset.ts';

export const settingsCommands: readonly Node[] = [listSettings, getSetting, setSetting, unsetSetting];
