import { setTimeout as sleep } from 'node:timers/promises';
import { chatRequest } from '../chat-text.ts';
import { type LiveMemory, readLiveMemory } from '../live-memory.ts';
import type { Aim } from '../load-plan.ts';
import { readProcessCost } from '../process-cost.ts';
import type { Measuring, Row, Sample } from '../row.ts';
import type { Target } from '../target.ts';

const STREAMS = 2_000;
/** Fifty openings for each chunk period spread the chunks evenly over the second. */
const OPENING_MS = 4_000;
const SETTLE_MS = 3_000;
/** The streams outlast the window, so that the memory can be read while all are open. */
const AFTER_MS = 6_000;
const WORST = 'added latency worst';
const CPU = 'CPU per chunk';
const LIVE = '  of it heap and buffers';
const WITH_GARBAGE = '  with uncollected garbage';
const MEMORY = 'memory per open stream';
const P50 = 'added latency p50';
const P99 = 'added latency p99';

export const openStreams: Row = {
  name: 'open-streams',
  title: `${STREAMS} open streams in one process, 1 chunk a second each`,
  metrics: [
    { name: P50, unit: 'ms' },
    { name: P99, unit: 'ms', target: { max: 20 } },
    { name: WORST, unit: 'ms' },
    { name: CPU, unit: 'µs' },
    { name: MEMORY, unit: 'KB', target: { max: 20 } },
    { name: LIVE, unit: 'KB' },
    { name: WITH_GARBAGE, unit: 'KB' },
    { name: 'RSS before', unit: 'MB' },
    { name: 'RSS with all open', unit: 'MB' },
  ],
  targets: ['direct', 'pass-through', 'nginx', 'realms'],
  // A heap that has held 2,000 streams once does not grow the second time.
  isFreshEachTime: true,
  async measure(target, measuring) {
    const { load, windowMs } = measuring;
    const { aim } = target;
    if (aim.pid !== null) await warmUp(aim, measuring);
    const before = await memoryOf(target);
    const lastsMs = OPENING_MS + SETTLE_MS + windowMs + AFTER_MS;
    const body = streamBody(Math.ceil(lastsMs / 1_000), 1_000);
    const times = { openingMs: OPENING_MS, warmUpMs: SETTLE_MS, windowMs };
    const running = load({ kind: 'streams', aim, body, streams: STREAMS, ...times });
    // A failure is for the await below; until then nobody listens.
    running.catch(() => {});
    await sleep(OPENING_MS + SETTLE_MS + windowMs + 1_000);
    const after = await memoryOf(target);
    const seen = await running;
    return {
      [P50]: (seen.latencyMicros?.p50 ?? Number.NaN) / 1e3,
      [P99]: (seen.latencyMicros?.p99 ?? Number.NaN) / 1e3,
      [WORST]: (seen.latencyMicros?.max ?? Number.NaN) / 1e3,
      ...(aim.pid === null ? {} : { [CPU]: seen.cpuMicros / seen.count }),
      ...memorySample(before, after),
    };
  },
};

interface MemoryReading {
  /** Garbage included; read before any is collected. */
  readonly rssBytes: number;
  readonly live: LiveMemory | null;
}

async function memoryOf({ aim, inspectPort }: Target): Promise<MemoryReading | null> {
  if (aim.pid === null) return null;
  const { rssBytes } = readProcessCost(aim.pid);
  return { rssBytes, live: inspectPort === null ? null : await readLiveMemory(aim.pid, inspectPort) };
}

function memorySample(before: MemoryReading | null, after: MemoryReading | null): Sample {
  if (!before || !after) return {};
  const each = (bytes: number) => bytes / STREAMS / 1_024;
  const facts = { 'RSS before': before.rssBytes / 2 ** 20, 'RSS with all open': after.rssBytes / 2 ** 20 };
  if (!before.live || !after.live) return { [MEMORY]: each(after.rssBytes - before.rssBytes), ...facts };
  // How much garbage lies about is V8's choice and no stream's, so both sides of the promised number are without.
  return {
    [MEMORY]: each(after.live.rssBytes - before.live.rssBytes),
    [LIVE]: each(after.live.liveBytes - before.live.liveBytes),
    [WITH_GARBAGE]: each(after.rssBytes - before.live.rssBytes),
    ...facts,
  };
}

/** Compiled code is there for good and is no stream's memory. The rate is one that leaves no backlog behind. */
async function warmUp(aim: Aim, { load }: Measuring): Promise<void> {
  const body = chatRequest(null).toString('base64');
  await load({ kind: 'open-loop', aim, body, perSecond: 1_000, warmUpMs: 7_000, windowMs: 1_000 });
  const streams = { streams: 100, openingMs: 200, warmUpMs: 0, windowMs: 1_500 };
  await load({ kind: 'streams', aim, body: streamBody(100, 20), ...streams });
  await sleep(SETTLE_MS);
}

function streamBody(chunks: number, everyMs: number): string {
  return chatRequest({ chunks, everyMs, isUsageAsked: true }).toString('base64');
}
