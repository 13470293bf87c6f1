export type Tone = 'good' | 'warn' | 'bad' | 'dim';

/** A cell as a person reads it. */
export type Cell = string | { readonly text: string; readonly tone: Tone };

export interface Column<Row> {
  readonly title: string;
  readonly right?: boolean;
  readonly cell: (row: Row) => Cell;
}

export type View =
  | {
      readonly kind: 'table';
      readonly titles: readonly Title[];
      readonly rows: readonly (readonly Cell[])[];
      readonly empty: string;
    }
  | { readonly kind: 'fields'; readonly fields: readonly Field[] }
  | { readonly kind: 'text'; readonly lines: readonly Cell[] };

export type Field = readonly [label: string, value: Cell | null | undefined];

interface Title {
  readonly text: string;
  readonly right: boolean;
}

/** What a command found out. `data` is exactly what the daemon answered; the view is the same for a person. */
export interface Answer {
  readonly data: unknown;
  readonly view: View;
  /** One name for each object, for `-o name`. */
  readonly names: readonly string[];
  /** Said on stderr after the result. */
  readonly notes?: readonly string[];
  readonly exit?: number;
  /** The command wrote its output itself. */
  readonly silent?: boolean;
}

/** The answer of a list: `{items, next_cursor}`. */
export function list<Row extends object>(
  data: { readonly items: readonly Row[]; readonly next_cursor?: string | null },
  columns: readonly Column<Row>[],
  empty: string,
): Answer {
  const more = data.next_cursor ? [`there are more; go on with --cursor ${data.next_cursor}`] : [];
  return { data, view: table(data.items, columns, empty), names: data.items.map(nameOf), notes: more };
}

/** The answer about one object. */
export function item<Row extends object>(data: Row, fields: readonly Field[], notes: readonly string[] = []): Answer {
  return { data, view: { kind: 'fields', fields }, names: [nameOf(data)], notes };
}

/** One sentence about what was done, with the object it was done to. */
export function done(data: object, sentence: string, notes: readonly string[] = []): Answer {
  return { data, view: { kind: 'text', lines: [sentence] }, names: [nameOf(data)], notes };
}

/** The command wrote everything itself, or there is nothing to say. */
export function nothing(exit: number): Answer {
  return { data: null, view: { kind: 'text', lines: [] }, names: [], exit, silent: true };
}

export function table<Row>(rows: readonly Row[], columns: readonly Column<Row>[], empty: string): View {
  return {
    kind: 'table',
    titles: columns.map((column) => ({ text: column.title, right: column.right === true })),
    rows: rows.map((row) => columns.map((column) => column.cell(row))),
    empty,
  };
}

function nameOf(data: object): string {
  const fields = data as Readonly<Record<string, unknown>>;
  for (const field of ['id', 'key', 'name']) {
    const value = fields[field];
    if (typeof value === 'string') return value;
  }
  return '';
}
