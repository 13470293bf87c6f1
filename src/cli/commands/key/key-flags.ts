import { given } from '../../command.ts';
import type { Context } from '../../context.ts';
import { choice, many, text } from '../../flags.ts';
import { readExpiry } from '../expiry.ts';
import { LIMIT_FLAGS } from '../limit-flags.ts';

const POLICIES = ['cancel', 'drain', 'estimate', 'default'] as const;

/** What a key is told when it is created and when it is changed. */
export const KEY_FLAGS = {
  models: many('MODELS', 'models or globs that it may ask for, such as gpt-*; all: every model'),
  ips: many('CIDRS', 'addresses that may use it; all: every address'),
  groups: many('GROUPS', 'groups in order of failover; all: every upstream'),
  ...LIMIT_FLAGS,
  notBefore: text('WHEN', 'not valid before: an instant, a date, 7d or never'),
  expires: text('WHEN', 'not valid from then on: an instant, a date, 90d or never'),
  disconnect: choice(POLICIES, 'what happens to the upstream call when the client goes away'),
};

interface KeyFlags {
  readonly models: string[] | undefined;
  readonly ips: string[] | undefined;
  readonly groups: string[] | undefined;
  readonly rpm: number | null | undefined;
  readonly tpm: number | null | undefined;
  readonly concurrency: number | null | undefined;
  readonly notBefore: string | undefined;
  readonly expires: string | undefined;
  readonly disconnect: (typeof POLICIES)[number] | undefined;
}

export function readKeyFlags(context: Context, flags: KeyFlags) {
  const { rpm, tpm, concurrency, disconnect } = flags;
  return given({
    models: orAll(flags.models),
    ips: orAll(flags.ips),
    groups: orAll(flags.groups),
    rpm,
    tpm,
    concurrency,
    not_before: readExpiry(context, flags.notBefore, '--not-before'),
    expires_at: readExpiry(context, flags.expires, '--expires'),
    disconnect_policy: disconnect === 'default' ? null : disconnect,
  });
}

/** An empty list allows everything, but nobody would write it so. */
function orAll(values: string[] | undefined): string[] | undefined {
  return values?.length === 1 && values[0] === 'all' ? [] : values;
}
