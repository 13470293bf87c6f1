// biome-ignore-all lint/style/noRestrictedGlobals: a process of its own, whose loop must let the queue's timer have its turn.
import { openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { openDatabase, WriteJournal, WriteQueue } from '../../database/index.ts';
import { type KeyId, newId, type UserId } from '../../ids.ts';
import { silentLog } from '../../log.ts';
import type { UsdMicros } from '../../money.ts';
import { systemRandom } from '../../random.ts';
import { Secret } from '../../secret.ts';
import { loadSubscriptions } from '../../subscriptions/index.ts';
import { systemClock } from '../../time.ts';
import { recordRequest } from '../../usage/index.ts';
import { sampleEvent } from '../../usage/testing/sample-event.ts';
import { openQuota } from '../index.ts';

// A process of its own that reserves and settles requests until it is killed, and appends to a file which ones it has
// settled, with what they cost. With a count, it settles so many, stops cleanly and ends.
// Arguments: kind, path or URL, data folder, ids of users separated by commas, count or 0, file.

const REQUESTS_PER_TURN = 20;
const LIST = 5_000 as UsdMicros;
const [kind, place = '', dataDir = '', users = '', count = '0', file = ''] = process.argv.slice(2);
// A file takes what it is given, where a pipe may be full; and it outlives the process.
const settled = openSync(file, 'a');
const database = await openDatabase(
  kind === 'postgres' ? { kind, url: new Secret(place), poolMax: 4 } : { kind: 'sqlite', path: place },
  silentLog,
);
const ctx = { db: database.knex, clock: systemClock, random: systemRandom(), log: silentLog };
const journal = await WriteJournal.open(join(dataDir, 'journal'), database, silentLog);
const queue = new WriteQueue(database, { flushIntervalMs: 5, maxRows: 1_000_000 }, silentLog, journal);
const subscriptions = await loadSubscriptions(ctx, ctx.clock.now());
const quota = await openQuota({
  ctx,
  queue,
  dataDir,
  leaseMs: 30_000,
  isAlone: database.dialect === 'sqlite',
  facts: {
    isFree: () => false,
    config: () => ({
      'billing.pay_as_you_go': true,
      'billing.payg_multiplier_ppm': 1_000_000,
      'billing.balance_floor_usd_micros': -1_000_000,
    }),
    subscriptions: () => subscriptions,
  },
});
process.stdout.write('open\n');

const left = { count: Number(count) || Number.POSITIVE_INFINITY };
while (left.count > 0) {
  await Promise.all(Array.from({ length: REQUESTS_PER_TURN }, (_, i) => one(users.split(',')[i % 2] as UserId)));
  left.count -= REQUESTS_PER_TURN;
  await new Promise((resolve) => setImmediate(resolve));
}
const unwritten = await queue.close(10_000);
await quota.close(unwritten === 0);
await database.close();

async function one(userId: UserId): Promise<void> {
  const requestId = newId('req', ctx.clock.now(), ctx.random);
  const answer = await quota.provider.reserve({
    requestId,
    userId,
    keyId: 'key_1' as KeyId,
    model: 'm',
    asked: 'm',
    groups: [null],
    listUsdMicros: LIST,
    minimumUsdMicros: LIST,
    now: ctx.clock.now(),
  });
  if (answer.kind === 'refused') throw new Error(answer.message);
  const cost = (Math.floor(ctx.random.fraction() * LIST) + 1) as UsdMicros;
  const { payment, note, rows } = quota.provider.settle(answer.reservation, cost, ctx.clock.now());
  const event = sampleEvent({ id: requestId, at: ctx.clock.now(), userId, payment, costUsdMicros: cost });
  const decision = {
    id: requestId,
    at: event.at,
    model: { asked: 'm', resolved: 'm', via: 'id' as const },
    ladder: [],
    sticky: null,
    attempts: [],
    quota: { payer: payment.payerKind, settled: note },
    refusal: null,
    disconnect: null,
  };
  recordRequest(queue, event, decision, rows);
  writeSync(settled, `${requestId} ${payment.payerKind} ${cost}\n`);
}
