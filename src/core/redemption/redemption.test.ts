import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Database, inTransaction } from '../database/index.ts';
import { createUser } from '../identity/index.ts';
import type { PlanVersionId, UserId } from '../ids.ts';
import { LEDGER_CHECKS, listTransfers, readBalance, runCheck } from '../ledger/index.ts';
import type { UsdMicros } from '../money.ts';
import { createPlan } from '../plans/index.ts';
import { Secret } from '../secret.ts';
import { findGrantBySource, listSubscriptions, SUBSCRIPTION_CHECKS } from '../subscriptions/index.ts';
import { type TestCtx, testCtx, testDatabase } from '../testing/test-database.ts';
import { epochMs, HOUR_MS } from '../time.ts';
import {
  type CreatedCodes,
  createCodes,
  findBatch,
  findCode,
  listBatches,
  listCodes,
  listRedemptions,
  type NewCodes,
  REDEMPTION_CHECKS,
  redeemCode,
  setBatchEnabled,
  setCodeEnabled,
} from './index.ts';

const FIVE = { kind: 'balance', amountUsdMicros: 5_000_000 as UsdMicros } as const;
let database: Database;
let ctx: TestCtx;
let alice: UserId;
let bob: UserId;

beforeEach(async () => {
  database = await testDatabase();
  ctx = testCtx(database);
  alice = (await createUser(ctx, { name: 'alice' })).id;
  bob = (await createUser(ctx, { name: 'bob' })).id;
});
afterEach(async () => {
  expect(await violations()).toEqual([]);
  await database.close();
});

async function violations(): Promise<string[]> {
  const checks = [...LEDGER_CHECKS, ...SUBSCRIPTION_CHECKS, ...REDEMPTION_CHECKS];
  const results = await Promise.all(checks.map((check) => runCheck(ctx, check)));
  return results.flatMap(({ check, violations: found }) => found.map(({ subject }) => `${check.name}: ${subject}`));
}

const create = async (changes: Partial<NewCodes> = {}): Promise<CreatedCodes> => {
  ctx.clock.advance(1);
  return await createCodes(ctx, { name: 'spring', reward: FIVE, codes: 1, createdBy: 'test', ...changes });
};
const textOf = ({ codes }: CreatedCodes, nth = 0) => codes[nth]?.text ?? new Secret('');
const redeem = async (text: Secret, userId = alice) => {
  const answer = await redeemCode(ctx, { userId, text });
  return answer.kind === 'redeemed' ? 'redeemed' : answer.why;
};
const usd = async (userId = alice) => (await readBalance(ctx, userId)).usdMicros as number;

