import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Database, WriteQueue } from '../database/index.ts';
import type { CredentialId, UserId } from '../ids.ts';
import { silentLog } from '../log.ts';
import { type TestCtx, testCtx, testDatabase } from '../testing/test-database.ts';
import { type EpochMs, HOUR_MS } from '../time.ts';
import { ObjectRefs, pruneObjectRefs } from './object-refs.ts';
import { SessionBindings, sessionKeyOf } from './session-bindings.ts';
import { loadSessionBindings, pruneSessionBindings } from './session-store.ts';

const [ONE, TWO] = ['cred_1' as CredentialId, 'cred_2' as CredentialId];
const [ALICE, BOB] = ['usr_alice' as UserId, 'usr_bob' as UserId];

let database: Database;
let ctx: TestCtx;
let queue: WriteQueue;

beforeEach(async () => {
  database = await testDatabase();
  ctx = testCtx(database);
  queue = new WriteQueue(database, { flushIntervalMs: 1, maxRows: 1_000 }, silentLog);
});
afterEach(async () => {
  await queue.close(5_000);
  await database.close();
});

const now = (): EpochMs => ctx.clock.now();

async function rowsOf(table: string): Promise<Record<string, unknown>[]> {
  await queue.flush();
  return await database.knex(table).orderBy('expires_at');
}

describe('session bindings', () => {
  test('hold until they run out', () => {
    const sessions = new SessionBindings(queue);
    expect(sessions.find('s', now())).toBeNull();
    sessions.bind('s', ONE, now(), HOUR_MS);
    ctx.clock.advance(HOUR_MS - 1);
    expect(sessions.find('s', now())).toBe(ONE);
    ctx.clock.advance(1);
    expect(sessions.find('s', now())).toBeNull();
  });

  test('are written when they move or have lived half of their time, and not for each request', async () => {
    const sessions = new SessionBindings(queue);
    const started = now();
    for (let i = 0; i < 5; i++) sessions.bind('s', ONE, now(), HOUR_MS);
    ctx.clock.advance(HOUR_MS / 2 - 1);
    sessions.bind('s', ONE, now(), HOUR_MS);
    expect(await rowsOf('session_bindings')).toMatchObject([{ credential_id: ONE, expires_at: started + HOUR_MS }]);
    ctx.clock.advance(1);
    sessions.bind('s', ONE, now(), HOUR_MS);
    expect(await rowsOf('session_bindings')).toMatchObject([{ credential_id: ONE, expires_at: now() + HOUR_MS }]);
    sessions.bind('s', TWO, now(), HOUR_MS);
    expect(sessions.find('s', now())).toBe(TWO);
    expect(await rowsOf('session_bindings')).toMatchObject([{ credential_id: TWO }]);
  });

  test('survive a restart, the latest of them, without those that ran out', async () => {
    const sessions = new SessionBindings(queue);
    sessions.bind('short', ONE, now(), 1_000);
    sessions.bind('long', TWO, now(), 3 * HOUR_MS);
    sessions.bind('middle', ONE, now(), HOUR_MS);
    await queue.flush();
    ctx.clock.advance(1_000);
    const stored = await loadSessionBindings(ctx, 10);
    expect(stored.map(({ sessionKey }) => sessionKey)).toEqual(['long', 'middle']);
    const again = new SessionBindings(queue, stored);
    expect([again.find('short', now()), again.find('long', now()), again.find('middle', now())]).toEqual([
      null,
      TWO,
      ONE,
    ]);
    expect((await loadSessionBindings(ctx, 1)).map(({ sessionKey }) => sessionKey)).toEqual(['long']);
  });

  test('that run out last are forgotten last when memory is full', () => {
    const stored = Array.from({ length: 100_000 }, (_, i) => ({
      sessionKey: `s${i}`,
      credentialId: ONE,
      expiresAt: (now() + HOUR_MS - i) as EpochMs,
    }));
    const sessions = new SessionBindings(queue, stored);
    sessions.bind('new', TWO, now(), HOUR_MS);
    expect(sessions.find('s0', now())).toBe(ONE);
    expect(sessions.find('s99999', now())).toBeNull();
  });

  test('of two users never meet', () => {
    expect(sessionKeyOf(ALICE, 'x')).not.toBe(sessionKeyOf(BOB, 'x'));
    expect(sessionKeyOf('usr_a' as UserId, 'bx')).not.toBe(sessionKeyOf('usr_ab' as UserId, 'x'));
    expect(sessionKeyOf(ALICE, 'secret name')).not.toContain('secret');
  });

  test('that ran out are pruned', async () => {
    const sessions = new SessionBindings(queue);
    sessions.bind('old', ONE, now(), 1_000);
    sessions.bind('new', ONE, now(), HOUR_MS);
    await queue.flush();
    expect(await pruneSessionBindings(ctx, (now() + 2_000) as EpochMs)).toBe(1);
    expect(await rowsOf('session_bindings')).toMatchObject([{ session_key: 'new' }]);
  });
});

