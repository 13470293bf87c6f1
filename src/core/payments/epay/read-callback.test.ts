import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeKeys } from '../../testing/fake-epay/php.ts';
import type { CallbackChanges } from '../../testing/fake-epay.ts';
import type { OpenChannel, RawCallback } from '../provider.ts';
import { encodeFields } from './form-fields.ts';
import { canonicalText } from './signature.ts';
import { type EpayScene, openEpayScene } from './testing/epay-scene.ts';

const KEYS = makeKeys();
const scenes: EpayScene[] = [];

async function open(protocol: 'v1' | 'v2'): Promise<EpayScene> {
  const scene = await openEpayScene({ protocol, keys: KEYS, merchants: { '1001': 'k1', '2002': 'k2' } });
  scenes.push(scene);
  return scene;
}

afterAll(async () => {
  await Promise.all(scenes.map(({ fake }) => fake.close()));
});

/** Reads a callback of a new order of 20.00, changed as told. */
async function readOf(scene: EpayScene, changes: CallbackChanges = {}, channel: OpenChannel = scene.channel) {
  const { attempt, order } = await scene.place(2_000);
  const callback = await scene.fake.callback(attempt.reference, changes);
  return { attempt, order, reading: await scene.provider.readCallback(channel, scene.raw(callback)) };
}

function bitsOf(number: number): number {
  return number.toString(2).replaceAll('0', '').length;
}

/** The pieces as fields, where the set bits of `joints` leave an `&` inside of a value. */
function joined(pieces: readonly string[], joints: number): Map<string, string> {
  const texts: string[] = [];
  pieces.forEach((piece, at) => {
    if (at > 0 && (joints >> (at - 1)) % 2 === 1) texts.push(`${texts.pop()}&${piece}`);
    else texts.push(piece);
  });
  return new Map(texts.map((text) => [text.slice(0, text.indexOf('=')), text.slice(text.indexOf('=') + 1)]));
}

function refusal(reason: RegExp) {
  return expect.objectContaining({ code: 'forbidden', message: expect.stringMatching(reason) });
}

