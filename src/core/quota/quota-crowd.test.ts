import { afterEach, beforeEach, expect, test } from 'vitest';
import { rawRows } from '../database/index.ts';
import type { UserId } from '../ids.ts';
import type { UsdMicros } from '../money.ts';
import { seededRandom } from '../testing/seeded-random.ts';
import { testDialect } from '../testing/test-database.ts';
import { QuotaScene, type SceneDaemon, UNIT } from './testing/quota-scene.ts';

const USERS = 12;
const WORKERS = 24;
const REQUESTS_PER_WORKER = 30;

let scene: QuotaScene;

beforeEach(async () => {
  scene = await QuotaScene.open();
});
afterEach(async () => await scene.close());

test('a crowd at two daemons, with payments and give-backs in between, never waits in a circle', async () => {
  const logged: string[] = [];
  const note = (_: object, message: string) => logged.push(message);
  const log = { info: note, warn: note, error: note };
  const daemons = [await scene.daemon(log), await scene.daemon(log)];
  const random = seededRandom(5);
  const users: UserId[] = [];
  for (let i = 0; i < USERS; i++) {
    const user = await scene.user(40 * UNIT);
    users.push(user);
    await scene.subscribe(user, { windowLimits: { '5h': (25 * UNIT) as UsdMicros, '7d': (200 * UNIT) as UsdMicros } });
  }
  const any = <Item>(items: readonly Item[]): Item => items[Math.floor(random.fraction() * items.length)] as Item;
  let reserved = 0;
  let charged = 0;

  async function work(daemon: SceneDaemon): Promise<void> {
    for (let i = 0; i < REQUESTS_PER_WORKER; i++) {
      const answer = await daemon.reserve(any(users));
      if (random.fraction() < 0.05) await scene.adjust(any(users), 3 * UNIT);
      if (answer.kind === 'refused') continue;
      reserved += 1;
      const cost = Math.floor(random.fraction() * UNIT);
      charged += cost;
      daemon.settle(answer.reservation, cost);
    }
  }
  let isDone = false;
  async function keep(daemon: SceneDaemon): Promise<void> {
    while (!isDone) {
      scene.ctx.clock.advance(600);
      await daemon.tick();
      await daemon.keeper.giveBackIdle(any(users));
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }
  const keepers = daemons.map(keep);
  await Promise.all(Array.from({ length: WORKERS }, (_, i) => work(daemons[i % 2] as SceneDaemon)));
  isDone = true;
  await Promise.all(keepers);
  for (const daemon of daemons) await daemon.queue.flush();

  expect(reserved).toBeGreaterThan(USERS * 25);
  expect(await scene.violations()).toEqual([]);
  const [sum] = await rawRows<{ n: number }>(
    scene.database.knex,
    'select sum(charged_usd_micros) as n from usage_events',
  );
  expect(sum?.n).toBe(charged);
  expect(logged).toEqual([]);
  if (testDialect() === 'postgres') {
    await scene.database.knex.raw('select pg_stat_force_next_flush()');
    const deadlocks = 'select deadlocks as n from pg_stat_database where datname = current_database()';
    expect(await rawRows(scene.database.knex, deadlocks)).toEqual([{ n: 0 }]);
  }
}, 60_000);
