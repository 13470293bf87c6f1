import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type BootedDaemon, bootDaemon } from '../../daemon/testing/boot-daemon.ts';
import { httpExchange } from '../../daemon/testing/http-exchange.ts';
import { run } from '../testing/run.ts';

// From the personal shape to the business one by the socket, while the daemon runs: the first token of a first user.
let boot: BootedDaemon;

beforeAll(async () => {
  boot = await bootDaemon();
});
afterAll(async () => await boot.stop());

async function realms(line: string): Promise<string> {
  const { code, out, err } = await run(line.split(' '), { socket: join(boot.folder, 'admin.sock') });
  expect([line, code, code === 0 ? '' : err]).toEqual([line, 0, '']);
  return out;
}

const topup = async (token = '') =>
  await httpExchange(`${boot.url}/topup`, { headers: { authorization: `Bearer ${token}` } });

test('the doors of money open without a restart, and a user’s token opens them', async () => {
  expect(boot.daemon.adminSocket).toBe(join(boot.folder, 'admin.sock'));
  expect((await topup()).status).toBe(404);
  await realms('feature self-mode off');
  await realms('feature enable billing');
  expect((await topup()).status).toBe(401);
  await realms('user add alice -o json');
  const created = JSON.parse(await realms('user token create alice -o json'));
  expect(created).toMatchObject({ token: expect.stringMatching(/^utk_/), user: 'alice' });
  const opened = await topup(created.token);
  expect([opened.status, JSON.parse(opened.text).user]).toEqual([200, 'alice']);
  const listed = await realms('user token list --user alice');
  expect(listed).toContain(created.id);
  expect(listed).not.toContain(created.token);
  await realms(`user token revoke ${created.id} --yes`);
  expect((await topup(created.token)).status).toBe(401);
  await realms('feature self-mode on');
  expect((await topup(created.token)).status).toBe(404);
});
