import { describe, expect, test } from 'vitest';
import { customToolSchema, inputObject, inputText, unwrapCustomInput, wrapCustomInput } from './index.ts';

describe('arguments', () => {
  test('are an object where a wire wants one, whatever the model wrote', () => {
    expect(inputObject('{"a":[1]}')).toEqual({ a: [1] });
    expect(inputObject(' ')).toEqual({});
    for (const text of ['not json', '[1]', '"text"', 'null', '7'])
      expect(inputObject(text)).toEqual({ unparsed: text });
  });

  test('keep a member that is called __proto__', () => {
    expect(inputText(inputObject('{"__proto__":{"a":1}}'))).toBe('{"__proto__":{"a":1}}');
  });

  test('that are nested too deeply to be written stay text, or are none', () => {
    const deep = `${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}`;
    expect(inputObject(deep)).toEqual({ unparsed: deep });
    expect(inputText(JSON.parse(deep))).toBeNull();
  });

  test('that are missing are none', () => {
    expect(inputText(undefined)).toBe('{}');
  });
});

describe('the input of a custom tool', () => {
  test('goes into a function of one string and comes out again', () => {
    for (const input of ['', 'a\n"b"', '\ud83d', '{"input":"x"}']) {
      expect(unwrapCustomInput(wrapCustomInput(input))).toBe(input);
    }
  });

  test('is what stands there when the model kept to no shape', () => {
    for (const text of ['plain', '{"input":7}', '["input"]']) expect(unwrapCustomInput(text)).toBe(text);
  });

  test('is described with its grammar', () => {
    const schema = customToolSchema({ syntax: 'lark', definition: 'start: "x"' });
    expect(JSON.stringify(schema)).toContain('lark grammar');
    expect(customToolSchema(null)).toMatchObject({ properties: { input: { type: 'string' } } });
  });
});
