import { Failure } from '../../failure.ts';
import { checkBaseUrl } from '../../upstreams/index.ts';
import { formatYuan, parseYuan } from './yuan.ts';

const PROTOCOLS = ['v1', 'v2'] as const;
/** The payer's browser submits the order itself, or Realms does so first and gets a page or a code to show. */
const SUBMIT_MODES = ['submit', 'mapi'] as const;
/** When a signed callback counts only after the gateway, asked for the order, says the same. */
const VERIFY_MODES = ['always', 'never', 'above'] as const;

export interface EpaySettings {
  /** May have a sub-path; no slash at its end. */
  readonly gateway: string;
  /** Mostly a number, but some gateways use words. */
  readonly pid: string;
  readonly protocol: (typeof PROTOCOLS)[number];
  readonly submitMode: (typeof SUBMIT_MODES)[number];
  readonly verifyByQuery: (typeof VERIFY_MODES)[number];
  /** With `above`: payments of more than this are confirmed. */
  readonly verifyAboveFen: number;
  /** What every order is called at the gateway. Never anything of a user's: values are signed unencoded. */
  readonly productName: string;
}

const NAMES = ['gateway', 'pid', 'protocol', 'submit_mode', 'verify_by_query', 'verify_above', 'product_name'] as const;
type SettingName = (typeof NAMES)[number];
type Given = Readonly<Record<string, unknown>>;

interface ChannelPolicy {
  readonly allowPrivate: boolean;
}

const DEFAULTS: Readonly<Partial<Record<SettingName, string>>> = {
  protocol: 'v1',
  verify_by_query: 'never',
  verify_above: '0.00',
  product_name: 'Realms',
};

/**
 * The settings in their normal form, with defaults, as they are stored; `readSettings` reads them.
 * @throws Failure invalid_input that names the field.
 */
export function checkSettings(given: Given, { allowPrivate }: ChannelPolicy): Record<SettingName, string> {
  const unknown = Object.keys(given).find((name) => !NAMES.some((known) => known === name));
  if (unknown !== undefined) {
    throw refuse(unknown, `an EPay channel has no setting "${unknown}"`, `there are: ${NAMES.join(', ')}`);
  }
  const protocol = checkChoice(given, 'protocol', PROTOCOLS);
  // An address for the browser that V2 signed is good for minutes only.
  const submitMode = protocol === 'v1' ? 'submit' : 'mapi';
  return {
    gateway: checkGateway(textOf(given, 'gateway'), allowPrivate),
    pid: checkPattern(given, 'pid', /^[A-Za-z0-9_-]{1,64}$/, 'letters, digits, _ and -'),
    protocol,
    submit_mode: checkChoice(
      { ...given, submit_mode: given['submit_mode'] ?? submitMode },
      'submit_mode',
      SUBMIT_MODES,
    ),
    verify_by_query: checkChoice(given, 'verify_by_query', VERIFY_MODES),
    verify_above: formatYuan(checkYuan(given, 'verify_above')),
    product_name: checkPattern(given, 'product_name', /^(?! )[A-Za-z0-9 ._-]{1,64}(?<! )$/, 'ASCII words'),
  };
}

/** @throws Failure invalid_input */
export function readSettings(given: Given, policy: ChannelPolicy): EpaySettings {
  const checked = checkSettings(given, policy);
  return {
    gateway: checked.gateway,
    pid: checked.pid,
    protocol: checkChoice(checked, 'protocol', PROTOCOLS),
    submitMode: checkChoice(checked, 'submit_mode', SUBMIT_MODES),
    verifyByQuery: checkChoice(checked, 'verify_by_query', VERIFY_MODES),
    verifyAboveFen: checkYuan(checked, 'verify_above'),
    productName: checked.product_name,
  };
}

/** https unless it is private, since a V1 query carries the key in its address. */
function checkGateway(text: string, allowPrivate: boolean): string {
  try {
    // What operators copy is often the address of one of its pages.
    return checkBaseUrl(text.replace(/\/(?:submit|mapi|api)\.php$/, ''), { allowPrivate, allowHttp: false });
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    throw refuse('gateway', error.message, 'write it like https://pay.example.com/, or allow private addresses');
  }
}

function textOf(given: Given, name: SettingName): string {
  const value = given[name] ?? DEFAULTS[name];
  if (typeof value === 'string') return value.trim();
  if (typeof value === 'number') return String(value);
  throw refuse(name, value === undefined ? `${name} is missing` : `${name} is not a text`);
}

function checkPattern(given: Given, name: SettingName, pattern: RegExp, words: string): string {
  const text = textOf(given, name);
  if (pattern.test(text)) return text;
  throw refuse(name, `${name} may hold up to 64 characters: ${words}`);
}

function checkChoice<T extends string>(given: Given, name: SettingName, choices: readonly T[]): T {
  const text = textOf(given, name);
  const choice = choices.find((one) => one === text);
  if (choice !== undefined) return choice;
  throw refuse(name, `${name} is one of: ${choices.join(', ')}`);
}

function checkYuan(given: Given, name: SettingName): number {
  const fen = parseYuan(textOf(given, name));
  if (fen !== undefined) return fen;
  throw refuse(name, `${name} is not an amount in yuan`, 'write it like 100.00');
}

function refuse(param: string, message: string, hint?: string): Failure {
  return new Failure('invalid_input', { message, param, ...(hint !== undefined && { hint }) });
}
