import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { listAudit } from '../audit/index.ts';
import { loadConfig } from '../config/index.ts';
import { openKeyring } from '../keyring/index.ts';
import { Secret } from '../secret.ts';
import { openChannel, resealChannels } from './channel-secrets.ts';
import { resetChannel, syncConfigChannels } from './config-channels.ts';
import {
  addChannel,
  editChannel,
  findChannel,
  listChannels,
  removeChannel,
  requireChannel,
  secretNamesOf,
} from './manage-channels.ts';
import { createSubscriptionOrder, createTopupOrder } from './open-order.ts';
import { listOpenChannels } from './pick-channel.ts';
import { openProviders } from './providers.ts';
import { type PaymentScene, paymentScene } from './testing/payment-scene.ts';

const NEW = { name: 'cn', provider: 'fake', settings: { gateway: 'g' }, secrets: {}, allowPrivate: false };
let scene: PaymentScene;

beforeEach(async () => {
  scene = await paymentScene();
});
afterEach(async () => await scene.close());

const key = (text: string) => ({ key: new Secret(text) });
const add = async (changes: Partial<Parameters<typeof addChannel>[1]>) =>
  await addChannel(scene.cashier, { ...NEW, ...changes });

describe('a channel', () => {
  test('is enabled when its secrets are complete, and told by them whether real money moves', async () => {
    expect(await add({ secrets: key('test_1') })).toMatchObject({
      enabled: true,
      livemode: false,
      managedBy: 'operator',
    });
    expect(await add({ name: 'live', secrets: key('live_1') })).toMatchObject({ enabled: true, livemode: true });
    expect(await add({ name: 'off', secrets: key('live_1'), enabled: false })).toMatchObject({ enabled: false });
  });

  test('without a secret is off and cannot be enabled', async () => {
    const channel = await add({});
    expect(channel.enabled).toBe(false);
    await expect(editChannel(scene.cashier, channel.id, { enabled: true })).rejects.toMatchObject({
      code: 'invalid_input',
    });
    await expect(add({ name: 'x', enabled: true })).rejects.toMatchObject({ code: 'invalid_input' });
    const secrets = key('test_1');
    expect(await editChannel(scene.cashier, channel.id, { enabled: true, secrets })).toMatchObject({ enabled: true });
  });

  test.each(['', ' ', '\t\n', '\n\n'])('refuses the secret %j, in an edit too', async (blank) => {
    await expect(add({ secrets: key(blank) })).rejects.toMatchObject({
      code: 'invalid_input',
      message: 'the secret key is empty',
    });
    await expect(editChannel(scene.cashier, scene.channel.id, { secrets: key(blank) })).rejects.toMatchObject({
      code: 'invalid_input',
    });
  });

  test('that is enabled cannot lose what it needs', async () => {
    const remove = editChannel(scene.cashier, scene.channel.id, { secrets: { key: null } });
    await expect(remove).rejects.toMatchObject({ code: 'invalid_input' });
    expect(
      await editChannel(scene.cashier, scene.channel.id, { secrets: { key: null }, enabled: false }),
    ).toMatchObject({
      enabled: false,
    });
    expect(await secretNamesOf(scene.cashier, scene.channel.id)).toEqual([]);
  });

  test('is stored sealed, with its secrets trimmed and its lists in lines', async () => {
    const { id } = await add({ secrets: { key: new Secret(' test_canary \n'), extra: new Secret('one\n two ') } });
    const rows = JSON.stringify(await scene.database.knex('payment_channels'));
    expect(rows).not.toMatch(/canary|two/);
    const { secrets } = openChannel(scene.cashier.keyring, await requireChannel(scene.cashier, id));
    expect([secrets['key']?.reveal(), secrets['extra']?.reveal()]).toEqual(['test_canary', 'one\ntwo']);
    expect(await secretNamesOf(scene.cashier, id)).toEqual(['extra', 'key']);
  });

  test('refuses secrets and names that it does not have', async () => {
    await expect(add({ secrets: { ...key('a'), other: new Secret('b') } })).rejects.toMatchObject({
      code: 'invalid_input',
    });
    await expect(add({ name: 'main' })).rejects.toMatchObject({ code: 'already_exists' });
    await expect(add({ name: '../x' })).rejects.toMatchObject({ code: 'invalid_input' });
    await expect(add({ provider: 'paypal' })).rejects.toMatchObject({ code: 'invalid_input' });
    await expect(findChannel(scene.cashier, 'mian')).rejects.toMatchObject({ code: 'not_found' });
  });

  test('is edited field by field', async () => {
    const edited = await editChannel(scene.cashier, scene.channel.id, { name: 'renamed', settings: { a: 1, b: 2 } });
    expect(edited).toMatchObject({ name: 'renamed', enabled: true, settings: { a: 1, b: 2 } });
    expect(await editChannel(scene.cashier, scene.channel.id, { settings: { a: null } })).toMatchObject({
      settings: { b: 2 },
    });
    await add({});
    await expect(editChannel(scene.cashier, scene.channel.id, { name: 'cn' })).rejects.toMatchObject({
      code: 'already_exists',
    });
  });

  test('with orders is kept, without any it goes', async () => {
    const { id } = await add({});
    await removeChannel(scene.cashier, id);
    await scene.topup();
    await expect(removeChannel(scene.cashier, scene.channel.id)).rejects.toMatchObject({ code: 'conflict' });
    expect((await listChannels(scene.cashier)).map(({ name }) => name)).toEqual(['main']);
  });

  test('goes with the keyring when that is rotated', async () => {
    await add({});
    const other = await openKeyring(
      {
        json: new Secret(
          JSON.stringify({
            version: 1,
            keys: ['k00000001', 'k00000000'].map((id, n) => ({
              id,
              key: Buffer.alloc(32, n === 0 ? 8 : 7).toString('base64url'),
              created_at: '2026-01-01T00:00:00.000Z',
            })),
          }),
        ),
      },
      scene.ctx,
    );
    expect(await resealChannels(scene.ctx, other)).toEqual({ resealed: 1, unreadable: [] });
    expect(await resealChannels(scene.ctx, other)).toEqual({ resealed: 0, unreadable: [] });
    const { secrets } = openChannel(other, await requireChannel(scene.cashier, scene.channel.id));
    expect(secrets['key']?.reveal()).toBe('test_key_1');
  });

  test('whose secrets cannot be opened is named, and can be given new ones', async () => {
    await scene.database.knex('payment_channels').update({ secrets: 'v1.gone.x.y' });
    expect(await secretNamesOf(scene.cashier, scene.channel.id)).toBeNull();
    await expect(editChannel(scene.cashier, scene.channel.id, { name: 'new' })).rejects.toThrow();
    expect((await resealChannels(scene.ctx, scene.cashier.keyring)).unreadable).toHaveLength(1);
    expect(await editChannel(scene.cashier, scene.channel.id, { enabled: false })).toMatchObject({ enabled: false });
    expect(await editChannel(scene.cashier, scene.channel.id, { enabled: true, secrets: key('test_2') })).toMatchObject(
      {
        enabled: true,
      },
    );
  });
});

