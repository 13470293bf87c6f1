import { SseSplitter, SseTail } from '../../../wire/index.ts';
import type { Dialect, StreamReader } from '../dialect.ts';

export interface ReadStream {
  readonly reader: StreamReader;
  readonly verdicts: readonly string[];
}

function open(dialect: Dialect): StreamReader {
  const reader = dialect.openStream?.({ usageInjected: false });
  if (!reader) throw new Error('this dialect never streams');
  return reader;
}

/** Reads every event, as before the commit point. */
export function readAll(dialect: Dialect, chunks: readonly Buffer[]): ReadStream {
  const reader = open(dialect);
  const verdicts: string[] = [];
  const splitter = new SseSplitter({ onEvent: (event) => verdicts.push(reader.read(event)) });
  for (const chunk of chunks) splitter.push(chunk);
  const rest = splitter.finish();
  if (rest) verdicts.push(reader.read(rest));
  return { reader, verdicts };
}

/** Reads only what the reader asks to see, as after the commit point. */
export function readWatched(dialect: Dialect, chunks: readonly Buffer[]): ReadStream {
  const reader = open(dialect);
  const verdicts: string[] = [];
  const { watch } = reader;
  if (!watch) throw new Error('this dialect has to read every event');
  const tail = new SseTail({ onEvent: (event) => verdicts.push(reader.read(event)), ...watch });
  for (const chunk of chunks) tail.observe(chunk);
  tail.finish();
  return { reader, verdicts };
}
