import { readFileSync } from 'node:fs';
import { parseUsd } from '../core/money.ts';
import { wrongUsage } from './command-failed.ts';

/** One flag of a command. Its name comes from its key: `baseUrl` is `--base-url`. */
export interface Flag<Value> {
  readonly about: string;
  /** Absent: a switch without a value. */
  readonly placeholder?: string;
  /** The switch also has a `--no-…` form. */
  readonly bothWays?: boolean;
  /** May be given several times, or once with commas. */
  readonly many?: boolean;
  readonly choices?: readonly string[];
  readonly required?: boolean;
  /** Shown by no help: it is there only to be refused. */
  readonly hidden?: boolean;
  readonly read?: (text: string, name: string) => Value;
}

export type Flags = Readonly<Record<string, Flag<unknown>>>;
export type FlagValues<F extends Flags> = {
  readonly [Name in keyof F]: F[Name] extends Flag<infer Value> ? Value : never;
};

export function text(placeholder: string, about: string): Flag<string | undefined> {
  return { about, placeholder };
}

export function choice<const Choices extends readonly string[]>(
  choices: Choices,
  about: string,
): Flag<Choices[number] | undefined> {
  return { about, placeholder: 'WORD', choices };
}

export function toggle(about: string): Flag<boolean | undefined> {
  return { about };
}

/** A switch that an edit can turn on and off. */
export function flip(about: string): Flag<boolean | undefined> {
  return { about, bothWays: true };
}

export function whole(placeholder: string, about: string): Flag<number | undefined> {
  return { about, placeholder, read: readWhole };
}

/** A whole number, or `none` to take the limit away. */
export function limit(about: string): Flag<number | null | undefined> {
  return { about, placeholder: 'N|none', read: (value, name) => (value === 'none' ? null : readWhole(value, name)) };
}

/** A decimal amount of dollars, passed on as written. */
export function usd(about: string): Flag<string | undefined> {
  return {
    about,
    placeholder: 'USD',
    read: (value) => {
      parseUsd(value);
      return value;
    },
  };
}

export function many(placeholder: string, about: string): Flag<string[] | undefined> {
  return { about, placeholder, many: true };
}

/** A JSON object, such as the fields that an upstream's requests get. */
export function json(about: string): Flag<Record<string, unknown> | undefined> {
  return { about, placeholder: 'JSON', read: readJsonObject };
}

export function required<Value>(flag: Flag<Value>): Flag<NonNullable<Value>> {
  return { ...flag, required: true } as Flag<NonNullable<Value>>;
}

/** `baseUrl` → `--base-url`, `cacheWrite5m` → `--cache-write-5m`. */
export function flagName(key: string): string {
  return `--${key.replace(/[A-Z]|\d+/g, (part) => `-${part.toLowerCase()}`)}`;
}

function readWhole(value: string, name: string): number {
  const number = Number(value);
  if (!/^\d+$/.test(value) || !Number.isSafeInteger(number))
    throw wrongUsage(`${name} takes a whole number, not "${value}"`);
  return number;
}

function readJsonObject(value: string, name: string): Record<string, unknown> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(value.startsWith('@') ? readFileSync(value.slice(1), 'utf8') : value);
  } catch (error) {
    throw wrongUsage(`${name} cannot be read as JSON: ${(error as Error).message}`, `quote it: ${name} '{"field": 1}'`);
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw wrongUsage(`${name} takes a JSON object`, `like ${name} '{"field": 1}'`);
  }
  return parsed as Record<string, unknown>;
}
