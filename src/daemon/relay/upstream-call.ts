import type { Candidate } from '../../core/scheduling/index.ts';
import { mayBringForeignSeals } from '../translate/index.ts';
import type { Edit } from '../wire/index.ts';
import { FieldTable, readString, scanObject, spliceToBuffer, spliceToPieces } from '../wire/index.ts';
import type { Dialect } from './dialects/index.ts';
import { geminiPath } from './gemini-path.ts';
import { headerIn } from './header-lists.ts';
import type { RelayRequest } from './relay-request.ts';
import { translateCall } from './translation/translate-call.ts';
import { translatedDialect } from './translation/translated-dialect.ts';
import { authHeaders, VERSION_HEADERS } from './upstream-auth.ts';

/** A request as it leaves for one upstream. */
export interface UpstreamCall {
  /** How its answer is read, and given to the client. */
  readonly dialect: Dialect;
  /** The upstream is asked in another wire than the client's. */
  readonly isTranslated: boolean;
  readonly origin: string;
  readonly path: string;
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly headers: readonly string[];
  /** A large body that was edited is in pieces: joining them would copy it once more. */
  readonly body: Buffer | readonly Buffer[] | null;
  readonly usageInjected: boolean;
  /** Of the access token that a ChatGPT account is asked with. */
  readonly tokenFingerprint?: string;
  /** Sees the headers of the answer, whatever its status. */
  readonly onHeaders?: (raw: readonly string[]) => void;
}

const INCLUDE_USAGE = Buffer.from('{"include_usage":true}');
const TRUE = Buffer.from('true');
const INCLUDE_USAGE_FIELD = new FieldTable<'include_usage'>(['include_usage']);

/**
 * Builds the call for one candidate. Pure: the same request and candidate give the same bytes.
 * @throws Untranslatable when the upstream's wire has no words for what the request says.
 */
export function buildCall(request: RelayRequest, candidate: Candidate): UpstreamCall {
  const { wire } = request.route;
  const { wires } = candidate.upstream;
  const [first] = wires;
  if (wire === null || first === undefined) return plainCall(request, candidate);
  const isOwn = wires.includes(wire);
  if (isOwn && !mayBringForeignSeals(wire, request.body)) return plainCall(request, candidate);
  const to = isOwn ? wire : first;
  const { origin, pathname } = baseOf(candidate.endpoint.baseUrl);
  const call = translateCall(request, wire, candidate, to);
  const headers = [...call.headers, 'content-type', 'application/json'];
  return {
    origin,
    path: `${pathname}${call.path}`,
    method: 'POST',
    headers: completeHeaders(headers, request, candidate),
    body: call.body,
    usageInjected: false,
    dialect: translatedDialect(request.route.dialect, call.translation),
    isTranslated: true,
  };
}

/** The client's own bytes, but for what has to be another in them. */
function plainCall(request: RelayRequest, candidate: Candidate): UpstreamCall {
  const { edits, usageInjected } = bodyEdits(request, candidate);
  const body = editedBody(request.body, edits);
  const { origin, pathname } = baseOf(candidate.endpoint.baseUrl);
  return {
    origin,
    path: `${pathname}${pathOf(request, candidate)}`,
    method: request.incoming.method,
    headers: upstreamHeaders(request, candidate, body),
    body: body.length === 0 ? null : body,
    usageInjected,
    dialect: request.route.dialect,
    isTranslated: false,
  };
}

function pathOf({ incoming }: RelayRequest, { upstreamModel }: Candidate): string {
  return incoming.gemini
    ? geminiPath(upstreamModel, incoming.gemini.verb, incoming.gemini.isSse)
    : incoming.upstreamPath;
}

/** From this size on, a second write costs less than a copy. */
const PIECES_MIN_BYTES = 64 * 1024;

function editedBody(body: Buffer, edits: readonly Edit[]): Buffer | readonly Buffer[] {
  if (body.length < PIECES_MIN_BYTES) return spliceToBuffer(body, edits);
  return spliceToPieces(body, edits, PIECES_MIN_BYTES / 4) ?? body;
}

