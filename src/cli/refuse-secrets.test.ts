import { expect, test } from 'vitest';
import { run } from './testing/run.ts';

const SECRET = 'sk-abcdefghijklmnopqrstuvwxyz123456';

test.each([
  [['upstream', 'add', 'main', '--base-url', 'http://x', '--api-key', SECRET]],
  [['upstream', 'add', 'main', '--base-url', 'http://x', '--key', SECRET]],
  [['upstream', 'add', 'main', SECRET]],
  [['upstream', 'add', 'main', `--key-env=${SECRET}`]],
  [['user', 'token', 'revoke', `utk_${SECRET}${'x'.repeat(8)}`]],
  [['status', '--token', 'short']],
  [['status', '--token=short']],
  [['status', '--password', 'x']],
  [['upstream', 'add', 'main', '--base-url', 'http://x', '--no-key', '--proxy-url', 'http://me:pass@proxy:3128']],
])('%j is refused without repeating the secret', async (argv) => {
  const { code, out, err } = await run(argv);
  expect([code, out]).toEqual([2, '']);
  expect(err).toContain('every user of this machine could read it');
  expect(err).not.toContain(SECRET);
  expect(err).not.toContain('pass@');
});

test('words that only begin like a secret pass', async () => {
  for (const line of [
    ['key', 'show', 'sk-laptop'],
    ['user', 'token', 'revoke', `utk_${'0'.repeat(26)}`, '--yes'],
  ]) {
    const { err } = await run([...line, '--socket', '/nowhere.sock']);
    expect(err).toContain('/nowhere.sock');
  }
});
