import type { IncomingMessage } from 'node:http';
import type { Ctx, WriteQueue } from '../../core/database/index.ts';
import type { Feature } from '../../core/features/index.ts';
import type { UserId } from '../../core/ids.ts';
import type { Cashier } from '../../core/payments/index.ts';
import type { AttemptLimit } from '../attempt-limit.ts';
import type { Live } from '../live.ts';
import type { Refusal } from '../relay/index.ts';

/** What the routes of this room work with; made once in the composition root. */
export interface AccountHouse {
  readonly ctx: Ctx;
  readonly live: Live;
  readonly queue: WriteQueue;
  readonly cashier: Cashier;
  /** Frees what is put aside for a user's requests and not used, so that it can be spent otherwise. */
  giveBackIdle(userId: UserId): Promise<void>;
  /** Wrong user tokens and wrong order numbers, by address. */
  readonly guesses: AttemptLimit;
  /** Wrong redemption codes, by user and by address. */
  readonly wrongCodes: AttemptLimit;
}

/** An answer that is not relayed. None of them is ever HTML. */
export type AccountAnswer =
  | {
      readonly kind: 'json';
      readonly status: number;
      readonly value: unknown;
      readonly headers?: Readonly<Record<string, string>>;
    }
  /** Plain words, as payment providers want them. */
  | { readonly kind: 'text'; readonly status: number; readonly text: string }
  /** 303: the browser goes on with GET. */
  | { readonly kind: 'redirect'; readonly location: string }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

/** A route reads its own body, with `readFields` or `readRaw`, once it knows who calls. */
export interface AccountRoute {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** `:name` marks a parameter, `*` the rest of the path. */
  readonly path: string;
  readonly owner: Feature | 'core';
  /** Another feature without which the path does not exist either. */
  readonly alsoNeeds?: Feature;
  /** False where a GET does something, so that HEAD must not do it too. True unless said. */
  readonly answersHead?: boolean;
  answer(input: AccountInput): AccountAnswer | Promise<AccountAnswer>;
}

export interface AccountInput {
  readonly house: AccountHouse;
  readonly req: IncomingMessage;
  readonly params: Readonly<Record<string, string>>;
  /** What stands after the question mark, as it came. */
  readonly query: string;
  /** True once the daemon takes no new work. */
  readonly isDraining: boolean;
}
