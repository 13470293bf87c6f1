import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { run } from './testing/run.ts';
import { type StubDaemon, startStubDaemon } from './testing/stub-daemon.ts';

let daemon: StubDaemon;

beforeAll(async () => {
  daemon = await startStubDaemon();
});

afterAll(async () => {
  await daemon[Symbol.asyncDispose]();
});

describe('words of the command line', () => {
  test('--version prints the version alone', async () => {
    const { code, out, err } = await run(['--version']);
    expect([code, err]).toEqual([0, '']);
    expect(out).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  test('help of a command shows its flags, the global ones and an example', async () => {
    const { code, out } = await run(['upstream', 'add', '--help']);
    expect(code).toBe(0);
    expect(out).toContain('--base-url <URL>');
    expect(out).toContain('Global Options:');
    expect(out).toMatch(/Examples:\n {2}printf %s/);
  });

  test.each([
    [['upstrem', 'list'], 'Did you mean upstream?'],
    [['upstream', 'lst'], 'Did you mean one of list, ls?'],
    [['upstream', 'add', 'main', '--bse-url', 'http://x'], 'Did you mean --base-url?'],
  ])('%j gets a suggestion', async (argv, hint) => {
    const { code, out, err } = await run(argv);
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain(hint);
  });

  test.each([
    [['upstream', 'add', 'main', '--key-stdin'], '--base-url is missing'],
    [['upstream', 'show'], "missing required argument 'upstream'"],
    [['upstream', 'show', 'a', 'b'], 'too many arguments'],
    [['upstream', 'edit', 'main'], 'nothing to change'],
    [['upstream', 'edit', 'main', '--weight', 'much'], '--weight takes a whole number, not "much"'],
    [['upstream', 'edit', 'main', '--param-override', '[1]'], 'JSON object'],
    [['upstream', 'list', '-o', 'xml'], "'xml' is invalid"],
    [['model', 'add', 'm', '--input', '1.25'], '--input and --output belong together'],
    [['model', 'add', 'm', '--input', 'cheap', '--output', '1'], '"cheap" is not an amount in dollars'],
    [['model', 'price', 'set', 'm'], 'no price was given'],
    [['usage', 'list', '--since', 'yesterday'], 'like 2026-12-31'],
    [['status', '--timeout', '1month'], '--timeout takes a length of time'],
  ])('%j is wrong usage, told without a call', async (argv, message) => {
    const before = daemon.calls.length;
    const { code, out, err } = await run(argv, { socket: daemon.address, stdin: 'sk' });
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain(message);
    expect(daemon.calls.length).toBe(before);
  });

  test('what breaks the contract is told with its field, without a call', async () => {
    const before = daemon.calls.length;
    const argv = ['user', 'add', 'not a name', '-o', 'json'];
    const { code, out, err } = await run(argv, { socket: daemon.address });
    expect([code, out]).toEqual([2, '']);
    expect(JSON.parse(err)).toMatchObject({ code: 'invalid_input', errors: [{ path: 'name' }], exit_code: 2 });
    expect(daemon.calls.length).toBe(before);
  });
});

describe('global flags', () => {
  test.each([
    [['-o', 'json', 'upstream', 'list']],
    [['upstream', '-o', 'json', 'list']],
    [['upstream', 'list', '-o', 'json']],
    [['upstream', 'list', '--output=json']],
    [['upstream', 'list', '-ojson']],
  ])('%j gives JSON', async (argv) => {
    const { code, out } = await run(argv, { socket: daemon.address });
    expect(code).toBe(0);
    expect(JSON.parse(out)).toHaveProperty('items');
  });

  test('the nearest one wins, and REALMS_OUTPUT is the weakest', async () => {
    const options = { socket: daemon.address, env: { REALMS_OUTPUT: 'yaml' } };
    expect((await run(['upstream', 'list'], options)).out).toMatch(/^items:/);
    expect((await run(['-o', 'json', 'upstream', 'list', '-o', 'name'], options)).out).toBe('some-id\n');
  });

  test('--socket wins over the environment, before and after the command', async () => {
    for (const argv of [
      ['--socket', daemon.address, 'status'],
      ['status', '--socket', daemon.address],
    ]) {
      expect((await run(argv, { socket: '/nowhere.sock' })).code).toBe(0);
    }
  });

  test('--quiet silences notes, not errors', async () => {
    const quiet = await run(['key', 'rotate', 'k', '--yes', '-q'], { socket: daemon.address });
    expect([quiet.code, quiet.err]).toEqual([0, '']);
    expect((await run(['key', 'rotate', 'k', '-q'], { socket: daemon.address })).err).toContain('--yes');
  });

  test('--verbose traces calls on stderr', async () => {
    const { err } = await run(['-v', 'status'], { socket: daemon.address });
    expect(err).toMatch(/GET \/admin\/status → 200 in \d+ ms/);
  });

  test('--reason and the name of the person go to the audit log', async () => {
    const argv = ['upstream', 'disable', 'main', '--reason', 'zu langsam – später'];
    await run(argv, { socket: daemon.address, env: { USER: 'kim' } });
    expect(daemon.calls.at(-1)?.headers).toMatchObject({
      'realms-actor': 'kim',
      'realms-reason': encodeURIComponent('zu langsam – später'),
    });
  });

  test('--output of a price is no form of the result', async () => {
    const argv = ['model', 'add', 'gpt-x', '--input', '1.25', '--output', '10', '--no-input', '-o', 'name'];
    const { code, out } = await run(argv, { socket: daemon.address });
    expect([code, out]).toEqual([0, 'some-id\n']);
    expect(daemon.calls.at(-1)?.body).toEqual({ id: 'gpt-x', prices: { input: '1.25', output: '10' } });
  });
});

describe('destructive commands', () => {
  const destructive = [
    ['upstream', 'remove', 'main'],
    ['credential', 'remove', 'cred_1'],
    ['group', 'remove', 'g'],
    ['model', 'remove', 'gpt-x'],
    ['model', 'alias', 'remove', 'gpt-x', 'other'],
    ['key', 'rotate', 'laptop'],
    ['key', 'remove', 'laptop'],
    ['token', 'revoke', 'laptop'],
    ['keyring', 'rotate'],
  ];

  test.each(destructive.map((argv) => [argv]))(
    '%j ends with 9 before any call when nobody can be asked',
    async (argv) => {
      const before = daemon.calls.length;
      const { code, out, err } = await run(argv, { socket: daemon.address });
      expect([code, out, daemon.calls.length]).toEqual([9, '', before]);
      expect(err).toContain('add --yes');
    },
  );

  test('ask on a terminal, and only a yes counts', async () => {
    const before = daemon.calls.length;
    const no = await run(['upstream', 'remove', 'main'], { socket: daemon.address, tty: true, stdin: '\n' });
    expect([no.code, daemon.calls.length]).toEqual([1, before]);
    expect(no.err).toContain('Remove upstream main with its credentials and model bindings? [y/N]');
    const yes = await run(['upstream', 'remove', 'main'], { socket: daemon.address, tty: true, stdin: 'y\n' });
    expect([yes.code, yes.out]).toEqual([0, 'upstream main is removed\n']);
  });

  test('--no-input and REALMS_NO_INPUT forbid asking', async () => {
    const options = { socket: daemon.address, tty: true, stdin: 'y\n' };
    expect((await run(['upstream', 'remove', 'main', '--no-input'], options)).code).toBe(9);
    expect((await run(['upstream', 'remove', 'main'], { ...options, env: { REALMS_NO_INPUT: '1' } })).code).toBe(9);
  });
});

describe('serve', () => {
  test('hands its flags on and ends with the exit code of the daemon', async () => {
    const argv = ['serve', '--data', './d', '--listen', '127.0.0.1:0', '--demo', '--log-level', 'warn'];
    const { code, out, served } = await run(argv, { env: { REALMS_CONFIG: '/etc/c.yaml' } });
    expect([code, out]).toEqual([0, '']);
    expect(served).toEqual([
      { config: '/etc/c.yaml', data: './d', listen: '127.0.0.1:0', demo: true, logLevel: 'warn' },
    ]);
  });
});
