import { collectDefaultMetrics, Registry } from 'prom-client';
import type { Buckets, RelayHouse, Tally } from './relay/index.ts';

export interface Metrics {
  /** In the Prometheus text format. */
  text(): Promise<string>;
}

/** Metrics of the process from prom-client, and the relay's own counters, made into text when somebody asks. */
export function openMetrics(house: RelayHouse): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, prefix: 'realms_' });
  return {
    async text() {
      return `${relayMetrics(house)}${await registry.metrics()}`;
    },
  };
}

function relayMetrics(house: RelayHouse): string {
  const { stats, queue, cooldowns, ctx } = house;
  return [
    ...counter('realms_requests_total', 'Relayed requests by endpoint, outcome and status.', stats.requests),
    ...counter('realms_attempts_total', 'Calls to upstreams by upstream and verdict.', stats.attempts),
    ...histogram('realms_first_output_seconds', 'Time until the first output reached the client.', stats.firstOutput),
    ...histogram('realms_request_seconds', 'Time until a request was answered whole.', stats.duration),
    ...histogram('realms_overhead_seconds', 'Time within Realms before the first attempt left.', stats.overhead),
    ...gauge('realms_inflight_requests', 'Requests running now.', stats.inflight),
    ...gauge('realms_inflight_streams', 'Streams running now.', stats.streams),
    ...gauge('realms_draining_streams', 'Streams read to their end although the client left.', stats.draining),
    ...gauge('realms_cooldowns', 'Cooldowns in force.', cooldowns.list(ctx.clock.now()).length),
    ...gauge('realms_write_queue_rows', 'Rows waiting to be committed.', queue.depth),
    '',
  ].join('\n');
}

function counter(name: string, help: string, tally: Tally): string[] {
  const lines = tally.entries().map(([labels, count]) => {
    const pairs = labels.map((label, at) => `${tally.names[at]}="${escapeLabel(String(label))}"`);
    return `${name}{${pairs.join(',')}} ${count}`;
  });
  return [`# HELP ${name} ${help}`, `# TYPE ${name} counter`, ...lines];
}

function gauge(name: string, help: string, value: number): string[] {
  return [`# HELP ${name} ${help}`, `# TYPE ${name} gauge`, `${name} ${value}`];
}

function histogram(name: string, help: string, buckets: Buckets): string[] {
  let cumulative = 0;
  const lines = buckets.bounds.map((bound, at) => {
    cumulative += buckets.counts[at] ?? 0;
    return `${name}_bucket{le="${bound / 1000}"} ${cumulative}`;
  });
  return [
    `# HELP ${name} ${help}`,
    `# TYPE ${name} histogram`,
    ...lines,
    `${name}_bucket{le="+Inf"} ${buckets.count}`,
    `${name}_sum ${buckets.sum / 1000}`,
    `${name}_count ${buckets.count}`,
  ];
}

function escapeLabel(text: string): string {
  return text.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n');
}
