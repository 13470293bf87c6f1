import { Failure } from '../failure.ts';

export type HeaderOverride = Readonly<Record<string, string | null>>;
export type ParamOverride = Readonly<Record<string, unknown>>;

const ENTRIES_MAX = 64;
const HEADER_VALUE_MAX_CHARS = 4_096;
const PARAMS_MAX_CHARS = 65_536;
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}$/;
/** Latin-1 without control characters, as HTTP allows. */
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
/** Framing, connection and credentials are Realms' own; a content coding would no longer fit the body. */
const OWN_HEADERS = new Set([
  'host',
  'content-length',
  'content-encoding',
  'transfer-encoding',
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'upgrade',
  'expect',
  'authorization',
  'cookie',
]);
/** What decides the route and the form of the answer; an override behind its back would break both. */
const OWN_PARAMS: Readonly<Record<string, string>> = {
  model: 'bind the model to the upstream under another name instead',
  stream: 'the client decides whether the answer is a stream',
};

/** Names in lower case; null removes a header. @throws Failure invalid_input */
export function checkHeaderOverride(headers: HeaderOverride): HeaderOverride {
  const entries = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const);
  if (entries.length > ENTRIES_MAX) throw refuse('header_override', `has more than ${ENTRIES_MAX} headers`);
  for (const [name, value] of entries) {
    if (!TOKEN.test(name)) throw refuse('header_override', `${JSON.stringify(name.slice(0, 80))} is not a header name`);
    if (OWN_HEADERS.has(name)) throw refuse('header_override', `the header ${name} is not for overriding`);
    const isValue = value === null || (value.length <= HEADER_VALUE_MAX_CHARS && HEADER_VALUE.test(value));
    if (!isValue)
      throw refuse('header_override', `the value of ${name} is too long or holds characters that no header may`);
  }
  const checked = Object.fromEntries(entries);
  if (Object.keys(checked).length < entries.length) throw refuse('header_override', 'names a header twice');
  return checked;
}

/** Top-level fields of the request body; null deletes a field. @throws Failure invalid_input */
export function checkParamOverride(params: ParamOverride): ParamOverride {
  const names = Object.keys(params);
  if (names.length > ENTRIES_MAX) throw refuse('param_override', `has more than ${ENTRIES_MAX} fields`);
  for (const name of names) {
    const hint = Object.hasOwn(OWN_PARAMS, name) ? OWN_PARAMS[name] : undefined;
    if (hint !== undefined) throw refuse('param_override', `the field ${name} is not for overriding`, hint);
    if (!/^[^\p{Cc}]{1,100}$/u.test(name) || name === '__proto__') {
      throw refuse('param_override', `${JSON.stringify(name.slice(0, 80))} is not a field name`);
    }
  }
  const json = JSON.stringify(params);
  if (json.length > PARAMS_MAX_CHARS) throw refuse('param_override', `is over ${PARAMS_MAX_CHARS} characters`);
  return JSON.parse(json) as ParamOverride;
}

function refuse(param: string, problem: string, hint?: string): Failure {
  return new Failure('invalid_input', { message: `${param}: ${problem}`, param, ...(hint !== undefined && { hint }) });
}
