import type { Config, ConfigKey, ConfigSource } from '../config/index.ts';

/** Who decided a value; `fault`: a row that cannot be understood, where the closed value stands in. */
export type SettingSource = ConfigSource | 'database' | 'fault';

/** What is in force: the config with the rows of app_settings over it. Never changes; load it again instead. */
export interface Settings {
  readonly effective: Config;
  /** The source of each value of `effective`. */
  readonly sources: Readonly<Record<ConfigKey, SettingSource>>;
  /** The rows as they are, also unknown ones. May hold secrets of other programs: never for output. */
  readonly raw: ReadonlyMap<string, string>;
  /** For people: one entry for each config key and each `feature_disable_*` setting. */
  list(): readonly SettingEntry[];
}

export interface SettingEntry {
  readonly key: string;
  /** As text; `[redacted]` for a secret. */
  readonly value: string;
  readonly source: SettingSource;
  /** True when setSetting takes it. */
  readonly runtime: boolean;
  readonly doc: string;
}
