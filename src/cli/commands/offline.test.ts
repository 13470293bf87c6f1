import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openDatabase } from '../../core/database/index.ts';
import { silentLog } from '../../core/log.ts';
import { run } from '../testing/run.ts';
import { startStubDaemon } from '../testing/stub-daemon.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'realms-offline-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function makeDatabase(): Promise<void> {
  const database = await openDatabase({ kind: 'sqlite', path: join(folder, 'realms.db') }, silentLog);
  await database.knex.raw('select 1');
  await database.close();
}

describe('migrate, while the daemon is down', () => {
  test('status makes nothing where nothing is', async () => {
    const { code, out, err } = await run(['migrate', 'status', '--data', join(folder, 'none'), '-o', 'json']);
    expect([code, JSON.parse(out).items[0].state]).toEqual([0, 'pending']);
    expect(err).toContain('there is no database yet');
    expect((await run(['migrate', 'up', '--data', join(folder, 'none')])).code).toBe(3);
  });

  test('up brings the schema up, once', async () => {
    await makeDatabase();
    expect((await run(['migrate', 'status', '--data', folder, '-o', 'json'])).out).toContain('"pending"');
    const first = await run(['migrate', 'up', '--data', folder]);
    expect([first.code, first.err]).toEqual([0, 'applied 0001-test-things\n']);
    expect(first.out).toMatch(/0001-test-things +applied +2026-11-20 12:00:00/);
    expect((await run(['migrate', 'up', '--data', folder])).err).toBe('the schema was up to date\n');
  });

  test('up refuses while the daemon of that config runs', async () => {
    await makeDatabase();
    await using daemon = await startStubDaemon();
    writeFileSync(join(folder, 'config.yaml'), `admin: { socket: ${daemon.address} }\ndata: { dir: ${folder} }\n`);
    const { code, err } = await run(['migrate', 'up', '--config', join(folder, 'config.yaml')]);
    expect([code, err]).toEqual([5, expect.stringContaining('the daemon is running')]);
  });
});

describe('doctor, while the daemon is down', () => {
  async function checks(argv: readonly string[] = []): Promise<[number, Record<string, string>]> {
    const { code, out } = await run(['doctor', '--data', folder, '-o', 'json', ...argv]);
    const found = JSON.parse(out).checks as { name: string; state: string }[];
    return [code, Object.fromEntries(found.map(({ name, state }) => [name, state]))];
  }

  test('finds what a first start would make', async () => {
    expect(await checks()).toEqual([
      1,
      { config: 'ok', daemon: 'fail', 'data-folder': 'ok', keyring: 'warn', database: 'warn' },
    ]);
  });

  test('finds a keyring that others may read, and a schema that waits', async () => {
    await makeDatabase();
    writeFileSync(join(folder, 'keyring.json'), '{}');
    chmodSync(join(folder, 'keyring.json'), 0o644);
    expect(await checks()).toMatchObject([1, { keyring: 'fail', database: 'ok', schema: 'warn' }]);
    chmodSync(join(folder, 'keyring.json'), 0o600);
    await run(['migrate', 'up', '--data', folder]);
    expect(await checks()).toMatchObject([1, { keyring: 'ok', schema: 'ok' }]);
  });

  test('finds a lost keyring and a broken database', async () => {
    mkdirSync(join(folder, 'realms.db'));
    expect(await checks()).toMatchObject([1, { keyring: 'fail', database: 'fail' }]);
  });

  test('finds a config that is not valid', async () => {
    writeFileSync(join(folder, 'config.yaml'), 'relay: { attemts_max: 5 }\n');
    const { code, out } = await run(['doctor', '--config', join(folder, 'config.yaml')]);
    expect([code, out]).toEqual([1, expect.stringMatching(/^FAIL {2}config {2}.*attemts_max/)]);
  });
});

test('a config that is not valid ends migrate with 6', async () => {
  writeFileSync(join(folder, 'config.yaml'), 'relay: { attemts_max: 5 }\n');
  const { code, err } = await run(['migrate', 'status', '--config', join(folder, 'config.yaml')]);
  expect([code, err]).toEqual([6, expect.stringContaining('attempts_max')]);
});
