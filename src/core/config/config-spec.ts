import type { Secret } from '../secret.ts';

interface Described {
  /** One sentence for the example file and for `realms settings list`. */
  readonly doc: string;
  /** True when a row of app_settings may override it, at once and without a restart. */
  readonly runtime: boolean;
}

/** How a text must look beyond being text. */
export type TextFormat = 'host_port' | 'url' | 'ip_range' | 'rate';

export interface TextSpec extends Described {
  readonly type: 'text';
  readonly default: string;
  readonly required?: boolean;
  readonly format?: TextFormat;
}

export interface SecretSpec extends Described {
  readonly type: 'secret';
  readonly default: Secret;
}

export interface FlagSpec extends Described {
  readonly type: 'flag';
  readonly default: boolean;
}

export interface IntegerSpec extends Described {
  readonly type: 'integer';
  readonly default: number;
  readonly min: number;
  readonly max: number;
}

export interface ListSpec extends Described {
  readonly type: 'list';
  readonly default: readonly string[];
  readonly format?: TextFormat;
}

export interface ChoiceSpec<Value extends string = string> extends Described {
  readonly type: 'choice';
  readonly default: Value;
  readonly values: readonly Value[];
}

/** What a config key is: its type, its default and its bounds. */
export type ConfigSpec = TextSpec | SecretSpec | FlagSpec | IntegerSpec | ListSpec | ChoiceSpec;
export type ConfigValue = ConfigSpec['default'];