describe('a code', () => {
  test('gives balance once, and the transfer says where it came from', async () => {
    const created = await create();
    const code = created.codes[0];
    expect(await redeem(textOf(created))).toBe('redeemed');
    expect(await usd()).toBe(5_000_000);
    const [transfer] = (await listTransfers(ctx, { userId: alice }, { limit: 5 })).items;
    expect(transfer).toMatchObject({
      id: `redeem:${code?.id}:${alice}:1`,
      kind: 'redeem',
      debitAccount: 'promotions',
      refType: 'code',
      refId: code?.id,
    });
    expect([await redeem(textOf(created)), await redeem(textOf(created), bob)]).toEqual(['used_up', 'used_up']);
    expect(await usd(bob)).toBe(0);
  });

  test('is understood however it is typed, and only whole', async () => {
    const created = await create({ maxRedemptions: null, maxPerUser: null });
    const text = textOf(created).reveal();
    expect(text).toMatch(/^([0-9A-HJKMNP-TV-Z]{5}-){3}[0-9A-HJKMNP-TV-Z]{5}$/);
    const typed = [
      text,
      text.toLowerCase(),
      text.replaceAll('-', ''),
      ` ${text.replaceAll('-', ' ')}\n`,
      text.replaceAll('0', 'o').replaceAll('1', 'l'),
    ];
    for (const form of typed) expect([form, await redeem(new Secret(form))]).toEqual([form, 'redeemed']);
    for (const form of ['', text.slice(1), `${text}0`, text.replace(/.$/, 'U'), 'x'.repeat(10_000), '\0']) {
      expect([form.slice(0, 30), await redeem(new Secret(form))]).toEqual([form.slice(0, 30), 'unknown_code']);
    }
    expect(await usd()).toBe(5 * 5_000_000);
  });

  test('is stored as a hash alone', async () => {
    const created = await create({ codes: 20 });
    const rows = JSON.stringify([await database.knex('redemption_codes'), await database.knex('redemption_batches')]);
    for (const { text } of created.codes) {
      const plain = text.reveal();
      for (const part of [plain, plain.replaceAll('-', ''), plain.slice(0, 11)]) expect(rows).not.toContain(part);
      expect(rows).toContain(`"hint":"${plain.slice(-4)}"`);
    }
    expect(new Set(created.codes.map(({ text }) => text.reveal())).size).toBe(20);
    expect(JSON.stringify(created)).not.toContain(created.codes[0]?.text.reveal());
  });

  test('ends at its instant', async () => {
    const created = await create({ maxRedemptions: 2, maxPerUser: 2, expiresAt: epochMs(ctx.clock.now() + HOUR_MS) });
    ctx.clock.advance(HOUR_MS - 2);
    expect(await redeem(textOf(created))).toBe('redeemed');
    ctx.clock.advance(1);
    expect(await redeem(textOf(created))).toBe('expired');
  });

  test('is disabled and enabled again, alone or with its batch', async () => {
    const created = await create({ codes: 2, maxPerUser: 2 });
    const [first, second] = created.codes.map(({ id }) => id);
    if (!first || !second) throw new Error('two codes');
    expect((await setCodeEnabled(ctx, first, false)).enabled).toBe(false);
    expect([await redeem(textOf(created, 0)), await redeem(textOf(created, 1))]).toEqual(['disabled', 'redeemed']);
    expect(await setBatchEnabled(ctx, created.batch.id, false)).toMatchObject({ enabledCodes: 0, redemptions: 1 });
    expect(await setBatchEnabled(ctx, created.batch.id, true)).toMatchObject({ enabledCodes: 2, redemptions: 1 });
    expect([await redeem(textOf(created, 0)), await redeem(textOf(created, 1))]).toEqual(['redeemed', 'used_up']);
    await expect(setCodeEnabled(ctx, 'code_none' as typeof first, true)).rejects.toMatchObject({ code: 'not_found' });
  });

  test('that is shared has a limit of its own and one for each user', async () => {
    const created = await create({ maxRedemptions: 3, maxPerUser: 2 });
    const tries: string[] = [];
    for (const user of [alice, alice, alice, bob, bob]) tries.push(await redeem(textOf(created), user));
    expect(tries).toEqual(['redeemed', 'redeemed', 'user_limit', 'redeemed', 'used_up']);
    expect([await usd(), await usd(bob)]).toEqual([10_000_000, 5_000_000]);
    const [code] = created.codes;
    const used = code ? await listRedemptions(ctx, code.id, 10) : [];
    expect(new Set(used.map(({ userId, nth }) => `${userId} ${nth}`))).toEqual(
      new Set([`${alice} 1`, `${alice} 2`, `${bob} 1`]),
    );
  });

  test('of a batch: one user may not collect them all', async () => {
    const created = await create({ codes: 3 });
    expect(await redeem(textOf(created, 0))).toBe('redeemed');
    expect(await redeem(textOf(created, 1))).toBe('user_limit');
    expect(await redeem(textOf(created, 1), bob)).toBe('redeemed');
    // The turn of a try that failed is not lost.
    const other = await create({ codes: 2 });
    await redeem(textOf(other, 0), bob);
    expect([await redeem(textOf(other, 0)), await redeem(textOf(other, 1))]).toEqual(['used_up', 'redeemed']);
  });
});

describe('a code for a plan', () => {
  let planVersionId: PlanVersionId;
  beforeEach(async () => {
    planVersionId = (await createPlan(ctx, { code: 'pro', priceMinor: 2_000, currency: 'USD' })).version.id;
  });

  test('gives a subscription, under a source of its own', async () => {
    const created = await create({ reward: { kind: 'subscription', planVersionId } });
    const before = await database.knex('change_marks').where({ topic: 'subscriptions' }).first();
    expect(await redeem(textOf(created))).toBe('redeemed');
    const { items } = await listSubscriptions(ctx, { userId: alice }, { limit: 5 });
    expect(items).toMatchObject([{ planVersionId, source: `redeem:${created.codes[0]?.id}:${alice}:1` }]);
    expect(await findGrantBySource(ctx, items[0]?.source ?? '')).toMatchObject({ planVersionId });
    expect(await usd()).toBe(0);
    const after = await database.knex('change_marks').where({ topic: 'subscriptions' }).first();
    expect(after.revision).toBeGreaterThan(before.revision);
  });

  test('twenty at once on a code for two: two get it', async () => {
    const created = await create({ reward: { kind: 'subscription', planVersionId }, maxRedemptions: 2 });
    const users = await Promise.all(Array.from({ length: 20 }, (_, i) => createUser(ctx, { name: `user-${i}` })));
    const tries = await Promise.all(users.map(({ id }) => redeem(textOf(created), id)));
    expect(tries.filter((answer) => answer === 'redeemed')).toHaveLength(2);
    expect((await listSubscriptions(ctx, {}, { limit: 50 })).items).toHaveLength(2);
  });

  test('needs a plan that exists', async () => {
    const reward = { kind: 'subscription', planVersionId: 'plv_none' as PlanVersionId } as const;
    await expect(create({ reward })).rejects.toMatchObject({ code: 'not_found' });
    expect((await listBatches(ctx, { limit: 5 })).items).toEqual([]);
  });
});

