import type { EpochMs } from '../../time.ts';

/** A window of use. It starts over by itself when its reset has come. */
export interface FakeWindow {
  usedPercent: number;
  readonly minutes: number;
  /** Epoch seconds, as on the wire. */
  resetsAtS: number;
}

/** One family of limits; the first of an account is `codex`. */
export interface FakeLimit {
  /** As it stands in header names, e.g. `codex` or `codex_bengalfox`. */
  readonly id: string;
  readonly name: string | null;
  primary: FakeWindow | null;
  secondary: FakeWindow | null;
}

/** A ChatGPT account. Tests change its fields as they like; the next answer shows it. */
export interface ChatGptAccount {
  readonly accountId: string;
  readonly userId: string;
  readonly email: string;
  plan: string;
  isFedramp: boolean;
  limits: [FakeLimit, ...FakeLimit[]];
  credits: { has: boolean; unlimited: boolean; balance: string | null };
  /** What an answer adds to the first window of the first limit. */
  percentPerAnswer: number;
  /** Every call to the backend is refused for good. */
  isDeactivated: boolean;
}

const SHORT_MINUTES = 300;
const LONG_MINUTES = 10_080;

let serial = 0;

export function newAccount(now: EpochMs, changes: Partial<ChatGptAccount> = {}): ChatGptAccount {
  serial += 1;
  const tail = String(serial).padStart(12, '0');
  return {
    accountId: `5f3c9a10-0000-4000-8000-${tail}`,
    userId: `user-fake${tail}`,
    email: `person${serial}@example.com`,
    plan: 'plus',
    isFedramp: false,
    limits: [
      { id: 'codex', name: null, primary: windowOf(SHORT_MINUTES, now), secondary: windowOf(LONG_MINUTES, now) },
    ],
    credits: { has: false, unlimited: false, balance: null },
    percentPerAnswer: 0,
    isDeactivated: false,
    ...changes,
  };
}

/** A window that begins now. */
export function windowOf(minutes: number, now: EpochMs, usedPercent = 0): FakeWindow {
  return { usedPercent, minutes, resetsAtS: Math.floor(now / 1_000) + minutes * 60 };
}

/** Lets every window that has run out start over. */
export function rollWindows(account: ChatGptAccount, now: EpochMs): void {
  for (const { primary, secondary } of account.limits) {
    for (const window of [primary, secondary]) {
      while (window && window.resetsAtS * 1_000 <= now) {
        window.resetsAtS += window.minutes * 60;
        window.usedPercent = 0;
      }
    }
  }
}

/** The used-up windows of the account's first limit. */
export function exhausted(account: ChatGptAccount): FakeWindow[] {
  const { primary, secondary } = account.limits[0];
  return [primary, secondary].filter((window): window is FakeWindow => window !== null && window.usedPercent >= 100);
}
