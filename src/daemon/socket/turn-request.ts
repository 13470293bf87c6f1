import { FieldTable, type Member, readString, type ScannedObject, scanObject, spliceToBuffer } from '../wire/index.ts';
import type { Conversation, Past } from './conversation.ts';

/** What a client said over its socket. */
export type TurnMessage =
  /** Asks for an answer; `body` is the same question as it would come by HTTP, with everything that went before in it. */
  | { readonly kind: 'turn'; readonly body: Buffer; readonly input: Buffer; readonly before: Past | null }
  /** Sends the beginning of a conversation ahead and wants no answer to it yet. */
  | { readonly kind: 'warm-up'; readonly input: Buffer; readonly before: Past | null; readonly model: string }
  | { readonly kind: 'refused'; readonly code: string; readonly message: string; readonly param: string | null };

type Field = 'type' | 'generate' | 'previous_response_id' | 'input' | 'stream' | 'store' | 'model';
const FIELDS = new FieldTable<Field>(['type', 'generate', 'previous_response_id', 'input', 'stream', 'store', 'model']);
type Scan = ScannedObject<Field>;

const TRUE = Buffer.from('true');
const NOTHING = Buffer.alloc(0);
const SHOWN_MAX = 100;

/**
 * Reads a `response.create` of the Responses WebSocket protocol. A client names the answer before and sends only what is
 * new; by HTTP, which every upstream speaks, the whole conversation is said again.
 */
export function readTurn(frame: Buffer, conversation: Conversation): TurnMessage {
  const scan = scanObject(frame, FIELDS);
  if (!scan.ok)
    return refused('invalid_json', `The message is not a JSON object: ${scan.why} at byte ${scan.at}.`, null);
  const type = textOf(frame, scan.get('type'));
  if (type !== 'response.create') {
    return refused('unknown_message', `The message type "${type.slice(0, SHOWN_MAX)}" is not known here.`, 'type');
  }
  const input = itemsOf(frame, scan.get('input'));
  if (input === null) return refused('invalid_input', 'The field "input" must be a list or a text.', 'input');
  const previous = scan.get('previous_response_id');
  const before = previous?.kind === 'string' ? conversation.find(readString(frame, previous)) : null;
  if (previous?.kind === 'string' && !before) {
    const shown = readString(frame, previous).slice(0, SHOWN_MAX);
    const message = `Previous response with id "${shown}" was not found on this connection.`;
    return refused('previous_response_not_found', message, 'previous_response_id');
  }
  if (scan.get('generate')?.kind === 'false') {
    return { kind: 'warm-up', input, before, model: textOf(frame, scan.get('model')) };
  }
  return { kind: 'turn', body: bodyOf(frame, scan, conversation.joined(before, input)), input, before };
}

function bodyOf(frame: Buffer, scan: Scan, items: Buffer): Buffer {
  const gone = (['type', 'generate', 'previous_response_id'] as const)
    .map((name) => scan.get(name))
    .filter((member) => member !== undefined);
  const put = (name: Field, bytes: Buffer) => {
    const member = scan.get(name);
    return member
      ? ({ do: 'replace', span: member, bytes } as const)
      : ({ do: 'insert', into: scan, name, bytes } as const);
  };
  return spliceToBuffer(frame, [
    ...gone.map((member) => ({ do: 'remove', member }) as const),
    put('stream', TRUE),
    put('input', Buffer.concat([Buffer.from('['), items, Buffer.from(']')])),
  ]);
}

/** The items of an input without the brackets around them; null when it is none. */
function itemsOf(frame: Buffer, input: Member | undefined): Buffer | null {
  if (!input || input.kind === 'null') return NOTHING;
  if (input.kind === 'array') return Buffer.from(trimmed(frame.subarray(input.start + 1, input.end - 1)));
  if (input.kind !== 'string') return null;
  const text = frame.toString('utf8', input.start, input.end);
  return Buffer.from(`{"type":"message","role":"user","content":[{"type":"input_text","text":${text}}]}`);
}

function trimmed(bytes: Buffer): Buffer {
  return /^\s*$/.test(bytes.toString('latin1', 0, Math.min(bytes.length, 64))) && bytes.length <= 64 ? NOTHING : bytes;
}

function textOf(frame: Buffer, member: Member | undefined): string {
  return member?.kind === 'string' ? readString(frame, member) : '';
}

function refused(code: string, message: string, param: string | null): TurnMessage {
  return { kind: 'refused', code, message, param };
}
