import { recordAudit } from '../../core/audit/index.ts';
import { type ChangeTopic, type Ctx, inChange, inTransaction } from '../../core/database/index.ts';
import type { AdminDeps } from './admin-deps.ts';
import type { Caller } from './caller.ts';

/** Plain JSON of what was or is; never holds a secret. */
export type Facts = Readonly<Record<string, unknown>>;

export interface Changed<T> {
  readonly result: T;
  /** Id or key of what was changed. */
  readonly object: string;
  readonly before?: Facts;
  readonly after?: Facts;
}

/**
 * The one way in which the admin API changes anything: the change and its audit entry in one transaction, then the
 * relay's snapshots, then the answer. A caller that has an answer knows that requests are already treated so.
 */
export async function recordChange<T>(
  deps: AdminDeps,
  caller: Caller,
  what: { readonly topic: ChangeTopic | null; readonly action: string },
  change: (ctx: Ctx) => Promise<Changed<T>>,
): Promise<T> {
  const { topic } = what;
  // The mark first: what the change reads before it writes is then what it changes, also with several daemons.
  const run = topic === null ? inTransaction : <R>(ctx: Ctx, fn: (tx: Ctx) => Promise<R>) => inChange(ctx, topic, fn);
  const result = await run(deps.ctx, async (tx) => {
    const changed = await change(tx);
    const { before, after } = differing(changed.before, changed.after);
    await recordAudit(tx, {
      actor: caller.actor,
      action: what.action,
      object: changed.object,
      ...(caller.reason === null ? {} : { reason: caller.reason }),
      ...(before === undefined ? {} : { before }),
      ...(after === undefined ? {} : { after }),
    });
    return changed.result;
  });
  if (topic !== null) await deps.live.refresh(topic);
  return result;
}

/** Of two states only the fields in which they differ: what an entry is about should be seen at once. */
function differing(before: Facts | undefined, after: Facts | undefined): { before?: Facts; after?: Facts } {
  if (before === undefined || after === undefined) {
    return { ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) };
  }
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(
    (key) => JSON.stringify(before[key]) !== JSON.stringify(after[key]),
  );
  return { before: only(before, keys), after: only(after, keys) };
}

function only(facts: Facts, keys: readonly string[]): Facts {
  return Object.fromEntries(keys.filter((key) => key in facts).map((key) => [key, facts[key]]));
}
