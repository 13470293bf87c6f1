import { longChatRequest } from '../chat-text.ts';
import type { Row } from '../row.ts';

export const body100k = row('body-100k', '100 KB', 100_000, 32);
export const body1m = row('body-1m', '1 MB', 1_000_000, 8);

function row(name: string, size: string, bytes: number, connections: number): Row {
  return {
    name,
    title: `request body of ${size}: a long chat, 600-byte answer, ${connections} connections, closed loop`,
    metrics: [
      { name: 'CPU per request', unit: 'µs', target: { ratioMax: 1.3 } },
      { name: 'throughput', unit: '/s' },
      { name: 'core busy', unit: '%' },
    ],
    targets: ['pass-through', 'nginx', 'realms'],
    async measure(target, { load, warmUpMs, windowMs }) {
      const body = longChatRequest(bytes).toString('base64');
      const times = { warmUpMs, windowMs, warmUpCount: 0 };
      const seen = await load({ kind: 'closed-loop', aim: target.aim, body, connections, ...times });
      return {
        'CPU per request': seen.cpuMicros / seen.count,
        throughput: seen.count / (seen.windowMicros / 1e6),
        'core busy': (seen.cpuMicros / seen.windowMicros) * 100,
      };
    },
  };
}
