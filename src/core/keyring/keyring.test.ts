import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Failure } from '../failure.ts';
import { silentLog } from '../log.ts';
import { systemRandom } from '../random.ts';
import { Secret } from '../secret.ts';
import { fakeClock } from '../testing/fake-clock.ts';
import { testKeyring } from '../testing/test-keyring.ts';
import { type Keyring, openKeyring, type Resealed, rotateKeyring } from './index.ts';

const tools = { clock: fakeClock(), random: systemRandom(), log: silentLog };
let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'realms-keyring-'));
  file = join(folder, 'deep', 'keyring.json');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('sealing', () => {
  test('gives back what was sealed, under its own context only', async () => {
    const keyring = await testKeyring();
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string(), fc.string(), (text, context, other) => {
        const sealed = keyring.seal(text, context);
        expect(sealed).toMatch(/^v1\.k00000000\.[\w-]{16}\.[\w-]{22,}$/);
        expect(keyring.open(sealed, context).reveal()).toBe(text);
        if (other !== context) expect(() => keyring.open(sealed, other)).toThrow(Failure);
      }),
    );
  });

  test('notices every changed character', async () => {
    const keyring = await testKeyring();
    const sealed = keyring.seal('a secret', 'here');
    fc.assert(
      fc.property(fc.nat(sealed.length - 1), fc.constantFrom(...'0123456789abcdefXYZ-_.'), (at, letter) => {
        fc.pre(sealed[at] !== letter);
        const changed = sealed.slice(0, at) + letter + sealed.slice(at + 1);
        expect(() => keyring.open(changed, 'here')).toThrow(Failure);
      }),
    );
    expect(() => keyring.open('plain text', 'here')).toThrow('not a sealed text');
    expect(() => keyring.open(sealed.slice(0, -2), 'here')).toThrow(Failure);
  });

  test('never gives the same text twice', async () => {
    const keyring = await testKeyring();
    expect(keyring.seal('x', 'y')).not.toBe(keyring.seal('x', 'y'));
  });

  test('names the key that is missing', async () => {
    const mine = await openKeyring({ file }, tools);
    const sealed = mine.seal('x', 'credentials.secret:cred_1');
    const keyring = await testKeyring();
    expect(() => keyring.open(sealed, 'credentials.secret:cred_1')).toThrow(
      expect.objectContaining({ code: 'config_invalid', message: expect.stringContaining(mine.primaryId) }),
    );
  });
});

describe('the file', () => {
  test('is made once, for the owner alone, and without leftovers', async () => {
    const first = await openKeyring({ file }, tools);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const second = await openKeyring({ file }, tools);
    expect(second.primaryId).toBe(first.primaryId);
    expect(second.open(first.seal('x', 'y'), 'y').reveal()).toBe('x');
    expect(readdirSync(join(folder, 'deep'))).toEqual(['keyring.json']);
  });

  test('that everyone can read is told of', async () => {
    await openKeyring({ file }, tools);
    chmodSync(file, 0o644);
    const warnings: string[] = [];
    await openKeyring({ file }, { ...tools, log: { ...silentLog, warn: (_, message) => warnings.push(message) } });
    expect(warnings).toHaveLength(1);
  });

  test.each([
    ['', 'is not JSON'],
    ['{"version":2,"keys":[]}', 'is not valid: version'],
    ['{"version":1,"keys":[]}', 'is not valid: keys'],
    ['{"version":1,"keys":[{"id":"k0000","key":"c2hvcnQ","created_at":""}]}', 'is not 32 bytes'],
  ])('%j is refused', async (text, message) => {
    const broken = join(folder, 'broken.json');
    writeFileSync(broken, text);
    await expect(openKeyring({ file: broken }, tools)).rejects.toMatchObject({ code: 'config_invalid' });
    await expect(openKeyring({ file: broken }, tools)).rejects.toThrow(message);
    await expect(openKeyring({ json: new Secret(text) }, tools)).rejects.toThrow(message);
  });

  test('is not shown when it is refused', async () => {
    const json = new Secret('{"version":1,"keys":[{"key":"hunter2');
    const failure: unknown = await openKeyring({ json }, tools).catch((error: unknown) => error);
    expect(JSON.stringify(failure) + String(failure) + String((failure as Failure).cause)).not.toContain('hunter2');
  });
});

/** A table of one sealed column, resealed row by row. */
class Column {
  readonly rows = new Map<string, string>();

  fill(keyring: Keyring): void {
    for (const name of ['a', 'b', 'c']) this.rows.set(name, keyring.seal(`secret ${name}`, name));
  }

  /** Dies after `budget` rows. */
  reseal(budget = Number.POSITIVE_INFINITY): (keyring: Keyring) => Promise<Resealed> {
    return async (keyring) => {
      let resealed = 0;
      for (const [name, sealed] of this.rows) {
        if (keyring.isCurrent(sealed)) continue;
        if (resealed >= budget) throw new Error('killed');
        this.rows.set(name, keyring.seal(keyring.open(sealed, name).reveal(), name));
        resealed += 1;
      }
      return { resealed, unreadable: [] };
    };
  }

