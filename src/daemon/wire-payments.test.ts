import { afterAll, beforeAll, expect, test } from 'vitest';
import { type FakeEpay, startFakeEpay } from '../core/testing/fake-epay.ts';
import { BUSINESS, openAccount } from './testing/account-scene.ts';
import { bootDaemon, until } from './testing/boot-daemon.ts';

let gateway: FakeEpay;

beforeAll(async () => {
  gateway = await startFakeEpay();
});
afterAll(async () => await gateway.close());

test('a channel of the configuration is there from the start, and follows its settings while the daemon runs', async () => {
  const boot = await bootDaemon({
    settings: {
      ...BUSINESS,
      'payments.epay.gateway': gateway.url,
      'payments.epay.pid': gateway.pid,
      'payments.epay.key': gateway.key,
      'payments.epay.allow_private': true,
    },
  });
  const alice = await openAccount(boot);
  const names = async () => (await alice.get('/topup')).json.channels.map(({ name }: { name: string }) => name);
  expect(await names()).toEqual(['epay']);
  const pid = async () => {
    const { json } = await alice.post('/topup/create', { amount: '20.00', currency: 'CNY' });
    return new URL(json.pay_url).searchParams.get('pid');
  };
  expect(await pid()).toBe(gateway.pid);
  await boot.set({ 'payments.epay.pid': '2002' });
  await until('the channel has its new merchant', async () => (await pid()) === '2002');
  await boot.set({ 'payments.epay.gateway': '' });
  await until('the channel is out of use', async () => (await names()).length === 0);
  await boot.stop();
});
