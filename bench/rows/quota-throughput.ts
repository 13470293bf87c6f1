import { request } from 'undici';
import type { QuotaPlan, QuotaResult } from '../quota-way.ts';
import type { Row } from '../row.ts';

const CALLERS = 64;
const USERS = 1_000;

export const quotaThroughput: Row = {
  name: 'quota-throughput',
  title: `reserve and settle alone, ${CALLERS} callers, ${USERS} users, SQLite: one transaction each against leases`,
  metrics: [
    { name: 'throughput', unit: '/s', target: { ratioMin: 8 } },
    { name: 'CPU per reserve and settle', unit: 'µs' },
    { name: 'core busy', unit: '%' },
  ],
  targets: ['quota-each', 'quota-leased'],
  measured: 'quota-leased',
  reference: 'quota-each',
  async measure({ aim }, { warmUpMs, windowMs }) {
    const plan: QuotaPlan = { callers: CALLERS, users: USERS, warmUpMs, windowMs };
    const asked = { method: 'POST', body: JSON.stringify(plan), headersTimeout: 0 } as const;
    const answer = await request(`http://127.0.0.1:${aim.port}/`, asked);
    const text = await answer.body.text();
    if (answer.statusCode !== 200) throw new Error(text);
    const { count, windowMicros, cpuMicros } = JSON.parse(text) as QuotaResult;
    return {
      throughput: count / (windowMicros / 1e6),
      'CPU per reserve and settle': cpuMicros / count,
      'core busy': (cpuMicros / windowMicros) * 100,
    };
  },
};
