import type { Ctx } from '../database/index.ts';
import type { RateLimits } from '../identity/index.ts';
import type { CredentialId, UpstreamId } from '../ids.ts';
import { REFS_MAX, type Ref } from '../pick-by-ref.ts';
import type { Secret } from '../secret.ts';
import { epochMs } from '../time.ts';
import type { Credential } from './upstream.ts';

interface CredentialRow {
  readonly id: CredentialId;
  readonly upstream_id: UpstreamId;
  readonly name: string;
  readonly secret: string;
  readonly hint: string;
  readonly fingerprint: string;
  readonly enabled: number;
  readonly weight: number;
  readonly proxy_url: string | null;
  readonly rpm: number | null;
  readonly tpm: number | null;
  readonly concurrency: number | null;
  readonly model_limits: string;
  readonly expires_at: number | null;
  readonly created_at: number;
}

/** The sealed columns of a credential. */
export interface SealedCredential {
  readonly id: CredentialId;
  readonly secret: string;
  readonly proxyUrl: string | null;
}

/** Opens the sealed columns; `isReadable` is false when the secrets stand in for ones that cannot be opened. */
export type CredentialOpener = (sealed: SealedCredential) => {
  readonly secret: Secret;
  readonly proxyUrl: Secret | null;
  readonly isReadable: boolean;
};

/** False when the upstream has a credential of that name. */
export async function insertCredential(ctx: Ctx, credential: Credential, sealed: SealedCredential): Promise<boolean> {
  const row: CredentialRow = {
    ...plainColumns(credential),
    id: credential.id,
    upstream_id: credential.upstreamId,
    enabled: Number(credential.enabled),
    secret: sealed.secret,
    proxy_url: sealed.proxyUrl,
    created_at: credential.createdAt,
  };
  const insert = ctx.db('credentials').insert(row).onConflict(['upstream_id', 'name']).ignore();
  const done: unknown[] = await insert.returning('id');
  return done.length > 0;
}

/** Writes the plain columns, and of the others those that are given: an unreadable credential only looks disabled. */
export async function updateCredential(
  ctx: Ctx,
  credential: Credential,
  given: {
    readonly enabled?: boolean | undefined;
    readonly secret?: string | undefined;
    readonly proxyUrl?: string | null | undefined;
  },
): Promise<void> {
  await ctx
    .db('credentials')
    .where({ id: credential.id })
    .update({
      ...plainColumns(credential),
      ...(given.enabled !== undefined && { enabled: Number(given.enabled) }),
      ...(given.secret !== undefined && { secret: given.secret }),
      ...(given.proxyUrl !== undefined && { proxy_url: given.proxyUrl }),
    });
}

export async function deleteCredential(ctx: Ctx, id: CredentialId): Promise<boolean> {
  return (await ctx.db('credentials').where({ id }).delete()) > 0;
}

export async function readCredentials(
  ctx: Ctx,
  opener: CredentialOpener,
  upstreamIds?: readonly UpstreamId[],
): Promise<Credential[]> {
  const query = ctx.db('credentials').orderBy('id');
  const rows: CredentialRow[] = await (upstreamIds ? query.whereIn('upstream_id', upstreamIds) : query);
  return rows.map((row) => fromRow(row, opener));
}

export async function readCredential(ctx: Ctx, opener: CredentialOpener, id: string): Promise<Credential | undefined> {
  const row: CredentialRow | undefined = await ctx.db('credentials').where({ id }).first();
  return row && fromRow(row, opener);
}

export async function readCredentialNames(ctx: Ctx, upstreamId: UpstreamId): Promise<string[]> {
  const rows: { name: string }[] = await ctx.db('credentials').select('name').where({ upstream_id: upstreamId });
  return rows.map((row) => row.name);
}

/** Every credential twice: by its own name and as `upstream/name`. */
export async function readCredentialRefs(ctx: Ctx): Promise<Ref[]> {
  const rows: { id: string; name: string; upstream: string }[] = await ctx
    .db('credentials')
    .join('upstreams', 'upstreams.id', 'credentials.upstream_id')
    .select('credentials.id', 'credentials.name', 'upstreams.name as upstream')
    .limit(REFS_MAX);
  return rows.flatMap(({ id, name, upstream }) => [
    { id, name: `${upstream}/${name}` },
    { id, name },
  ]);
}

/** The next credentials, by id, of which a sealed column does not start with `prefix`. */
export async function readSealedOtherwise(
  ctx: Ctx,
  prefix: string,
  after: string,
  limit: number,
): Promise<SealedCredential[]> {
  return await ctx
    .db('credentials')
    .select('id', 'secret', 'proxy_url as proxyUrl')
    .where('id', '>', after)
    .where((stale) => stale.whereNot('secret', 'like', `${prefix}%`).orWhereNot('proxy_url', 'like', `${prefix}%`))
    .orderBy('id')
    .limit(limit);
}

/** False when somebody changed the secrets since they were read; then nothing is written. */
export async function replaceSealed(ctx: Ctx, before: SealedCredential, after: SealedCredential): Promise<boolean> {
  const unchanged = ctx.db('credentials').where({ id: before.id, secret: before.secret, proxy_url: before.proxyUrl });
  return (await unchanged.update({ secret: after.secret, proxy_url: after.proxyUrl })) > 0;
}

export async function hasCredentials(ctx: Ctx): Promise<boolean> {
  return (await ctx.db('credentials').select('id').first()) !== undefined;
}

function plainColumns(credential: Credential) {
  const { rpm, tpm, concurrency } = credential.limits;
  return {
    name: credential.name,
    hint: credential.hint,
    fingerprint: credential.fingerprint,
    weight: credential.weight,
    rpm,
    tpm,
    concurrency,
    model_limits: JSON.stringify(credential.modelLimits),
    expires_at: credential.expiresAt,
  };
}

function fromRow(row: CredentialRow, opener: CredentialOpener): Credential {
  const { id, name, hint, fingerprint, weight, rpm, tpm, concurrency } = row;
  const { secret, proxyUrl, isReadable } = opener({ id, secret: row.secret, proxyUrl: row.proxy_url });
  return {
    id,
    upstreamId: row.upstream_id,
    name,
    secret,
    hint,
    fingerprint,
    enabled: row.enabled === 1 && isReadable,
    weight,
    proxyUrl,
    limits: { rpm, tpm, concurrency },
    modelLimits: JSON.parse(row.model_limits) as Record<string, RateLimits>,
    expiresAt: row.expires_at === null ? null : epochMs(row.expires_at),
    createdAt: epochMs(row.created_at),
  };
}
