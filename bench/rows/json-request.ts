import { chatRequest } from '../chat-text.ts';
import type { Row } from '../row.ts';

const CONNECTIONS = 64;

export const jsonRequest: Row = {
  name: 'json-request',
  title: `JSON request: small chat body, 600-byte answer, ${CONNECTIONS} connections, closed loop`,
  metrics: [
    { name: 'CPU per request', unit: 'µs', target: { ratioMax: 1.5 } },
    { name: 'of it main thread', unit: 'µs' },
    { name: 'of it busiest other thread', unit: 'µs' },
    { name: 'throughput', unit: '/s' },
    { name: 'core busy', unit: '%' },
  ],
  targets: ['pass-through', 'nginx', 'realms'],
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
