import { Untranslatable } from '../../translate/index.ts';
import {
  type Edit,
  type Member,
  readJson,
  readString,
  type ScannedObject,
  scanObject,
  spliceToBuffer,
} from '../../wire/index.ts';
import { CODEX_FIELDS, type CodexField, isCompactField, MEANINGFUL } from './codex-fields.ts';

export interface CodexWish {
  readonly model: string;
  /** Stands for the conversation in the provider's cache, told apart by user. */
  readonly cacheKey: string | null;
  readonly isCompact: boolean;
}

type Scan = ScannedObject<CodexField>;

const EMPTY_TEXT = Buffer.from('""');
const FALSE = Buffer.from('false');
const TRUE = Buffer.from('true');
const SEALED = 'reasoning.encrypted_content';

/**
 * Makes of a Responses body one that the Codex backend takes: its list of fields, and those that it wants to have one
 * way only. What may stay keeps its bytes.
 * @throws Untranslatable for a field that cannot be left out without changing what is asked.
 */
export function codexBody(body: Buffer, wish: CodexWish): Buffer {
  const scan = scanObject(body, CODEX_FIELDS);
  if (!scan.ok) throw new Untranslatable('', `The body is not a JSON object: ${scan.why} at byte ${scan.at}.`);
  requireExpressible(body, scan);
  const edits: Edit[] = scan.others.map((member) => ({ do: 'remove', member }));
  const taken = (name: CodexField): Member | undefined =>
    wish.isCompact && !isCompactField(name) ? undefined : scan.get(name);
  const put = (name: CodexField, bytes: Buffer): void => {
    const member = taken(name);
    edits.push(member ? { do: 'replace', span: member, bytes } : { do: 'insert', into: scan, name, bytes });
  };
  const drop = (name: CodexField): void => {
    const member = scan.get(name);
    if (member) edits.push({ do: 'remove', member });
  };
  put('model', Buffer.from(JSON.stringify(wish.model)));
  if (scan.get('instructions')?.kind !== 'string') put('instructions', EMPTY_TEXT);
  edits.push(...inputEdits(body, scan));
  if (!hasTools(body, scan)) drop('parallel_tool_calls');
  if (wish.isCompact) for (const name of CODEX_FIELDS.names) isCompactField(name) || drop(name);
  else {
    put('store', FALSE);
    put('stream', TRUE);
    put('include', includeOf(body, scan));
    if (wish.cacheKey === null) drop('prompt_cache_key');
    else put('prompt_cache_key', Buffer.from(JSON.stringify(wish.cacheKey)));
    if (textOf(body, scan.get('service_tier')) !== 'priority') drop('service_tier');
    if (!isSummaryDelivery(body, scan.get('stream_options'))) drop('stream_options');
  }
  return spliceToBuffer(body, edits);
}

function requireExpressible(body: Buffer, scan: Scan): void {
  for (const member of scan.others) {
    const name = nameOf(body, member);
    const mayGo = MEANINGFUL.get(name);
    if (mayGo && !mayGo(readJson(body, member))) {
      throw new Untranslatable(name, `The Codex upstream cannot serve requests with "${name}".`);
    }
  }
}

function nameOf(body: Buffer, { keyStart, start }: Member): string {
  const end = body.lastIndexOf('"', start - 1);
  return String(JSON.parse(body.toString('utf8', keyStart, end + 1)));
}

/** The backend knows no other form of an input than a list, and calls the operator of a conversation `developer`. */
function inputEdits(body: Buffer, scan: Scan): Edit[] {
  const input = scan.get('input');
  if (!input) return [{ do: 'insert', into: scan, name: 'input', bytes: Buffer.from('[]') }];
  if (input.kind === 'string') {
    const text = body.toString('utf8', input.start, input.end);
    const list = `[{"type":"message","role":"user","content":[{"type":"input_text","text":${text}}]}]`;
    return [{ do: 'replace', span: input, bytes: Buffer.from(list) }];
  }
  const span = body.subarray(input.start, input.end);
  if (span.includes(BREAKPOINT)) return [{ do: 'replace', span: input, bytes: withoutBreakpoints(body, input) }];
  return [...systemRoles(span, input.start)];
}

const BREAKPOINT = Buffer.from('"prompt_cache_breakpoint"');
const DEVELOPER = Buffer.from('"developer"');
const ROLE = Buffer.from('"role"');
const SYSTEM = '"system"';

/** Quotes within a JSON string are escaped, so these bytes are nothing but members. */
function* systemRoles(span: Buffer, offset: number): Generator<Edit> {
  for (let at = span.indexOf(ROLE); at >= 0; at = span.indexOf(ROLE, at + ROLE.length)) {
    const found = /^\s*:\s*"system"/.exec(span.toString('latin1', at + ROLE.length, at + ROLE.length + 64));
    if (!found) continue;
    const end = offset + at + ROLE.length + found[0].length;
    yield { do: 'replace', span: { start: end - SYSTEM.length, end }, bytes: DEVELOPER };
  }
}

/** Few clients set them, so what is parsed and written again here is almost never a whole conversation. */
function withoutBreakpoints(body: Buffer, input: Member): Buffer {
  const text = JSON.stringify(readJson(body, input), (name, value) =>
    name === 'prompt_cache_breakpoint' ? undefined : value,
  );
  const span = Buffer.from(text);
  return spliceToBuffer(span, [...systemRoles(span, 0)]);
}

function hasTools(body: Buffer, scan: Scan): boolean {
  const tools = scan.get('tools');
  if (tools?.kind !== 'array') return false;
  return !/^\[\s*\]$/.test(body.toString('latin1', tools.start, Math.min(tools.end, tools.start + 64)));
}

function includeOf(body: Buffer, scan: Scan): Buffer {
  const include = scan.get('include');
  const asked = include?.kind === 'array' ? readJson(body, include) : [];
  const names = Array.isArray(asked) ? asked.filter((name) => typeof name === 'string') : [];
  return Buffer.from(JSON.stringify(names.includes(SEALED) ? names : [...names, SEALED]));
}

function isSummaryDelivery(body: Buffer, member: Member | undefined): boolean {
  if (member?.kind !== 'object') return false;
  const options = readJson(body, member);
  const names = typeof options === 'object' && options !== null ? Object.keys(options) : [];
  return names.length > 0 && names.every((name) => name === 'reasoning_summary_delivery');
}

function textOf(body: Buffer, member: Member | undefined): string | null {
  return member?.kind === 'string' ? readString(body, member) : null;
}
