import { LRUCache } from 'lru-cache';
import type { Ctx, QueuedTable, WriteQueue } from '../database/index.ts';
import type { CredentialId, UserId } from '../ids.ts';
import { type EpochMs, epochMs } from '../time.ts';

/** An object that lives at one provider account (a stored response, an encrypted item), and whose it is. */
export interface ObjectRef {
  readonly objectId: string;
  readonly userId: UserId;
  readonly credentialId: CredentialId;
  readonly expiresAt: EpochMs;
}

const OBJECT_TABLE: QueuedTable = {
  table: 'openai_object_refs',
  columns: ['object_id', 'user_id', 'credential_id', 'expires_at'],
  // The first owner stays the owner: nobody can claim an id that another user's answer carried.
  onConflict: { columns: ['object_id'], update: 'ignore' },
};
const RECENT_MAX = 50_000;

/** Hard stickiness: which credential made an object. Recent ones from memory, the others from their rows. */
export class ObjectRefs {
  readonly #recent = new LRUCache<string, ObjectRef>({ max: RECENT_MAX });
  readonly #queue: WriteQueue;

  constructor(queue: WriteQueue) {
    this.#queue = queue;
  }

  remember(ref: ObjectRef): void {
    if (this.#recent.has(ref.objectId)) return;
    this.#recent.set(ref.objectId, ref);
    this.#queue.add(OBJECT_TABLE, [ref.objectId, ref.userId, ref.credentialId, ref.expiresAt]);
  }

  async find(ctx: Ctx, objectId: string): Promise<ObjectRef | null> {
    const now = ctx.clock.now();
    const recent = this.#recent.get(objectId);
    if (recent) return recent.expiresAt > now ? recent : null;
    const row = await ctx
      .db<{ object_id: string; user_id: string; credential_id: string; expires_at: number }>('openai_object_refs')
      .where('object_id', objectId)
      .where('expires_at', '>', now)
      .first();
    if (!row) return null;
    const ref: ObjectRef = {
      objectId: row.object_id,
      userId: row.user_id as UserId,
      credentialId: row.credential_id as CredentialId,
      expiresAt: epochMs(row.expires_at),
    };
    this.#recent.set(objectId, ref);
    return ref;
  }

  /** The object was deleted at the provider. */
  async forget(ctx: Ctx, objectId: string): Promise<void> {
    this.#recent.delete(objectId);
    // A remembered row may still wait in the queue; deleting before it is written would bring it back.
    await this.#queue.flush();
    await ctx.db('openai_object_refs').where('object_id', objectId).delete();
  }
}

/** Deletes references that ran out before `before`. Returns how many. */
export function pruneObjectRefs(ctx: Ctx, before: EpochMs): Promise<number> {
  return ctx.db('openai_object_refs').where('expires_at', '<', before).delete();
}
