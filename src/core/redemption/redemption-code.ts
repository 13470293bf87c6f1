import { hash } from 'node:crypto';
import type { CodeBatchId, CodeId, PlanVersionId, UserId } from '../ids.ts';
import type { UsdMicros } from '../money.ts';
import type { Random } from '../random.ts';
import { Secret } from '../secret.ts';
import type { EpochMs } from '../time.ts';

/** What a code gives: balance, or time on a plan as it was sold when the code was made. */
export type Reward =
  | { readonly kind: 'balance'; readonly amountUsdMicros: UsdMicros }
  | { readonly kind: 'subscription'; readonly planVersionId: PlanVersionId };

/** What was promised for all codes that were made together. Never changed. */
export interface CodeBatch {
  readonly id: CodeBatchId;
  /** What the operator recognises it by; need not be unique. */
  readonly name: string;
  readonly reward: Reward;
  /** Codes in it. */
  readonly codes: number;
  /** How often one user may redeem codes of the batch, whichever they are; null: as often as there are codes. */
  readonly maxPerUser: number | null;
  /** Not redeemed from this instant on; null: never ends. */
  readonly expiresAt: EpochMs | null;
  readonly createdBy: string;
  readonly createdAt: EpochMs;
}

/** A code without its text, of which only a hash is kept. */
export interface RedemptionCode {
  readonly id: CodeId;
  readonly batch: CodeBatch;
  readonly hash: string;
  /** Its last four characters, for recognition. */
  readonly hint: string;
  /** 1 for a code for one person; null: shared without a limit. */
  readonly maxRedemptions: number | null;
  readonly redeemed: number;
  readonly enabled: boolean;
}

/** One use of a code by one user. Its id is also that of the transfer, or the source of the grant, that it caused. */
export interface Redemption {
  readonly id: string;
  readonly at: EpochMs;
  readonly codeId: CodeId;
  readonly batchId: CodeBatchId;
  readonly userId: UserId;
  /** The first, second, … of this user in this batch. */
  readonly nth: number;
}

export const CODE_STATES = ['ready', 'used_up', 'expired', 'disabled'] as const;
export type CodeState = (typeof CODE_STATES)[number];

/** What a code is at an instant; only a ready one can be redeemed. */
export function codeStateOf({ batch, enabled, redeemed, maxRedemptions }: RedemptionCode, now: EpochMs): CodeState {
  if (!enabled) return 'disabled';
  if (batch.expiresAt !== null && now >= batch.expiresAt) return 'expired';
  return maxRedemptions !== null && redeemed >= maxRedemptions ? 'used_up' : 'ready';
}

// Crockford's base 32: what people read out, write down and mistype.
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const CODE_CHARS = 20;
const GROUP_CHARS = 5;
const HINT_CHARS = 4;

/** Makes a code of 100 bits: `7K2MD-…`, four groups of five. The only moment at which its text exists. */
export function newCodeText(random: Random): Secret {
  const chars = [...random.bytes(CODE_CHARS)].map((byte) => ALPHABET.charAt(byte & 31)).join('');
  return new Secret((chars.match(new RegExp(`.{${GROUP_CHARS}}`, 'g')) ?? []).join('-'));
}

/**
 * SHA-256 of what is meant, however it was typed: case, dashes and blanks do not count, O is 0, I and L are 1. Null when
 * it cannot be a code. A fast hash is right here: nobody guesses 100 bits.
 */
export function hashCodeText(text: Secret): string | null {
  const plain = plainText(text);
  return plain === null ? null : hash('sha256', `redemption:${plain}`);
}

export function codeHint(text: Secret): string {
  return text.reveal().slice(-HINT_CHARS);
}

function plainText(text: Secret): string | null {
  const typed = text.reveal().slice(0, 200).replace(/[\s-]/g, '').toUpperCase();
  const meant = typed.replaceAll('O', '0').replace(/[IL]/g, '1');
  return meant.length === CODE_CHARS && [...meant].every((char) => ALPHABET.includes(char)) ? meant : null;
}
