import { type Completion, halvesOf, wordsOf } from './completion.ts';
import type { Exchange } from './exchange.ts';

export type OutputItem = Readonly<Record<string, unknown>> & { readonly id: string; readonly type: string };
export type ResponsesEvent = Readonly<Record<string, unknown>> & { readonly type: string };

/** The items of a finished answer: thoughts, then what is said or the tool that is called. */
export function outputItems(completion: Completion, exchange: Exchange): OutputItem[] {
  const { reasoning, toolCall } = completion;
  const thoughts = reasoning === undefined ? [] : [reasoningItem(reasoning, exchange)];
  if (!toolCall) return [...thoughts, messageItem(completion.text, exchange)];
  const call = { id: `fc_fake${exchange.serial}`, type: 'function_call', status: 'completed', ...toolCall };
  return [...thoughts, { ...call, call_id: `call_fake${exchange.serial}` }];
}

/** Everything between response.in_progress and the terminal event, in the public API's order. */
export function outputEvents(completion: Completion, exchange: Exchange): ResponsesEvent[] {
  return outputItems(completion, exchange).flatMap((item, index) => {
    const place = { item_id: item.id, output_index: index };
    switch (item.type) {
      case 'reasoning':
        return reasoningEvents(item, completion.reasoning ?? '', place);
      case 'function_call':
        return callEvents(item, completion.toolCall?.arguments ?? '', place);
      default:
        return messageEvents(item, completion, place);
    }
  });
}

interface Place {
  readonly item_id: string;
  readonly output_index: number;
}

function messageItem(text: string, { serial }: Exchange): OutputItem {
  return {
    id: `msg_fake${serial}`,
    type: 'message',
    status: 'completed',
    role: 'assistant',
    content: [textPart(text)],
  };
}

function reasoningItem(text: string, { serial, request }: Exchange): OutputItem {
  const include = request.json['include'];
  const isEncrypted = Array.isArray(include) && include.includes('reasoning.encrypted_content');
  return {
    id: `rs_fake${serial}`,
    type: 'reasoning',
    summary: [{ type: 'summary_text', text }],
    ...(isEncrypted ? { encrypted_content: `sealed-for-${request.key ?? 'nobody'}` } : {}),
  };
}

function textPart(text: string): object {
  return { type: 'output_text', annotations: [], logprobs: [], text };
}

function messageEvents(item: OutputItem, completion: Completion, place: Place): ResponsesEvent[] {
  const part = { ...place, content_index: 0 };
  const opened = { ...item, status: 'in_progress', content: [] };
  const deltas = wordsOf(completion).map((word) =>
    textDelta('response.output_text.delta', { ...part, logprobs: [] }, word),
  );
  const opening = [
    { type: 'response.output_item.added', output_index: place.output_index, item: opened },
    { type: 'response.content_part.added', ...part, part: textPart('') },
    ...deltas,
  ];
  if (completion.failure) return opening;
  return [
    ...opening,
    { type: 'response.output_text.done', ...part, text: completion.text, logprobs: [] },
    { type: 'response.content_part.done', ...part, part: textPart(completion.text) },
    { type: 'response.output_item.done', output_index: place.output_index, item },
  ];
}

function reasoningEvents(item: OutputItem, text: string, place: Place): ResponsesEvent[] {
  const part = { ...place, summary_index: 0 };
  const words = text.match(/\S+\s*/g) ?? [];
  return [
    { type: 'response.output_item.added', output_index: place.output_index, item: { ...item, summary: [] } },
    { type: 'response.reasoning_summary_part.added', ...part, part: { type: 'summary_text', text: '' } },
    ...words.map((word) => textDelta('response.reasoning_summary_text.delta', part, word)),
    { type: 'response.reasoning_summary_text.done', ...part, text },
    { type: 'response.reasoning_summary_part.done', ...part, part: { type: 'summary_text', text } },
    { type: 'response.output_item.done', output_index: place.output_index, item },
  ];
}

function callEvents(item: OutputItem, text: string, place: Place): ResponsesEvent[] {
  const opened = { ...item, status: 'in_progress', arguments: '' };
  return [
    { type: 'response.output_item.added', output_index: place.output_index, item: opened },
    ...halvesOf(text).map((half) => textDelta('response.function_call_arguments.delta', place, half)),
    { type: 'response.function_call_arguments.done', ...place, name: item['name'], arguments: text },
    { type: 'response.output_item.done', output_index: place.output_index, item },
  ];
}

/** The public API pads deltas so that their length tells nothing. */
function textDelta(type: string, place: object, delta: string): ResponsesEvent {
  return { type, ...place, delta, obfuscation: 'x'.repeat(16 - (delta.length % 16)) };
}
