import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import type { UserId } from '../src/core/ids.ts';
import { nowMicros } from './now-micros.ts';
import { openEach } from './quota-each.ts';
import { openLeased } from './quota-leased.ts';
import { fundUsers, openBooks, type QuotaPlan, type QuotaResult, type QuotaWay } from './quota-way.ts';
import { reportReady } from './ready.ts';

/**
 * One way to keep the quota, without a relay around it. A plan comes as the body of a request; the answer is what was
 * measured.
 */

const [name, folder = ''] = process.argv.slice(2);
const books = await openBooks(folder);
const way = name === 'quota-leased' ? await openLeased(books, folder) : await openEach(books);
let users: readonly UserId[] = [];

const server = createServer((req, res) => {
  text(req)
    .then((body) => measure(JSON.parse(body) as QuotaPlan))
    .then((result) => res.end(JSON.stringify(result)))
    .catch((error: unknown) => {
      res.statusCode = 500;
      res.end(error instanceof Error ? (error.stack ?? error.message) : String(error));
    });
});
server.listen({ host: '127.0.0.1', port: 0 }, () => reportReady(server));

async function measure(plan: QuotaPlan): Promise<QuotaResult> {
  if (users.length !== plan.users) users = await fundUsers(books, plan.users);
  const state: State = { isStopping: false, next: 0, count: 0 };
  const callers = Promise.all(Array.from({ length: plan.callers }, () => keepAsking(way, users, state)));
  // A caller that fails ends the measurement at once.
  await Promise.race([warmUp(plan, state), callers]);
  await way.flush();
  const [countBefore, cpuBefore, startedAt] = [state.count, process.cpuUsage(), nowMicros()];
  await Promise.race([sleep(plan.windowMs), callers]);
  state.isStopping = true;
  await callers;
  // What is not in the database yet has not been done.
  await way.flush();
  const { user, system } = process.cpuUsage(cpuBefore);
  return { count: state.count - countBefore, windowMicros: nowMicros() - startedAt, cpuMicros: user + system };
}

/** Until every user had a turn, too: that a user comes for the first time is no part of what is measured. */
async function warmUp(plan: QuotaPlan, state: State): Promise<void> {
  await sleep(plan.warmUpMs);
  for (let i = 0; i < WARM_UP_STEPS && state.count < plan.users * 2; i++) await sleep(WARM_UP_STEP_MS);
}

const WARM_UP_STEPS = 600;
const WARM_UP_STEP_MS = 25;

interface State {
  isStopping: boolean;
  /** Whose turn it is. */
  next: number;
  count: number;
}

async function keepAsking(to: QuotaWay, of: readonly UserId[], state: State): Promise<void> {
  while (!state.isStopping) {
    await to.request(of[state.next++ % of.length] as UserId);
    state.count++;
  }
}