describe('at once', () => {
  test('fifty users on a code for one: exactly one has it', async () => {
    const created = await create();
    const users = await Promise.all(Array.from({ length: 50 }, (_, i) => createUser(ctx, { name: `user-${i}` })));
    const tries = await Promise.all(users.map(({ id }) => redeem(textOf(created), id)));
    expect(tries.filter((answer) => answer === 'redeemed')).toHaveLength(1);
    expect(tries.filter((answer) => answer === 'used_up')).toHaveLength(49);
    const balances = await Promise.all(users.map(({ id }) => usd(id)));
    expect(balances.reduce((sum, micros) => sum + micros, 0)).toBe(5_000_000);
  });

  test('one user fifty times on a shared code: as often as the limit says', async () => {
    const created = await create({ maxRedemptions: null, maxPerUser: 3 });
    const tries = await Promise.all(Array.from({ length: 50 }, () => redeem(textOf(created))));
    expect(tries.filter((answer) => answer === 'redeemed')).toHaveLength(3);
    expect(await usd()).toBe(15_000_000);
  });

  test('one user with all codes of a batch: one of them', async () => {
    const created = await create({ codes: 30 });
    const tries = await Promise.all(created.codes.map(({ text }) => redeem(text)));
    expect(tries.filter((answer) => answer === 'redeemed')).toHaveLength(1);
    expect(await usd()).toBe(5_000_000);
    expect((await findBatch(ctx, created.batch.id)).redemptions).toBe(1);
  });
});

test('what is undone around it leaves nothing behind', async () => {
  const created = await create();
  const attempt = inTransaction(ctx, async (tx) => {
    expect((await redeemCode(tx, { userId: alice, text: textOf(created) })).kind).toBe('redeemed');
    throw new Error('no');
  });
  await expect(attempt).rejects.toThrow('no');
  expect(await usd()).toBe(0);
  expect(await redeem(textOf(created))).toBe('redeemed');
});

describe('batches', () => {
  test('of thousands are made whole, found by id, beginning and name, and listed in pages', async () => {
    const big = await create({ name: 'Spring fair', codes: 1_201, maxPerUser: null });
    const small = await create({ name: 'small', codes: 2, maxRedemptions: 7 });
    expect(await findBatch(ctx, 'Spring fair')).toMatchObject({ id: big.batch.id, codes: 1_201, enabledCodes: 1_201 });
    expect((await findBatch(ctx, small.batch.id)).maxPerUser).toBe(1);
    expect((await listBatches(ctx, { limit: 1 })).items.map(({ name }) => name)).toEqual(['small']);
    const page = await listCodes(ctx, { batchId: small.batch.id }, { limit: 5 });
    expect(page.items.map(({ maxRedemptions, batch }) => [maxRedemptions, batch.name])).toEqual([
      [7, 'small'],
      [7, 'small'],
    ]);
    expect((await listCodes(ctx, {}, { limit: 3 })).items).toHaveLength(3);
    const code = small.codes[0];
    expect((await findCode(ctx, code?.id ?? '')).batch).toEqual(small.batch);
    expect((await findCode(ctx, code?.text.reveal().slice(-4) ?? '')).id).toBe(code?.id);
    await expect(findCode(ctx, 'nope')).rejects.toMatchObject({ code: 'not_found' });
  });

  test('without a sound number, name, end or amount are refused', async () => {
    const faults: [Partial<NewCodes>, string][] = [
      [{ codes: 0 }, 'count'],
      [{ codes: 10_001 }, 'count'],
      [{ codes: 1.5 }, 'count'],
      [{ maxRedemptions: 0 }, 'max_redemptions'],
      [{ maxPerUser: -1 }, 'max_per_user'],
      [{ expiresAt: epochMs(0) }, 'expires_at'],
      [{ name: '' }, 'name'],
      [{ reward: { ...FIVE, amountUsdMicros: 0 as UsdMicros } }, 'amount_usd'],
      [{ reward: { ...FIVE, amountUsdMicros: -5 as UsdMicros } }, 'amount_usd'],
    ];
    for (const [changes, param] of faults) {
      await expect(create(changes), JSON.stringify(changes)).rejects.toMatchObject({
        code: 'invalid_input',
        facts: { param },
      });
    }
    expect((await listBatches(ctx, { limit: 5 })).items).toEqual([]);
  });
});
