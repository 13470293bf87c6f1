// What the operator decides before the start: keys, defaults, file, environment. Knows no database and no domain.
export {
  type Config,
  type ConfigKey,
  type ConfigSource,
  type ConfigSources,
  configKeys,
  configSpec,
  isConfigKey,
} from './config-keys.ts';
export type { ConfigSpec, ConfigValue } from './config-spec.ts';
export { configText, parseConfigText, requireConfigKey } from './config-text.ts';
export { envNameOf } from './env-names.ts';
export { exampleConfig } from './example-config.ts';
export { type ConfigInput, type LoadedConfig, loadConfig } from './load-config.ts';
export { parseFlag } from './parse-value.ts';
