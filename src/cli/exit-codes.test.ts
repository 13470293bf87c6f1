import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Failure } from '../core/failure.ts';
import { asCommandFailed } from './command-failed.ts';
import { EXIT, EXIT_MEANINGS, exitOfStatus } from './exit-codes.ts';
import { run } from './testing/run.ts';
import { type StubDaemon, startStubDaemon } from './testing/stub-daemon.ts';

let daemon: StubDaemon;

beforeAll(async () => {
  daemon = await startStubDaemon();
});

afterAll(async () => {
  await daemon[Symbol.asyncDispose]();
});

describe('an answer of the daemon becomes an exit code', () => {
  test.each([
    [422, 'invalid_input', 2],
    [404, 'not_found', 3],
    [404, 'feature_disabled', 3],
    [401, 'unauthenticated', 4],
    [403, 'forbidden', 4],
    [409, 'already_exists', 5],
    [409, 'conflict', 5],
    [502, 'upstream_failed', 8],
    [503, 'overloaded', 75],
    [500, 'internal', 1],
    [429, 'a_code_of_tomorrow', 75],
    [404, 'a_code_of_tomorrow', 3],
    [405, 'method_not_allowed', 2],
  ])('%i %s → %i', async (status, code, exit) => {
    const body = { code, title: 'Title', status, detail: 'what failed', hint: 'what to do', request_id: 'req_1' };
    daemon.answer('showUpstream', { status, body });
    const plain = await run(['upstream', 'show', 'x'], { socket: daemon.address });
    expect(plain).toMatchObject({
      code: exit,
      out: '',
      err: 'realms: what failed\nhint: what to do\nrequest: req_1\n',
    });
    const json = await run(['upstream', 'show', 'x', '-o', 'json'], { socket: daemon.address });
    expect(json.out).toBe('');
    expect(JSON.parse(json.err)).toEqual({
      code,
      detail: 'what failed',
      hint: 'what to do',
      request_id: 'req_1',
      exit_code: exit,
    });
  });

  test('faults of fields are listed with their place', async () => {
    const errors = [{ path: 'base_url', message: 'must be https' }];
    daemon.answer('showUpstream', { status: 422, body: { code: 'invalid_input', detail: 'no', errors } });
    const { err } = await run(['upstream', 'show', 'x'], { socket: daemon.address });
    expect(err).toBe('realms: no\n  base_url: must be https\n');
  });

  test('a body that is no problem document is still told', async () => {
    daemon.answer('showUpstream', { status: 502, body: '<html>Bad gateway\u001b[31m</html>' });
    const { code, err } = await run(['upstream', 'show', 'x'], { socket: daemon.address });
    expect([code, err]).toEqual([7, 'realms: the daemon answered with status 502\n']);
  });
});

test('every code has a meaning', () => {
  expect(
    Object.keys(EXIT_MEANINGS)
      .map(Number)
      .sort((a, b) => a - b),
  ).toEqual(Object.values(EXIT).sort((a, b) => a - b));
});

test('a failed check of an upstream ends with 8, a failed doctor with 1', async () => {
  daemon.answer('testUpstream', { status: 200, body: { ok: false, results: [] } });
  expect((await run(['upstream', 'test', 'main'], { socket: daemon.address })).code).toBe(8);
  const checks = [{ name: 'disk', state: 'fail', detail: 'full', fix: 'make room' }];
  daemon.answer('runDoctor', { status: 200, body: { checks } });
  const doctor = await run(['doctor'], { socket: daemon.address });
  expect(doctor).toMatchObject({
    code: 1,
    out: 'FAIL  disk  full\n            fix: make room\n1 failed, 0 warnings, 0 ok\n',
  });
});

test('what is thrown from core keeps its code; anything else is unexpected', () => {
  expect(asCommandFailed(new Failure('config_invalid', 'config.yaml:3: no')).exit).toBe(6);
  expect(asCommandFailed(new TypeError('x is not a function'))).toMatchObject({
    exit: 1,
    message: 'unexpected: x is not a function',
  });
});

test('a status without a known code', () => {
  expect([400, 401, 403, 404, 409, 412, 429, 500, 502, 503, 504].map(exitOfStatus)).toEqual([
    2, 4, 4, 3, 5, 5, 75, 1, 7, 75, 7,
  ]);
});
