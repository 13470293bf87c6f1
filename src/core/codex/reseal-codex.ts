import { type Ctx, inChange } from '../database/index.ts';
import { Failure } from '../failure.ts';
import type { Keyring, Resealed } from '../keyring/index.ts';
import { loginContext } from './begin-login.ts';
import { readTokensSealedOtherwise, replaceSealedTokens, type SealedTokens } from './codex-account-store.ts';
import { readLoginsSealedOtherwise, replaceSealedLogin, type SealedLoginSecrets } from './codex-login-store.ts';
import { refreshContext, resealTokens } from './sealed-tokens.ts';

/** A table with sealed columns. */
interface SealedTable<Row> {
  readonly readOtherwise: (ctx: Ctx, prefix: string, after: string, limit: number) => Promise<Row[]>;
  readonly idOf: (row: Row) => string;
  readonly reseal: (keyring: Keyring, row: Row) => Row;
  readonly replace: (ctx: Ctx, before: Row, after: Row) => Promise<boolean>;
  /** Stands for the row when it cannot be opened. */
  readonly contextOf: (row: Row) => string;
}

const ACCOUNTS: SealedTable<SealedTokens> = {
  readOtherwise: readTokensSealedOtherwise,
  idOf: ({ credentialId }) => credentialId,
  reseal: resealTokens,
  replace: replaceSealedTokens,
  contextOf: ({ credentialId }) => refreshContext(credentialId),
};

const LOGINS: SealedTable<SealedLoginSecrets> = {
  readOtherwise: readLoginsSealedOtherwise,
  idOf: ({ id }) => id,
  reseal: (keyring, { id, secrets }) => ({
    id,
    secrets: keyring.seal(keyring.open(secrets, loginContext(id)).reveal(), loginContext(id)),
  }),
  replace: replaceSealedLogin,
  contextOf: ({ id }) => loginContext(id),
};

const BATCH = 100;
const PASSES_MAX = 20;

/** Seals refresh tokens, id tokens and pending logins under the keyring's primary key, for a rotation. */
export async function resealCodex(ctx: Ctx, keyring: Keyring): Promise<Resealed> {
  // Waits for whoever sealed under an older key and has not committed yet; who comes later seals under the new one.
  await inChange(ctx, 'upstreams', async () => undefined);
  let resealed = 0;
  for (let pass = 0; pass < PASSES_MAX; pass++) {
    const accounts = await resealTable(ctx, keyring, ACCOUNTS);
    const logins = await resealTable(ctx, keyring, LOGINS);
    const unreadable = [...accounts.unreadable, ...logins.unreadable];
    resealed += accounts.resealed + logins.resealed;
    if (accounts.found + logins.found === unreadable.length) return { resealed, unreadable };
  }
  throw new Failure('conflict', 'tokens change faster than they can be sealed anew; try again');
}

async function resealTable<Row>(
  ctx: Ctx,
  keyring: Keyring,
  table: SealedTable<Row>,
): Promise<Resealed & { readonly found: number }> {
  const unreadable: string[] = [];
  let resealed = 0;
  let found = 0;
  let after = '';
  for (;;) {
    const batch = await table.readOtherwise(ctx, `v1.${keyring.primaryId}.`, after, BATCH);
    const last = batch.at(-1);
    if (last === undefined) return { resealed, unreadable, found };
    found += batch.length;
    after = table.idOf(last);
    await inChange(ctx, 'upstreams', async (tx) => {
      for (const before of batch) {
        const again = resealOne(keyring, table, before);
        if (again === undefined) unreadable.push(table.contextOf(before));
        else if (await table.replace(tx, before, again)) resealed += 1;
      }
    });
  }
}

function resealOne<Row>(keyring: Keyring, table: SealedTable<Row>, row: Row): Row | undefined {
  try {
    return table.reseal(keyring, row);
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}
