import type { EndReason, EventOutbox, Json } from '../form/index.ts';

/** Why an answer ended; `cutReason` is that of an incomplete one. */
export function readEndReason(cutReason: string | null, isCut: boolean, told: EventOutbox): EndReason {
  if (isCut) return cutReason === 'content_filter' ? 'filtered' : 'length';
  if (told.hasTold('tool-call')) return 'tool-calls';
  return told.hasTold('refusal') ? 'refusal' : 'stop';
}

/** `incomplete_details`; null when the answer is whole. A refusal without words is the provider's filter. */
export function writeIncomplete(reason: EndReason, hadRefusal: boolean): Json | null {
  switch (reason) {
    // Of a pause, clients of this API know only that the answer is not finished.
    case 'length':
    case 'pause':
      return { reason: 'max_output_tokens' };
    case 'filtered':
      return { reason: 'content_filter' };
    case 'refusal':
      return hadRefusal ? null : { reason: 'content_filter' };
    case 'stop':
    case 'stop-sequence':
    case 'tool-calls':
      return null;
  }
}
