import type { Knex } from 'knex';
import type { Ctx } from '../database/index.ts';
import { groupBy } from '../group-by.ts';
import type { EndpointId, UpstreamId } from '../ids.ts';
import { cutPage, type Page, type PageRequest } from '../page.ts';
import { REFS_MAX, type Ref } from '../pick-by-ref.ts';
import { epochMs } from '../time.ts';
import { type CredentialOpener, readCredentials } from './credential-store.ts';
import type { ErrorRule } from './error-rule.ts';
import type { HeaderOverride, ParamOverride } from './overrides.ts';
import type { Endpoint, Upstream, UpstreamKind } from './upstream.ts';
import type { Wire } from './wire.ts';

interface UpstreamRow {
  readonly id: UpstreamId;
  readonly name: string;
  readonly kind: UpstreamKind;
  readonly wires: string;
  readonly enabled: number;
  readonly priority: number;
  readonly weight: number;
  readonly allow_private: number;
  readonly allow_http: number;
  readonly param_override: string;
  readonly header_override: string;
  readonly error_rules: string;
  readonly inject_stream_usage: number;
  readonly created_at: number;
}

interface EndpointRow {
  readonly id: EndpointId;
  readonly upstream_id: UpstreamId;
  readonly base_url: string;
  readonly priority: number;
  readonly enabled: number;
}

/** An upstream without what other tables hold. */
export type BareUpstream = Omit<Upstream, 'endpoints' | 'credentials'>;

/** The sealed column of an upstream; '' without headers. */
export interface SealedHeaders {
  readonly id: UpstreamId;
  readonly headers: string;
}

/** Opens what is sealed in an upstream and its credentials; `isReadable` is false when it cannot be opened. */
export interface UpstreamOpener {
  readonly credential: CredentialOpener;
  readonly headers: (sealed: SealedHeaders) => {
    readonly headerOverride: HeaderOverride;
    readonly isReadable: boolean;
  };
}

/** False when the name is taken. */
export async function insertUpstream(ctx: Ctx, upstream: BareUpstream, { headers }: SealedHeaders): Promise<boolean> {
  const row: UpstreamRow = {
    ...plainColumns(upstream),
    id: upstream.id,
    kind: upstream.kind,
    enabled: Number(upstream.enabled),
    header_override: headers,
    created_at: upstream.createdAt,
  };
  const done: unknown[] = await ctx.db('upstreams').insert(row).onConflict('name').ignore().returning('id');
  return done.length > 0;
}

/** Writes the plain columns, and of the others those that are given: an unreadable upstream only looks disabled. */
export async function updateUpstream(
  ctx: Ctx,
  upstream: BareUpstream,
  given: { readonly enabled?: boolean | undefined; readonly headers?: string | undefined },
): Promise<void> {
  await ctx
    .db('upstreams')
    .where({ id: upstream.id })
    .update({
      ...plainColumns(upstream),
      ...(given.enabled !== undefined && { enabled: Number(given.enabled) }),
      ...(given.headers !== undefined && { header_override: given.headers }),
    });
}

export async function deleteUpstream(ctx: Ctx, id: UpstreamId): Promise<boolean> {
  return (await ctx.db('upstreams').where({ id }).delete()) > 0;
}

export async function readUpstream(ctx: Ctx, opener: UpstreamOpener, id: string): Promise<Upstream | undefined> {
  const rows: UpstreamRow[] = await ctx.db('upstreams').where({ id });
  return (await complete(ctx, opener, rows, true))[0];
}

export async function readUpstreamPage(
  ctx: Ctx,
  opener: UpstreamOpener,
  { limit, after }: PageRequest,
): Promise<Page<Upstream>> {
  const query = ctx
    .db('upstreams')
    .orderBy('id', 'desc')
    .limit(limit + 1);
  if (after !== undefined) query.where('id', '<', after);
  const rows: UpstreamRow[] = await query;
  return cutPage(await complete(ctx, opener, rows, true), limit);
}

export async function readAllUpstreams(ctx: Ctx, opener: UpstreamOpener): Promise<Upstream[]> {
  const rows: UpstreamRow[] = await ctx.db('upstreams').orderBy('id');
  return await complete(ctx, opener, rows, false);
}

/** The rows that `ref` could mean: exact ones, else all of them for prefixes and suggestions. */
export async function readUpstreamRefs(ctx: Ctx, ref: string): Promise<Ref[]> {
  const rows = () => ctx.db('upstreams').select('id', 'name').orderBy('id', 'desc').limit(REFS_MAX);
  const exact: Ref[] = await rows().where({ id: ref }).orWhere({ name: ref });
  return exact.length > 0 ? exact : await rows();
}

export async function readUpstreamKind(ctx: Ctx, id: UpstreamId): Promise<UpstreamKind | undefined> {
  const row: Pick<UpstreamRow, 'kind'> | undefined = await ctx.db('upstreams').select('kind').where({ id }).first();
  return row?.kind;
}

