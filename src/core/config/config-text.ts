import { Failure } from '../failure.ts';
import { didYouMean } from '../nearest.ts';
import { Secret } from '../secret.ts';
import { type Config, type ConfigKey, configKeys, configSpec, isConfigKey } from './config-keys.ts';
import type { ConfigValue } from './config-spec.ts';
import { parseValue } from './parse-value.ts';

/**
 * Reads the text of one key as the environment and rows of app_settings hold it.
 * @throws Failure invalid_input that says what is allowed.
 */
export function parseConfigText<Key extends ConfigKey>(key: Key, text: string): Config[Key] {
  const parsed = parseValue(configSpec(key), text);
  if ('value' in parsed) return parsed.value as Config[Key];
  throw new Failure('invalid_input', { message: `"${key}" ${parsed.problem}`, param: key });
}

/** The text form of a value; parseConfigText reads it back. A secret gives `[redacted]`, an unset one nothing. */
export function configText(value: ConfigValue): string {
  if (value instanceof Secret) return value.reveal() === '' ? '' : String(value);
  return Array.isArray(value) ? value.join(',') : String(value);
}

/**
 * @throws Failure invalid_input with the nearest key.
 */
export function requireConfigKey(text: string): ConfigKey {
  if (isConfigKey(text)) return text;
  throw new Failure('invalid_input', {
    message: `there is no config key "${text}"`,
    ...didYouMean(text, Object.keys(configKeys)),
    param: text,
  });
}
