import type { ServerResponse } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import type { Answer, Stop } from './answer.ts';

/**
 * Sends an answer the way its delivery says; `beforeCut` is called when this side is about to break off.
 * Every write is waited for, so that a cut never takes back what went out before it.
 */
export async function deliver(answer: Answer, response: ServerResponse, beforeCut: () => void): Promise<void> {
  const { headersAfterMs = 0, betweenPartsMs = 0, stop } = answer.delivery ?? {};
  if (!(await waitUnlessClosed(headersAfterMs, response))) return;
  if (stop?.after === 'nothing') return breakOff(stop, response, beforeCut);

  response.writeHead(answer.status, headersOf(answer));
  response.flushHeaders();
  for (const [index, write] of planWrites(answer).entries()) {
    if (index > 0 && !(await waitUnlessClosed(betweenPartsMs, response))) return;
    if (response.destroyed) return;
    await send(write, response);
  }
  if (stop) return breakOff(stop, response, beforeCut);
  response.end();
}

function headersOf(answer: Answer): Record<string, string> {
  const declared = answer.delivery?.declaredLength;
  // A length that is not true spoils the connection for whatever would come next.
  if (declared !== undefined) return { ...answer.headers, 'content-length': String(declared), connection: 'close' };
  if (answer.terminalAt !== undefined || answer.parts.length !== 1) return { ...answer.headers };
  return { ...answer.headers, 'content-length': String(answer.parts[0]?.length ?? 0) };
}

function planWrites({ parts, delivery = {} }: Answer): Buffer[] {
  const after = delivery.stop?.after;
  let kept = [...parts];
  if (typeof after === 'object') {
    kept = 'parts' in after ? kept.slice(0, after.parts) : [Buffer.concat(parts).subarray(0, after.bytes)];
  }
  const size = delivery.writeBytes;
  if (size === undefined) return kept.filter((part) => part.length > 0);
  const whole = Buffer.concat(kept);
  const writes: Buffer[] = [];
  for (let at = 0; at < whole.length; at += size) writes.push(whole.subarray(at, at + size));
  return writes;
}

function breakOff(stop: Stop, response: ServerResponse, beforeCut: () => void): void {
  switch (stop.how) {
    case 'stall':
      return;
    case 'end':
      response.end();
      return;
    case 'cut':
      beforeCut();
      response.socket?.destroy();
      return;
    case 'reset':
      beforeCut();
      response.socket?.resetAndDestroy();
      return;
  }
}

async function send(bytes: Buffer, response: ServerResponse): Promise<void> {
  await new Promise<void>((resolve) => {
    const done = () => {
      response.off('close', done);
      resolve();
    };
    response.once('close', done);
    response.write(bytes, done);
  });
}

/** False when the other side went away meanwhile. */
async function waitUnlessClosed(delayMs: number, response: ServerResponse): Promise<boolean> {
  if (delayMs === 0) return !response.destroyed;
  const gone = new AbortController();
  const abort = () => gone.abort();
  response.once('close', abort);
  try {
    await pause(delayMs, undefined, { signal: gone.signal });
    return true;
  } catch {
    return false;
  } finally {
    response.off('close', abort);
  }
}
