import type { EndReason } from '../form/index.ts';

const READ: ReadonlyMap<string, EndReason> = new Map([
  ['end_turn', 'stop'],
  ['max_tokens', 'length'],
  ['model_context_window_exceeded', 'length'],
  ['stop_sequence', 'stop-sequence'],
  ['tool_use', 'tool-calls'],
  ['pause_turn', 'pause'],
  ['compaction', 'pause'],
  ['refusal', 'refusal'],
]);

/** `stop_reason`; one that nobody knows yet means that the model was done. */
export function readStopReason(reason: string): EndReason {
  return READ.get(reason) ?? 'stop';
}

const WRITTEN: Readonly<Record<EndReason, string>> = {
  stop: 'end_turn',
  length: 'max_tokens',
  'tool-calls': 'tool_use',
  'stop-sequence': 'stop_sequence',
  pause: 'pause_turn',
  // There is one word for what the model and what the provider would not say.
  filtered: 'refusal',
  refusal: 'refusal',
};

export function writeStopReason(reason: EndReason): string {
  return WRITTEN[reason];
}
