import { describe, expect, test } from 'vitest';
import { Field, Untranslatable } from './index.ts';

const BODY = JSON.parse(
  '{"a":{"b":[1,"x",null]},"n":null,"big":9007199254740993,"half":0.5,"__proto__":{"c":1}}',
) as unknown;

function refusal(act: () => unknown): { field: string; message: string } | null {
  try {
    act();
    return null;
  } catch (error) {
    if (!(error instanceof Untranslatable)) throw error;
    return { field: error.field, message: error.message };
  }
}

describe('a field', () => {
  const body = new Field(BODY);

  test('knows its place', () => {
    expect(
      body
        .at('a')
        .at('b')
        .items()
        .map(({ path }) => path),
    ).toEqual(['a.b[0]', 'a.b[1]', 'a.b[2]']);
    expect(refusal(() => body.at('a').at('b').items()[0]?.text())).toEqual({
      field: 'a.b[0]',
      message: 'a.b[0] must be a string',
    });
    expect(refusal(() => new Field([]).at('x'))).toEqual({ field: 'body', message: 'the body must be an object' });
    expect(refusal(() => body.at('x'.repeat(1000)).text())?.field).toBe(`${'x'.repeat(64)}…`);
  });

  test('sees only what the client wrote', () => {
    expect(body.at('constructor').isAbsent).toBe(true);
    expect(body.at('__proto__').at('c').number()).toBe(1);
    expect(new Field({}).at('__proto__').isAbsent).toBe(true);
    expect(refusal(() => body.only(new Set(['a', 'n', 'big', 'half'])))?.field).toBe('__proto__');
    expect(refusal(() => body.only(new Set(['a', 'big', 'half', '__proto__'])))).toBeNull();
  });

  test('is of the type that is asked for, or refused', () => {
    expect([body.at('n').textOrNull(), body.at('n').flag(), body.at('n').number(), body.at('n').choice(['x'])]).toEqual(
      [null, null, null, null],
    );
    expect(body.at('half').number()).toBe(0.5);
    for (const act of [
      () => body.at('half').integer(),
      () => body.at('big').integer(),
      () => body.at('half').flag(),
      () => body.at('half').items(),
      () => body.at('half').json(),
      () => body.at('half').choice(['x']),
      () => new Field(Number.POSITIVE_INFINITY, 'x').number(),
    ]) {
      expect(refusal(act)).not.toBeNull();
    }
  });

  test('says something unless it is empty', () => {
    const saying = [1, 'x', true, [0], { a: null }].map((value) => new Field(value).isSaying);
    const silent = [0, '', false, [], {}, null, undefined].map((value) => new Field(value).isSaying);
    expect([saying, silent]).toEqual([saying.map(() => true), silent.map(() => false)]);
  });

  test('refuses objects that are nested too deep to be written', () => {
    let deep: unknown = 1;
    for (let depth = 0; depth < 100_001; depth++) deep = depth % 2 === 0 ? { deep } : [deep];
    expect(refusal(() => new Field({ schema: deep }).at('schema').json())?.message).toContain('nested deeper');
    expect(new Field({ a: { b: [{}] } }).json()).toEqual({ a: { b: [{}] } });
  });
});