describe('what is offered', () => {
  test('is what is enabled, with the currencies that have a rate; the wallet only for plans', async () => {
    await add({});
    await addChannel(scene.cashier, { ...NEW, name: 'wallet', provider: 'balance', settings: {} });
    expect((await listOpenChannels(scene.cashier, 'topup')).map(({ name }) => name)).toEqual(['main']);
    expect(await listOpenChannels(scene.cashier, 'subscription')).toMatchObject([
      { name: 'main', provider: 'fake', currencies: ['USD', 'CNY'], livemode: false },
      { name: 'wallet', provider: 'balance' },
    ]);
  });

  test('is chosen when only one fits, and asked for when several do', async () => {
    const topup = { userId: scene.user.id, amount: '20.00', currency: 'CNY' };
    expect(await createTopupOrder(scene.cashier, topup)).toMatchObject({ channelId: scene.channel.id });
    await add({ secrets: key('test_1') });
    await expect(createTopupOrder(scene.cashier, topup)).rejects.toThrow('cn, main');
    await expect(createTopupOrder(scene.cashier, { ...topup, currency: 'EUR', channel: 'cn' })).rejects.toMatchObject({
      code: 'invalid_input',
    });
    await expect(createTopupOrder(scene.cashier, { ...topup, channel: 'cn', method: 'A&b=c' })).rejects.toMatchObject({
      code: 'invalid_input',
    });
  });

  test('is limited from below and above', async () => {
    const topup = (amount: string) =>
      createTopupOrder(scene.cashier, { userId: scene.user.id, amount, currency: 'USD', channel: 'main' });
    await expect(topup('0.99')).rejects.toThrow('$1 to $10000');
    await expect(topup('10000.01')).rejects.toMatchObject({ code: 'invalid_input' });
    expect(await topup('10000.00')).toMatchObject({ creditUsdMicros: 10_000_000_000 });
  });

  test('for a plan is its price, or as much of a currency that the channel takes', async () => {
    await scene.plan({ priceMinor: 1_000, currency: 'USD' });
    const plan = { userId: scene.user.id, plan: 'pro', channel: 'main' };
    expect(await createSubscriptionOrder(scene.cashier, plan)).toMatchObject({
      amountMinor: 1_000,
      currency: 'USD',
      rate: '1',
    });
    Object.assign(scene.provider, { currencies: ['CNY'] });
    expect(await createSubscriptionOrder(scene.cashier, plan)).toMatchObject({
      amountMinor: 7_200,
      currency: 'CNY',
      rate: '7.2',
      creditUsdMicros: 10_000_000,
    });
    await expect(createSubscriptionOrder(scene.cashier, { ...plan, currency: 'USD' })).rejects.toMatchObject({
      code: 'invalid_input',
    });
    await expect(createSubscriptionOrder(scene.cashier, { ...plan, plan: 'nope' })).rejects.toMatchObject({
      code: 'not_found',
    });
  });
});

