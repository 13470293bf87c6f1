import type { PlainAnswer } from './codex-faults.ts';

export type Json = Readonly<Record<string, unknown>>;

/** Everything that the backend takes; any other name is refused. */
const PARAMETERS = new Set([
  'model',
  'instructions',
  'input',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'reasoning',
  'store',
  'stream',
  'stream_options',
  'include',
  'service_tier',
  'prompt_cache_key',
  'text',
  'client_metadata',
]);
const COMPACT_PARAMETERS = new Set([
  'model',
  'instructions',
  'input',
  'tools',
  'parallel_tool_calls',
  'reasoning',
  'text',
]);
const NAME_MAX_CHARS = 64;

/** What the backend says against a body for /codex/responses; null when it takes it. */
export function refuseBody(body: Json, accountId: string): PlainAnswer | null {
  return (
    unknownParameter(body, PARAMETERS) ??
    (body['store'] === false ? null : detail('Store must be set to false')) ??
    (body['stream'] === true ? null : detail('Stream must be set to true')) ??
    refuseOptions(body) ??
    refuseInput(body, accountId) ??
    refuseTools(body)
  );
}

/** The same for /codex/responses/compact, which answers at once and stores nothing. */
export function refuseCompactBody(body: Json, accountId: string): PlainAnswer | null {
  return unknownParameter(body, COMPACT_PARAMETERS) ?? refuseInput(body, accountId) ?? refuseTools(body);
}

/** What an account seals, only the same account opens. */
export function sealedFor(accountId: string, text: string): string {
  return Buffer.from(JSON.stringify({ accountId, text })).toString('base64url');
}

function refuseOptions(body: Json): PlainAnswer | null {
  const options = body['stream_options'];
  const odd = isObject(options)
    ? Object.keys(options).find((name) => name !== 'reasoning_summary_delivery')
    : undefined;
  if (odd !== undefined) return detail(`Unsupported parameter: stream_options.${odd}`);
  const tier = body['service_tier'];
  if (tier !== undefined && tier !== 'priority') return detail(`Unsupported service_tier: ${String(tier)}`);
  return null;
}

function refuseInput(body: Json, accountId: string): PlainAnswer | null {
  if (typeof body['model'] !== 'string') return detail('Field required: model');
  const input = body['input'];
  if (!Array.isArray(input)) return detail('Input must be a list');
  for (const [index, item] of input.entries()) {
    const refused = isObject(item) ? refuseItem(item, `input[${index}]`, accountId) : detail('Input must be a list');
    if (refused) return refused;
  }
  return null;
}

function refuseItem(item: Json, place: string, accountId: string): PlainAnswer | null {
  if (item['role'] === 'system') return detail('System messages are not allowed');
  const callId = item['call_id'];
  if (typeof callId === 'string' && callId.length > NAME_MAX_CHARS) return tooLong(`${place}.call_id`, callId);
  const parts = Array.isArray(item['content']) ? item['content'] : [];
  if (parts.some((part) => isObject(part) && 'prompt_cache_breakpoint' in part)) {
    return detail(`Unsupported parameter: ${place}.content.prompt_cache_breakpoint`);
  }
  const sealed = item['encrypted_content'];
  if (typeof sealed === 'string' && !isSealedFor(accountId, sealed)) {
    return openaiRefusal(
      'invalid_encrypted_content',
      `The encrypted content for item ${String(item['id'])} could not be verified.`,
    );
  }
  return null;
}

function refuseTools(body: Json): PlainAnswer | null {
  const tools = body['tools'];
  const isEmpty = !Array.isArray(tools) || tools.length === 0;
  if (isEmpty)
    return body['parallel_tool_calls'] === true ? detail('parallel_tool_calls is only allowed with tools') : null;
  for (const [index, tool] of tools.entries()) {
    const name: unknown = isObject(tool) ? tool['name'] : undefined;
    if (typeof name === 'string' && name.length > NAME_MAX_CHARS) return tooLong(`tools[${index}].name`, name);
  }
  return null;
}

function unknownParameter(body: Json, known: ReadonlySet<string>): PlainAnswer | null {
  const odd = Object.keys(body).find((name) => !known.has(name));
  return odd === undefined ? null : detail(`Unsupported parameter: ${odd}`);
}

function detail(text: string): PlainAnswer {
  return { status: 400, body: { detail: text } };
}

function tooLong(param: string, value: string): PlainAnswer {
  const message = `Invalid '${param}': string too long. Expected a string with maximum length ${NAME_MAX_CHARS}, but got a string with length ${value.length} instead.`;
  return openaiRefusal('string_above_max_length', message, param);
}

function openaiRefusal(code: string, message: string, param: string | null = null): PlainAnswer {
  return { status: 400, body: { error: { message, type: 'invalid_request_error', param, code } } };
}

function isSealedFor(accountId: string, sealed: string): boolean {
  try {
    const opened: unknown = JSON.parse(Buffer.from(sealed, 'base64url').toString('utf8'));
    return isObject(opened) && opened['accountId'] === accountId;
  } catch {
    return false;
  }
}

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
