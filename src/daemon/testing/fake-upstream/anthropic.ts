import { type Answer, jsonAnswer, type SseEvent, sseAnswer } from './answer.ts';
import { anthropicError, refusalOf } from './anthropic-checks.ts';
import { type Completion, halvesOf, modelOf, type TokenCounts, wordsOf } from './completion.ts';
import type { Exchange } from './exchange.ts';

type Event = Readonly<Record<string, unknown>> & { readonly type: string };
type Block = Readonly<Record<string, unknown>>;

/** POST /messages, `anthropic-version: 2023-06-01`. */
export function answerMessages(completion: Completion, exchange: Exchange): Answer {
  const refusal = refusalOf(exchange.request, true);
  if (refusal) return refusal;
  return exchange.request.json['stream'] === true ? stream(completion, exchange) : whole(completion, exchange);
}

/** POST /messages/count_tokens. */
export function answerMessagesCount(completion: Completion, { request }: Exchange): Answer {
  return refusalOf(request, false) ?? jsonAnswer(200, { input_tokens: completion.usage?.input ?? 0 });
}

function whole(completion: Completion, exchange: Exchange): Answer {
  const { failure, usage } = completion;
  if (failure) return jsonAnswer(200, anthropicError(failure.type ?? 'api_error', failure.message));
  return jsonAnswer(200, {
    ...message(completion, exchange),
    content: blocks(completion, exchange),
    stop_reason: stopReason(completion),
    ...(usage && { usage: { ...inputUsage(usage), ...outputUsage(usage), service_tier: 'standard' } }),
  });
}

function stream(completion: Completion, exchange: Exchange): Answer {
  const { usage, failure } = completion;
  const started = usage ? { usage: { ...inputUsage(usage), output_tokens: 1, service_tier: 'standard' } } : {};
  const start: Event = { type: 'message_start', message: { ...message(completion, exchange), ...started } };
  const spoken = blocks(completion, exchange).flatMap((block, index) => blockEvents(block, index, completion));
  if (failure) {
    const error = { ...anthropicError(failure.type ?? 'api_error', failure.message), type: 'error' };
    const before = failure.afterWords > 0 ? spoken.slice(0, -1) : [];
    return framed([start, { type: 'ping' }, ...before, error], before.length + 2);
  }
  const end: Event = {
    type: 'message_delta',
    delta: { stop_reason: stopReason(completion), stop_sequence: null },
    usage: usage ? outputUsage(usage) : {},
  };
  return framed([start, { type: 'ping' }, ...spoken, end, { type: 'message_stop' }], spoken.length + 2);
}

function framed(events: readonly Event[], terminalAt: number): Answer {
  const frames: readonly SseEvent[] = events.map((event) => ({ event: event.type, data: event }));
  return sseAnswer(frames, terminalAt);
}

function message(completion: Completion, exchange: Exchange): Block {
  return {
    id: `msg_fake${exchange.serial}`,
    type: 'message',
    role: 'assistant',
    model: modelOf(completion, exchange),
    content: [],
    stop_reason: null,
    stop_sequence: null,
  };
}

/** A signature names who made it; the provider takes back no other. */
function blocks({ reasoning, toolCall, text }: Completion, { serial }: Exchange): readonly Block[] {
  const thoughts =
    reasoning === undefined ? [] : [{ type: 'thinking', thinking: reasoning, signature: `sig-fake${serial}` }];
  if (!toolCall) return [...thoughts, { type: 'text', text }];
  const input: unknown = JSON.parse(toolCall.arguments);
  return [...thoughts, { type: 'tool_use', id: `toolu_fake${serial}`, name: toolCall.name, input }];
}

function blockEvents(block: Block, index: number, completion: Completion): readonly Event[] {
  const delta = (said: object): Event => ({ type: 'content_block_delta', index, delta: said });
  const framing = (content_block: object, deltas: readonly Event[]): readonly Event[] => [
    { type: 'content_block_start', index, content_block },
    ...deltas,
    { type: 'content_block_stop', index },
  ];
  switch (block['type']) {
    case 'thinking': {
      const words = String(block['thinking']).match(/\S+\s*/g) ?? [];
      const signed = delta({ type: 'signature_delta', signature: block['signature'] });
      const thoughts = words.map((thinking) => delta({ type: 'thinking_delta', thinking }));
      return framing({ type: 'thinking', thinking: '', signature: '' }, [...thoughts, signed]);
    }
    case 'tool_use': {
      const halves = ['', ...halvesOf(completion.toolCall?.arguments ?? '')];
      const deltas = halves.map((half) => delta({ type: 'input_json_delta', partial_json: half }));
      return framing({ ...block, input: {} }, deltas);
    }
    default:
      return framing(
        { type: 'text', text: '' },
        wordsOf(completion).map((text) => delta({ type: 'text_delta', text })),
      );
  }
}

function stopReason({ ends, toolCall }: Completion): string {
  if (ends === 'length') return 'max_tokens';
  if (ends === 'content_filter') return 'refusal';
  return toolCall ? 'tool_use' : 'end_turn';
}

/** `input_tokens` leaves out what a cache had to do with. */
function inputUsage({ input, cachedInput, cacheWrite }: TokenCounts): object {
  return {
    input_tokens: input - cachedInput - cacheWrite,
    cache_read_input_tokens: cachedInput,
    cache_creation_input_tokens: cacheWrite,
    cache_creation: { ephemeral_5m_input_tokens: cacheWrite, ephemeral_1h_input_tokens: 0 },
  };
}

function outputUsage({ output, reasoning }: TokenCounts): object {
  return { output_tokens: output, output_tokens_details: { thinking_tokens: reasoning } };
}
