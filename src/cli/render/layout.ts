import Table from 'cli-table3';
import stringWidth from 'string-width';
import type { Cell, Tone, View } from './answer.ts';

export interface Page {
  /** Columns of the terminal; null for a pipe, where nothing is ever cut. */
  readonly width: number | null;
  readonly paint: (text: string, tone: Tone | 'title') => string;
}

const GAP = '  ';
const NARROWEST = 8;

/** Lays a view out in lines. Whatever the data holds, no control character reaches the terminal. */
export function layOut(view: View, page: Page): string[] {
  if (view.kind === 'text') return view.lines.map((line) => paintCell(line, plain(textOf(line)), page));
  if (view.kind === 'fields') return layOutFields(view.fields, page);
  if (view.rows.length === 0) return [];
  return layOutTable(view, page);
}

function layOutFields(fields: Extract<View, { kind: 'fields' }>['fields'], page: Page): string[] {
  const shown = fields.filter((field): field is readonly [string, Cell] => field[1] !== null && field[1] !== undefined);
  const width = Math.max(0, ...shown.map(([label]) => stringWidth(label)));
  return shown.map(
    ([label, cell]) => `${page.paint(pad(label, width), 'title')}${GAP}${paintCell(cell, plain(textOf(cell)), page)}`,
  );
}

function layOutTable(view: Extract<View, { kind: 'table' }>, page: Page): string[] {
  const texts = view.rows.map((row) => row.map((cell) => plain(textOf(cell))));
  const natural = view.titles.map((title, at) =>
    Math.max(stringWidth(title.text), ...texts.map((row) => stringWidth(row[at] ?? ''))),
  );
  const table = new Table({
    head: view.titles.map((title) => page.paint(title.text, 'title')),
    colAligns: view.titles.map((title) => (title.right ? 'right' : 'left')),
    // In a pipe nothing is ever cut, so there the library finds the widths itself.
    ...(page.width === null ? {} : { colWidths: shrink(natural, page.width) }),
    chars: BARE,
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [], compact: true },
  });
  view.rows.forEach((row, index) => {
    table.push(row.map((cell, at) => paintCell(cell, texts[index]?.[at] ?? '', page)));
  });
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd());
}

/** No frame: columns stand apart by two spaces, so that tables can be read by people and cut by awk. */
const BARE = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: GAP,
} as const;

/** Takes from the widest column until the line fits; columns that cannot give stay as they are. */
function shrink(natural: readonly number[], total: number): number[] {
  const widths = [...natural];
  const gaps = GAP.length * (widths.length - 1);
  for (let excess = widths.reduce((sum, width) => sum + width, gaps) - total; excess > 0; excess--) {
    const widest = widths.indexOf(Math.max(...widths));
    const width = widths[widest];
    if (width === undefined || width <= NARROWEST) break;
    widths[widest] = width - 1;
  }
  return widths;
}

function pad(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - stringWidth(text)));
}

function paintCell(cell: Cell, text: string, page: Page): string {
  return typeof cell === 'string' ? text : page.paint(text, cell.tone);
}

function textOf(cell: Cell): string {
  return typeof cell === 'string' ? cell : cell.text;
}

/** A name may hold escape sequences that would drive the terminal; line ends would break the table. */
function plain(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, (char) => (/\s/.test(char) ? ' ' : '\ufffd'));
}
