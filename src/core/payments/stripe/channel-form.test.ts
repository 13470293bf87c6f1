import { describe, expect, test } from 'vitest';
import { Failure } from '../../failure.ts';
import { Secret } from '../../secret.ts';
import { apiBaseOf, stripeForm, webhookSecretsOf } from './channel-form.ts';
import { channelAt } from './testing/stripe-scene.ts';

const open = { allowPrivate: true };
const guarded = { allowPrivate: false };

describe('settings', () => {
  test('are empty for Stripe itself', () => {
    expect(stripeForm.checkSettings({}, guarded)).toEqual({});
    expect(stripeForm.checkSettings({ api_base: '' }, guarded)).toEqual({});
    expect(apiBaseOf({ ...channelAt(''), settings: {} }).href).toBe('https://api.stripe.com/');
  });

  test('name an address of the API', () => {
    const settings = stripeForm.checkSettings({ api_base: 'https://stripe.gateway.example/' }, guarded);
    expect(settings).toEqual({ api_base: 'https://stripe.gateway.example' });
    expect(stripeForm.checkSettings({ api_base: 'http://127.0.0.1:18091' }, open)).toEqual({
      api_base: 'http://127.0.0.1:18091',
    });
  });

  test.each([
    ['http://stripe.gateway.example', open],
    ['http://127.0.0.1:18091', guarded],
    ['https://10.0.0.8', guarded],
    ['https://localhost', guarded],
    ['https://stripe.gateway.example/v1', open],
    ['https://user:pass@stripe.gateway.example', open],
    ['ftp://stripe.gateway.example', open],
    ['stripe', open],
    [42, open],
  ])('refuse the address %s', (apiBase, policy) => {
    expect(refusal(() => stripeForm.checkSettings({ api_base: apiBase }, policy)).facts.param).toBe('api_base');
  });

  test('refuse what they do not know', () => {
    expect(refusal(() => stripeForm.checkSettings({ gateway: 'x' }, open)).facts.param).toBe('gateway');
  });
});

describe('secrets', () => {
  test.each([
    ['sk_test_abc', false],
    ['rk_test_abc', false],
    ['sk_live_abc', true],
    ['rk_live_abc', true],
    [' sk_live_abc\n', true],
  ])('the key %j says whether real money moves', (key, livemode) => {
    expect(check(key, 'whsec_abc')).toEqual({ livemode });
  });

  test.each(['', ' ', 'pk_live_abc', 'sk_test_', 'sk_abc', 'whsec_abc', 'sk_test_a b'])(
    '%j is no secret key',
    (key) => {
      expect(refusal(() => check(key, 'whsec_abc')).facts.param).toBe('secret_key');
    },
  );

  test.each(['', ' \n\t', ',', 'whsec_', 'whsec_abc\nwhsec_'])('%j is no webhook secret', (secret) => {
    expect(refusal(() => check('sk_test_abc', secret)).facts.param).toBe('webhook_secret');
  });

  test('missing ones are refused like empty ones', () => {
    expect(refusal(() => stripeForm.checkSecrets?.({}, {})).facts.param).toBe('secret_key');
    const onlyKey = { secret_key: new Secret('sk_test_abc') };
    expect(refusal(() => stripeForm.checkSecrets?.({}, onlyKey)).facts.param).toBe('webhook_secret');
  });

  test('no refusal repeats a secret', () => {
    const failure = refusal(() => check('pk_live_canary', 'whsec_canary'));
    expect(JSON.stringify([failure.message, failure.facts])).not.toContain('canary');
  });

  test('several webhook secrets are one text', () => {
    const channel = channelAt('http://127.0.0.1:1', { webhookSecret: 'whsec_old\nwhsec_new\n' });
    expect(webhookSecretsOf(channel)).toEqual(['whsec_old', 'whsec_new']);
  });
});

function check(key: string, webhookSecret: string) {
  return stripeForm.checkSecrets?.({}, { secret_key: new Secret(key), webhook_secret: new Secret(webhookSecret) });
}

function refusal(act: () => unknown): Failure {
  try {
    act();
  } catch (error) {
    if (error instanceof Failure && error.code === 'invalid_input') return error;
    throw error;
  }
  throw new Error('it was not refused');
}
