import { join } from 'node:path';
import { type Ctx, type Database, WriteJournal, WriteQueue } from '../core/database/index.ts';
import { type OpenQuota, openQuota } from '../core/quota/index.ts';
import {
  CooldownBook,
  HealthBoard,
  LimitBook,
  loadOpenCooldowns,
  loadSessionBindings,
  ObjectRefs,
  SESSIONS_MAX,
  SessionBindings,
} from '../core/scheduling/index.ts';
import type { Live } from './live.ts';
import {
  BackgroundAnswers,
  baseOf,
  Egress,
  IdempotencyBook,
  type RelayHouse,
  RelayStats,
  Watch,
} from './relay/index.ts';
import { restByLimits } from './rest-by-limits.ts';

export interface WiredRelay {
  readonly house: RelayHouse;
  readonly quota: OpenQuota;
}

/**
 * Puts the relay together: everything that it works with, with what the last process left in the database, and in the
 * journal for the database.
 */
export async function wireRelay(ctx: Ctx, database: Database, live: Live): Promise<WiredRelay> {
  const config = live.state.settings.effective;
  const dataDir = config['data.dir'];
  const journal = await WriteJournal.open(join(dataDir, 'journal'), database, ctx.log);
  const queue = new WriteQueue(
    database,
    { flushIntervalMs: config['usage.flush_interval_ms'], maxRows: config['usage.queue_max'] },
    ctx.log,
    journal,
  );
  const quota = await openQuota({
    ctx,
    queue,
    facts: {
      isFree: () => live.state.features.billing.disabled,
      config: () => live.state.settings.effective,
      subscriptions: () => live.state.subscriptions,
    },
    dataDir,
    leaseMs: config['billing.lease_ms'],
    isAlone: database.dialect === 'sqlite',
  });
  const egress = new Egress(() => {
    const now = live.state.settings.effective;
    return {
      connectTimeoutMs: now['relay.connect_timeout_ms'],
      connectionsMax: now['relay.upstream_connections_max'],
    };
  });
  live.onChange((topic) => {
    if (topic === 'upstreams') void egress.retain(targetsOf(live));
  });
  const cooldowns = new CooldownBook(queue, ctx.random, await loadOpenCooldowns(ctx));
  restByLimits(live.codex.accounts, cooldowns, ctx.clock);
  const house: RelayHouse = {
    ctx,
    live,
    egress,
    queue,
    quota: quota.provider,
    background: new BackgroundAnswers({ ctx, queue, quota: quota.provider, egress, live }),
    limits: new LimitBook(),
    cooldowns,
    health: new HealthBoard(),
    sessions: new SessionBindings(queue, await loadSessionBindings(ctx, SESSIONS_MAX)),
    objects: new ObjectRefs(queue),
    idempotency: new IdempotencyBook(queue),
    stats: new RelayStats(),
    watch: new Watch(() => ctx.clock.monotonicMs()),
    usedKeys: new Map(),
  };
  return { house, quota };
}

/** Every way out that the present upstreams can take. */
function targetsOf(live: Live) {
  return [...live.state.topology.upstreams.values()].flatMap(({ endpoints, credentials, allowPrivate }) =>
    endpoints.flatMap(({ baseUrl }) =>
      credentials.map(({ proxyUrl }) => ({ origin: baseOf(baseUrl).origin, allowPrivate, proxyUrl })),
    ),
  );
}
