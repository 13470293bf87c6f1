import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FieldTable } from './field-table.ts';
import { type ScannedObject, scanObject } from './json-scan.ts';
import { readBoolean, readJson, readNumber, readString } from './json-value.ts';
import { jsonObjectText } from './testing/json-texts.ts';

const NAMES = ['model', 'stream', 'é', '__proto__', '', '\ud800'] as const;
const TABLE = new FieldTable(NAMES);
const RUNS = 400;

function scan(text: string): ScannedObject<(typeof NAMES)[number]> {
  const result = scanObject(Buffer.from(text), TABLE);
  if (!result.ok) throw new Error(`refused at ${result.at}: ${result.why}`);
  return result;
}

function expectSameAsParse(body: Buffer, parsed: object): void {
  const result = scanObject(body, TABLE);
  expect(result.ok).toBe(true);
  if (!result.ok) return;
  for (const name of NAMES) {
    const member = result.get(name);
    expect(member !== undefined).toBe(Object.hasOwn(parsed, name));
    if (member) expect(readJson(body, member)).toEqual(Object.getOwnPropertyDescriptor(parsed, name)?.value);
  }
}

function parseObject(body: Buffer): object | undefined {
  try {
    const value: unknown = JSON.parse(body.toString());
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

describe('scanObject', () => {
  it('finds in any object what JSON.parse finds', () => {
    fc.assert(
      fc.property(jsonObjectText(NAMES), (text) => expectSameAsParse(Buffer.from(text), JSON.parse(text))),
      { numRuns: RUNS },
    );
  });

  it('accepts all damaged objects that JSON.parse accepts, and no structure that it refuses', () => {
    const damage = fc.record({
      at: fc.nat(),
      cut: fc.nat(2),
      put: fc.constantFrom('', '"', '\\', ',', ']', '}', '0', '\n', 'u', ' ', 'é'),
    });
    fc.assert(
      fc.property(jsonObjectText(NAMES), fc.array(damage, { minLength: 1, maxLength: 3 }), (text, damages) => {
        let body = Buffer.from(text);
        for (const { at, cut, put } of damages) {
          const place = at % (body.length + 1);
          body = Buffer.concat([body.subarray(0, place), Buffer.from(put), body.subarray(place + cut)]);
        }
        const parsed = parseObject(body);
        if (parsed) return expectSameAsParse(body, parsed);
        if (!scanObject(body, TABLE).ok) return;
        const bare = body.toString().replace(/"(?:[^"\\]|\\.)*"/gs, '"s"');
        expect(parseObject(Buffer.from(bare)), 'only the inside of a skipped string may be wrong').toBeDefined();
      }),
      { numRuns: RUNS * 3 },
    );
  });

  it('refuses every truncation as truncated', () => {
    fc.assert(
      fc.property(jsonObjectText(NAMES), fc.nat(), (text, cut) => {
        const body = Buffer.from(text.trimEnd());
        const result = scanObject(body.subarray(0, cut % body.length), TABLE);
        expect(result).toMatchObject({ ok: false, why: 'truncated', at: cut % body.length });
      }),
      { numRuns: RUNS },
    );
  });

  it.each([
    ['[1]', 'not_an_object', 0],
    ['\ufeff{}', 'not_an_object', 0],
    ['', 'truncated', 0],
    [' {} x', 'trailing_bytes', 4],
    ['{"a":1,}', 'unexpected_byte', 7],
    ['{,}', 'unexpected_byte', 1],
    ['{"a":[1,]}', 'unexpected_byte', 8],
    ['{"a":[1}}', 'unexpected_byte', 7],
    ['{"a":{"b"}}', 'unexpected_byte', 9],
    ['{"a":01}', 'unexpected_byte', 6],
    ['{"a":-}', 'bad_number', 6],
    ['{"a":1.}', 'bad_number', 7],
    ['{"a":1e+}', 'bad_number', 8],
    ['{"a":nul1}', 'unexpected_byte', 8],
    ['{"model":"a\nb"}', 'bad_string', 11],
    ['{"model":"\\x"}', 'bad_string', 11],
    ['{"\\u00g0":1}', 'bad_string', 6],
  ])('refuses %j as %s at byte %i', (text, why, at) => {
    expect(scanObject(Buffer.from(text), TABLE)).toEqual({ ok: false, why, at });
  });

  it('lets the last of several members win and names the earlier ones', () => {
    const result = scan('{"model":"a","x":1,"mod\\u0065l":"b"}');
    const member = result.get('model');
    const body = Buffer.from('{"model":"a","x":1,"mod\\u0065l":"b"}');
    expect(member && readString(body, member)).toBe('b');
    expect(member?.earlier && readString(body, member.earlier)).toBe('a');
    expect(result).toMatchObject({ hasDuplicates: true, memberCount: 3 });
  });

  it('refuses a flood of duplicates rather than keep them', () => {
    const flood = (count: number) => Buffer.from(`{${Array(count).fill('"model":1').join()}}`);
    expect(scanObject(flood(17), TABLE).ok).toBe(true);
    expect(scanObject(flood(18), TABLE)).toMatchObject({ ok: false, why: 'too_many_duplicates' });
  });

  it('walks containers 200,000 deep, of both kinds, without recursion', () => {
    const pairs = 100_000;
    const deep = `{"x":${'[{"a":'.repeat(pairs)}1${'}]'.repeat(pairs)},"model":7}`;
    expect(scan(deep).get('model')?.kind).toBe('number');
    const crossed = `{"x":${'[{"a":'.repeat(pairs)}1${'}]'.repeat(pairs - 1)}]},"model":7}`;
    expect(scanObject(Buffer.from(crossed), TABLE).ok).toBe(false);
  });

  it('delimits strings of every length, whatever backslashes stand before the quote', () => {
    for (let length = 0; length < 40; length++) {
      for (let slashes = 0; slashes < 6; slashes++) {
        const value = `${'é'.repeat(length)}${'\\'.repeat(slashes)}"${'\\'.repeat(slashes)}`;
        const body = Buffer.from(JSON.stringify({ x: value, model: value }));
        const member = scan(body.toString()).get('model');
        expect(member && readString(body, member)).toBe(value);
      }
    }
  });

  it('scans an object within a span and reads values', () => {
    const text = '{"model":{"stream":true,"é":-1.5e3},"z":"}"}';
    const body = Buffer.from(text);
    const outer = scan(text).get('model');
    const inner = outer && scanObject(body, TABLE, outer);
    if (!inner?.ok) throw new Error('the inner object is sound');
    const [stream, number] = [inner.get('stream'), inner.get('é')];
    expect(stream && readBoolean(body, stream)).toBe(true);
    expect(number && readNumber(body, number)).toBe(-1500);
  });
});
