import { chatRequest } from '../chat-text.ts';
import type { Row } from '../row.ts';

const CONNECTIONS = 64;
const SHARE = 'one user of the thousand';

/** Nobody's money is one row that all others wait for: a single user gets through what a crowd does, or nearly. */
export const hottestUser: Row = {
  name: 'hottest-user',
  title: `JSON request: one key of a thousand users' in turn, then one key alone, ${CONNECTIONS} connections each`,
  metrics: [
    { name: 'throughput, a thousand users', unit: '/s' },
    { name: 'throughput, one user', unit: '/s' },
    { name: SHARE, unit: '×', target: { min: 0.5 } },
    { name: 'CPU, a thousand users', unit: 'µs' },
    { name: 'CPU, one user', unit: 'µs' },
  ],
  targets: ['realms-crowd'],
  measured: 'realms-crowd',
  async measure({ aim, keys = [aim.key] }, { load, ...times }) {
    const body = chatRequest(null).toString('base64');
    const plan = { kind: 'closed-loop', aim, body, connections: CONNECTIONS, ...times } as const;
    const crowd = await load({ ...plan, keys });
    const one = await load(plan);
    const [ofCrowd, ofOne] = [crowd.count / crowd.windowMicros, one.count / one.windowMicros];
    return {
      'throughput, a thousand users': ofCrowd * 1e6,
      'throughput, one user': ofOne * 1e6,
      [SHARE]: ofOne / ofCrowd,
      'CPU, a thousand users': crowd.cpuMicros / crowd.count,
      'CPU, one user': one.cpuMicros / one.count,
    };
  },
};
