import { type Ctx, inChange } from '../database/index.ts';
import { Failure } from '../failure.ts';
import type { Keyring, Resealed } from '../keyring/index.ts';
import { proxyContext, secretContext } from './credential-rules.ts';
import { readSealedOtherwise, replaceSealed, type SealedCredential } from './credential-store.ts';
import { headersContext } from './sealed-headers.ts';
import { readHeadersSealedOtherwise, replaceSealedHeaders, type SealedHeaders } from './upstream-store.ts';

const BATCH = 100;
const PASSES_MAX = 20;

/** A table with sealed columns. */
interface SealedTable<Row extends { readonly id: string }> {
  readonly readOtherwise: (ctx: Ctx, prefix: string, after: string, limit: number) => Promise<Row[]>;
  readonly replace: (ctx: Ctx, before: Row, after: Row) => Promise<boolean>;
  readonly reseal: (row: Row, reseal: (sealed: string, context: string) => string) => Row;
  /** Stands for the row when it cannot be opened. */
  readonly contextOf: (row: Row) => string;
}

const CREDENTIALS: SealedTable<SealedCredential> = {
  readOtherwise: readSealedOtherwise,
  replace: replaceSealed,
  reseal: ({ id, secret, proxyUrl }, reseal) => ({
    id,
    secret: reseal(secret, secretContext(id)),
    proxyUrl: proxyUrl === null ? null : reseal(proxyUrl, proxyContext(id)),
  }),
  contextOf: ({ id }) => secretContext(id),
};

const UPSTREAMS: SealedTable<SealedHeaders> = {
  readOtherwise: readHeadersSealedOtherwise,
  replace: replaceSealedHeaders,
  reseal: ({ id, headers }, reseal) => ({ id, headers: reseal(headers, headersContext(id)) }),
  contextOf: ({ id }) => headersContext(id),
};

interface Pass extends Resealed {
  readonly found: number;
}

/**
 * Seals every secret, proxy address and header override under the keyring's primary key, a batch in each transaction.
 * Goes over the tables until a pass finds nothing to do, so what is written meanwhile under an older key is found too.
 */
export async function resealSecrets(ctx: Ctx, keyring: Keyring): Promise<Resealed> {
  // Waits for whoever sealed under an older key and has not committed yet; who comes later seals under the new one.
  await inChange(ctx, 'upstreams', async () => undefined);
  let resealed = 0;
  for (let pass = 0; pass < PASSES_MAX; pass++) {
    const credentials = await resealTable(ctx, keyring, CREDENTIALS);
    const upstreams = await resealTable(ctx, keyring, UPSTREAMS);
    const unreadable = [...credentials.unreadable, ...upstreams.unreadable];
    resealed += credentials.resealed + upstreams.resealed;
    if (credentials.found + upstreams.found === unreadable.length) return { resealed, unreadable };
  }
  throw new Failure('conflict', 'secrets change faster than they can be sealed anew; try again');
}

async function resealTable<Row extends { readonly id: string }>(
  ctx: Ctx,
  keyring: Keyring,
  table: SealedTable<Row>,
): Promise<Pass> {
  const unreadable: string[] = [];
  let resealed = 0;
  let found = 0;
  let after = '';
  for (;;) {
    const batch = await table.readOtherwise(ctx, `v1.${keyring.primaryId}.`, after, BATCH);
    const last = batch.at(-1);
    if (!last) return { resealed, unreadable, found };
    found += batch.length;
    after = last.id;
    resealed += await inChange(ctx, 'upstreams', (tx) => resealBatch(tx, keyring, table, batch, unreadable));
  }
}

async function resealBatch<Row extends { readonly id: string }>(
  tx: Ctx,
  keyring: Keyring,
  table: SealedTable<Row>,
  batch: readonly Row[],
  unreadable: string[],
): Promise<number> {
  let changed = 0;
  for (const before of batch) {
    const after = resealOne(keyring, table, before);
    if (!after) unreadable.push(table.contextOf(before));
    else if (await table.replace(tx, before, after)) changed += 1;
  }
  return changed;
}

function resealOne<Row extends { readonly id: string }>(
  keyring: Keyring,
  table: SealedTable<Row>,
  row: Row,
): Row | undefined {
  try {
    return table.reseal(row, (sealed, context) => keyring.seal(keyring.open(sealed, context).reveal(), context));
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}
