import type { Config } from '../../core/config/index.ts';
import type { Ctx, WriteQueue } from '../../core/database/index.ts';
import type { QuotaProvider } from '../../core/quota/index.ts';
import type {
  CooldownBook,
  CooldownDefaults,
  HealthBoard,
  LimitBook,
  ObjectRefs,
  SessionBindings,
} from '../../core/scheduling/index.ts';
import type { Live } from '../live.ts';
import type { BackgroundAnswers } from './background.ts';
import type { Egress } from './egress.ts';
import type { IdempotencyBook } from './idempotency.ts';
import type { RelayStats } from './relay-stats.ts';
import type { Watch } from './watch.ts';

/** Everything the relay works with; made once in the composition root. */
export interface RelayHouse {
  readonly ctx: Ctx;
  readonly live: Live;
  readonly egress: Egress;
  readonly queue: WriteQueue;
  readonly quota: QuotaProvider;
  readonly background: BackgroundAnswers;
  readonly limits: LimitBook;
  readonly cooldowns: CooldownBook;
  readonly health: HealthBoard;
  readonly sessions: SessionBindings;
  readonly objects: ObjectRefs;
  readonly idempotency: IdempotencyBook;
  readonly stats: RelayStats;
  readonly watch: Watch;
  /** Keys used since the last time their rows were touched. */
  readonly usedKeys: Map<string, number>;
}

/** The `cooldown.*` settings as the scheduler wants them. */
export function cooldownDefaults(config: Config): CooldownDefaults {
  return {
    credentialMs: config['cooldown.credential_default_ms'],
    rateLimitBaseMs: config['cooldown.rate_limit_base_ms'],
    rateLimitMaxMs: config['cooldown.rate_limit_max_ms'],
    usageLimitMs: config['cooldown.usage_limit_default_ms'],
    authMs: config['cooldown.auth_ms'],
    modelMs: config['cooldown.model_ms'],
    capacityMs: config['cooldown.capacity_ms'],
    endpointBaseMs: config['cooldown.endpoint_base_ms'],
    endpointMaxMs: config['cooldown.endpoint_max_ms'],
  };
}
