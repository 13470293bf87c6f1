import type { EndReason } from '../form/index.ts';

export type Finish =
  | { readonly isFailure: false; readonly reason: EndReason }
  | { readonly isFailure: true; readonly code: string; readonly message: string };

const READ: ReadonlyMap<string, EndReason> = new Map([
  ['STOP', 'stop'],
  ['MAX_TOKENS', 'length'],
  ['CONTINUATION', 'pause'],
  ['SAFETY', 'filtered'],
  ['RECITATION', 'filtered'],
  ['LANGUAGE', 'filtered'],
  ['OTHER', 'filtered'],
  ['BLOCKLIST', 'filtered'],
  ['PROHIBITED_CONTENT', 'filtered'],
  ['SPII', 'filtered'],
  ['IMAGE_SAFETY', 'filtered'],
  ['IMAGE_PROHIBITED_CONTENT', 'filtered'],
  ['IMAGE_RECITATION', 'filtered'],
  ['IMAGE_OTHER', 'filtered'],
]);
/** The model said something that the provider could not read: there is no answer, and another try may give one. */
const FAILURES: ReadonlySet<string> = new Set([
  'MALFORMED_FUNCTION_CALL',
  'UNEXPECTED_TOOL_CALL',
  'TOO_MANY_TOOL_CALLS',
  'MISSING_THOUGHT_SIGNATURE',
  'MALFORMED_RESPONSE',
  'NO_IMAGE',
]);

/** `finishReason` (Gemini API reference, "FinishReason"); one that nobody knows yet means that the model was done. */
export function readFinishReason(finish: string, hadCalls: boolean): Finish {
  if (FAILURES.has(finish)) {
    return { isFailure: true, code: finish.toLowerCase(), message: `the provider ended the answer with ${finish}` };
  }
  const reason = READ.get(finish) ?? 'stop';
  return { isFailure: false, reason: reason === 'stop' && hadCalls ? 'tool-calls' : reason };
}

const WRITTEN: Readonly<Record<EndReason, string>> = {
  stop: 'STOP',
  length: 'MAX_TOKENS',
  'tool-calls': 'STOP',
  'stop-sequence': 'STOP',
  filtered: 'SAFETY',
  refusal: 'STOP',
  // The answer is not finished: clients of this API know that only from a limit.
  pause: 'MAX_TOKENS',
};

/** A refusal in words ends as any answer does; one without words is the provider's filter. */
export function writeFinishReason(reason: EndReason, hadWords: boolean): string {
  return reason === 'refusal' && !hadWords ? 'SAFETY' : WRITTEN[reason];
}
