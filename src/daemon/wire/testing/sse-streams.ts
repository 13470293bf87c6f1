import fc from 'fast-check';

/** Streams of events in all framings, sound or odd: mixed line ends, comments, stray blank lines, marks, multi-byte text. */
export function sseStream(): fc.Arbitrary<Buffer> {
  const end = fc.constantFrom('\n', '\n', '\r\n', '\r');
  const word = fc.oneof(
    fc.constantFrom('"usage"', '"usa', 'ge"', 'é€😀', '', ' ', '\ufeff', 'completed'),
    fc.string({ maxLength: 8 }),
  );
  const value = fc.array(word, { maxLength: 4 }).map((words) => words.join('').replace(/[\r\n]/g, ''));
  const name = fc.constantFrom(
    'data:',
    'data: ',
    'data: ',
    'data',
    'event:',
    'event: ',
    ':',
    ': ',
    'id: ',
    'dataX: ',
    '\ufeffdata: ',
    '',
  );
  const line = fc.tuple(name, value, end).map((parts) => parts.join(''));
  const event = fc.tuple(fc.array(line, { maxLength: 4 }), end).map(([lines, blank]) => lines.join('') + blank);
  const uniform = fc
    .tuple(fc.array(event, { maxLength: 8 }), end)
    .map(([all, one]) => all.join('').replace(/\r\n|\r|\n/g, one));
  const mixed = fc.array(event, { maxLength: 8 }).map((all) => all.join(''));
  const start = fc.constantFrom('', '', 'efbbbf', 'efbb', 'efbb0a', 'ef');
  const tail = fc.constantFrom('', '', 'data: half', 'data: line\n', '\ufeff');
  const text = fc.tuple(fc.oneof(uniform, mixed), tail).map((parts) => Buffer.from(parts.join('')));
  return fc.tuple(start, text).map(([hex, rest]) => Buffer.concat([Buffer.from(hex, 'hex'), rest]));
}

/** Sizes of pieces: all small, or some that hold several events. */
export function chunkSizes(): fc.Arbitrary<number[]> {
  return fc.oneof(fc.array(fc.nat(9), { maxLength: 12 }), fc.array(fc.nat(90), { maxLength: 6 }));
}

/** The same bytes in pieces of random sizes, often of one byte, sometimes empty. */
export function chunked(stream: Buffer, cuts: readonly number[]): Buffer[] {
  const chunks: Buffer[] = [];
  let at = 0;
  for (let i = 0; at < stream.length; i++) {
    const size = cuts.length === 0 ? stream.length : (cuts[i % cuts.length] ?? 1) + (i % 7 === 0 ? 1 : 0);
    chunks.push(Buffer.from(stream.subarray(at, at + size)));
    at += size;
  }
  return chunks;
}

export interface PlainEvent {
  readonly raw: string;
  readonly name: string;
  readonly data: string;
}

/** The HTML standard's parser, 9.2.6, word for word over the whole text; bytes as latin1. */
export function parsePlainly(stream: Buffer): PlainEvent[] {
  const text = stream.toString('latin1');
  const events: PlainEvent[] = [];
  const bom = text.startsWith('\u00ef\u00bb\u00bf') ? 3 : 0;
  let raw = text.slice(0, bom);
  let name = '';
  let data: string[] = [];
  for (const [line] of text.slice(bom).matchAll(/[^\r\n]*(?:\r\n|\r|\n|$)/g)) {
    raw += line;
    const bare = line.replace(/[\r\n]+$/, '');
    const colon = bare.indexOf(':');
    const field = colon < 0 ? bare : bare.slice(0, colon);
    const value = colon < 0 ? '' : bare.slice(colon + 1).replace(/^ /, '');
    if (field === 'data') data.push(value);
    if (field === 'event') name = value;
    if (bare !== '' || line === '') continue;
    events.push({ raw, name, data: data.join('\n') });
    [raw, name, data] = ['', '', []];
  }
  if (raw !== '') events.push({ raw, name, data: data.join('\n') });
  return events;
}
