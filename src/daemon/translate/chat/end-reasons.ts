import type { EndReason, EventOutbox } from '../form/index.ts';

const READ: ReadonlyMap<string, EndReason> = new Map([
  ['stop', 'stop'],
  ['length', 'length'],
  ['tool_calls', 'tool-calls'],
  ['function_call', 'tool-calls'],
  ['content_filter', 'filtered'],
]);

/** Servers of this API have reasons of their own (`eos`, `end_turn`): the model was done. */
export function readFinishReason(reason: string, told: EventOutbox): EndReason {
  const known = READ.get(reason) ?? 'stop';
  if (known !== 'stop') return known;
  if (told.hasTold('tool-call')) return 'tool-calls';
  return told.hasTold('refusal') ? 'refusal' : 'stop';
}

const WRITTEN: Readonly<Record<EndReason, string>> = {
  stop: 'stop',
  length: 'length',
  'tool-calls': 'tool_calls',
  filtered: 'content_filter',
  refusal: 'stop',
  'stop-sequence': 'stop',
  // The answer is not finished: clients of this API know that only from a limit.
  pause: 'length',
};

/** `finish_reason`. A refusal in words ends as any answer does; one without words is the provider's filter. */
export function writeFinishReason(reason: EndReason, hadRefusal: boolean): string {
  return reason === 'refusal' && !hadRefusal ? 'content_filter' : WRITTEN[reason];
}
