import { describe, expect, test } from 'vitest';
import { readAnswer, rowsAt, signedFields, textAt } from './gateway-answer.ts';

describe('readAnswer', () => {
  test('keeps every digit, quoted or not', () => {
    const answer = readAnswer(
      '{"code":1,"trade_no":2026010108000012345,"money":10.10,"x":-0.5e3,"list":[{"status":"1","n":7}]}',
    );
    expect(answer && [textAt(answer, 'code'), textAt(answer, 'trade_no'), textAt(answer, 'money')]).toEqual([
      '1',
      '2026010108000012345',
      '10.10',
    ]);
    expect(answer && rowsAt(answer, 'list').map((row) => [textAt(row, 'status'), textAt(row, 'n')])).toEqual([
      ['1', '7'],
    ]);
  });

  test('touches no digits inside of texts', () => {
    const answer = readAnswer(String.raw`{"msg":"code 1 \"2\" \\","a\"1":"b:3"}`);
    expect(answer).toEqual({ msg: 'code 1 "2" \\', 'a"1': 'b:3' });
  });

  test('reads past what PHP prints around it', () => {
    expect(readAnswer('\uFEFF\n {"code":"1"} \n')).toEqual({ code: '1' });
  });

  test.each(['', 'success', '<html>', '[]', 'null', '"1"', '{"code":1', '{"code":1}{}'])('%j is no answer', (text) => {
    expect(readAnswer(text)).toBeUndefined();
  });

  test('a megabyte of open quotes is refused at once', () => {
    const start = performance.now();
    expect(readAnswer(`{"a":"${'\\"'.repeat(500_000)}`)).toBeUndefined();
    expect(performance.now() - start).toBeLessThan(2_000);
  });

  test('null, lists and objects are no texts', () => {
    const answer = readAnswer('{"a":null,"b":[1],"c":{"d":1},"e":true,"f":false}') ?? {};
    expect(['a', 'b', 'c', 'e', 'f', 'gone'].map((name) => textAt(answer, name))).toEqual(['', '', '', '1', '', '']);
    expect([...signedFields(answer)]).toEqual([
      ['a', ''],
      ['e', '1'],
      ['f', ''],
    ]);
    expect(rowsAt(answer, 'a')).toEqual([]);
    expect(rowsAt(answer, 'b')).toEqual([]);
  });
});
