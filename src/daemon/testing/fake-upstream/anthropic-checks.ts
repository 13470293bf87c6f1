import { type Answer, jsonAnswer } from './answer.ts';
import type { RecordedRequest } from './recorded-request.ts';

const ID = /^[a-zA-Z0-9_-]+$/;

/** The error body of the Messages API. */
export function anthropicError(type: string, message: string): { readonly type: string; readonly error: object } {
  return { type: 'error', error: { type, message } };
}

/** What the provider would refuse before any model sees it. */
export function refusalOf(request: RecordedRequest, wantsAnswer: boolean): Answer | null {
  const fault = faultOf(request, wantsAnswer);
  return fault === null ? null : jsonAnswer(400, anthropicError('invalid_request_error', fault));
}

function faultOf({ headers, json }: RecordedRequest, wantsAnswer: boolean): string | null {
  if (headers['anthropic-version'] === undefined) return 'anthropic-version: header is required';
  if (wantsAnswer && typeof json['max_tokens'] !== 'number') return 'max_tokens: Field required';
  if (!Array.isArray(json['messages'])) return 'messages: Field required';
  const blocks = (json['messages'] as readonly unknown[]).flatMap(contentOf);
  return blocks.map(faultOfBlock).find((fault) => fault !== null) ?? null;
}

function contentOf(message: unknown): readonly Readonly<Record<string, unknown>>[] {
  const { content } = message as { readonly content?: unknown };
  return Array.isArray(content) ? content : [];
}

function faultOfBlock(block: Readonly<Record<string, unknown>>): string | null {
  const { type, signature, text, id, tool_use_id: resultOf } = block;
  if (type === 'thinking' && !String(signature).startsWith('sig-fake'))
    return 'Invalid `signature` in `thinking` block';
  if (type === 'redacted_thinking' && !String(block['data']).startsWith('sig-fake')) {
    return 'Invalid `data` in `redacted_thinking` block';
  }
  if (type === 'text' && String(text).trim() === '') return 'text content blocks must contain non-whitespace text';
  const named = type === 'tool_use' ? id : type === 'tool_result' ? resultOf : undefined;
  return named === undefined || ID.test(String(named)) ? null : `${String(type)}.id: String should match pattern`;
}
