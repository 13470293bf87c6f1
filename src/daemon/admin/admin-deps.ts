import type { Migration } from '../../../migrations/index.ts';
import type { CodexHouse } from '../../core/codex/index.ts';
import type { Config } from '../../core/config/index.ts';
import type { ChangeTopic, Ctx, Database } from '../../core/database/index.ts';
import type { FeatureState } from '../../core/features/index.ts';
import type { IdentitySnapshot } from '../../core/identity/index.ts';
import type { Keyring } from '../../core/keyring/index.ts';
import type { Catalog } from '../../core/models/index.ts';
import type { HeldReservation } from '../../core/quota/index.ts';
import type { Cooldown } from '../../core/scheduling/index.ts';
import type { Settings } from '../../core/settings/index.ts';
import type { SubscriptionSnapshot } from '../../core/subscriptions/index.ts';
import type { EpochMs } from '../../core/time.ts';
import type { Credential, Endpoint, Topology, Upstream } from '../../core/upstreams/index.ts';

/** What the admin API works with. The composition root fills it in; tests fill in only what they are about. */
export interface AdminDeps {
  readonly ctx: Ctx;
  readonly database: Database;
  readonly keyring: Keyring;
  readonly live: AdminLive;
  readonly config: Config;
  readonly probe: Probe;
  /** Writes what is queued, so that a reader sees what has just happened. */
  readonly usage: { flush(): Promise<void> };
  readonly cooldowns: {
    list(): readonly Cooldown[];
    /** False when there is no such cooldown. */
    clear(id: string): boolean;
  };
  /** Reservations of requests that run in this process. */
  readonly holds: { list(): readonly HeldReservation[] };
  status(): DaemonStatus;
  metricsText(): Promise<string>;
  readonly migrations: readonly Migration[];
}

/** The snapshots that the relay works with. */
export interface AdminLive {
  readonly state: {
    readonly settings: Settings;
    readonly features: FeatureState;
    readonly identity: IdentitySnapshot;
    readonly catalog: Catalog;
    readonly topology: Topology;
    readonly subscriptions: SubscriptionSnapshot;
  };
  readonly codex: CodexHouse;
  /** Resolves when the relay works with what is committed. */
  refresh(topic: ChangeTopic): Promise<void>;
}

export interface Probe {
  testCredential(upstream: Upstream, endpoint: Endpoint, credential: Credential, model?: string): Promise<ProbeResult>;
}

export interface ProbeResult {
  readonly ok: boolean;
  /** Null when there was no answer. */
  readonly status: number | null;
  readonly latencyMs: number;
  /** One sentence; never holds the secret. */
  readonly detail: string;
}

/** What only the running process knows. */
export interface DaemonStatus {
  readonly version: string;
  readonly pid: number;
  readonly startedAt: EpochMs;
  readonly draining: boolean;
  readonly listeners: {
    readonly public: string | null;
    readonly adminSocket: string | null;
    readonly admin: string | null;
  };
  readonly inflight: number;
  readonly streams: number;
  readonly requests: number;
  readonly failures: number;
  readonly usageQueued: number;
}
