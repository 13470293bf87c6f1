import { type Answer, jsonAnswer } from './answer.ts';
import type { RecordedRequest } from './recorded-request.ts';

type Json = Readonly<Record<string, unknown>>;

/** The error body of Google's APIs. */
export function geminiError(code: number, status: string, message: string): { readonly error: object } {
  return { error: { code, message, status } };
}

/** What the provider would refuse before any model sees it. */
export function refusalOf(request: RecordedRequest, method: string): Answer | null {
  const fault = faultOf(request, method);
  return fault === null ? null : jsonAnswer(400, geminiError(400, 'INVALID_ARGUMENT', fault));
}

function faultOf({ json, model }: RecordedRequest, method: string): string | null {
  const { generateContentRequest: whole } = json as { readonly generateContentRequest?: Json };
  const contents = (method === 'countTokens' ? whole : undefined)?.['contents'] ?? json['contents'];
  if (!Array.isArray(contents) || contents.length === 0) return 'contents is not specified';
  const calls = (contents as readonly Json[]).map(({ parts }) => (parts as readonly Json[]).find(isCall));
  const isUnsigned = calls.some((call) => call !== undefined && !isSigned(call['thoughtSignature']));
  // Only models from the third generation on look for it.
  if (isUnsigned && !/gemini-[12]\b/.test(model ?? ''))
    return 'Function call is missing a thought_signature in functionCall parts.';
  return null;
}

function isCall(part: Json): boolean {
  return part['functionCall'] !== undefined;
}

function isSigned(signature: unknown): boolean {
  if (signature === 'skip_thought_signature_validator') return true;
  return typeof signature === 'string' && Buffer.from(signature, 'base64').toString('utf8').startsWith('sig-fake');
}
