import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { run } from '../testing/run.ts';
import { startStubDaemon } from '../testing/stub-daemon.ts';
import type { Target } from './target.ts';
import { unreachable } from './unreachable.ts';

const folder = mkdtempSync(join(tmpdir(), 'realms-client-'));

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a daemon that cannot be reached ends with 7 and says', () => {
  test('that the socket does not exist, and what to type', async () => {
    const { code, out, err } = await run(['status', '--socket', '/nowhere/admin.sock']);
    expect([code, out]).toEqual([7, '']);
    expect(err).toBe(
      'realms: no daemon answers at /nowhere/admin.sock (--socket): the socket does not exist\n' +
        'hint: start it with: realms serve; under systemd look with: systemctl status realms\n',
    );
  });

  test('that a socket is left over, and who owns it', async () => {
    const file = join(folder, 'left-over.sock');
    writeFileSync(file, '', { mode: 0o600 });
    const { code, err } = await run(['status'], { socket: file });
    expect(code).toBe(7);
    expect(err).toContain(`${file} (REALMS_SOCKET); it exists, mode 0600, owner ${process.getuid?.()}, group`);
    expect(err).toContain('nobody listens (ECONNREFUSED)');
  });

  test('which group to join when the socket may not be opened', () => {
    const target: Target = { kind: 'socket', path: folder, why: 'found', alsoTried: [] };
    const { exit, facts } = unreachable(target, Object.assign(new Error('no'), { code: 'EACCES' }));
    expect([exit, facts.message, facts.hint]).toEqual([
      7,
      expect.stringContaining('may not be opened by this user'),
      expect.stringContaining('join the group that owns the socket (group '),
    ]);
  });

  test('that nothing was found where it usually is', async () => {
    const { code, err } = await run(['status'], { env: { XDG_RUNTIME_DIR: join(folder, 'none') } });
    expect(code).toBe(7);
    expect(err).toContain(join(folder, 'none', 'realms', 'admin.sock'));
  });

  test('which address was tried', async () => {
    const { code, err } = await run(['status', '--url', 'http://127.0.0.1:1']);
    expect([code, err]).toEqual([
      7,
      expect.stringContaining('no daemon answers at http://127.0.0.1:1 (--url): ECONNREFUSED'),
    ]);
  });
});

test('a daemon that does not answer in time ends with 7', async () => {
  const silent = createServer(() => undefined);
  const path = join(folder, 'silent.sock');
  await new Promise<void>((resolve) => silent.listen(path, resolve));
  const { code, err } = await run(['status', '--timeout', '100ms'], { socket: path });
  expect([code, err]).toEqual([7, expect.stringContaining('did not answer within 0.1 s')]);
  silent.close();
});

describe('over the network', () => {
  test('the token goes along, from the environment or a file', async () => {
    await using daemon = await startStubDaemon('tcp');
    writeFileSync(join(folder, 'token'), 'from-file\n');
    const url = daemon.address;
    await run(['status', '--url', url], { env: { REALMS_TOKEN: 'from-env' } });
    await run(['status'], { env: { REALMS_URL: url, REALMS_TOKEN_FILE: join(folder, 'token') } });
    await run(['status', '--url', url, '--token-file', join(folder, 'token')], { env: { REALMS_TOKEN: 'from-env' } });
    const seen = daemon.calls.map((call) => call.headers.authorization);
    expect(seen).toEqual(['Bearer from-env', 'Bearer from-file', 'Bearer from-file']);
  });

  test('plain http elsewhere is warned of, and the token does not show', async () => {
    const env = { REALMS_TOKEN: 'adm-never-shown' };
    const { err } = await run(['status', '-v', '--url', 'http://192.0.2.1:1', '--timeout', '50ms'], { env });
    expect(err).toContain('warning: http://192.0.2.1:1 is plain http');
    expect(err).not.toContain('adm-never-shown');
  });

  test('an empty or missing token file is wrong usage', async () => {
    writeFileSync(join(folder, 'empty'), '\n');
    for (const file of [join(folder, 'empty'), join(folder, 'missing')]) {
      const { code, err } = await run(['status', '--url', 'https://r.example', '--token-file', file]);
      expect([code, err]).toEqual([2, expect.stringContaining(file)]);
    }
  });
});

describe('what answers is', () => {
  test('no Realms when it is not JSON', async () => {
    await using daemon = await startStubDaemon();
    daemon.answer('showStatus', { status: 200, body: '<html>' });
    const { code, err } = await run(['status'], { socket: daemon.address });
    expect([code, err]).toEqual([7, expect.stringContaining('the answer is not JSON')]);
  });

  test('refused in another major version, warned of in another minor one', async () => {
    await using daemon = await startStubDaemon();
    const body = { items: [], next_cursor: null };
    daemon.answer('listUpstreams', { status: 200, body, headers: { 'realms-version': '0.999.0' } });
    const minor = await run(['upstream', 'list'], { socket: daemon.address });
    expect([minor.code, minor.err]).toEqual([0, expect.stringContaining('but the daemon is 0.999.0')]);
    daemon.answer('listUpstreams', { status: 200, body, headers: { 'realms-version': '99.0.0' } });
    expect((await run(['upstream', 'list'], { socket: daemon.address })).code).toBe(7);
  });
});
