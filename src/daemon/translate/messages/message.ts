import type { Json, Told } from '../form/index.ts';

/** A message without content: the frame of every answer. Ids of other wires would look foreign here. */
export function emptyMessage(id: string | null, told: Told): Json {
  return {
    id: id?.startsWith('msg_') ? id : `msg_${told.seed}`,
    type: 'message',
    role: 'assistant',
    model: told.model,
    content: [],
    stop_reason: null,
    stop_sequence: null,
  };
}

/** `stop_details`: on this wire a refusal is why an answer ended. */
export function stopDetails(stopReason: string): Json {
  return stopReason === 'refusal' ? { stop_details: { type: 'refusal', category: null, explanation: null } } : {};
}