  expectReadable(keyring: Keyring): void {
    for (const [name, sealed] of this.rows) expect(keyring.open(sealed, name).reveal()).toBe(`secret ${name}`);
  }
}

describe('rotation', () => {
  const killed = async (): Promise<Resealed> => {
    throw new Error('killed');
  };

  test('seals everything under a new key and forgets the old one', async () => {
    const keyring = await openKeyring({ file }, tools);
    const column = new Column();
    column.fill(keyring);
    const old = keyring.primaryId;
    const rotation = await rotateKeyring(keyring, tools.clock, [column.reseal()]);
    expect(rotation).toMatchObject({ resealed: 3, dropped: [old], unused: [], resumed: false });
    expect(rotation.primaryId).not.toBe(old);
    const reopened = await openKeyring({ file }, tools);
    expect(reopened.keyIds).toEqual([rotation.primaryId]);
    column.expectReadable(reopened);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  test.each([0, 1, 2])('killed after %i rows it loses nothing, and the next run finishes', async (budget) => {
    const column = new Column();
    const first = await openKeyring({ file }, tools);
    column.fill(first);
    await expect(rotateKeyring(first, tools.clock, [column.reseal(budget)])).rejects.toThrow('killed');
    const second = await openKeyring({ file }, tools);
    column.expectReadable(second);
    const wanted = second.primaryId;
    const rotation = await rotateKeyring(second, tools.clock, [column.reseal()]);
    expect(rotation).toMatchObject({ primaryId: wanted, resealed: 3 - budget, resumed: true });
    const third = await openKeyring({ file }, tools);
    expect(third.keyIds).toEqual([wanted]);
    column.expectReadable(third);
  });

  test('killed when all is sealed but the old key is still there, the next run only drops it', async () => {
    const column = new Column();
    const first = await openKeyring({ file }, tools);
    column.fill(first);
    await expect(rotateKeyring(first, tools.clock, [column.reseal(), killed])).rejects.toThrow('killed');
    const second = await openKeyring({ file }, tools);
    expect(await rotateKeyring(second, tools.clock, [column.reseal()])).toMatchObject({ resealed: 0, resumed: true });
    column.expectReadable(await openKeyring({ file }, tools));
  });

  test('killed while the file is written, the old file stands', async () => {
    const column = new Column();
    const first = await openKeyring({ file }, tools);
    column.fill(first);
    const before = readFileSync(file, 'utf8');
    // A draft that a killed process left behind.
    writeFileSync(`${file}.${process.pid}.tmp`, before.slice(0, 20));
    column.expectReadable(await openKeyring({ file }, tools));
    await rotateKeyring(first, tools.clock, [column.reseal()]);
    column.expectReadable(await openKeyring({ file }, tools));
  });

  test('keeps the old keys when a secret cannot be opened', async () => {
    const keyring = await openKeyring({ file }, tools);
    const unreadable = async (): Promise<Resealed> => ({ resealed: 0, unreadable: ['credentials.secret:cred_1'] });
    await expect(rotateKeyring(keyring, tools.clock, [unreadable])).rejects.toMatchObject({ code: 'conflict' });
    expect((await openKeyring({ file }, tools)).keyIds).toHaveLength(2);
  });

  test('is seen by another process with the same file, for opening and for sealing', async () => {
    const mine = await openKeyring({ file }, tools);
    const theirs = await openKeyring({ file }, tools);
    const column = new Column();
    column.fill(mine);
    await rotateKeyring(mine, tools.clock, [column.reseal()]);
    column.expectReadable(theirs);
    const late = await openKeyring({ file }, tools);
    await rotateKeyring(mine, tools.clock, [column.reseal()]);
    // Sealed under the new key, not under the one that is gone.
    expect(mine.open(late.seal('late', 'row'), 'row').reveal()).toBe('late');
  });

  test('of a keyring that came as text asks for a new key first, then seals under it', async () => {
    const single = await testKeyring();
    const column = new Column();
    column.fill(single);
    await expect(rotateKeyring(single, tools.clock, [column.reseal()])).rejects.toMatchObject({
      code: 'conflict',
      facts: { hint: expect.stringContaining('put a new key first') },
    });
    const key = (id: string, byte: number) => ({
      id,
      key: Buffer.alloc(32, byte).toString('base64url'),
      created_at: '',
    });
    const document = { version: 1, keys: [key('k11111111', 8), key('k00000000', 7)] };
    const double = await openKeyring({ json: new Secret(JSON.stringify(document)) }, tools);
    const rotation = await rotateKeyring(double, tools.clock, [column.reseal()]);
    expect(rotation).toMatchObject({ resealed: 3, dropped: [], unused: ['k00000000'] });
    column.expectReadable(double);
  });
});
