import { setTimeout as sleep } from 'node:timers/promises';
import { ClientConnection, requestBytes } from './client-connection.ts';
import type { LoadResult, OpenLoopPlan } from './load-plan.ts';
import { MeasureWindow } from './measure-window.ts';
import { nowMicros } from './now-micros.ts';

/** Timers wake within about a millisecond; what comes later than that is a stall, and a stall must count as latency. */
const TIMER_GRAIN_MICROS = 1_500;
const CONNECTIONS_MAX = 2_000;

/**
 * Sends at a fixed rate on as many connections as that needs, so that a slow answer delays no later request. Each
 * latency counts from the sending, or from the moment the request was due where this process itself came too late.
 */
export async function runOpenLoop(plan: OpenLoopPlan): Promise<LoadResult> {
  const window = new MeasureWindow(plan.aim.pid);
  const lanes = await openLanes(plan, window);
  const everyMicros = 1e6 / plan.perSecond;
  const startedAt = nowMicros();
  const opensAt = startedAt + plan.warmUpMs * 1e3;
  const closesAt = opensAt + plan.windowMs * 1e3;
  let sent = 0;
  while (nowMicros() < closesAt) {
    await sleep(1);
    const now = nowMicros();
    if (!window.isOpen && now >= opensAt) window.open();
    for (; startedAt + sent * everyMicros <= now; sent++) {
      const dueAt = startedAt + sent * everyMicros;
      // The one that has rested longest: a connection that always waits would be closed by the server.
      const lane = lanes.idle.shift();
      if (lane) lane(now - dueAt > TIMER_GRAIN_MICROS ? dueAt : now);
      else if (window.isOpen) window.problem('no connection was free');
    }
  }
  const result = window.close();
  // Answers still under way belong to the window: leaving the slowest out would flatter.
  for (let i = 0; i < DRAIN_STEPS && lanes.busy() > 0; i++) await sleep(DRAIN_STEP_MS);
  lanes.close();
  return result();
}

const DRAIN_STEPS = 200;
const DRAIN_STEP_MS = 25;

type Lane = (countsFrom: number) => void;

async function openLanes(plan: OpenLoopPlan, window: MeasureWindow) {
  const request = requestBytes(plan.aim, Buffer.from(plan.body, 'base64'));
  const idle: Lane[] = [];
  const connections: ClientConnection[] = [];
  // As many as are sent in a quarter of a second; more are never needed unless the target has stalled.
  const wanted = Math.min(CONNECTIONS_MAX, Math.ceil(plan.perSecond / 4));
  for (let i = 0; i < wanted; i++) {
    const connection = await ClientConnection.open(plan.aim.port);
    let from = 0;
    let isCounted = false;
    const lane: Lane = (countsFrom) => {
      from = countsFrom;
      isCounted = window.isOpen;
      connection.send(request);
    };
    connection.onAnswer = (status) => {
      const micros = nowMicros() - from;
      if (status !== 200) window.problem(`status ${status}`);
      else if (window.isOpen && isCounted) window.tally(micros);
      else if (isCounted) window.addLate(micros);
      idle.push(lane);
    };
    connection.onBroken = (why) => window.problem(why);
    connections.push(connection);
    idle.push(lane);
  }
  return {
    idle,
    busy: () => connections.length - idle.length,
    close: () => {
      for (const connection of connections) connection.close();
    },
  };
}
