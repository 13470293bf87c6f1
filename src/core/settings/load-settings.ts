import {
  type Config,
  type ConfigKey,
  type ConfigSources,
  type ConfigValue,
  configKeys,
  configSpec,
  configText,
  isConfigKey,
  parseConfigText,
} from '../config/index.ts';
import type { Ctx } from '../database/index.ts';
import { describeError } from '../failure.ts';
import { type SettingKey, settingKeys } from './setting-keys.ts';
import type { SettingEntry, SettingSource, Settings } from './settings.ts';
import { readSettings } from './settings-store.ts';

/**
 * Lays the rows of app_settings over the config. `feature_disable_x` overrides `app_settings_defaults.feature_disable_x`.
 * A row that does not parse is logged and the config's value stays; a feature row and self_mode.enable then count as
 * true, which closes. Rejects when the database cannot be read: the caller keeps its last known settings.
 */
export async function loadSettings(ctx: Ctx, config: Config, sources: ConfigSources): Promise<Settings> {
  const raw = await readSettings(ctx);
  const effective: Record<string, ConfigValue> = { ...config };
  const winners: Record<string, SettingSource> = { ...sources };
  for (const setting of settingKeys.values()) {
    const text = raw.get(setting.key);
    if (text === undefined) continue;
    const value = parseRow(ctx, setting, text);
    if (value !== undefined) {
      effective[setting.configKey] = value;
      winners[setting.configKey] = 'database';
    } else if (setting.failsClosed) {
      effective[setting.configKey] = true;
      winners[setting.configKey] = 'fault';
    }
  }
  const loaded = {
    effective: effective as unknown as Config,
    sources: winners as Record<ConfigKey, SettingSource>,
    raw,
  };
  return { ...loaded, list: () => listSettings(loaded, config, sources) };
}

function parseRow(ctx: Ctx, { key, configKey, failsClosed }: SettingKey, text: string): ConfigValue | undefined {
  try {
    return parseConfigText(configKey, text);
  } catch (error) {
    const consequence = failsClosed ? 'counts as true' : 'is ignored';
    ctx.log.warn({ key, fault: describeError(error) }, `a row of app_settings cannot be understood and ${consequence}`);
    return undefined;
  }
}

function listSettings(loaded: Omit<Settings, 'list'>, config: Config, sources: ConfigSources): SettingEntry[] {
  const rows = [...settingKeys.values()].map(({ key, configKey }) => ({
    key,
    value: configText(loaded.effective[configKey]),
    source: loaded.sources[configKey],
    runtime: true,
    doc: configSpec(configKey).doc,
  }));
  const fixedKeys = Object.keys(configKeys)
    .filter(isConfigKey)
    .filter((key) => !settingKeys.has(key));
  const fixed = fixedKeys.map((key) => ({
    key,
    value: configText(config[key]),
    source: sources[key],
    runtime: false,
    doc: configSpec(key).doc,
  }));
  return [...fixed, ...rows].sort((a, b) => (a.key < b.key ? -1 : 1));
}
