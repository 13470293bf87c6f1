import { describe, expect, test } from 'vitest';
import { memoryIo } from '../testing/memory-io.ts';
import { type Answer, item, list } from './answer.ts';
import { type Format, render, wantsColor } from './render.ts';

const DATA = {
  items: [
    { id: 'up_1', name: 'main' },
    { id: 'up_2', name: 'relay: 3' },
  ],
  next_cursor: 'abc',
};
const COLUMNS = [{ title: 'NAME', cell: (row: { name: string }) => row.name }];

async function shown(answer: Answer, format: Format, quiet = false): Promise<[string, string]> {
  const io = memoryIo();
  await render(answer, { format, color: false, quiet }, io);
  return [io.out(), io.err()];
}

describe('stdout holds the data alone', () => {
  test.each([
    ['table', 'NAME\nmain\nrelay: 3\n'],
    ['json', `${JSON.stringify(DATA, null, 2)}\n`],
    ['jsonl', '{"id":"up_1","name":"main"}\n{"id":"up_2","name":"relay: 3"}\n'],
    ['yaml', 'items:\n  - id: up_1\n    name: main\n  - id: up_2\n    name: "relay: 3"\nnext_cursor: abc\n'],
    ['name', 'up_1\nup_2\n'],
  ] as const)('as %s', async (format, out) => {
    expect(await shown(list(DATA, COLUMNS, 'none'), format)).toEqual([
      out,
      'there are more; go on with --cursor abc\n',
    ]);
  });

  test('of one object', async () => {
    const answer = item({ id: 'up_1', name: 'main' }, [['name', 'main']], ['a note']);
    expect(await shown(answer, 'table')).toEqual(['name  main\n', 'a note\n']);
    expect(await shown(answer, 'jsonl')).toEqual(['{"id":"up_1","name":"main"}\n', 'a note\n']);
    expect(await shown(answer, 'name', true)).toEqual(['up_1\n', '']);
  });

  test('of an empty list, which is said on stderr', async () => {
    const empty = list({ items: [], next_cursor: null }, COLUMNS, 'no upstreams');
    expect(await shown(empty, 'table')).toEqual(['', 'no upstreams\n']);
    expect(await shown(empty, 'json')).toEqual(['{\n  "items": [],\n  "next_cursor": null\n}\n', '']);
    expect(await shown(empty, 'name')).toEqual(['', '']);
  });
});

describe('colours', () => {
  const terminal = memoryIo({ tty: true }).stdout;
  const pipe = memoryIo().stdout;

  test.each([
    ['a terminal', terminal, {}, false, true],
    ['a pipe', pipe, {}, false, false],
    ['NO_COLOR', terminal, { NO_COLOR: '1' }, false, false],
    ['an empty NO_COLOR', terminal, { NO_COLOR: '' }, false, true],
    ['--no-color', terminal, { FORCE_COLOR: '1' }, true, false],
    ['FORCE_COLOR in a pipe', pipe, { FORCE_COLOR: '1' }, false, true],
    ['NO_COLOR with FORCE_COLOR', pipe, { FORCE_COLOR: '1', NO_COLOR: '1' }, false, false],
    ['a dumb terminal', terminal, { TERM: 'dumb' }, false, false],
  ])('with %s', (_what, stream, env, noColor, wanted) => {
    expect(wantsColor(stream, env, noColor)).toBe(wanted);
  });

  test('paint titles', async () => {
    const io = memoryIo({ tty: true });
    await render(list(DATA, COLUMNS, ''), { format: 'table', color: true, quiet: true }, io);
    expect(io.out()).toContain('\u001b[1mNAME');
  });
});
