import { chatRequest } from '../chat-text.ts';
import type { Row } from '../row.ts';

const PER_SECOND = 1_000;

export const addedLatency: Row = {
  name: 'added-latency',
  title: `latency of a JSON request at ${PER_SECOND} a second, open loop; direct is the mock without a relay`,
  metrics: [
    { name: 'p50', unit: 'µs' },
    { name: 'p99', unit: 'µs' },
    { name: 'worst', unit: 'µs' },
    { name: 'CPU per request', unit: 'µs' },
  ],
  targets: ['direct', 'pass-through', 'nginx', 'realms'],
  async measure(target, { load, warmUpMs, windowMs }) {
    const body = chatRequest(null).toString('base64');
    const { aim } = target;
    const seen = await load({ kind: 'open-loop', aim, body, perSecond: PER_SECOND, warmUpMs, windowMs });
    return {
      p50: seen.latencyMicros?.p50 ?? Number.NaN,
      p99: seen.latencyMicros?.p99 ?? Number.NaN,
      worst: seen.latencyMicros?.max ?? Number.NaN,
      ...(aim.pid === null ? {} : { 'CPU per request': seen.cpuMicros / seen.count }),
    };
  },
};
