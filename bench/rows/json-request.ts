import { chatRequest } from '../chat-text.ts';
import type { TargetName } from '../options.ts';
import type { Row } from '../row.ts';

const CONNECTIONS = 64;

export const jsonRequest = row('json-request', '', {
  targets: ['pass-through', 'nginx', 'realms'],
  measured: 'realms',
  ratioMax: 1.5,
});

export const jsonBalance = row('json-balance', ', paid by the balance', {
  targets: ['pass-through', 'realms', 'realms-balance'],
  measured: 'realms-balance',
  ratioMax: 1.6,
});

export const jsonSubscription = row('json-subscription', ', paid by a plan with four windows', {
  targets: ['pass-through', 'realms', 'realms-subscription'],
  measured: 'realms-subscription',
  ratioMax: 1.6,
});

/** Beside SQLite: what it costs to have the books elsewhere. */
export const jsonPostgres = row('json-postgres', ', paid by the balance, on PostgreSQL', {
  targets: ['pass-through', 'realms-balance', 'realms-postgres'],
  measured: 'realms-postgres',
  ratioMax: null,
});

interface Comparison {
  readonly targets: readonly TargetName[];
  readonly measured: TargetName;
  readonly ratioMax: number | null;
}

function row(name: string, what: string, { targets, measured, ratioMax }: Comparison): Row {
  return {
    name,
    title: `JSON request: small chat body, 600-byte answer, ${CONNECTIONS} connections, closed loop${what}`,
    metrics: [
      { name: 'CPU per request', unit: 'µs', ...(ratioMax === null ? {} : { target: { ratioMax } }) },
      { name: 'of it main thread', unit: 'µs' },
      { name: 'of it busiest other thread', unit: 'µs' },
      { name: 'throughput', unit: '/s' },
      { name: 'core busy', unit: '%' },
    ],
    targets,
    measured,
    async measure(target, { load, ...times }) {
      const body = chatRequest(null).toString('base64');
      const seen = await load({ kind: 'closed-loop', aim: target.aim, body, connections: CONNECTIONS, ...times });
      return {
        'CPU per request': seen.cpuMicros / seen.count,
        'of it main thread': seen.mainThreadMicros / seen.count,
        'of it busiest other thread': seen.otherThreadMicros / seen.count,
        throughput: seen.count / (seen.windowMicros / 1e6),
        'core busy': (seen.cpuMicros / seen.windowMicros) * 100,
      };
    },
  };
}
