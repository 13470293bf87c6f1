import { type ConfigKey, configKeys } from './config-keys.ts';

const PREFIX = 'REALMS_';
/** Names that the command line reads itself; they are no config keys. */
const COMMAND_LINE_NAMES = new Set(
  ['SOCKET', 'URL', 'TOKEN', 'TOKEN_FILE', 'CONTEXT', 'OUTPUT', 'NO_INPUT', 'DEBUG', 'LANG', 'CONFIG'].map(
    (name) => PREFIX + name,
  ),
);
const TEST_PREFIX = 'REALMS_TEST_';

const keysByEnvName: ReadonlyMap<string, ConfigKey> = new Map(
  Object.keys(configKeys).map((key) => [envNameOf(key), key as ConfigKey]),
);

/** `relay.attempts_max` → `REALMS_RELAY_ATTEMPTS_MAX` */
export function envNameOf(key: string): string {
  return PREFIX + key.replaceAll('.', '_').toUpperCase();
}

export function configKeyOfEnv(name: string): ConfigKey | undefined {
  return keysByEnvName.get(name);
}

/** True when the name claims to be a config key: a typing error in it must not pass in silence. */
export function isConfigEnvName(name: string): boolean {
  return name.startsWith(PREFIX) && !COMMAND_LINE_NAMES.has(name) && !name.startsWith(TEST_PREFIX);
}

/** What to do about an environment name that is like no key. */
export function foreignEnvName(name: string): string | undefined {
  return name.startsWith(PREFIX) ? 'unset it: names that start with REALMS_ are config keys' : undefined;
}
