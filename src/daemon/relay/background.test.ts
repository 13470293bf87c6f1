import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type BootedDaemon, bootDaemon, until } from '../testing/boot-daemon.ts';
import { fault } from '../testing/fake-upstream.ts';
import { httpExchange } from '../testing/http-exchange.ts';
import { COST, DOLLAR, give, openShop, settled, transfersOf } from '../testing/paid-scene.ts';
import { at, type Scene } from '../testing/relay-scene.ts';

let boot: BootedDaemon;
beforeAll(async () => {
  boot = await bootDaemon({ settings: { 'self_mode.enable': false } });
});
afterEach(async () => await boot.resetSettings());
afterAll(async () => await boot.stop());

describe('an answer that is made in the background', () => {
  let serial = 0;
  async function providerOfItsOwn(): Promise<Scene> {
    serial += 1_000;
    return await openShop(boot, { firstSerial: serial });
  }

  async function begin(scene: Scene, fields: object = {}): Promise<string> {
    await give(scene, DOLLAR);
    const answer = await scene.responses({ background: true, ...fields });
    expect(JSON.parse(answer.text)).toMatchObject({ status: 'queued', usage: null });
    expect(await scene.onlyEvent()).toMatchObject({ usageSource: 'none', payment: { chargedUsdMicros: 0 } });
    expect((await settled(scene)).held).toBeGreaterThan(0);
    return JSON.parse(answer.text).id as string;
  }

  /** Its provider is done with it, and nobody has looked. */
  async function finish({ up, tag }: Scene, id: string): Promise<void> {
    const headers = { authorization: `Bearer sk-up1-c1-${tag}` };
    expect((await httpExchange(`${up.url}/v1/responses/${id}`, { headers })).status).toBe(200);
  }

  async function isPriced(scene: Scene): Promise<boolean> {
    return (await transfersOf(scene)).length > 0;
  }

  async function expectPricedOnce(scene: Scene): Promise<void> {
    await until('it is priced', () => isPriced(scene));
    expect(at(await scene.events(1), 0)).toMatchObject({
      endpoint: '/v1/responses',
      usageSource: 'upstream',
      usage: { input: 11, output: 7 },
      payment: { chargedUsdMicros: COST },
    });
    expect(await settled(scene)).toEqual({ balance: DOLLAR - COST, held: 0 });
    expect(await transfersOf(scene)).toHaveLength(1);
    expect(await boot.rows('pending_answers')).toEqual([]);
  }

  test('is charged when its client fetches it, and not again', async () => {
    const scene = await providerOfItsOwn();
    const path = `/v1/responses/${await begin(scene)}`;
    expect((await scene.call(path)).text).toContain('"queued"');
    expect(await isPriced(scene)).toBe(false);
    for (let i = 0; i < 3; i++) expect((await scene.call(path)).text).toContain('"completed"');
    await expectPricedOnce(scene);
  });

  test('is charged when nobody fetches it', async () => {
    const scene = await providerOfItsOwn();
    await begin(scene);
    for (let i = 0; i < 2; i++) {
      await boot.ctx.db('pending_answers').update({ next_at: 0 });
      await boot.house.background.lookAfter();
    }
    await expectPricedOnce(scene);
  });

  test('is charged once, however many see it done at the same time', async () => {
    const scene = await providerOfItsOwn();
    const path = `/v1/responses/${await begin(scene)}`;
    await scene.call(path);
    await boot.ctx.db('pending_answers').update({ next_at: 0 });
    const looks = [1, 2, 3].map(() => boot.house.background.lookAfter());
    await Promise.all([...looks, ...[1, 2, 3].map(() => scene.call(path))]);
    await expectPricedOnce(scene);
  });

  test('is charged though its client left the stream of it', async () => {
    const scene = await providerOfItsOwn();
    await give(scene, DOLLAR);
    await boot.set({ 'relay.disconnect_policy': 'cancel' });
    scene.up.when({ method: 'POST' }, fault.slowChunks(20));
    await scene.responsesStream(
      { background: true },
      { onData: (seen, leave) => (seen.includes('output_text.delta') ? leave() : null) },
    );
    expect((await scene.onlyEvent()).payment.chargedUsdMicros).toBe(0);
    for (let i = 0; i < 2; i++) {
      await boot.ctx.db('pending_answers').update({ next_at: 0 });
      await boot.house.background.lookAfter();
    }
    await expectPricedOnce(scene);
  });

  test('is charged although one before it cannot be settled', async () => {
    const broken = await providerOfItsOwn();
    await begin(broken);
    await boot.ctx.db('usage_events').where({ user_id: broken.user.id }).delete();
    const scene = await providerOfItsOwn();
    await begin(scene);
    for (let i = 0; i < 2; i++) {
      await boot.ctx.db('pending_answers').update({ next_at: 0 });
      await boot.house.background.lookAfter();
    }
    await until('it is priced', () => isPriced(scene));
    expect(await transfersOf(broken)).toEqual([]);
    await boot.ctx.db('pending_answers').delete();
  });

  test('is given up when its provider has it no more', async () => {
    const scene = await providerOfItsOwn();
    await begin(scene);
    scene.up.when({ method: 'GET' }, fault.status(404));
    await boot.ctx.db('pending_answers').update({ next_at: 0 });
    await boot.house.background.lookAfter();
    expect(await settled(scene)).toEqual({ balance: DOLLAR, held: 0 });
    expect(await boot.rows('pending_answers')).toEqual([]);
  });

  test('is charged when its client deletes it unread', async () => {
    const scene = await providerOfItsOwn();
    const id = await begin(scene);
    await finish(scene, id);
    const deleted = await scene.call(`/v1/responses/${id}`, { method: 'DELETE' });
    expect(deleted.text).toContain('"deleted":true');
    await expectPricedOnce(scene);
  });

  test('is deleted all the same while it is running, or when nobody can ask', async () => {
    const scene = await providerOfItsOwn();
    const id = await begin(scene);
    scene.up.when({ method: 'GET' }, fault.status(500));
    expect((await scene.call(`/v1/responses/${id}`, { method: 'DELETE' })).status).toBe(200);
    const other = await providerOfItsOwn();
    const running = await begin(other);
    expect((await other.call(`/v1/responses/${running}`, { method: 'DELETE' })).status).toBe(200);
    expect(await isPriced(other)).toBe(false);
    await boot.ctx.db('pending_answers').delete();
  });

  test('is charged what the answer to its cancellation tells', async () => {
    const scene = await providerOfItsOwn();
    const id = await begin(scene);
    await finish(scene, id);
    await scene.call(`/v1/responses/${id}/cancel`, { method: 'POST' });
    await expectPricedOnce(scene);
  });

  test.each([false, true])('is charged though its client left before its id was known (stream: %s)', async (stream) => {
    const scene = await providerOfItsOwn();
    await give(scene, DOLLAR);
    await boot.set({ 'relay.disconnect_policy': 'cancel' });
    scene.up.when({ method: 'POST' }, fault.slowHeaders(300));
    const left = fetch(`${boot.url}/v1/responses`, {
      method: 'POST',
      headers: { authorization: `Bearer ${scene.keyText}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: scene.model, input: 'hello', background: true, stream }),
      signal: AbortSignal.timeout(100),
    });
    await expect(left).rejects.toThrow();
    await scene.onlyEvent();
    for (let i = 0; i < 2; i++) {
      await boot.ctx.db('pending_answers').update({ next_at: 0 });
      await boot.house.background.lookAfter();
    }
    await until('it is priced', () => isPriced(scene));
    expect(await settled(scene)).toEqual({ balance: DOLLAR - COST, held: 0 });
  });

  test('that cost more than was held is written off down to the floor, at once', async () => {
    const scene = await providerOfItsOwn();
    await boot.set({ 'billing.balance_floor_usd_micros': '0' });
    const id = await begin(scene);
    await boot.ctx
      .db('usage_events')
      .where({ user_id: scene.user.id })
      .update({ reserved_usd_micros: COST - 100 });
    await give(scene, COST - 50 - DOLLAR);
    await scene.call(`/v1/responses/${id}`);
    await scene.call(`/v1/responses/${id}`);
    await until('it is priced', () => isPriced(scene));
    expect(await settled(scene)).toEqual({ balance: 0, held: 0 });
    const writeOffs = (await boot.rows('ledger_transfers')).filter((row) => row['kind'] === 'writeoff');
    expect(writeOffs.filter((row) => row['user_id'] === scene.user.id)).toMatchObject([{ amount_usd_micros: 50 }]);
  });
});
