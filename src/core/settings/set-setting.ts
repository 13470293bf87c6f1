import { configText, parseConfigText } from '../config/index.ts';
import { type Ctx, inChange } from '../database/index.ts';
import { Failure } from '../failure.ts';
import { requireSettingKey } from './setting-keys.ts';
import { deleteSetting, writeSetting } from './settings-store.ts';

/**
 * Overrides a key from now on, on every daemon of this database.
 * @throws Failure invalid_input: unknown key, not changeable while running, or a value that is not allowed.
 */
export async function setSetting(ctx: Ctx, key: string, text: string): Promise<void> {
  const setting = requireSettingKey(key);
  const value = configText(parseAs(key, setting.configKey, text));
  await inChange(ctx, 'settings', async (tx) => {
    await writeSetting(tx, key, value);
  });
}

/**
 * Lets the config decide again. False when nothing was set.
 * @throws Failure invalid_input on a key that cannot be a setting.
 */
export async function unsetSetting(ctx: Ctx, key: string): Promise<boolean> {
  requireSettingKey(key);
  return await inChange(ctx, 'settings', async (tx) => await deleteSetting(tx, key));
}

/** The message names the setting that was asked for, not the config key behind it. */
function parseAs(key: string, configKey: Parameters<typeof parseConfigText>[0], text: string) {
  try {
    return parseConfigText(configKey, text);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    throw new Failure('invalid_input', { message: error.message.replace(configKey, key), param: key }, error);
  }
}
