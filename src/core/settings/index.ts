// What may change while Realms runs: rows of app_settings over the config. Knows no feature and no domain.
export { loadSettings } from './load-settings.ts';
export { type LegacyMigration, migrateLegacySettings } from './migrate-legacy-settings.ts';
export { setSetting, unsetSetting } from './set-setting.ts';
export type { SettingEntry, SettingSource, Settings } from './settings.ts';
