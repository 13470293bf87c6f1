import fc from 'fast-check';

/** Texts of JSON objects with any white space, escapes, nesting and number forms; keys often from `names`, often twice. */
export function jsonObjectText(names: readonly string[]): fc.Arbitrary<string> {
  const space = fc.stringMatching(/^[ \n\r\t]{0,2}$/);
  const text = fc.oneof(
    fc.string({ maxLength: 12 }),
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.constantFrom(...names),
  );
  const string = fc.tuple(text, fc.infiniteStream(fc.boolean())).map(([value, escapes]) => writeString(value, escapes));
  const number = fc.oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => JSON.stringify(value)),
    fc.stringMatching(/^-?(0|[1-9][0-9]{0,20})(\.[0-9]{1,3})?([eE][+-]?[0-9]{1,2})?$/),
  );
  const key = fc.oneof(
    string,
    fc.constantFrom(...names).map((name) => JSON.stringify(name)),
  );
  const pad = (inner: fc.Arbitrary<string>) => fc.tuple(space, inner, space).map((parts) => parts.join(''));
  const { object } = fc.letrec<{ value: string; array: string; object: string }>((tie) => ({
    value: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.constantFrom('null', 'true', 'false'),
      string,
      number,
      tie('array'),
      tie('object'),
    ),
    array: fc.array(pad(tie('value')), { maxLength: 4 }).map((items) => `[${items.join(',')}]`),
    object: fc
      .array(fc.tuple(pad(key), pad(tie('value'))), { maxLength: 6 })
      .map((members) => `{${members.map((member) => member.join(':')).join(',')}}`),
  }));
  return pad(object);
}

function writeString(value: string, escapes: Iterator<boolean>): string {
  let text = '';
  for (let i = 0; i < value.length; i++) {
    const unit = value.charCodeAt(i);
    const isPlain = unit >= 0x20 && unit !== 0x22 && unit !== 0x5c && (unit < 0xd800 || unit > 0xdfff);
    if (isPlain && !escapes.next().value) text += value[i];
    else
      text += escapes.next().value ? `\\u${unit.toString(16).padStart(4, '0')}` : JSON.stringify(value[i]).slice(1, -1);
  }
  return `"${text}"`;
}
