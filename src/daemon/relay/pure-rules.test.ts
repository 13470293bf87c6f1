import { describe, expect, test } from 'vitest';
import type { EpochMs } from '../../core/time.ts';
import { isInNetworks } from './client-address.ts';
import { readErrorAnswer } from './error-sink.ts';
import { headersDown, passesUp } from './header-lists.ts';
import { refusalAnswer } from './refusal.ts';
import { matchRelay, RELAYED } from './routes.ts';
import { encryptedMarks } from './sticky-signs.ts';
import { readTailUsage } from './tail-usage.ts';

const NOW = 1_800_000_000_000 as EpochMs;

describe('matchRelay', () => {
  test('knows every path that the manifest names', () => {
    for (const { method, path } of RELAYED)
      expect(matchRelay(method, path.replace(':id', 'resp_1').replace('{model}', 'gemini-x'))).not.toBeNull();
  });

  test.each([
    ['GET', '/v1/responses/resp_1?stream=true&starting_after=5', '/responses/resp_1?stream=true&starting_after=5'],
    ['GET', '/v1/responses/resp_1?x=<script>', '/responses/resp_1'],
    ['GET', `/v1/responses/resp_1?x=${'y'.repeat(2_000)}`, '/responses/resp_1'],
    ['POST', '/v1/responses?beta=true', '/responses'],
  ])('%s %s goes to %s', (method, target, upstreamPath) => {
    expect(matchRelay(method, target)?.path.upstreamPath).toBe(upstreamPath);
  });

  test.each(['/v1/responses/a.b', '/v1/responses/a%2fb', '/v1/responses/a/../b', '/v1/responses/', '/v1/models'])(
    'does not know %s',
    (target) => {
      for (const method of ['GET', 'POST', 'DELETE', 'PUT']) expect(matchRelay(method, target)).toBeNull();
    },
  );
});

describe('isInNetworks', () => {
  test.each([
    ['10.1.2.3', ['10.0.0.0/8'], true],
    ['::ffff:10.1.2.3', ['10.0.0.0/8'], true],
    ['11.0.0.1', ['10.0.0.0/8'], false],
    ['2001:db8::1', ['2001:db8::/32'], true],
    ['2001:db8::1', ['10.0.0.0/8'], false],
    ['1.2.3.4', ['1.2.3.4'], true],
    ['nonsense', ['0.0.0.0/0'], false],
    ['1.2.3.4', ['nonsense'], false],
  ])('%s in %j: %s', (address, ranges, expected) => {
    expect(isInNetworks(address, ranges)).toBe(expected);
  });
});

describe('headers', () => {
  test('that name or authorise a client never pass up', () => {
    const names =
      'authorization x-api-key cookie host content-length x-forwarded-for forwarded via connection te expect upgrade openai-organization';
    expect(names.split(' ').filter(passesUp)).toEqual([]);
    expect(passesUp('x-stainless-os')).toBe(true);
  });

  test('pass down by an allow list', () => {
    const raw = ['content-type', 'a/b', 'set-cookie', 'x', 'openai-version', '1'];
    expect(headersDown(raw)).toEqual(['content-type', 'a/b', 'openai-version', '1']);
  });
});

describe('refusalAnswer', () => {
  const refusal = { status: 429, code: 'c', type: 't', message: 'm', resetsAt: (NOW + 1_500) as EpochMs };

  test('says the same time in every way that clients read', () => {
    const { status, headers, body } = refusalAnswer(refusal, { userAgent: 'sdk' }, NOW);
    expect(status).toBe(429);
    expect(headers).toEqual(expect.arrayContaining(['retry-after', '2', 'retry-after-ms', '1500']));
    expect(JSON.parse(body.toString())).toEqual({
      error: {
        message: 'm',
        type: 't',
        param: null,
        code: 'c',
        resets_at: Math.ceil((NOW + 1_500) / 1_000),
        resets_in_seconds: 2,
      },
    });
  });

  test('never names a time in the past', () => {
    const { headers } = refusalAnswer({ ...refusal, resetsAt: (NOW - 9_000) as EpochMs }, { userAgent: 'sdk' }, NOW);
    expect(headers).toEqual(expect.arrayContaining(['retry-after', '0']));
  });

  test.each(['not-codex', 'mycodex_cli_rs/1', 'codexa/1'])('does not take %s for Codex', (agent) => {
    expect(refusalAnswer({ ...refusal, status: 403 }, { userAgent: agent }, NOW).status).toBe(403);
  });
});