describe('the configuration', () => {
  const EPAY = {
    'payments.epay.gateway': 'https://pay.example/',
    'payments.epay.pid': '1001',
    'payments.epay.key': 'canary-key',
  };
  const load = async (overrides: Record<string, string>) => (await loadConfig({ env: {}, overrides })).config;
  const real = () => ({ ...scene.cashier, providers: openProviders({ clock: scene.ctx.clock }) });
  const epay = async () => await findChannel(real(), 'epay');

  test('makes a channel, changes it, and takes it out of use', async () => {
    await syncConfigChannels(real(), await load(EPAY));
    expect(await epay()).toMatchObject({ enabled: true, managedBy: 'config', settings: { pid: '1001' } });
    const { id } = await epay();
    await syncConfigChannels(
      real(),
      await load({ ...EPAY, 'payments.epay.pid': '1002', 'payments.epay.key': 'second-key' }),
    );
    expect(await epay()).toMatchObject({ id, settings: { pid: '1002' }, managedBy: 'config' });
    expect(openChannel(scene.cashier.keyring, await epay()).secrets['key']?.reveal()).toBe('second-key');
    await syncConfigChannels(real(), await load({}));
    expect(await epay()).toMatchObject({ id, enabled: false });
    expect((await listAudit(scene.ctx, { limit: 10 })).items.map(({ actor }) => actor)).toEqual([
      'config',
      'config',
      'config',
    ]);
    expect(JSON.stringify([await scene.database.knex('payment_channels'), scene.said])).not.toMatch(
      /canary|second-key/,
    );
  });

  test('says the same twice without changing anything', async () => {
    const config = await load(EPAY);
    await syncConfigChannels(real(), config);
    const before = await scene.database.knex('payment_channels').where({ name: 'epay' });
    await Promise.all([syncConfigChannels(real(), config), syncConfigChannels(real(), config)]);
    expect(await scene.database.knex('payment_channels').where({ name: 'epay' })).toEqual(before);
  });

  test('gives way to an operator, and is given the channel back when asked', async () => {
    const config = await load(EPAY);
    await syncConfigChannels(real(), config);
    await editChannel(real(), (await epay()).id, { settings: { pid: '9999', submit_mode: 'mapi' } });
    await syncConfigChannels(real(), config);
    expect(await epay()).toMatchObject({ managedBy: 'operator', settings: { pid: '9999' } });
    expect(await resetChannel(real(), 'epay', config)).toMatchObject({
      managedBy: 'config',
      settings: { pid: '1001', submit_mode: 'submit' },
    });
    await expect(resetChannel(real(), 'epay', await load({}))).rejects.toMatchObject({ code: 'conflict' });
  });

  test('of Stripe may have several webhook secrets', async () => {
    const secrets = {
      'payments.stripe.secret_key': 'sk_test_canary',
      'payments.stripe.webhook_secret': 'whsec_1, whsec_2',
    };
    await syncConfigChannels(real(), await load(secrets));
    const stripe = await findChannel(real(), 'stripe');
    expect(stripe).toMatchObject({ enabled: true, livemode: false, managedBy: 'config' });
    expect(openChannel(scene.cashier.keyring, stripe).secrets['webhook_secret']?.reveal()).toBe('whsec_1\nwhsec_2');
  });

  test('that is wrong is told in the log and stops nothing', async () => {
    await syncConfigChannels(real(), await load({ ...EPAY, 'payments.epay.pid': 'a b' }));
    expect(scene.said.join('\n')).toContain('is not usable');
    expect((await listChannels(scene.cashier)).map(({ name }) => name)).toEqual(['main']);
  });
});