function bodyEdits(request: RelayRequest, candidate: Candidate): { edits: readonly Edit[]; usageInjected: boolean } {
  const { scan, body } = request;
  if (!scan) return { edits: [], usageInjected: false };
  const edits: Edit[] = [];
  const overrides = candidate.upstream.paramOverride;
  const model = scan.get('model');
  if (model?.kind === 'string' && !('model' in overrides) && request.model !== candidate.upstreamModel) {
    edits.push({ do: 'replace', span: model, bytes: Buffer.from(JSON.stringify(candidate.upstreamModel)) });
  }
  const overridden = Object.keys(overrides);
  if (overridden.length > 0) edits.push(...overrideEdits(body, overrides, overridden));
  const injected = 'stream_options' in overrides ? null : usageEdit(request, candidate);
  if (injected) edits.push(injected);
  return { edits, usageInjected: injected !== null };
}

/** Sets or deletes top-level fields as the operator says; the scan is repeated, because it must know their names. */
function overrideEdits(body: Buffer, overrides: Readonly<Record<string, unknown>>, names: readonly string[]): Edit[] {
  const scan = scanObject(body, new FieldTable(names));
  if (!scan.ok) return [];
  return names.flatMap((name): Edit[] => {
    const member = scan.get(name);
    const value = overrides[name];
    if (value === null || value === undefined) return member ? [{ do: 'remove', member }] : [];
    const bytes = Buffer.from(JSON.stringify(value));
    return [member ? { do: 'replace', span: member, bytes } : { do: 'insert', into: scan, name, bytes }];
  });
}

/** Asks for usage in a chat stream when the client did not; its own other options stay. */
function usageEdit(request: RelayRequest, candidate: Candidate): Edit | null {
  const { scan, body, stream, route } = request;
  if (!scan || !stream || !route.dialect.injectsStreamUsage || !candidate.upstream.injectStreamUsage) return null;
  const options = scan.get('stream_options');
  if (!options) return { do: 'insert', into: scan, name: 'stream_options', bytes: INCLUDE_USAGE };
  if (options.kind !== 'object') return { do: 'replace', span: options, bytes: INCLUDE_USAGE };
  const inner = scanObject(body, INCLUDE_USAGE_FIELD, options);
  if (!inner.ok) return null;
  const asked = inner.get('include_usage');
  if (asked?.kind === 'true') return null;
  if (asked) return { do: 'replace', span: asked, bytes: TRUE };
  return { do: 'insert', into: inner, name: 'include_usage', bytes: TRUE };
}

function upstreamHeaders(
  request: RelayRequest,
  candidate: Candidate,
  body: Buffer | readonly Buffer[],
): readonly string[] {
  const headers = [...request.incoming.headersUp];
  // Of pieces, undici does not know the length, and many providers refuse a chunked request.
  if (!Buffer.isBuffer(body)) {
    headers.push('content-length', String(body.reduce((sum, piece) => sum + piece.length, 0)));
  }
  return completeHeaders(headers, request, candidate);
}

/** Adds what every upstream of the kind wants, and lays the operator's own over it. */
function completeHeaders(headers: string[], request: RelayRequest, candidate: Candidate): readonly string[] {
  const { upstream, credential } = candidate;
  headers.push(...authHeaders(upstream.kind, credential.secret), 'accept-encoding', 'identity');
  const [version, value] = VERSION_HEADERS[upstream.kind];
  if (version && value && headerIn(headers, version) === '') headers.push(version, value);
  headers.push('accept', request.stream ? 'text/event-stream' : 'application/json');
  return laidOver(headers, candidate);
}

/** The operator's own headers win. */
export function laidOver(headers: string[], { upstream }: Candidate): readonly string[] {
  const overrides = upstream.headerOverride;
  for (const name in overrides) setHeader(headers, name.toLowerCase(), overrides[name] ?? null);
  return headers;
}

function setHeader(flat: string[], name: string, value: string | null): void {
  for (let i = flat.length - 2; i >= 0; i -= 2) if (flat[i] === name) flat.splice(i, 2);
  if (value !== null) flat.push(name, value);
}

const bases = new Map<string, { origin: string; pathname: string }>();
const BASES_MAX = 10_000;

/** Base URLs are few and fixed; parsing one for each request would cost more than building the request. */
export function baseOf(baseUrl: string): { readonly origin: string; readonly pathname: string } {
  const known = bases.get(baseUrl);
  if (known) return known;
  const url = new URL(baseUrl);
  const base = { origin: url.origin, pathname: url.pathname.replace(/\/+$/, '') };
  if (bases.size >= BASES_MAX) bases.clear();
  bases.set(baseUrl, base);
  return base;
}

/** The model that the client wrote, or '' when there is none. */
export function modelOf(body: Buffer, scan: RelayRequest['scan']): string {
  const model = scan?.get('model');
  return model?.kind === 'string' ? readString(body, model) : '';
}