describe.each(['v1', 'v2'] as const)('a callback of %s', (protocol) => {
  let scene: EpayScene;

  beforeAll(async () => {
    scene = await open(protocol);
  });

  test.each(['GET', 'POST'] as const)('by %s is read to the fen, and shown without its signature', async (method) => {
    const { attempt, order, reading } = await readOf(scene, { method });
    expect(reading).toMatchObject({
      eventKey: `${order.tradeNo}:TRADE_SUCCESS`,
      type: 'TRADE_SUCCESS',
      facts: [
        {
          kind: 'paid',
          reference: attempt.reference,
          paymentRef: order.tradeNo,
          amountMinor: 2_000,
          currency: 'CNY',
          method: 'alipay',
          subscriptionRef: null,
        },
      ],
    });
    expect(JSON.parse(reading.shown)).toMatchObject({ money: '20', pid: '1001', sign: '…' });
  });

  test('may have any name and more fields than are known', async () => {
    const { reading } = await readOf(scene, { fields: { name: 'product', zz_new: '支付 = ok', param: 'p' } });
    expect(reading.facts[0]).toMatchObject({ kind: 'paid', amountMinor: 2_000 });
  });

  test('about anything but success pays nothing and keeps its own key (A13)', async () => {
    const { order, reading } = await readOf(scene, { fields: { trade_status: 'TRADE_CLOSED' } });
    expect(reading.facts).toEqual([{ kind: 'ignored', why: 'trade_status is TRADE_CLOSED' }]);
    expect(reading.eventKey).toBe(`${order.tradeNo}:TRADE_CLOSED`);
    const odd = await readOf(scene, { fields: { trade_status: 'trade_success' } });
    expect(odd.reading.facts[0]?.kind).toBe('ignored');
  });

  test.each([
    ['money', '0.01'],
    ['money', '20.00'],
    ['out_trade_no', 'z'.repeat(26)],
    ['trade_no', '1'],
    ['trade_status', 'TRADE_CLOSED'],
    ['type', 'wxpay'],
    ['pid', '2002'],
    ['unknown', '1'],
    ['sign', ''],
    ['sign', '0'.repeat(32)],
  ])('with %s changed to %j on the way is refused (A3)', async (name, value) => {
    await expect(readOf(scene, { tamper: { [name]: value } })).rejects.toThrow(refusal(/signature/));
  });

  test('for another merchant is refused, although its signature is right (A9)', async () => {
    await expect(readOf(scene, { fields: { pid: '2002' } })).rejects.toThrow(refusal(/another merchant/));
  });

  test.each([
    ['out_trade_no', 'short', /none of ours/],
    ['out_trade_no', `ref ${'0'.repeat(22)}`, /none of ours/],
    ['out_trade_no', 'Z'.repeat(26), /none of ours/],
    ['trade_no', '', /trade_no/],
    ['trade_no', 'a b', /trade_no/],
    ['trade_status', '', /trade_status/],
    ['type', 'a b', /type/],
    ['money', '20.001', /exact amount/],
    ['money', '-20', /exact amount/],
    ['money', '0', /exact amount/],
    ['money', '', /exact amount/],
    ['money', '2e1', /exact amount/],
    ['money', '20元', /exact amount/],
  ])('signed with %s = %j is refused all the same', async (name, value, reason) => {
    await expect(readOf(scene, { fields: { [name]: value } })).rejects.toThrow(refusal(reason));
  });

  test.each(['pid', 'trade_no', 'out_trade_no', 'money', 'type', 'trade_status', 'param'])(
    'with a separator in %s is refused before anything of it is believed (A4)',
    async (name) => {
      for (const value of ['1&x', '1=x']) {
        const read = readOf(scene, { fields: { [name]: value } });
        await expect(read).rejects.toThrow(refusal(new RegExp(`${name} holds a separator`)));
      }
    },
  );

  test('whose signature was made for another order is refused (A4)', async () => {
    const cheap = await scene.place(1);
    const dear = await scene.place(100_000);
    const { genuine, forged } = await scene.fake.collide(cheap.attempt.reference, dear.attempt.reference);
    for (const form of [genuine, forged]) {
      const read = scene.provider.readCallback(scene.channel, scene.raw({ method: 'GET', form }));
      await expect(read).rejects.toThrow(refusal(/holds a separator/));
    }
  });

  test('is read only as it was signed, although its text could be split into fields in many ways (A4)', async () => {
    const { attempt } = await scene.place(2_000);
    const { form } = await scene.fake.callback(attempt.reference);
    const given = new URLSearchParams(form);
    const text = canonicalText(new Map(given));
    const pieces = text.split('&');
    let read = 0;
    for (let joints = 0; joints < 2 ** (pieces.length - 1); joints++) {
      // V2 has twice as many fields, and RSA takes its time.
      if (protocol === 'v2' && bitsOf(joints) > 2) continue;
      const fields = joined(pieces, joints);
      expect(canonicalText(fields)).toBe(text);
      const again = encodeFields(
        new Map([...fields, ['sign', given.get('sign') ?? ''], ['sign_type', given.get('sign_type') ?? '']]),
      );
      const raw = scene.raw({ method: 'GET', form: again });
      await scene.provider.readCallback(scene.channel, raw).then(
        () => {
          read += 1;
        },
        (error: unknown) => expect(error).toEqual(refusal(/separator|just now/)),
      );
    }
    expect(read).toBe(1);
  });

  test('with a separator in any field is refused: what it hides may be an unknown one', async () => {
    for (const name of ['name', 'zz']) {
      const read = readOf(scene, { fields: { [name]: 'A&out_trade_no=x' } });
      await expect(read).rejects.toThrow(refusal(/holds a separator/));
    }
  });

  test('signed in the other way is refused', async () => {
    const tamper = { sign_type: protocol === 'v1' ? 'RSA' : 'MD5' };
    await expect(readOf(scene, { tamper })).rejects.toThrow(refusal(/another way/));
  });

  test('is read from the query or from the form, never from both', async () => {
    const { attempt } = await scene.place(2_000);
    const { form } = await scene.fake.callback(attempt.reference);
    const get = scene.raw({ method: 'GET', form });
    const post = scene.raw({ method: 'POST', form });
    const at = form.indexOf('&');
    const odd: readonly (readonly [RawCallback, RegExp])[] = [
      [{ ...post, query: form }, /a query and a form/],
      [{ ...post, query: form.slice(0, at), body: Buffer.from(form.slice(at + 1)) }, /a query and a form/],
      [{ ...get, query: '', body: Buffer.from(form) }, /no signature/],
      [{ ...post, headers: { 'content-type': 'application/json' } }, /no form/],
      [{ ...post, headers: {} }, /no form/],
      [{ ...post, body: Buffer.from([0x61, 0x3d, 0xff]) }, /not UTF-8/],
      [{ ...get, query: `${form}&money=20` }, /money comes twice/],
      [{ ...get, query: `${form}&x=%zz` }, /percent-encoded/],
      [{ ...get, query: '' }, /no signature/],
    ];
    for (const [raw, reason] of odd) {
      await expect(scene.provider.readCallback(scene.channel, raw)).rejects.toThrow(
        expect.objectContaining({ code: 'forbidden', message: expect.stringMatching(reason) }),
      );
    }
    await expect(scene.provider.readCallback(scene.channel, get)).resolves.toMatchObject({ type: 'TRADE_SUCCESS' });
  });

  test('to a channel of another gateway or merchant is refused (A2)', async () => {
    const other = await open(protocol === 'v1' ? 'v2' : 'v1');
    await expect(readOf(scene, {}, other.channel)).rejects.toThrow(refusal(/another way/));
    const pid = scene.channelWith({ pid: '2002' });
    await expect(readOf(scene, {}, pid)).rejects.toThrow(refusal(/another merchant/));
  });

  test.each([
    ['empty', (text: string) => text.slice(0, 0)],
    ['blank', () => ' \n'],
  ])('to a channel with an %s secret is refused, however it is signed (A1)', async (_, blank) => {
    for (const name of Object.keys(scene.channel.secrets)) {
      const secrets = Object.fromEntries(
        Object.entries(scene.channel.secrets).map(([key, secret]) => [
          key,
          key === name ? blank(secret.reveal()) : secret.reveal(),
        ]),
      );
      const read = readOf(scene, { key: blank('') }, scene.channelWith({}, secrets));
      await expect(read).rejects.toThrow(refusal(/not complete/));
    }
  });

  test('that an attacker signed with an empty secret is refused (A1)', async () => {
    const { attempt } = await scene.place(2_000);
    const forger = await open('v1');
    const { form } = await forger.fake
      .open((await forger.provider.start(forger.input({ attempt }))).payUrl)
      .then(() => forger.fake.callback(attempt.reference, { key: '', fields: { trade_status: 'TRADE_SUCCESS' } }));
    const read = scene.provider.readCallback(scene.channel, scene.raw({ method: 'GET', form }));
    await expect(read).rejects.toThrow(refusal(/signature does not match|another way/));
  });
});

