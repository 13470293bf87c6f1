import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Database, inTransaction } from '../database/index.ts';
import { decodeCursor } from '../page.ts';
import { Secret } from '../secret.ts';
import { type TestCtx, testCtx, testDatabase } from '../testing/test-database.ts';
import { listAudit, recordAudit } from './index.ts';

let database: Database;
let ctx: TestCtx;

beforeAll(async () => {
  database = await testDatabase();
});
afterAll(async () => {
  await database.close();
});
beforeEach(async () => {
  await database.knex('audit_events').delete();
  ctx = testCtx(database);
});

async function record(object: string, extra: object = {}): Promise<void> {
  ctx.clock.advance(1);
  await recordAudit(ctx, { actor: 'socket', action: 'test.do', object, ...extra });
}

test('what was recorded is listed, newest first, in pages', async () => {
  for (const object of ['a', 'b', 'c'])
    await record(object, { reason: `why ${object}`, before: { n: 1 }, after: { n: 2 } });
  const first = await listAudit(ctx, { limit: 2 });
  expect(first.items.map((event) => event.object)).toEqual(['c', 'b']);
  expect(first.items[0]).toMatchObject({ actor: 'socket', reason: 'why c', before: { n: 1 }, after: { n: 2 } });
  const second = await listAudit(ctx, { limit: 2, after: decodeCursor(first.nextCursor ?? '') });
  expect(second.items.map((event) => event.object)).toEqual(['a']);
  expect(second.nextCursor).toBeNull();
});

test('what is not said is null', async () => {
  await record('a');
  expect((await listAudit(ctx, { limit: 1 })).items[0]).toMatchObject({ reason: null, before: null, after: null });
});

test('secrets stay out, typed or not', async () => {
  const credential = {
    secret: new Secret('hunter2'),
    proxyUrl: 'http://u:hunter2@p',
    headers: { 'x-api-key': 'hunter2' },
  };
  await record('a', { before: credential, after: { password: 'hunter2', max_output_tokens: 7, nested: [credential] } });
  const rows = JSON.stringify(await database.knex('audit_events').select());
  expect(rows).not.toContain('hunter2');
  expect((await listAudit(ctx, { limit: 1 })).items[0]?.after).toMatchObject({ max_output_tokens: 7 });
});

test('a NUL, control characters and megabytes do no harm', async () => {
  await record('a\0b', { reason: '\u001b[31mred\n', after: { text: '\0', big: 'x'.repeat(1_000_000) } });
  const [event] = (await listAudit(ctx, { limit: 1 })).items;
  expect(event).toMatchObject({ object: 'a b', reason: ' [31mred ', after: null });
});

test('it goes with the transaction of the change', async () => {
  const failing = inTransaction(ctx, async (tx) => {
    await recordAudit(tx, { actor: 'socket', action: 'test.do', object: 'a' });
    throw new Error('no');
  });
  await expect(failing).rejects.toThrow('no');
  expect((await listAudit(ctx, { limit: 1 })).items).toEqual([]);
});
