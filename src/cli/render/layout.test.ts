import stringWidth from 'string-width';
import { describe, expect, test } from 'vitest';
import { type Column, table } from './answer.ts';
import { layOut, type Page } from './layout.ts';

interface Row {
  readonly name: string;
  readonly size: number;
  readonly note: string;
}

const COLUMNS: readonly Column<Row>[] = [
  { title: 'NAME', cell: (row) => row.name },
  { title: 'SIZE', right: true, cell: (row) => String(row.size) },
  { title: 'NOTE', cell: (row) => ({ text: row.note, tone: 'warn' }) },
];
const PIPE: Page = { width: null, paint: (text) => text };

function lines(rows: readonly Row[], page: Page = PIPE): string[] {
  return layOut(table(rows, COLUMNS, 'none'), page);
}

describe('a table', () => {
  test('stands in columns, numbers to the right, without spaces at the end', () => {
    const rows = [
      { name: 'a', size: 5, note: '' },
      { name: 'longer', size: 1234, note: 'cooling' },
    ];
    expect(lines(rows)).toEqual(['NAME    SIZE  NOTE', 'a          5', 'longer  1234  cooling']);
  });

  test('counts wide and combined characters as they are shown', () => {
    const rows = [
      { name: '上游一号', size: 1, note: 'x' },
      { name: 'café', size: 2, note: 'x' },
      { name: '🚀 rocket', size: 3, note: 'x' },
    ];
    const [head, ...body] = lines(rows);
    const at = body.map((line) => stringWidth(line));
    expect(new Set(at).size).toBe(1);
    expect(at[0]).toBe(stringWidth(head ?? '') - 'NOTE'.length + 1);
  });

  test('is never cut in a pipe', () => {
    const name = 'n'.repeat(500);
    expect(lines([{ name, size: 1, note: 'end' }])[1]).toBe(`${name}     1  end`);
  });

  test('is cut to the terminal with an ellipsis, also within wide characters', () => {
    const rows = [{ name: '上'.repeat(60), size: 1, note: 'end' }];
    const shown = lines(rows, { ...PIPE, width: 40 });
    for (const line of shown) expect(stringWidth(line)).toBeLessThanOrEqual(40);
    expect(shown[1]).toMatch(/^上+… +1 {2}end$/);
  });

  test('lets no control character through', () => {
    const [, line] = lines([{ name: 'evil\u001b[31m\u0007\nname', size: 1, note: '\u009bx' }]);
    expect(line).toBe('evil\ufffd[31m\ufffd name     1  \ufffdx');
  });

  test('is painted without changing its widths', () => {
    const paint = (text: string, tone: string) => `\u001b[${tone === 'title' ? 1 : 33}m${text}\u001b[0m`;
    const [head, line] = lines([{ name: 'a', size: 1, note: 'b' }], { width: null, paint });
    expect(head).toBe('\u001b[1mNAME\u001b[0m  \u001b[1mSIZE\u001b[0m  \u001b[1mNOTE\u001b[0m');
    expect(line).toBe('a        1  \u001b[33mb\u001b[0m');
  });
});

test('fields stand under each other; those without a value are left out', () => {
  const view = {
    kind: 'fields',
    fields: [
      ['名前', 'x'],
      ['gone', null],
      ['state', { text: 'ok', tone: 'good' }],
    ],
  } as const;
  expect(layOut(view, PIPE)).toEqual(['名前   x', 'state  ok']);
});
