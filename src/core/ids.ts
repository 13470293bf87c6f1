import type { Random } from './random.ts';
import type { EpochMs } from './time.ts';

declare const brand: unique symbol;
/** An app-made id: prefix, underscore, 10 characters of time, 16 of chance. Sorts by creation. */
export type Id<Prefix extends string> = `${Prefix}_${string}` & { readonly [brand]: Prefix };

export type UserId = Id<'usr'>;
export type KeyId = Id<'key'>;
export type UpstreamId = Id<'up'>;
export type EndpointId = Id<'ep'>;
export type CredentialId = Id<'cred'>;
export type GroupId = Id<'grp'>;
export type ModelId = Id<'mdl'>;
export type PriceId = Id<'prc'>;
export type RequestId = Id<'req'>;
export type CooldownId = Id<'cool'>;
export type AuditId = Id<'aud'>;
export type AdminTokenId = Id<'adm'>;
export type UserTokenId = Id<'utk'>;
export type PlanId = Id<'plan'>;
export type PlanVersionId = Id<'plv'>;
export type SubscriptionId = Id<'sub'>;
export type LeaseId = Id<'lease'>;
export type DaemonId = Id<'dmn'>;
export type OrderId = Id<'ord'>;
export type ChannelId = Id<'chan'>;
export type PaymentId = Id<'pay'>;
export type RefundId = Id<'rfd'>;
export type InboxId = Id<'inb'>;
export type OrderEventId = Id<'oev'>;
export type ReconItemId = Id<'rec'>;
export type CodeBatchId = Id<'batch'>;
export type CodeId = Id<'code'>;
export type CodexLoginId = Id<'clog'>;
export type WindowResetId = Id<'cwr'>;

// Crockford's base 32 keeps the order of the bytes and has no letters that are read for digits.
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
const TIME_CHARS = 10;
const CHANCE_CHARS = 16;

let lastMs = -1;
let lastTime = '';

/**
 * Makes a new id such as `req_01jd0…`. Ids of one process made in different milliseconds sort by time.
 * 80 bits of chance make a collision or a guess hopeless.
 */
export function newId<Prefix extends string>(prefix: Prefix, now: EpochMs, random: Random): Id<Prefix> {
  if (now !== lastMs) {
    lastMs = now;
    lastTime = encodeTime(now);
  }
  return `${prefix}_${lastTime}${encodeChance(random)}` as Id<Prefix>;
}

/** The smallest id that could have been made at `at`: a bound for range queries by time. */
export function firstIdAt<Prefix extends string>(prefix: Prefix, at: EpochMs): Id<Prefix> {
  return `${prefix}_${encodeTime(Math.max(0, at))}${'0'.repeat(CHANCE_CHARS)}` as Id<Prefix>;
}

/** True when `text` has the form of an id with this prefix; says nothing about whether it exists. */
export function isId<Prefix extends string>(prefix: Prefix, text: string): text is Id<Prefix> {
  return text.startsWith(`${prefix}_`) && /^[a-z]+_[0-9a-hjkmnp-tv-z]{26}$/.test(text);
}

function encodeTime(ms: number): string {
  let text = '';
  let rest = ms;
  for (let i = 0; i < TIME_CHARS; i++) {
    text = ALPHABET.charAt(rest % 32) + text;
    rest = Math.floor(rest / 32);
  }
  return text;
}

/** Every pair of characters: half as many strings are made on the way to an id. */
const PAIRS = [...ALPHABET].flatMap((first) => [...ALPHABET].map((second) => first + second));

function encodeChance(random: Random): string {
  const bytes = random.bytes(CHANCE_CHARS);
  let text = '';
  for (let i = 0; i < CHANCE_CHARS; i += 2) {
    text += PAIRS[(((bytes[i] ?? 0) & 31) << 5) | ((bytes[i + 1] ?? 0) & 31)];
  }
  return text;
}
