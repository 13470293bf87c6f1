import { Failure } from '../failure.ts';
import { nearest } from '../nearest.ts';
import {
  type Config,
  type ConfigKey,
  type ConfigSource,
  type ConfigSources,
  configKeys,
  configSpec,
  isConfigKey,
} from './config-keys.ts';
import type { ConfigValue } from './config-spec.ts';
import { configKeyOfEnv, envNameOf, foreignEnvName, isConfigEnvName } from './env-names.ts';
import { checkValue, type Parsed, parseValue } from './parse-value.ts';
import { readConfigFile } from './read-config-file.ts';

export interface ConfigInput {
  /** Path of the YAML file; absent: there is none. */
  readonly file?: string;
  /** The process environment. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** From flags: dotted key → text. */
  readonly overrides?: Readonly<Record<string, string>>;
}

export interface LoadedConfig {
  readonly config: Config;
  readonly sources: ConfigSources;
}

interface Fault {
  readonly path: string;
  readonly message: string;
  readonly hint?: string;
}

/**
 * Defaults, then the file, then the environment (`REALMS_RELAY_ATTEMPTS_MAX`), then flags; the last one wins.
 * @throws Failure config_invalid with every fault and its place; nothing is guessed or skipped.
 */
export async function loadConfig(input: ConfigInput): Promise<LoadedConfig> {
  const draft = new Draft();
  const entries = input.file === undefined ? [] : await readConfigFile(input.file, isSection);
  for (const { key, value, place } of entries) readFileEntry(draft, key, value, place);
  for (const [name, text] of Object.entries(input.env)) readEnv(draft, name, text);
  for (const [key, text] of Object.entries(input.overrides ?? {})) readFlag(draft, key, text);
  return draft.finish();
}

function readFileEntry(draft: Draft, key: string, value: unknown, place: string): void {
  // An empty section (`relay:`) says nothing, so it is not wrong.
  const isEmptySection = value === null && isSection(key);
  if (isEmptySection) return;
  if (!isConfigKey(key)) draft.unknown(place, key, Object.keys(configKeys));
  else if (draft.isFrom(key, 'file')) draft.fault({ path: place, message: `"${key}" is given twice` });
  else draft.put(key, 'file', place, key, checkValue(configSpec(key), value));
}

function isSection(key: string): boolean {
  return Object.keys(configKeys).some((known) => known.startsWith(`${key}.`));
}

function readEnv(draft: Draft, name: string, text: string | undefined): void {
  if (text === undefined || !isConfigEnvName(name)) return;
  const key = configKeyOfEnv(name);
  if (key === undefined) draft.unknown('environment', name, Object.keys(configKeys).map(envNameOf));
  else draft.put(key, 'env', 'environment', name, parseValue(configSpec(key), text));
}

function readFlag(draft: Draft, key: string, text: string): void {
  if (isConfigKey(key)) draft.put(key, 'flag', 'flag', key, parseValue(configSpec(key), text));
  else draft.unknown('flag', key, Object.keys(configKeys));
}

/** Collects values and faults, so that one run tells all that is wrong. */
class Draft {
  readonly #values: Record<string, ConfigValue> = {};
  readonly #sources: Record<string, ConfigSource> = {};
  readonly #faults: Fault[] = [];

  constructor() {
    for (const [key, spec] of Object.entries(configKeys)) {
      this.#values[key] = spec.default;
      this.#sources[key] = 'default';
    }
  }

  isFrom(key: ConfigKey, source: ConfigSource): boolean {
    return this.#sources[key] === source;
  }

  put(key: ConfigKey, source: ConfigSource, path: string, shown: string, parsed: Parsed): void {
    this.#sources[key] = source;
    if ('value' in parsed) this.#values[key] = parsed.value;
    else this.fault({ path, message: `"${shown}" ${parsed.problem}` });
  }

  unknown(path: string, name: string, candidates: readonly string[]): void {
    const near = nearest(name, candidates);
    const hint = near === undefined ? foreignEnvName(name) : `did you mean "${near}"?`;
    this.fault({ path, message: `unknown key "${name}"`, ...(hint !== undefined && { hint }) });
  }

  fault(fault: Fault): void {
    this.#faults.push(fault);
  }

  finish(): LoadedConfig {
    const [first] = this.#faults;
    if (first) throw refusal(first, this.#faults);
    return {
      config: Object.freeze(this.#values) as unknown as Config,
      sources: Object.freeze(this.#sources) as unknown as ConfigSources,
    };
  }
}

function refusal(first: Fault, all: readonly Fault[]): Failure {
  const more = all.length > 1 ? ` (and ${all.length - 1} more)` : '';
  return new Failure('config_invalid', {
    message: `${first.path}: ${first.message}${more}`,
    ...(first.hint !== undefined && { hint: first.hint }),
    issues: all.map(({ path, message, hint }) => ({
      path,
      message: hint === undefined ? message : `${message}; ${hint}`,
    })),
  });
}
