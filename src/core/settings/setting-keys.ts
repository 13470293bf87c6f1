import { type ConfigKey, configKeys, configSpec, isConfigKey } from '../config/index.ts';
import { Failure } from '../failure.ts';
import { didYouMean } from '../nearest.ts';

const DEFAULTS_SECTION = 'app_settings_defaults.';

/** A row of app_settings that Realms understands: its key, and the config key that it overrides. */
export interface SettingKey {
  readonly key: string;
  readonly configKey: ConfigKey;
  /** A fault in these rows must never open anything, so it counts as the closed value (true). */
  readonly failsClosed: boolean;
}

/** The rows that may exist: the runtime keys, and `feature_disable_*` without their section. */
export const settingKeys: ReadonlyMap<string, SettingKey> = new Map(
  Object.keys(configKeys)
    .filter(isConfigKey)
    .flatMap(settingKeyOf)
    .map((setting) => [setting.key, setting]),
);

/** @throws Failure invalid_input with the nearest key, or with why the key cannot be a setting. */
export function requireSettingKey(text: string): SettingKey {
  const known = settingKeys.get(text);
  if (known) return known;
  if (isConfigKey(text)) {
    const isDefault = text.startsWith(DEFAULTS_SECTION);
    throw new Failure('invalid_input', {
      message: `"${text}" cannot change while Realms runs`,
      hint: isDefault
        ? `set "${text.slice(DEFAULTS_SECTION.length)}" instead`
        : 'change it in the config file or the environment, then restart',
      param: text,
    });
  }
  throw new Failure('invalid_input', {
    message: `there is no setting "${text}"`,
    ...didYouMean(text, settingKeys.keys()),
    param: text,
  });
}

function settingKeyOf(configKey: ConfigKey): SettingKey[] {
  if (configKey.startsWith(DEFAULTS_SECTION)) {
    return [{ key: configKey.slice(DEFAULTS_SECTION.length), configKey, failsClosed: true }];
  }
  if (!configSpec(configKey).runtime) return [];
  return [{ key: configKey, configKey, failsClosed: configKey === 'self_mode.enable' }];
}