describe('readErrorAnswer', () => {
  const clock = { now: () => NOW, monotonicMs: () => 0 };
  const read = (body: string, ...headers: string[]) => readErrorAnswer(429, headers, Buffer.from(body), clock);

  test.each([
    ['{"error":{"code":"A_Code","type":"t","message":"m"}}', { code: 'a_code', message: 'm' }],
    ['{"error":{"code":null,"type":"T","message":"m"}}', { code: 't', message: 'm' }],
    ['{"detail":"Unsupported parameter: x"}', { code: '', message: 'Unsupported parameter: x' }],
    ['{"error":"plain words"}', { code: '', message: 'plain words' }],
    ['<html>', { code: '', message: '<html>' }],
    ['[]', { code: '', message: '[]' }],
    ['', { code: '', message: '' }],
  ])('understands %s', (body, expected) => {
    expect(read(body)).toMatchObject(expected);
  });

  test.each([
    [['retry-after', '7'], 7_000],
    [['retry-after', '0.5'], 500],
    [['retry-after', '9', 'retry-after-ms', '120'], 120],
    [['retry-after', new Date(NOW + 60_000).toUTCString()], 60_000],
    [['retry-after', new Date(NOW - 60_000).toUTCString()], 0],
    [['retry-after', '-5'], null],
    [['retry-after', 'soon'], null],
    [[], null],
  ])('reads the hint of %j', (headers, retryAfterMs) => {
    expect(read('{}', ...headers)).toMatchObject({ retryAfterMs });
  });

  test('reads what a body says about its reset', () => {
    expect(read(`{"error":{"resets_at":${NOW / 1_000 + 60}}}`)).toMatchObject({ bodyResetMs: 60_000 });
    expect(read('{"error":{"resets_in_seconds":1.5}}')).toMatchObject({ bodyResetMs: 1_500 });
    expect(read('{"error":{"resets_at":"tomorrow"}}')).toMatchObject({ bodyResetMs: null });
  });
});

describe('readTailUsage', () => {
  const usage = '"usage" : {"input_tokens":7,"output_tokens":3,"input_tokens_details":{"cached_tokens":2}}';

  test.each([
    [`...x"}],${usage},"id":"r"}`, 7],
    [`${usage},"text":"\\"usage\\":{\\"input_tokens\\":9}"}`, 7],
    ['"usage":null}', null],
    ['no usage here', null],
    ['"usage":{"input_tokens":7', null],
  ])('in %s', (tail, input) => {
    expect(readTailUsage(Buffer.from(tail))?.input ?? null).toBe(input);
  });
});

describe('encryptedMarks', () => {
  test('are the same however the item is written, and only of members of that name', () => {
    const [mark] = encryptedMarks(Buffer.from('{"encrypted_content":"abc"}'));
    expect(mark).toMatch(/^enc_/);
    expect(encryptedMarks(Buffer.from('{ "encrypted_content" :\n "abc" }'))).toEqual([mark]);
    expect(encryptedMarks(Buffer.from('{"encrypted_content":"abd"}'))).not.toEqual([mark]);
    expect(encryptedMarks(Buffer.from('{"encrypted_content":null,"a":"b"}'))).toEqual([]);
    expect(encryptedMarks(Buffer.from('{"text":"\\"encrypted_content\\":\\"abc\\""}'))).toEqual([]);
    expect(encryptedMarks(Buffer.from('{"encrypted_content":""}'))).toEqual([]);
  });

  test('are of the last few items, so that a long conversation stays cheap', () => {
    const items = Array.from({ length: 50 }, (_, i) => `{"encrypted_content":"item ${i}"}`);
    expect(encryptedMarks(Buffer.from(`[${items.join(',')}]`))).toHaveLength(4);
  });
});
