import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { UsdMicros } from '../../core/money.ts';
import { createCodes, type NewCodes, setCodeEnabled } from '../../core/redemption/index.ts';
import { epochMs } from '../../core/time.ts';
import { type Account, BUSINESS, openAccount, openPlan } from '../testing/account-scene.ts';
import { type BootedDaemon, bootDaemon, pause } from '../testing/boot-daemon.ts';

let boot: BootedDaemon;
let alice: Account;

beforeAll(async () => {
  boot = await bootDaemon({ settings: { ...BUSINESS, 'server.trusted_proxies': '127.0.0.0/8' } });
});
beforeEach(async () => {
  alice = await openAccount(boot);
});
afterAll(async () => await boot.stop());

const FIVE_DOLLARS = { kind: 'balance', amountUsdMicros: 5_000_000 as UsdMicros } as const;

async function codes(input: Partial<NewCodes> = {}) {
  const made = await createCodes(boot.ctx, {
    name: 'gift',
    reward: FIVE_DOLLARS,
    codes: 1,
    createdBy: 'test',
    ...input,
  });
  return made.codes.map(({ id, text }) => ({ id, text: text.reveal() }));
}

async function oneCode(input: Partial<NewCodes> = {}) {
  const [code] = await codes(input);
  if (!code) throw new Error('no code was made');
  return code;
}

let address = 0;
const from = () => ({ 'x-forwarded-for': `192.0.2.${address++}` });
const redeem = (who: Account, code: string, headers = from()) =>
  who.call('POST', '/topup/redeem', { body: { code }, headers });

test('a code gives its balance once, however it is typed', async () => {
  const { text } = await oneCode();
  const answer = await redeem(alice, ` ${text.toLowerCase().replaceAll('-', ' ')} `);
  expect(answer).toMatchObject({
    status: 200,
    json: { redeemed: { kind: 'balance', usd: '5' }, balance: { usd: '5' } },
  });
  expect(answer.text).not.toContain(text);
  const again = await redeem(alice, text);
  expect([again.status, again.code]).toEqual([409, 'code_used_up']);
  expect(await alice.balance()).toBe(5_000_000);
});

test('a code gives time on a plan, which runs at once', async () => {
  const plan = await openPlan(boot, { code: 'gifted', name: 'Gifted' });
  const { text } = await oneCode({ reward: { kind: 'subscription', planVersionId: plan.version.id } });
  expect((await redeem(alice, text)).json.redeemed).toEqual({ kind: 'subscription', name: 'Gifted' });
  expect(boot.house.live.state.subscriptions.of(alice.user.id)).toMatchObject([{ planCode: 'gifted' }]);
  expect((await alice.get('/subscription')).json.subscriptions).toMatchObject([{ plan: 'gifted', state: 'active' }]);
});

test('fifty who try one code at once get it once', async () => {
  const { text } = await oneCode();
  const users = [alice, await openAccount(boot), await openAccount(boot)];
  const all = await Promise.all(Array.from({ length: 50 }, (_, i) => redeem(users[i % 3] as Account, text)));
  expect(all.filter(({ status }) => status === 200)).toHaveLength(1);
  expect(all.filter(({ status }) => status === 409)).toHaveLength(49);
});

test('why a code gives nothing is told', async () => {
  const brief = await oneCode({ expiresAt: epochMs(boot.ctx.clock.now() + 50) });
  await pause(60);
  expect((await redeem(alice, brief.text)).code).toBe('code_expired');
  const disabled = await oneCode();
  await setCodeEnabled(boot.ctx, disabled.id, false);
  expect((await redeem(alice, disabled.text)).code).toBe('code_disabled');
  const [first, second] = await codes({ codes: 2, maxPerUser: 1 });
  expect((await redeem(alice, first?.text ?? '')).status).toBe(200);
  expect((await redeem(alice, second?.text ?? '')).code).toBe('code_limit_reached');
  const empty = await alice.post('/topup/redeem', {});
  expect([empty.status, empty.json.error.param]).toEqual([400, 'code']);
});

describe('guesses', () => {
  const guess = (i: number) => `AAAAA-AAAAA-AAAAA-${String(i).padStart(5, '0')}`;

  test('are ten in a minute for a user, from wherever', async () => {
    for (let i = 0; i < 10; i++) {
      const answer = await redeem(alice, guess(i));
      expect([i, answer.status, answer.code]).toEqual([i, 404, 'unknown_code']);
    }
    const { text } = await oneCode();
    const shut = await redeem(alice, text);
    expect([shut.status, shut.code]).toEqual([429, 'too_many_attempts']);
    expect(Number(shut.headers['retry-after'])).toBeGreaterThan(0);
    const bob = await openAccount(boot);
    expect((await redeem(bob, text)).status).toBe(200);
  });

  test('are ten in a minute for an address, by whomever', async () => {
    const headers = from();
    for (let i = 0; i < 10; i++) {
      expect((await redeem(await openAccount(boot), guess(i), headers)).status).toBe(404);
    }
    expect((await redeem(alice, (await oneCode()).text, headers)).status).toBe(429);
    expect((await alice.call('GET', '/topup', { headers })).status).toBe(200);
  });
});
