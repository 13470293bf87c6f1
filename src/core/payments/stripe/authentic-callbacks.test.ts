import { describe, expect, test } from 'vitest';
import { Failure } from '../../failure.ts';
import { Secret } from '../../secret.ts';
import { epochMs, SECOND_MS } from '../../time.ts';
import { channelAt, rawCallback, type StripeScene, stripeScene, WEBHOOK_SECRET } from './testing/stripe-scene.ts';

const COMPLETED = 'checkout.session.completed';

describe('a callback that is not authentic', () => {
  test.each(['forged', 'tampered', 'unsigned', 'empty_secret', 'old_scheme', 'stale', 'future', 'two_times'] as const)(
    'is refused when it is %s',
    async (fault) => {
      const scene = await paidScene();
      const signed = await scene.fake.sign(await scene.eventOf(COMPLETED), [WEBHOOK_SECRET], { fault });
      const reading = scene.provider.readCallback(scene.channel, rawCallback(signed, scene.clock));
      await expect(reading).rejects.toMatchObject({ code: 'forbidden' });
    },
  );

  test('is refused when it was signed for another channel', async () => {
    const scene = await paidScene();
    const reading = scene.read(await scene.eventOf(COMPLETED), { secrets: ['whsec_OfTheOtherChannel'] });
    await expect(reading).rejects.toMatchObject({ code: 'forbidden' });
  });

  test.each(['', ' ', '\n', 'whsec_'])(
    'is refused when the channel has only %j for a secret, however it is signed',
    async (secret) => {
      const scene = await paidScene();
      const event = await scene.eventOf(COMPLETED);
      const bare = { ...scene.channel, secrets: { ...scene.channel.secrets, webhook_secret: new Secret(secret) } };
      await expect(scene.read(event, { channel: bare, secrets: [secret] })).rejects.toMatchObject({
        code: 'forbidden',
      });
      await expect(scene.read(event, { channel: bare, secrets: [''] })).rejects.toMatchObject({ code: 'forbidden' });
    },
  );

  test('is refused when it is no POST', async () => {
    const scene = await paidScene();
    const signed = await scene.fake.sign(await scene.eventOf(COMPLETED), [WEBHOOK_SECRET]);
    const callback = { ...rawCallback(signed, scene.clock), method: 'GET' as const };
    await expect(scene.provider.readCallback(scene.channel, callback)).rejects.toMatchObject({ code: 'forbidden' });
  });

  test.each(['t=', 't=abc', 't=1e9', 't=-5', 't=99999999999999', 'v1=abc', ',', 't=1,t=2'])(
    'is refused with the header %j',
    async (header) => {
      const scene = await paidScene();
      const signed = await scene.fake.sign(await scene.eventOf(COMPLETED), [WEBHOOK_SECRET]);
      const callback = rawCallback({ ...signed, headers: { 'stripe-signature': `${header},v1=00` } }, scene.clock);
      await expect(scene.provider.readCallback(scene.channel, callback)).rejects.toMatchObject({ code: 'forbidden' });
    },
  );

  test('is refused when one byte of the body is another', async () => {
    const scene = await paidScene();
    const callback = rawCallback(await scene.fake.sign(await scene.eventOf(COMPLETED), [WEBHOOK_SECRET]), scene.clock);
    for (let at = 0; at < callback.body.length; at += 97) {
      const body = Buffer.from(callback.body);
      body.writeUInt8(body.readUInt8(at) ^ 1, at);
      await expect(scene.provider.readCallback(scene.channel, { ...callback, body })).rejects.toMatchObject({
        code: 'forbidden',
      });
    }
  });

  test.each([
    [-301, false],
    [-300, true],
    [0, true],
    [300, true],
    [301, false],
  ])('signed %d seconds from now is accepted: %s', async (offSeconds, isAccepted) => {
    const scene = await paidScene();
    const signed = await scene.fake.sign(await scene.eventOf(COMPLETED), [WEBHOOK_SECRET]);
    const receivedAt = epochMs(scene.clock.now() - offSeconds * SECOND_MS);
    const reading = scene.provider.readCallback(scene.channel, { ...rawCallback(signed, scene.clock), receivedAt });
    const outcome = await reading.then(
      () => true,
      (error) => !(error instanceof Failure && error.code === 'forbidden'),
    );
    expect(outcome).toBe(isAccepted);
  });
});

describe('an authentic callback', () => {
  test('may be signed with any of the secrets while they are rotated', async () => {
    const scene = await paidScene();
    const event = await scene.eventOf(COMPLETED);
    const channel = channelAt(scene.fake.url, { webhookSecret: 'whsec_old\nwhsec_new' });
    for (const secrets of [['whsec_old'], ['whsec_new'], ['whsec_unknown', 'whsec_new']]) {
      expect((await scene.read(event, { channel, secrets })).eventKey).toBe(event);
    }
    await expect(scene.read(event, { channel, secrets: ['whsec_older'] })).rejects.toMatchObject({ code: 'forbidden' });
  });

  test('of the other mode says so and says nothing else', async () => {
    const scene = await paidScene();
    const signed = await scene.fake.sign(await scene.eventOf(COMPLETED), [WEBHOOK_SECRET], { fault: 'wrong_livemode' });
    const reading = await scene.provider.readCallback(scene.channel, rawCallback(signed, scene.clock));
    expect(reading).toMatchObject({ livemode: true, facts: [{ kind: 'ignored' }] });
  });

  test('of test mode at a live channel is no payment either', async () => {
    const scene = await paidScene();
    const reading = await scene.read(await scene.eventOf(COMPLETED), { channel: { ...scene.channel, livemode: true } });
    expect(reading).toMatchObject({ livemode: false, facts: [{ kind: 'ignored' }] });
  });

  test('that holds no JSON, or JSON of something else, is refused as such', async () => {
    const scene = await paidScene();
    const event = await scene.eventOf(COMPLETED);
    const signed = await scene.fake.sign(event, [WEBHOOK_SECRET], { fault: 'garbage' });
    const reading = scene.provider.readCallback(scene.channel, rawCallback(signed, scene.clock));
    await expect(reading).rejects.toMatchObject({ code: 'invalid_input' });
  });

  test('is shown without secrets, signatures and what says who the payer is', async () => {
    const scene = await paidScene();
    const shown = await Promise.all((await scene.fake.events()).map(async ({ id }) => (await scene.read(id)).shown));
    const all = shown.join('\n');
    expect(all).toContain('"payment_status":"paid"');
    expect(all).toContain('v1=[masked]');
    expect(all).not.toMatch(/v1=[0-9a-f]|_secret_|payer@example|receipts\/1|whsec|sk_test/);
  });

  test('that is huge is shown in outline', async () => {
    const scene = await paidScene();
    const event = await scene.eventOf(COMPLETED);
    const { body } = await scene.fake.sign(event, [WEBHOOK_SECRET]);
    const { showCallback } = await import('./show-callback.ts');
    const huge = { ...JSON.parse(body), padding: 'x'.repeat(20_000) };
    const shown = showCallback(rawCallback({ headers: {}, body }, scene.clock), huge);
    expect(shown.length).toBeLessThan(1_000);
    expect(JSON.parse(shown)).toMatchObject({ event: { id: event, type: COMPLETED } });
  });
});

async function paidScene(): Promise<StripeScene> {
  const scene = await stripeScene();
  const { session } = await scene.start();
  await scene.fake.pay(session);
  return scene;
}
