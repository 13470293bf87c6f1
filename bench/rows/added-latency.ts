import { chatRequest } from '../chat-text.ts';
import type { TargetName } from '../options.ts';
import type { Row } from '../row.ts';

const PER_SECOND = 1_000;
const BILLED_P99_ADDED_MAX_MICROS = 650;

export const addedLatency = row('added-latency', '', ['direct', 'pass-through', 'nginx', 'realms'], 'realms', null);
export const latencyBalance = billed('latency-balance', 'paid by the balance', 'realms-balance');
export const latencySubscription = billed('latency-subscription', 'paid by a plan', 'realms-subscription');

function billed(name: string, what: string, measured: TargetName): Row {
  const targets: readonly TargetName[] = ['direct', 'pass-through', 'realms', measured];
  return row(name, `, ${what}`, targets, measured, BILLED_P99_ADDED_MAX_MICROS);
}

function row(
  name: string,
  what: string,
  targets: readonly TargetName[],
  measured: TargetName,
  p99AddedMax: number | null,
): Row {
  return {
    name,
    title: `latency of a JSON request at ${PER_SECOND} a second, open loop${what}; direct is the mock without a relay`,
    metrics: [
      { name: 'p50', unit: 'µs' },
      { name: 'p99', unit: 'µs', ...(p99AddedMax === null ? {} : { target: { addedMax: p99AddedMax } }) },
      { name: 'worst', unit: 'µs' },
      { name: 'CPU per request', unit: 'µs' },
    ],
    targets,
    measured,
    async measure({ aim }, { load, warmUpMs, windowMs, warmUpCount }) {
      const body = chatRequest(null).toString('base64');
      // At this rate it would take most of a minute until the code is warm.
      const warmUp = { connections: 64, warmUpMs: 0, warmUpCount, windowMs: 500 };
      if (warmUpCount > 0) await load({ kind: 'closed-loop', aim, body, ...warmUp });
      const seen = await load({ kind: 'open-loop', aim, body, perSecond: PER_SECOND, warmUpMs, windowMs });
      return {
        p50: seen.latencyMicros?.p50 ?? Number.NaN,
        p99: seen.latencyMicros?.p99 ?? Number.NaN,
        worst: seen.latencyMicros?.max ?? Number.NaN,
        ...(aim.pid === null ? {} : { 'CPU per request': seen.cpuMicros / seen.count }),
      };
    },
  };
}
