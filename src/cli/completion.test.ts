import { describe, expect, test } from 'vitest';
import { run } from './testing/run.ts';

describe('completion', () => {
  test.each(['bash', 'zsh', 'fish'])('%s gets a script that asks the program', async (shell) => {
    const { code, out, err } = await run(['completion', shell]);
    expect([code, err]).toEqual([0, '']);
    expect(out).toContain('realms complete --');
  });

  test('another shell is wrong usage', async () => {
    expect(await run(['completion', 'tcsh'])).toMatchObject({
      code: 2,
      out: '',
      err: expect.stringContaining('bash, zsh, fish'),
    });
  });

  test.each([
    [['cred'], ['credential']],
    [['upstream', 're'], ['remove']],
    [
      ['model', 'price', ''],
      ['set', 'list'],
    ],
    [
      ['upstream', 'add', '--key'],
      ['--key-stdin', '--key-file', '--key-env'],
    ],
    [
      ['status', '-o', 'js'],
      ['json', 'jsonl'],
    ],
    [['user', 'edit', 'kim', '--status', 'sus'], ['suspended']],
  ])('%j', async (words, wanted) => {
    const { out } = await run(['complete', '--', ...words]);
    const offered = out
      .split('\n')
      .map((line) => line.split('\t')[0])
      .filter((word) => word && !word.startsWith(':'));
    expect(offered).toEqual(wanted);
  });
});
