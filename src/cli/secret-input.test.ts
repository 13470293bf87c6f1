import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { askHidden } from './prompt.ts';
import { memoryIo } from './testing/memory-io.ts';
import { run } from './testing/run.ts';
import { type StubDaemon, startStubDaemon } from './testing/stub-daemon.ts';

const ADD = ['upstream', 'add', 'main', '--base-url', 'https://api.example/v1'];
const folder = mkdtempSync(join(tmpdir(), 'realms-secret-'));
let daemon: StubDaemon;

beforeAll(async () => {
  daemon = await startStubDaemon();
});

afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await daemon[Symbol.asyncDispose]();
});

describe('a secret comes', () => {
  test.each([
    ['sk-plain', 'sk-plain'],
    ['sk-line\n', 'sk-line'],
    ['sk-windows\r\n', 'sk-windows'],
  ])('from stdin: %j', async (stdin, key) => {
    const { code } = await run([...ADD, '--key-stdin'], { socket: daemon.address, stdin });
    expect([code, sent()]).toEqual([0, key]);
  });

  test('from a file or a variable', async () => {
    writeFileSync(join(folder, 'key'), 'sk-file\n');
    await run([...ADD, '--key-file', join(folder, 'key')], { socket: daemon.address });
    expect(sent()).toBe('sk-file');
    await run([...ADD, '--key-env', 'MY_KEY'], { socket: daemon.address, env: { MY_KEY: 'sk-env' } });
    expect(sent()).toBe('sk-env');
  });

  test('from a hidden prompt on a terminal', async () => {
    const { code, err } = await run(ADD, { socket: daemon.address, tty: true, stdin: 'sk-typed\r' });
    expect([code, sent()]).toEqual([0, 'sk-typed']);
    expect(err).toContain('the key of the upstream: ');
    expect(err).not.toContain('sk-typed');
  });

  test('not at all with --no-key', async () => {
    const { code } = await run([...ADD, '--no-key'], { socket: daemon.address });
    expect([code, sent()]).toEqual([0, undefined]);
  });

  test('through nothing that is printed', async () => {
    const { out, err } = await run([...ADD, '--key-stdin', '-v'], { socket: daemon.address, stdin: 'sk-never-shown' });
    expect(out + err).not.toContain('sk-never-shown');
  });
});

describe('a secret is refused', () => {
  test.each([
    ['an empty stdin', ['--key-stdin'], { stdin: '' }, 'is empty'],
    ['a stdin of one line end', ['--key-stdin'], { stdin: '\n' }, 'is empty'],
    ['two lines', ['--key-stdin'], { stdin: 'sk-a\nsk-b\n' }, 'one key only'],
    ['a terminal as stdin', ['--key-stdin'], { tty: true, stdin: 'sk' }, 'stdin is a terminal'],
    ['a missing file', ['--key-file', '/nowhere/key'], {}, 'ENOENT'],
    ['a missing variable', ['--key-env', 'NO_SUCH'], {}, 'NO_SUCH'],
    ['two places', ['--key-stdin', '--key-env', 'X'], { stdin: 'a' }, 'name two places'],
    ['no place and nobody to ask', [], {}, 'is missing'],
  ])('from %s', async (_what, flags, options, message) => {
    const before = daemon.calls.length;
    const { code, out, err } = await run([...ADD, ...flags], { socket: daemon.address, ...options });
    expect([code, out, daemon.calls.length]).toEqual([2, '', before]);
    expect(err).toContain(message);
  });
});

test('the hidden prompt takes corrections, and Ctrl-C ends it', async () => {
  expect(await askTyping('sx\u007fk\r')).toBe('sk');
  await expect(askTyping('sk\u0003')).rejects.toMatchObject({ exit: 130 });
});

async function askTyping(keys: string): Promise<string> {
  const stdin = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => undefined });
  const asked = askHidden({ ...memoryIo({ tty: true }), stdin }, 'key');
  stdin.write(keys);
  return asked;
}

function sent(): unknown {
  return (daemon.calls.at(-1)?.body as { key?: unknown } | undefined)?.key;
}
