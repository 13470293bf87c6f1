import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type AdminHarness, adminHarness } from './testing/admin-harness.ts';

let admin: AdminHarness;

beforeEach(async () => {
  admin = await adminHarness();
  await admin.call('PUT', '/admin/features/self-mode', { body: { enabled: false } });
});
afterEach(async () => {
  expect(admin.said.filter((line) => line.includes('canary-secret'))).toEqual([]);
  await admin.close();
});

interface CheckRow {
  readonly name: string;
  readonly state: string;
  readonly detail: string;
  readonly fix?: string;
}

async function check(name: string): Promise<CheckRow | undefined> {
  const { json } = await admin.call('GET', '/admin/doctor');
  return json.checks.find((each: CheckRow) => each.name === name);
}

async function addGateway(name: string): Promise<void> {
  const settings = { gateway: 'http://127.0.0.1:18090/', pid: '1001' };
  const secrets = { key: 'canary-secret-1' };
  const body = { name, provider: 'epay', settings, secrets, allow_private: true };
  expect((await admin.call('POST', '/admin/payment-channels', { body })).status).toBe(201);
}

describe('the secrets of payment channels', () => {
  test('all open, or there are none', async () => {
    expect(await check('payment-secrets')).toMatchObject({ state: 'ok', detail: 'there are no channels' });
    await addGateway('cn');
    expect(await check('payment-secrets')).toMatchObject({ state: 'ok', detail: '1 channels open' });
  });

  test('that do not open are named, with what to do', async () => {
    for (const name of ['cn', 'hk']) await addGateway(name);
    const damaged = admin.database.knex('payment_channels').where({ name: 'hk' });
    await damaged.update({ secrets: 'v1.gone.AAAA.AAAA', enabled: 0 });
    const found = await check('payment-secrets');
    expect(found).toMatchObject({ state: 'fail', fix: expect.stringMatching(/realms pay channel edit hk/) });
    expect(found?.detail).toMatch(/ hk:/);
    expect(found?.detail).not.toContain('cn');
  });
});

describe('the address that providers call back', () => {
  test('is missed as soon as a channel is enabled, and not before', async () => {
    expect(await check('payment-address')).toMatchObject({ state: 'ok' });
    await addGateway('cn');
    expect(await check('payment-address')).toMatchObject({
      state: 'warn',
      detail: expect.stringMatching(/^cn .*site\.base_url is empty/),
      fix: expect.stringMatching(/realms settings set site\.base_url/),
    });
    await admin.call('PATCH', '/admin/payment-channels/cn', { body: { enabled: false } });
    expect(await check('payment-address')).toMatchObject({ state: 'ok' });
  });

  test('is fine once it is set', async () => {
    await addGateway('cn');
    const body = { value: 'https://realms.example' };
    expect((await admin.call('PUT', '/admin/settings/site.base_url', { body })).status).toBe(200);
    expect(await check('payment-address')).toMatchObject({ state: 'ok', detail: expect.stringContaining(body.value) });
  });
});