describe('the time of a callback', () => {
  test.each([-301, 301])('a V2 callback that is %i seconds away is refused', async (seconds) => {
    const scene = await open('v2');
    const timestamp = String(scene.clock.now() / 1_000 + seconds);
    await expect(readOf(scene, { fields: { timestamp } })).rejects.toThrow(refusal(/signed just now/));
    await expect(readOf(scene, { fields: { timestamp: '' } })).rejects.toThrow(refusal(/signed just now/));
  });

  test('a V1 callback has none: a late one reads the same, and says the same', async () => {
    const scene = await open('v1');
    const { attempt } = await scene.place(2_000);
    const callback = await scene.fake.callback(attempt.reference);
    const now = await scene.provider.readCallback(scene.channel, scene.raw(callback));
    scene.clock.advance(90 * 86_400_000);
    expect(await scene.provider.readCallback(scene.channel, scene.raw(callback))).toEqual(now);
  });
});

describe.each(['v1', 'v2'] as const)('confirmation by query with %s', (protocol) => {
  async function confirmed(settings: Readonly<Record<string, unknown>>, fen = 2_000) {
    const scene = await open(protocol);
    const { attempt } = await scene.place(fen);
    const read = async (changes: CallbackChanges = {}) => {
      const callback = await scene.fake.callback(attempt.reference, changes);
      return await scene.provider.readCallback(scene.channelWith(settings), scene.raw(callback));
    };
    return { scene, attempt, read };
  }

  test('a signed callback for an order that nobody paid is refused (A14)', async () => {
    const { scene, attempt, read } = await confirmed({ verify_by_query: 'always' });
    await expect(read()).rejects.toThrow(refusal(/says that the order is not paid/));
    await scene.fake.pay(attempt.reference, { lost: true });
    await expect(read()).resolves.toMatchObject({ facts: [{ kind: 'paid' }] });
  });

  test('the gateway must say the same amount and the same payment', async () => {
    const { scene, attempt, read } = await confirmed({ verify_by_query: 'always' });
    await scene.fake.pay(attempt.reference, { lost: true });
    await expect(read({ fields: { money: '2000' } })).rejects.toThrow(refusal(/another amount/));
    await expect(read({ fields: { trade_no: '20260101' } })).rejects.toThrow(refusal(/another trade_no/));
    await expect(read({ fields: { out_trade_no: 'z'.repeat(26) } })).rejects.toThrow(refusal(/knows no such order/));
    await scene.fake.setStatus(attempt.reference, 2);
    await expect(read()).rejects.toThrow(refusal(/not paid/));
  });

  test('only what is more than the amount is asked about', async () => {
    const small = await confirmed({ verify_by_query: 'above', verify_above: '20.00' }, 2_000);
    await small.read();
    expect(await small.scene.fake.calls('order')).toHaveLength(0);
    const large = await confirmed({ verify_by_query: 'above', verify_above: '20.00' }, 2_001);
    await expect(large.read()).rejects.toThrow(refusal(/not paid/));
    expect(await large.scene.fake.calls('order')).toHaveLength(1);
  });

  test('what cannot be confirmed now is no forgery, but not taken either', async () => {
    const { scene, attempt, read } = await confirmed({ verify_by_query: 'always' });
    await scene.fake.pay(attempt.reference, { lost: true });
    await scene.fake.failNext('order', { hasEffect: false, answer: 'status_500' });
    await expect(read()).rejects.toThrow(expect.objectContaining({ code: 'upstream_failed' }));
    await expect(read()).resolves.toMatchObject({ type: 'TRADE_SUCCESS' });
  });

  test('what is ignored anyway is not asked about', async () => {
    const { scene, read } = await confirmed({ verify_by_query: 'always' });
    await read({ fields: { trade_status: 'TRADE_CLOSED' } });
    expect(await scene.fake.calls('order')).toHaveLength(0);
  });
});
