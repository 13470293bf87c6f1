import { setTimeout as sleep } from 'node:timers/promises';
import { STAMP_DIGITS, STAMP_MARK } from './chat-text.ts';
import { ClientConnection, requestBytes } from './client-connection.ts';
import type { LoadResult, StreamsPlan } from './load-plan.ts';
import { MeasureWindow } from './measure-window.ts';
import { nowMicros } from './now-micros.ts';

/** How long the streams may run past the window before they are cut. */
const END_GRACE_MS = 60_000;

export async function runStreams(plan: StreamsPlan): Promise<LoadResult> {
  const body = Buffer.from(plan.body, 'base64');
  const isTranslated = plan.wire === 'responses';
  const request = requestBytes(plan.aim, body, isTranslated ? '/v1/responses' : undefined);
  const isUsageAsked = body.includes('"include_usage":true');
  const window = new MeasureWindow(plan.aim.pid);
  const connections: ClientConnection[] = [];
  const running: Promise<void>[] = [];
  const startedAt = nowMicros();
  for (let i = 0; i < plan.streams; i++) {
    // Spread over the opening, so that the chunks of all streams do not come at one moment.
    const dueInMs = (plan.openingMs * i) / plan.streams - (nowMicros() - startedAt) / 1e3;
    if (dueInMs >= 1) await sleep(dueInMs);
    const connection = await ClientConnection.open(plan.aim.port);
    connections.push(connection);
    running.push(isTranslated ? countDeltas(connection, window) : readStream(connection, window, isUsageAsked));
    connection.send(request);
  }
  await sleep(plan.warmUpMs);
  window.open();
  await sleep(plan.windowMs);
  const result = window.close();
  await Promise.race([Promise.all(running), sleep(END_GRACE_MS, undefined, { ref: false })]);
  for (const connection of connections) connection.close();
  return result();
}

const MARK = Buffer.from(STAMP_MARK);
const EVENT_END = Buffer.from('\n\n');

function readStream(connection: ClientConnection, window: MeasureWindow, isUsageAsked: boolean): Promise<void> {
  let kept: Buffer | null = null;
  let hasUsage = false;
  let hasDone = false;
  return new Promise((resolve) => {
    connection.onBody = (part) => {
      const data = kept ? Buffer.concat([kept, part]) : part;
      kept = null;
      let from = 0;
      const now = nowMicros();
      for (let end = data.indexOf(EVENT_END); end !== -1; end = data.indexOf(EVENT_END, from)) {
        const mark = data.indexOf(MARK, from);
        if (mark !== -1 && mark < end) {
          const at = mark + MARK.length;
          window.tally(now - Number(data.toString('latin1', at, at + STAMP_DIGITS)));
        } else {
          const event = data.toString('latin1', from, end);
          if (event.includes('"usage":{')) hasUsage = true;
          if (event.includes('[DONE]')) hasDone = true;
        }
        from = end + EVENT_END.length;
      }
      if (from < data.length) kept = data.subarray(from);
    };
    connection.onAnswer = (status) => {
      if (status !== 200) window.problem(`status ${status}`);
      else if (!hasDone) window.problem('a stream ended without [DONE]');
      else if (hasUsage !== isUsageAsked) window.problem(isUsageAsked ? 'usage is missing' : 'usage was not asked for');
      resolve();
    };
    connection.onBroken = (why) => {
      window.problem(why);
      resolve();
    };
  });
}

const DELTA = Buffer.from('event: response.output_text.delta');
const COMPLETED = Buffer.from('event: response.completed');

/** Counts the words of a Responses stream by the names of its events. */
function countDeltas(connection: ClientConnection, window: MeasureWindow): Promise<void> {
  let kept: Buffer = Buffer.alloc(0);
  let isCompleted = false;
  return new Promise((resolve) => {
    connection.onBody = (part) => {
      const data = kept.length > 0 ? Buffer.concat([kept, part]) : part;
      let from = 0;
      for (let end = data.indexOf(EVENT_END); end !== -1; end = data.indexOf(EVENT_END, from)) {
        if (data.subarray(from, from + DELTA.length).equals(DELTA)) window.tally(0);
        else if (data.subarray(from, from + COMPLETED.length).equals(COMPLETED)) isCompleted = true;
        from = end + EVENT_END.length;
      }
      kept = data.subarray(from);
    };
    connection.onAnswer = (status) => {
      if (status !== 200) window.problem(`status ${status}`);
      else if (!isCompleted) window.problem('a stream ended without response.completed');
      resolve();
    };
    connection.onBroken = (why) => {
      window.problem(why);
      resolve();
    };
  });
}
