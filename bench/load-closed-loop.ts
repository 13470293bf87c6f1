import { setTimeout as sleep } from 'node:timers/promises';
import { ClientConnection, requestBytes } from './client-connection.ts';
import type { ClosedLoopPlan, LoadResult } from './load-plan.ts';
import { MeasureWindow } from './measure-window.ts';

export async function runClosedLoop(plan: ClosedLoopPlan): Promise<LoadResult> {
  const nextRequest = requestsInTurn(plan);
  const window = new MeasureWindow(plan.aim.pid);
  const state = { isStopping: false, answers: 0 };
  const running: Promise<void>[] = [];
  for (let i = 0; i < plan.connections; i++) {
    const connection = await ClientConnection.open(plan.aim.port);
    running.push(keepAsking(connection, nextRequest, window, state));
  }
  await sleep(plan.warmUpMs);
  for (let i = 0; i < WARM_UP_STEPS && state.answers < plan.warmUpCount; i++) await sleep(WARM_UP_STEP_MS);
  window.open();
  await sleep(plan.windowMs);
  const result = window.close();
  state.isStopping = true;
  await Promise.race([Promise.all(running), sleep(GRACE_MS)]);
  return result();
}

const WARM_UP_STEPS = 600;
const WARM_UP_STEP_MS = 25;
/** How long the last answers may take. */
const GRACE_MS = 5_000;

/** All are made before, so that a thousand keys cost the load client no more than one. */
function requestsInTurn({ aim, body, keys = [aim.key] }: ClosedLoopPlan): () => Buffer {
  const bytes = Buffer.from(body, 'base64');
  const requests = keys.map((key) => requestBytes({ ...aim, key }, bytes));
  let next = 0;
  return () => requests[next++ % requests.length] as Buffer;
}

function keepAsking(
  connection: ClientConnection,
  nextRequest: () => Buffer,
  window: MeasureWindow,
  state: { isStopping: boolean; answers: number },
): Promise<void> {
  return new Promise((resolve) => {
    connection.onAnswer = (status) => {
      state.answers++;
      if (status !== 200) window.problem(`status ${status}`);
      else window.tally(null);
      if (!state.isStopping) return connection.send(nextRequest());
      connection.close();
      resolve();
    };
    connection.onBroken = (why) => {
      window.problem(why);
      resolve();
    };
    connection.send(nextRequest());
  });
}
