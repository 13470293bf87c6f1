import { unreachable } from '../invariant.ts';
import { parseIpRange } from '../ip-range.ts';
import { Secret } from '../secret.ts';
import type { ConfigSpec, ConfigValue, IntegerSpec, TextFormat } from './config-spec.ts';

export type Parsed = { readonly value: ConfigValue } | { readonly problem: string };

const TRUE_WORDS = new Set(['1', 'true', 't', 'yes', 'y', 'on']);
const FALSE_WORDS = new Set(['0', 'false', 'f', 'no', 'n', 'off']);
const LIST_MAX = 1_000;
const TEXT_MAX = 65_536;

/** Reads a value that came as text: from the environment, a flag or a row. Lists are separated by commas. */
export function parseValue(spec: ConfigSpec, text: string): Parsed {
  const trimmed = text.trim();
  switch (spec.type) {
    case 'flag': {
      const value = parseFlag(trimmed);
      return value === undefined ? { problem: `must be true or false, not ${quote(text)}` } : { value };
    }
    case 'integer':
      return /^-?\d{1,16}$/.test(trimmed)
        ? checkValue(spec, Number(trimmed))
        : { problem: notInteger(spec, quote(text)) };
    case 'list':
      return checkValue(spec, trimmed === '' ? [] : trimmed.split(',').map((item) => item.trim()));
    case 'text':
    case 'secret':
    case 'choice':
      return checkValue(spec, trimmed);
    default:
      return unreachable(spec);
  }
}

/** Checks a value that has a type already: from YAML. */
export function checkValue(spec: ConfigSpec, value: unknown): Parsed {
  switch (spec.type) {
    case 'flag':
      return typeof value === 'boolean' ? { value } : { problem: `must be true or false, not ${show(value)}` };
    case 'integer':
      return Number.isSafeInteger(value) && Number(value) >= spec.min && Number(value) <= spec.max
        ? { value: Number(value) }
        : { problem: notInteger(spec, show(value)) };
    case 'choice':
      return typeof value === 'string' && spec.values.includes(value)
        ? { value }
        : { problem: `must be one of ${spec.values.join(', ')}, not ${show(value)}` };
    case 'text': {
      const problem = textProblem(value, spec.format, spec.required);
      return problem === undefined ? { value: String(value) } : { problem };
    }
    case 'secret':
      // Never repeats the value, which may be most of the secret.
      return typeof value === 'string' && value.length <= TEXT_MAX
        ? { value: new Secret(value) }
        : { problem: 'must be text; write it in quotes' };
    case 'list':
      return checkList(value, spec.format);
    default:
      return unreachable(spec);
  }
}

/** The words for true and false that people write; undefined for anything else. */
export function parseFlag(text: string): boolean | undefined {
  const word = text.trim().toLowerCase();
  if (TRUE_WORDS.has(word)) return true;
  return FALSE_WORDS.has(word) ? false : undefined;
}

function checkList(value: unknown, format: TextFormat | undefined): Parsed {
  if (!Array.isArray(value)) return { problem: `must be a list, not ${show(value)}` };
  if (value.length > LIST_MAX) return { problem: `has more than ${LIST_MAX} items` };
  for (const item of value) {
    const problem = textProblem(item, format, true);
    if (problem !== undefined) return { problem: `has an item that ${problem}` };
  }
  return { value: value.map(String) };
}

function textProblem(value: unknown, format?: TextFormat, isRequired = false): string | undefined {
  if (typeof value !== 'string') return `must be text, not ${show(value)}; write it in quotes`;
  if (value.length > TEXT_MAX) return `is longer than ${TEXT_MAX} characters`;
  if (/\p{Cc}/u.test(value)) return 'must not hold control characters';
  if (value === '') return isRequired ? 'must not be empty' : undefined;
  switch (format) {
    case 'host_port':
      return isHostPort(value) ? undefined : `must be host:port, not ${quote(value)}`;
    case 'url':
      return /^https?:\/\//i.test(value) && URL.canParse(value)
        ? undefined
        : `must be an http(s) address, not ${quote(value)}`;
    case 'ip_range':
      return parseIpRange(value) ? undefined : `must be an address or a network like 10.0.0.0/8, not ${quote(value)}`;
    case 'rate':
      return /^[A-Z]{3}=\d{1,9}(\.\d{1,9})?$/.test(value) && /=.*[1-9]/.test(value)
        ? undefined
        : `must be a currency and a rate like CNY=7.2, not ${quote(value)}`;
    case undefined:
      return undefined;
    default:
      return unreachable(format);
  }
}

function isHostPort(text: string): boolean {
  const match = /^(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]*):(\d{1,5})$/.exec(text);
  return match !== null && Number(match[1]) <= 65_535;
}

function notInteger(spec: IntegerSpec, shown: string): string {
  return `must be a whole number from ${spec.min} to ${spec.max}, not ${shown}`;
}

function quote(text: string): string {
  return JSON.stringify(text.slice(0, 80));
}

function show(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  return Array.isArray(value) ? 'a list' : typeof value === 'object' ? 'a section' : quote(String(value));
}