/** The next upstreams, by id, whose headers are sealed and do not start with `prefix`. */
export async function readHeadersSealedOtherwise(
  ctx: Ctx,
  prefix: string,
  after: string,
  limit: number,
): Promise<SealedHeaders[]> {
  return await ctx
    .db('upstreams')
    .select('id', 'header_override as headers')
    .where('id', '>', after)
    .whereNot({ header_override: '' })
    .whereNot('header_override', 'like', `${prefix}%`)
    .orderBy('id')
    .limit(limit);
}

/** False when somebody changed the headers since they were read; then nothing is written. */
export async function replaceSealedHeaders(ctx: Ctx, before: SealedHeaders, after: SealedHeaders): Promise<boolean> {
  const unchanged = ctx.db('upstreams').where({ id: before.id, header_override: before.headers });
  return (await unchanged.update({ header_override: after.headers })) > 0;
}

export async function hasSealedHeaders(ctx: Ctx): Promise<boolean> {
  return (await ctx.db('upstreams').select('id').whereNot({ header_override: '' }).first()) !== undefined;
}

/** False when the upstream has that address. */
export async function insertEndpoint(ctx: Ctx, upstreamId: UpstreamId, endpoint: Endpoint): Promise<boolean> {
  const { id, baseUrl, priority, enabled } = endpoint;
  const row: EndpointRow = { id, upstream_id: upstreamId, base_url: baseUrl, priority, enabled: Number(enabled) };
  const insert = ctx.db('upstream_endpoints').insert(row).onConflict(['upstream_id', 'base_url']).ignore();
  const done: unknown[] = await insert.returning('id');
  return done.length > 0;
}

export async function updateEndpoint(ctx: Ctx, { id, priority, enabled }: Endpoint): Promise<void> {
  await ctx.db('upstream_endpoints').where({ id }).update({ priority, enabled });
}

export async function deleteEndpoint(ctx: Ctx, id: EndpointId): Promise<void> {
  await ctx.db('upstream_endpoints').where({ id }).delete();
}

export async function readUpstreamIdOfEndpoint(ctx: Ctx, id: string): Promise<UpstreamId | undefined> {
  const row: Pick<EndpointRow, 'upstream_id'> | undefined = await ctx
    .db('upstream_endpoints')
    .select('upstream_id')
    .where({ id })
    .first();
  return row?.upstream_id;
}

/** Adds what the other tables hold. `onlyThese` spares reading them whole. */
async function complete(
  ctx: Ctx,
  opener: UpstreamOpener,
  rows: readonly UpstreamRow[],
  onlyThese: boolean,
): Promise<Upstream[]> {
  const ids = onlyThese ? rows.map((row) => row.id) : undefined;
  const query: Knex.QueryBuilder = ctx.db('upstream_endpoints').orderBy(['priority', 'id']);
  const endpoints: EndpointRow[] = await (ids ? query.whereIn('upstream_id', ids) : query);
  const endpointsOf = groupBy(endpoints, (row) => row.upstream_id);
  const credentialsOf = groupBy(
    await readCredentials(ctx, opener.credential, ids),
    (credential) => credential.upstreamId,
  );
  return rows.map((row) => ({
    ...fromRow(row, opener),
    endpoints: (endpointsOf.get(row.id) ?? []).map(toEndpoint),
    credentials: credentialsOf.get(row.id) ?? [],
  }));
}

function plainColumns(upstream: BareUpstream) {
  return {
    name: upstream.name,
    wires: JSON.stringify(upstream.wires),
    priority: upstream.priority,
    weight: upstream.weight,
    allow_private: Number(upstream.allowPrivate),
    allow_http: Number(upstream.allowHttp),
    param_override: JSON.stringify(upstream.paramOverride),
    error_rules: JSON.stringify(upstream.errorRules),
    inject_stream_usage: Number(upstream.injectStreamUsage),
  };
}

function fromRow(row: UpstreamRow, opener: UpstreamOpener): BareUpstream {
  const { headerOverride, isReadable } = opener.headers({ id: row.id, headers: row.header_override });
  return {
    id: row.id,
    name: row.name,
    kind: row.kind,
    wires: JSON.parse(row.wires) as Wire[],
    enabled: row.enabled === 1 && isReadable,
    priority: row.priority,
    weight: row.weight,
    allowPrivate: row.allow_private === 1,
    allowHttp: row.allow_http === 1,
    paramOverride: JSON.parse(row.param_override) as ParamOverride,
    headerOverride,
    errorRules: JSON.parse(row.error_rules) as ErrorRule[],
    injectStreamUsage: row.inject_stream_usage === 1,
    createdAt: epochMs(row.created_at),
  };
}

function toEndpoint(row: EndpointRow): Endpoint {
  return { id: row.id, baseUrl: row.base_url, priority: row.priority, enabled: row.enabled === 1 };
}
