import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FieldTable } from './field-table.ts';
import { scanObject } from './json-scan.ts';
import { type Edit, splice, spliceToBuffer, spliceToPieces } from './json-splice.ts';
import { jsonObjectText } from './testing/json-texts.ts';

const NAMES = ['model', 'stream', 'a', 'b', 'c'] as const;
const TABLE = new FieldTable(NAMES);

function edited(text: string, ...wishes: ['replace' | 'remove' | 'insert', (typeof NAMES)[number], string?][]): string {
  const body = Buffer.from(text);
  const scanned = scanObject(body, TABLE);
  if (!scanned.ok) throw new Error(scanned.why);
  const edits = wishes.map(([wish, name, json = '']): Edit => {
    if (wish === 'insert') return { do: 'insert', into: scanned, name, bytes: Buffer.from(json) };
    const member = scanned.get(name);
    if (!member) throw new Error(`no ${name}`);
    if (wish === 'remove') return { do: 'remove', member };
    return { do: 'replace', span: member, bytes: Buffer.from(json) };
  });
  return spliceToBuffer(body, edits).toString();
}

describe('splice', () => {
  it('edits as one would edit the parsed object', () => {
    const wish = fc.constantFrom('keep', 'replace', 'remove');
    const wishes = fc.record(Object.fromEntries(NAMES.map((name) => [name, wish])));
    fc.assert(
      fc.property(
        jsonObjectText(NAMES),
        wishes,
        fc.boolean(),
        fc.boolean(),
        (text, wanted, insertsNew, insertsBoth) => {
          const body = Buffer.from(text);
          const scanned = scanObject(body, TABLE);
          if (!scanned.ok) throw new Error(scanned.why);
          const expected = JSON.parse(text);
          const edits: Edit[] = [];
          for (const name of NAMES) {
            const member = scanned.get(name);
            if (!member) continue;
            if (wanted[name] === 'remove') {
              edits.unshift({ do: 'remove', member });
              delete expected[name];
            } else if (wanted[name] === 'replace') {
              edits.push({ do: 'replace', span: member, bytes: Buffer.from('{"new":[1]}') });
              expected[name] = { new: [1] };
            }
          }
          for (const name of [...(insertsNew ? ['fresh "1"'] : []), ...(insertsBoth ? ['fresh 2'] : [])]) {
            edits.push({ do: 'insert', into: scanned, name, bytes: Buffer.from('"é"') });
            expected[name] = 'é';
          }
          const whole = spliceToBuffer(body, edits);
          expect(JSON.parse(whole.toString())).toEqual(expected);
          for (const smallBytes of [1, 8, 1_000]) {
            expect(Buffer.concat([...(spliceToPieces(body, edits, smallBytes) ?? [body])])).toEqual(whole);
          }
        },
      ),
      { numRuns: 800 },
    );
  });

  it.each<[string, Parameters<typeof edited>[1][], string]>([
    ['{ "a" : 1 , "x":2 }', [['replace', 'a', '9']], '{ "a" : 9 , "x":2 }'],
    ['{"a":1,"x":2}', [['remove', 'a']], '{"x":2}'],
    ['{"x":2 , "a":1 }', [['remove', 'a']], '{"x":2 }'],
    [
      '{"x":2,"a":1,"b":3}',
      [
        ['remove', 'b'],
        ['remove', 'a'],
      ],
      '{"x":2}',
    ],
    [
      '{"a":1,"b":3}',
      [
        ['remove', 'a'],
        ['remove', 'b'],
      ],
      '{}',
    ],
    [
      '{"a":1,"b":3}',
      [
        ['remove', 'a'],
        ['remove', 'b'],
        ['insert', 'c', '4'],
      ],
      '{"c":4}',
    ],
    [
      '{"x":0,"a":1}',
      [
        ['remove', 'a'],
        ['insert', 'a', '4'],
        ['insert', 'c', '5'],
      ],
      '{"x":0,"a":4,"c":5}',
    ],
    [
      '{ }',
      [
        ['insert', 'a', '1'],
        ['insert', 'b', '2'],
      ],
      '{ "a":1,"b":2}',
    ],
    ['{"a":1,"x":9007199254740993,"a":2}', [['remove', 'a']], '{"x":9007199254740993}'],
    ['{"a":1,"x":0,"a":2}', [['replace', 'a', '3']], '{"a":1,"x":0,"a":3}'],
  ])('%s with %j is %s', (text, wishes, result) => {
    expect(edited(text, ...wishes)).toBe(result);
  });

  it('keeps unchanged stretches as views of the body', () => {
    const body = Buffer.from('{"model":"x","rest":"of the body"}');
    const scanned = scanObject(body, TABLE);
    const member = scanned.ok ? scanned.get('model') : undefined;
    if (!member) throw new Error('there is a model');
    const bytes = Buffer.from('"long name"');
    const pieces = splice(body, [{ do: 'replace', span: member, bytes }]);
    expect(pieces.map((piece) => piece.buffer === body.buffer)).toEqual([true, bytes.buffer === body.buffer, true]);
    expect(pieces.map(String)).toEqual(['{"model":', '"long name"', ',"rest":"of the body"}']);
    expect(spliceToBuffer(body, [])).toBe(body);
  });

  it('edits an object within the body together with the body', () => {
    const body = Buffer.from('{"a":{"b":1},"c":2}');
    const outer = scanObject(body, TABLE);
    const a = outer.ok ? outer.get('a') : undefined;
    const inner = a && scanObject(body, TABLE, a);
    if (!outer.ok || !inner?.ok) throw new Error('both objects are sound');
    const edits: Edit[] = [
      { do: 'insert', into: outer, name: 'd', bytes: Buffer.from('4') },
      { do: 'insert', into: inner, name: 'c', bytes: Buffer.from('3') },
    ];
    expect(spliceToBuffer(body, edits).toString()).toBe('{"a":{"b":1,"c":3},"c":2,"d":4}');
  });

  it('refuses edits that overlap', () => {
    expect(() => edited('{"a":1}', ['remove', 'a'], ['replace', 'a', '2'])).toThrow('overlap');
  });
});
