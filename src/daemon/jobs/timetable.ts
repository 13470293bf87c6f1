import { CODEX_JOBS, pruneWindowResets } from '../../core/codex/index.ts';
import type { Ctx } from '../../core/database/index.ts';
import { describeError } from '../../core/failure.ts';
import { touchKeys } from '../../core/identity/index.ts';
import type { KeyId } from '../../core/ids.ts';
import { type Cashier, PAYMENT_JOBS } from '../../core/payments/index.ts';
import { pruneCooldowns, pruneObjectRefs, pruneSessionBindings } from '../../core/scheduling/index.ts';
import { DAY_MS, type EpochMs, HOUR_MS, MINUTE_MS, SECOND_MS } from '../../core/time.ts';
import { pruneDecisions, pruneUsageEvents } from '../../core/usage/index.ts';
import { pruneIdempotentRequests, type RelayHouse } from '../relay/index.ts';

/** One thing that is done again and again. */
interface Job {
  readonly name: string;
  readonly everyMs: number;
  run(house: RelayHouse): Promise<unknown>;
}

/** Rows that one delete takes at the most, so that requests waiting for the database never wait long. */
const PRUNE_ROWS = 5_000;
const COOLDOWN_KEPT_MS = 7 * DAY_MS;

/** What runs when. A job that fails says so in the log and is tried again at its next time. */
const TIMETABLE: readonly Job[] = [
  { name: 'touch-keys', everyMs: MINUTE_MS, run: touchUsedKeys },
  { name: 'background-answers', everyMs: 10 * SECOND_MS, run: (house) => house.background.lookAfter() },
  { name: 'prune', everyMs: HOUR_MS, run: prune },
];

/** Starts the timetable; the returned function stops it and resolves when nothing of it runs any more. */
export function startTimetable(house: RelayHouse, cashier: Cashier): () => Promise<void> {
  const started = [
    ...TIMETABLE.map((job) => startJob(job.name, job.everyMs, () => job.run(house), house.ctx)),
    ...CODEX_JOBS.map((job) => startJob(job.name, job.everyMs, () => job.run(house.live.codex), house.ctx)),
    ...PAYMENT_JOBS.map((job) => startJob(job.name, job.everyMs, () => job.run(cashier), house.ctx)),
  ];
  return async () => {
    await Promise.all(started.map((stop) => stop()));
  };
}

/** A turn that is due while the last one still runs is left out: a slow provider must not gather turns. */
function startJob(name: string, everyMs: number, run: () => Promise<unknown>, { log }: Ctx): () => Promise<unknown> {
  let running: Promise<unknown> | null = null;
  const timer = setInterval(() => {
    running ??= run()
      .catch((error: unknown) => log.error({ job: name, error: describeError(error) }, 'job failed'))
      .finally(() => {
        running = null;
      });
  }, everyMs);
  timer.unref();
  return () => {
    clearInterval(timer);
    return running ?? Promise.resolve();
  };
}

/** Writes when keys were last used: one write a minute for all of them, not one for each request. */
export async function touchUsedKeys(house: RelayHouse): Promise<void> {
  if (house.usedKeys.size === 0) return;
  const used = new Map([...house.usedKeys].map(([id, at]) => [id as KeyId, at as EpochMs]));
  await touchKeys(house.ctx, used);
  // Only now, so that a database that is away costs nothing; a key that was used meanwhile stays for the next time.
  for (const [id, at] of used) {
    if (house.usedKeys.get(id) === at) house.usedKeys.delete(id);
  }
}

/** Deletes what has run out, in small portions. */
export async function prune(house: RelayHouse): Promise<void> {
  const { ctx } = house;
  const now = ctx.clock.now();
  const config = house.live.state.settings.effective;
  await pruneCooldowns(ctx, (now - COOLDOWN_KEPT_MS) as EpochMs);
  await pruneSessionBindings(ctx, now);
  await pruneObjectRefs(ctx, now);
  await pruneIdempotentRequests(ctx, now);
  await pruneOlder(ctx, config['usage.decision_retention_days'], pruneDecisions);
  await pruneOlder(ctx, config['usage.event_retention_days'], pruneUsageEvents);
  await pruneOlder(ctx, config['codex.history_retention_days'], pruneWindowResets);
}

/** Zero days keeps everything. */
async function pruneOlder(
  ctx: Ctx,
  days: number,
  pruneBefore: (ctx: Ctx, before: EpochMs, limit: number) => Promise<number>,
): Promise<void> {
  if (days === 0) return;
  const before = (ctx.clock.now() - days * DAY_MS) as EpochMs;
  let deleted = PRUNE_ROWS;
  while (deleted >= PRUNE_ROWS) deleted = await pruneBefore(ctx, before, PRUNE_ROWS);
}
