import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Ctx, QueuedTable, WriteQueue } from '../../core/database/index.ts';
import type { KeyId, RequestId } from '../../core/ids.ts';
import { type EpochMs, epochMs } from '../../core/time.ts';
import type { AnswerCopy } from './client-answer.ts';

const IDEMPOTENT_TABLE: QueuedTable = {
  table: 'idempotent_requests',
  columns: ['scope_hash', 'body_hash', 'request_id', 'status', 'headers', 'body', 'expires_at'],
  onConflict: {
    columns: ['scope_hash'],
    update: ['body_hash', 'request_id', 'status', 'headers', 'body', 'expires_at'],
  },
};

/** A finished answer that is given again to the same key and body. */
export interface StoredAnswer {
  readonly requestId: RequestId;
  readonly status: number;
  readonly headers: readonly string[];
  /** Null: the answer was too large to be kept. */
  readonly body: Buffer | null;
}

export interface FirstClaim {
  readonly kind: 'first';
  finish(answer: StoredAnswer | null): void;
}

export type Claim =
  | FirstClaim
  | { readonly kind: 'replay'; readonly answer: StoredAnswer }
  | { readonly kind: 'mismatch' };

interface Remembered extends StoredAnswer {
  readonly bodyHash: string;
  readonly expiresAt: EpochMs;
}

const RECENT_MAX_BYTES = 64 * 1024 * 1024;
/** What an entry weighs besides its body. */
const ENTRY_BYTES = 1_024;

interface Running {
  readonly bodyHash: string;
  readonly done: Promise<StoredAnswer | null>;
}

/**
 * `Idempotency-Key`: the same key and body never reach an upstream twice while the first call runs or is remembered.
 * A call that failed is forgotten, so that it can be tried again.
 */
export class IdempotencyBook {
  readonly #running = new Map<string, Running>();
  /** Answers that the database may not have yet: rows wait in the queue, and longer while it does not answer. */
  readonly #recent = new LRUCache<string, Remembered>({
    maxSize: RECENT_MAX_BYTES,
    sizeCalculation: ({ body }) => ENTRY_BYTES + (body?.length ?? 0),
  });
  readonly #queue: WriteQueue;

  constructor(queue: WriteQueue) {
    this.#queue = queue;
  }

  async claim(
    ctx: Ctx,
    input: { keyId: KeyId; idempotencyKey: string; endpoint: string; body: Buffer; ttlMs: number },
  ): Promise<Claim> {
    const scope = sha256(`${input.keyId}\u0000${input.idempotencyKey}`);
    const bodyHash = sha256(input.endpoint, input.body);
    for (;;) {
      const running = this.#running.get(scope);
      if (!running) break;
      if (running.bodyHash !== bodyHash) return { kind: 'mismatch' };
      const answer = await running.done;
      if (answer) return { kind: 'replay', answer };
    }
    const { done, resolve } = deferred();
    // Claimed before the first await, so that of two callers in one turn only one is first.
    this.#running.set(scope, { bodyHash, done });
    const release = (answer: StoredAnswer | null): void => {
      this.#running.delete(scope);
      resolve(answer);
    };
    try {
      const stored = this.#findRecent(ctx, scope) ?? (await findStored(ctx, scope));
      if (stored && stored.bodyHash !== bodyHash) {
        release(null);
        return { kind: 'mismatch' };
      }
      if (stored) {
        release(stored);
        return { kind: 'replay', answer: stored };
      }
    } catch (error) {
      release(null);
      throw error;
    }
    return {
      kind: 'first',
      finish: (answer) => {
        if (answer) this.#store(scope, bodyHash, answer, (ctx.clock.now() + input.ttlMs) as EpochMs);
        release(answer);
      },
    };
  }

  #findRecent(ctx: Ctx, scope: string): Remembered | null {
    const recent = this.#recent.get(scope);
    return recent && recent.expiresAt > ctx.clock.now() ? recent : null;
  }

  #store(scope: string, bodyHash: string, answer: StoredAnswer, expiresAt: EpochMs): void {
    this.#recent.set(scope, { ...answer, bodyHash, expiresAt });
    const body = answer.body?.toString('base64') ?? null;
    const headers = JSON.stringify(answer.headers);
    this.#queue.add(IDEMPOTENT_TABLE, [scope, bodyHash, answer.requestId, answer.status, headers, body, expiresAt]);
  }
}

/** What is kept of an answer that was sent. */
export function storedAnswer(requestId: RequestId, copy: AnswerCopy): StoredAnswer {
  const body = copy.isWhole ? Buffer.concat(copy.chunks) : null;
  return { requestId, status: copy.status, headers: copy.headers, body };
}

/** Deletes answers that ran out before `before`. Returns how many. */
export function pruneIdempotentRequests(ctx: Ctx, before: EpochMs): Promise<number> {
  return ctx.db('idempotent_requests').where('expires_at', '<', before).delete();
}

interface IdempotentRow {
  scope_hash: string;
  body_hash: string;
  request_id: string;
  status: number;
  headers: string;
  body: string | null;
  expires_at: number;
}

async function findStored(ctx: Ctx, scope: string): Promise<(StoredAnswer & { bodyHash: string }) | null> {
  const row = await ctx.db<IdempotentRow>('idempotent_requests').where('scope_hash', scope).first();
  if (!row || epochMs(row.expires_at) <= ctx.clock.now()) return null;
  return {
    bodyHash: row.body_hash,
    requestId: row.request_id as RequestId,
    status: row.status,
    headers: JSON.parse(row.headers) as string[],
    body: row.body === null ? null : Buffer.from(row.body, 'base64'),
  };
}

function sha256(...parts: (string | Buffer)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part).update('\u0000');
  return hash.digest('base64url');
}

function deferred(): { done: Promise<StoredAnswer | null>; resolve: (answer: StoredAnswer | null) => void } {
  let resolve: (answer: StoredAnswer | null) => void = () => {};
  const done = new Promise<StoredAnswer | null>((settle) => {
    resolve = settle;
  });
  return { done, resolve };
}
