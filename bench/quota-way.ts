import { join } from 'node:path';
import { migrations } from '../migrations/index.ts';
import { type Ctx, type Database, inTransaction, migrateUp, openDatabase } from '../src/core/database/index.ts';
import { type KeyId, newId, type RequestId, type UserId } from '../src/core/ids.ts';
import { adjustBalance } from '../src/core/ledger/index.ts';
import { silentLog } from '../src/core/log.ts';
import type { UsdMicros } from '../src/core/money.ts';
import { systemRandom } from '../src/core/random.ts';
import { systemClock } from '../src/core/time.ts';
import type { UsageEvent, UsagePayment } from '../src/core/usage/index.ts';

/** What the row asks of a quota program. */
export interface QuotaPlan {
  readonly callers: number;
  readonly users: number;
  readonly warmUpMs: number;
  readonly windowMs: number;
}

export interface QuotaResult {
  /** Reserved, settled and committed within the window. */
  readonly count: number;
  readonly windowMicros: number;
  /** Of all threads. */
  readonly cpuMicros: number;
}

/** One way to see to it that every request is paid for. */
export interface QuotaWay {
  /** Reserves, waits for one turn of the event loop in the place of an upstream, and settles. */
  request(userId: UserId): Promise<void>;
  /** Resolves when the database has everything that was settled before. */
  flush(): Promise<void>;
}

/** What a small request of the other rows may cost at the most, and what it does cost. */
export const HELD_USD_MICROS = 163_900 as UsdMicros;
export const COST_USD_MICROS = 568 as UsdMicros;
const PLENTY_USD_MICROS = 100_000_000_000_000 as UsdMicros;

export interface QuotaBooks {
  readonly database: Database;
  readonly ctx: Ctx;
}

/** A fresh SQLite file as Realms has it: its schema, its triggers, its durability, behind its worker. */
export async function openBooks(folder: string): Promise<QuotaBooks> {
  const database = await openDatabase({ kind: 'sqlite', path: join(folder, 'realms.db') }, silentLog);
  await migrateUp(database, migrations, systemClock);
  const ctx: Ctx = { db: database.knex, clock: systemClock, random: systemRandom(), log: silentLog };
  return { database, ctx };
}

/** Users with balances that never run out. */
export async function fundUsers({ ctx }: QuotaBooks, count: number): Promise<readonly UserId[]> {
  const ids = Array.from({ length: count }, () => newId('usr', ctx.clock.now(), ctx.random));
  await inTransaction(ctx, async (tx) => {
    for (const userId of ids) {
      await adjustBalance(tx, { userId, amountUsdMicros: PLENTY_USD_MICROS, reason: 'bench', actor: 'bench' });
    }
  });
  return ids;
}

export const KEY_ID = 'key_00000000000000000000000000' as KeyId;

/** The event of a small request, which is written together with its charge. */
export function eventOf(id: RequestId, userId: UserId, payment: UsagePayment): UsageEvent {
  return {
    id,
    at: systemClock.now(),
    userId,
    keyId: KEY_ID,
    endpoint: 'chat.completions',
    model: 'bench-model',
    upstreamModel: 'bench-model',
    servedModel: 'bench-model',
    upstreamId: null,
    credentialId: null,
    groupName: null,
    multiplierPpm: 1_000_000,
    outcome: 'completed',
    status: 200,
    errorCode: null,
    stream: false,
    attempts: 1,
    usage: { input: 38, cachedInput: 0, cacheWrite5m: 0, cacheWrite1h: 0, output: 52, reasoning: 0 },
    usageSource: 'upstream',
    serviceTier: null,
    priceId: null,
    costUsdMicros: COST_USD_MICROS,
    payment,
    durationMs: 1,
    firstOutputMs: 1,
    requestBytes: 300,
    responseBytes: 600,
  };
}
