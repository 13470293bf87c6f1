import * as contract from '../../core/contract/index.ts';
import { migrationStatus } from '../../core/database/index.ts';
import { FEATURES } from '../../core/features/index.ts';
import { toRfc3339 } from '../../core/time.ts';
import type { AdminDeps } from './admin-deps.ts';
import { runChecks } from './doctor.ts';
import { instantText, wholeList } from './formats.ts';
import { type ServedRoute, serve } from './serve-route.ts';
import { type UpstreamView, upstreamViewer } from './upstream-view.ts';

type StatusView = contract.ResponseOf<typeof contract.showStatus>;
type HealthView = contract.ResponseOf<typeof contract.showHealth>;
type OpenapiView = contract.ResponseOf<typeof contract.showOpenapi>;

export function statusRoutes(deps: AdminDeps): readonly ServedRoute[] {
  return [
    serve(contract.showStatus, async () => await viewStatus(deps)),
    serve(contract.runDoctor, async () => ({ checks: await runChecks(deps) })),
    serve(contract.listMigrations, async () => wholeList(await viewMigrations(deps))),
    serve(
      contract.showOpenapi,
      async (): Promise<OpenapiView> => contract.buildOpenapi(contract.adminRoutes, deps.status().version),
    ),
    serve(contract.showMetrics, async () => await deps.metricsText()),
    serve(contract.showHealth, async () => ({ status: 'ok' as const })),
    serve(
      contract.showReadiness,
      async () => await readiness(deps),
      ({ status }) => (status === 'ok' ? 200 : 503),
    ),
  ];
}

async function viewStatus(deps: AdminDeps): Promise<StatusView> {
  const status = deps.status();
  const { topology, features, catalog, identity } = deps.live.state;
  const upstreams = [...topology.upstreams.values()].map(upstreamViewer(deps));
  const count = (state: UpstreamView['state']) => upstreams.filter((upstream) => upstream.state === state).length;
  return {
    version: status.version,
    node: process.versions.node,
    pid: status.pid,
    started_at: toRfc3339(status.startedAt),
    uptime_ms: Math.max(0, deps.ctx.clock.now() - status.startedAt),
    draining: status.draining,
    listeners: {
      public: status.listeners.public,
      admin_socket: status.listeners.adminSocket,
      admin: status.listeners.admin,
    },
    database: { dialect: deps.database.dialect, version: (await deps.database.describe()).version },
    self_mode: features.selfMode,
    features_off: FEATURES.filter((feature) => features[feature].disabled),
    upstreams: {
      total: upstreams.length,
      ready: count('ready'),
      cooling: count('cooling'),
      disabled: count('disabled'),
      unusable: count('unusable'),
    },
    credentials: {
      total: upstreams.reduce((sum, upstream) => sum + upstream.total_credentials, 0),
      ready: upstreams.reduce((sum, upstream) => sum + upstream.ready_credentials, 0),
    },
    models: {
      total: catalog.models.length,
      unpriced: catalog.models.filter((model) => model.price === null).length,
    },
    keys: identity.keyByHash.size,
    users: identity.userById.size,
    relay: {
      inflight: status.inflight,
      streams: status.streams,
      requests: status.requests,
      failures: status.failures,
      usage_queued: status.usageQueued,
    },
  };
}

async function readiness(deps: AdminDeps): Promise<HealthView> {
  if (deps.status().draining) return { status: 'unavailable', detail: 'the daemon is stopping' };
  try {
    await deps.database.knex.raw('select 1');
    return { status: 'ok' };
  } catch {
    return { status: 'unavailable', detail: 'the database does not answer' };
  }
}

async function viewMigrations(deps: AdminDeps) {
  const status = await migrationStatus(deps.database, deps.migrations);
  const breaking = new Map(deps.migrations.map((step) => [step.name, step.breaking === true]));
  const applied = status.applied.map(({ name, appliedAt }) => ({
    name,
    state: stateOf(name, status.unknown, status.changed),
    applied_at: instantText(appliedAt),
    breaking: breaking.get(name) ?? false,
  }));
  const pending = status.pending.map((step) => ({ ...step, state: 'pending' as const, applied_at: null }));
  return [...applied, ...pending];
}

function stateOf(name: string, unknown: readonly string[], changed: readonly string[]) {
  if (unknown.includes(name)) return 'unknown' as const;
  return changed.includes(name) ? ('changed' as const) : ('applied' as const);
}