describe('object references', () => {
  const ref = (objectId: string, userId = ALICE, credentialId = ONE, ms = HOUR_MS) => ({
    objectId,
    userId,
    credentialId,
    expiresAt: (now() + ms) as EpochMs,
  });

  test('are known at once, and after a restart from their rows', async () => {
    const objects = new ObjectRefs(queue);
    objects.remember(ref('resp_1'));
    expect(await objects.find(ctx, 'resp_1')).toEqual(ref('resp_1'));
    await queue.flush();
    expect(await new ObjectRefs(queue).find(ctx, 'resp_1')).toEqual(ref('resp_1'));
    expect(await objects.find(ctx, 'resp_2')).toBeNull();
  });

  test('run out, in memory and in their rows', async () => {
    const objects = new ObjectRefs(queue);
    objects.remember(ref('resp_1', ALICE, ONE, 1_000));
    await queue.flush();
    ctx.clock.advance(1_000);
    expect(await objects.find(ctx, 'resp_1')).toBeNull();
    expect(await new ObjectRefs(queue).find(ctx, 'resp_1')).toBeNull();
  });

  test('the first owner stays the owner', async () => {
    const objects = new ObjectRefs(queue);
    objects.remember(ref('resp_1'));
    objects.remember(ref('resp_1', BOB, TWO));
    expect(await objects.find(ctx, 'resp_1')).toEqual(ref('resp_1'));
    expect(await rowsOf('openai_object_refs')).toMatchObject([{ user_id: ALICE, credential_id: ONE }]);
    // Another process, or this one after it forgot, cannot take the row over either.
    new ObjectRefs(queue).remember(ref('resp_1', BOB, TWO));
    expect(await rowsOf('openai_object_refs')).toMatchObject([{ user_id: ALICE, credential_id: ONE }]);
    expect(await new ObjectRefs(queue).find(ctx, 'resp_1')).toEqual(ref('resp_1'));
  });

  test('are forgotten for good, also one that still waits to be written', async () => {
    const objects = new ObjectRefs(queue);
    objects.remember(ref('resp_1'));
    objects.remember(ref('resp_2'));
    await objects.forget(ctx, 'resp_1');
    expect(await objects.find(ctx, 'resp_1')).toBeNull();
    expect(await rowsOf('openai_object_refs')).toMatchObject([{ object_id: 'resp_2' }]);
  });

  test('that ran out are pruned', async () => {
    const objects = new ObjectRefs(queue);
    objects.remember(ref('resp_1', ALICE, ONE, 1_000));
    objects.remember(ref('resp_2'));
    await queue.flush();
    expect(await pruneObjectRefs(ctx, (now() + 2_000) as EpochMs)).toBe(1);
    expect(await rowsOf('openai_object_refs')).toMatchObject([{ object_id: 'resp_2' }]);
  });
});
