import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createAdminToken, findUserByToken } from '../../core/identity/index.ts';
import { DAY_MS, epochMs, toRfc3339 } from '../../core/time.ts';
import { type AdminHarness, adminHarness } from './testing/admin-harness.ts';

let admin: AdminHarness;

beforeAll(async () => {
  admin = await adminHarness();
});
afterAll(async () => await admin.close());
beforeEach(async () => {
  for (const table of ['user_tokens', 'users', 'admin_tokens']) await admin.database.knex(table).delete();
  await admin.live.refresh('identity');
  await admin.call('POST', '/admin/users', { body: { name: 'alice' } });
});

const create = (body: object) => admin.call('POST', '/admin/user-tokens', { body });

test('a token is shown once, lasts 90 days unless said, and opens the account', async () => {
  const created = await create({ user: 'alice', name: 'laptop' });
  expect(created.status).toBe(201);
  const { token, ...shown } = created.json;
  const in90Days = toRfc3339(epochMs(admin.ctx.clock.now() + 90 * DAY_MS));
  expect(shown).toMatchObject({ user: 'alice', name: 'laptop', expires_at: in90Days, last_used_at: null });
  expect((await findUserByToken(admin.ctx, token))?.user.name).toBe('alice');
  admin.said.length = 0;
  const listed = (await admin.call('GET', '/admin/user-tokens?user=alice')).json.items;
  expect(listed).toEqual([{ ...shown, last_used_at: toRfc3339(admin.ctx.clock.now()) }]);
  const audit = (await admin.call('GET', '/admin/audit')).json.items;
  expect(audit).toContainEqual(expect.objectContaining({ action: 'user_token.create', object: shown.id }));
  expect(admin.said.join('\n')).not.toContain(token);
});

test('a token may last for ever, or until a given instant', async () => {
  expect((await create({ user: 'alice', expires_at: null })).json).toMatchObject({ name: null, expires_at: null });
  const expires_at = '2030-01-01T00:00:00.000Z';
  expect((await create({ user: 'alice', expires_at })).json.expires_at).toBe(expires_at);
});

test('a revoked token is gone at once', async () => {
  const { id, token } = (await create({ user: 'alice' })).json;
  expect((await admin.call('DELETE', `/admin/user-tokens/${id}`)).status).toBe(204);
  expect(await findUserByToken(admin.ctx, token)).toBeUndefined();
  expect((await admin.call('DELETE', `/admin/user-tokens/${id}`)).status).toBe(404);
});

test('the text of a token in place of its id is not repeated', async () => {
  const { token } = (await create({ user: 'alice' })).json;
  admin.said.length = 0;
  expect((await admin.call('DELETE', `/admin/user-tokens/${token}`)).status).toBe(422);
  expect(admin.said.join('\n')).not.toContain(token);
});

test('nobody makes a token of somebody above themselves', async () => {
  const { text } = await createAdminToken(admin.ctx, { name: 'ops', role: 'admin' });
  const tcp = await admin.listenTcp();
  const headers = { authorization: `Bearer ${text.reveal()}` };
  await admin.call('POST', '/admin/users', { body: { name: 'boss', role: 'root' } });
  const call = (user: string) => tcp.call('POST', '/admin/user-tokens', { body: { user }, headers });
  expect((await call('boss')).status).toBe(403);
  expect((await call('alice')).status).toBe(201);
  expect((await call('nobody')).status).toBe(404);
});
