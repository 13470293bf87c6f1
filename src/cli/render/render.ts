import type { Env, Io, Output } from '../io.ts';
import { writeAll } from '../io.ts';
import type { Answer } from './answer.ts';

export const FORMATS = ['table', 'json', 'yaml', 'jsonl', 'name'] as const;
export type Format = (typeof FORMATS)[number];

export interface Style {
  readonly format: Format;
  readonly color: boolean;
  readonly quiet: boolean;
}

/** Writes the result to stdout, and what is said about it to stderr. The only place that writes data. */
export async function render(answer: Answer, style: Style, io: Io): Promise<void> {
  if (answer.silent) return;
  const notes = [...(answer.notes ?? [])];
  if (style.format === 'table' && answer.view.kind === 'table' && answer.view.rows.length === 0)
    notes.unshift(answer.view.empty);
  await writeAll(io.stdout, await write(answer, style, io.stdout));
  if (!style.quiet) await writeAll(io.stderr, notes.map((note) => `${note}\n`).join(''));
}

/** Colours only where a person reads: NO_COLOR and --no-color win over FORCE_COLOR, which wins over the terminal. */
export function wantsColor(stream: Output, env: Env, noColor: boolean): boolean {
  if (noColor || env['NO_COLOR']) return false;
  if (env['FORCE_COLOR'] && env['FORCE_COLOR'] !== '0') return true;
  return stream.isTTY === true && env['TERM'] !== 'dumb';
}

async function write(answer: Answer, style: Style, stdout: Output): Promise<string> {
  switch (style.format) {
    case 'json':
      return `${JSON.stringify(answer.data, null, 2)}\n`;
    case 'jsonl':
      return itemsOf(answer.data)
        .map((item) => `${JSON.stringify(item)}\n`)
        .join('');
    case 'yaml': {
      const { stringify } = await import('yaml');
      return stringify(answer.data);
    }
    case 'name':
      return answer.names.map((name) => `${name}\n`).join('');
    case 'table': {
      const [{ layOut }, { default: colors }] = await Promise.all([import('./layout.ts'), import('picocolors')]);
      const pens = colors.createColors(style.color);
      const paints = { good: pens.green, warn: pens.yellow, bad: pens.red, dim: pens.dim, title: pens.bold };
      const width = stdout.isTTY === true ? (stdout.columns ?? null) : null;
      const lines = layOut(answer.view, { width, paint: (text, tone) => paints[tone](text) });
      return lines.map((line) => `${line}\n`).join('');
    }
  }
}

function itemsOf(data: unknown): readonly unknown[] {
  const items = (data as { items?: unknown } | null)?.items;
  return Array.isArray(items) ? items : [data];
}
