import type { Candidate } from '../../../core/scheduling/index.ts';
import type { Wire } from '../../../core/upstreams/index.ts';
import { type Prompt, type Translator, translators, Untranslatable } from '../../translate/index.ts';
import type { RelayRequest } from '../relay-request.ts';
import type { Translation } from './translated-answer.ts';

export interface TranslatedCall {
  /** Behind the upstream's base URL. */
  readonly path: string;
  readonly headers: readonly string[];
  readonly body: Buffer;
  readonly translation: Translation;
}

/** Read once for each request, whatever number of upstreams is asked. */
const prompts = new WeakMap<RelayRequest, Prompt>();

/**
 * Says a request in the upstream's own wire.
 * @throws Untranslatable when that wire has no words for it, or the request cannot be read.
 */
export function translateCall(request: RelayRequest, from: Wire, candidate: Candidate, to: Wire): TranslatedCall {
  const client = translators[from];
  const upstream = translators[to];
  const prompt = promptOf(request, client);
  const sent = { ...prompt, model: candidate.upstreamModel };
  const written = upstream.writeRequest(sent, { fieldNames: client.fieldNames, from });
  const body = overridden(withUsage(written.body, request, candidate, to), candidate.upstream.paramOverride);
  const told = {
    prompt,
    seed: request.id.replaceAll(/[^A-Za-z0-9]/g, ''),
    createdAt: Math.floor(request.at / 1000),
    model: request.model,
    isArrayStream: request.incoming.gemini?.isSse === false,
  };
  return {
    path: written.path,
    headers: written.headers,
    body: Buffer.from(JSON.stringify(body)),
    translation: { client, upstream, sent, told, tap: null },
  };
}

function promptOf(request: RelayRequest, client: Translator): Prompt {
  const known = prompts.get(request);
  if (known) return known;
  const prompt = client.readRequest(parsed(request), { model: request.model, stream: request.stream });
  prompts.set(request, prompt);
  return prompt;
}

function parsed({ body }: RelayRequest): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch (error) {
    throw new Untranslatable('', `The body cannot be read: ${error instanceof Error ? error.message : 'no JSON'}.`);
  }
}

type Fields = Readonly<Record<string, unknown>>;

/** A chat upstream says what it used only when it is asked to. */
function withUsage(body: Fields, request: RelayRequest, { upstream }: Candidate, to: Wire): Fields {
  if (to !== 'chat' || !request.stream || !upstream.injectStreamUsage) return body;
  return { ...body, stream_options: { include_usage: true } };
}

function overridden(body: Fields, overrides: Fields): Fields {
  const merged = Object.entries({ ...body, ...overrides });
  return Object.fromEntries(merged.filter(([name, value]) => !(name in overrides) || (value ?? null) !== null));
}
