import { describe, expect, test } from 'vitest';
import { Secret } from '../../secret.ts';
import { startFakeEpay } from '../../testing/fake-epay.ts';
import { callGateway, EPAY_LIMITS, GatewayTrouble } from './gateway-call.ts';
import type { EpayMerchant } from './merchant.ts';
import { readSettings } from './settings.ts';
import { md5Signer } from './signature.ts';

function merchantAt(gateway: string, allowPrivate: boolean): EpayMerchant {
  const key = new Secret('canary-key');
  const settings = readSettings({ gateway, pid: '1001' }, { allowPrivate: true });
  return { settings, allowPrivate, signer: md5Signer(key), key };
}

describe('callGateway', () => {
  test.each(['127.0.0.1', 'localhost'])('dials no private address unless the channel may: %s', async (host) => {
    const fake = await startFakeEpay();
    const gateway = fake.url.replace('127.0.0.1', host);
    const call = { method: 'GET', path: 'api.php', query: new Map([['act', 'query']]) } as const;
    const error: unknown = await callGateway(merchantAt(gateway, false), EPAY_LIMITS, call).catch(
      (one: unknown) => one,
    );
    expect(error).toBeInstanceOf(GatewayTrouble);
    expect(error).toMatchObject({
      code: 'upstream_failed',
      message: 'the gateway has a private address, which this channel may not use',
      mayHaveArrived: false,
    });
    expect(await fake.calls()).toEqual([]);
    await expect(callGateway(merchantAt(gateway, true), EPAY_LIMITS, call)).resolves.toMatchObject({ code: '-3' });
    await fake.close();
  });

  test('shows the key in no error, however it fails', async () => {
    const fake = await startFakeEpay();
    const query = new Map([
      ['act', 'order'],
      ['key', 'canary-key'],
    ]);
    for (const answer of ['status_500', 'html', 'reset', 'redirect', 'huge'] as const) {
      await fake.failNext('order', { hasEffect: false, answer });
      const call = callGateway(merchantAt(fake.url, true), EPAY_LIMITS, { method: 'GET', path: 'api.php', query });
      const error: unknown = await call.catch((one: unknown) => one);
      const { stack, cause } = error as Error;
      expect(`${stack} ${(cause as Error | undefined)?.stack} ${JSON.stringify(error)}`).not.toContain('canary');
    }
    expect((await fake.calls('order'))[0]?.params['key']).toBe('canary-key');
    await fake.close();
  });
});
