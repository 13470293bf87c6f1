import { type Answer, errorBody, jsonAnswer, type SseEvent, sseAnswer } from './answer.ts';
import { type Completion, CREATED_AT_S, halvesOf, modelOf, type TokenCounts, wordsOf } from './completion.ts';
import type { Exchange } from './exchange.ts';

/** POST /chat/completions. */
export function answerChat(completion: Completion, exchange: Exchange): Answer {
  return exchange.request.json['stream'] === true ? stream(completion, exchange) : whole(completion, exchange);
}

function whole(completion: Completion, exchange: Exchange): Answer {
  const { failure, toolCall } = completion;
  if (failure) return jsonAnswer(200, errorBody(failure));
  const message = {
    role: 'assistant',
    content: toolCall ? null : completion.text,
    refusal: null,
    annotations: [],
    ...(completion.reasoning === undefined ? {} : { reasoning_content: completion.reasoning }),
    ...(toolCall ? { tool_calls: [{ id: callId(exchange), type: 'function', function: toolCall }] } : {}),
  };
  return jsonAnswer(200, {
    ...head(completion, exchange, 'chat.completion'),
    choices: [{ index: 0, message, logprobs: null, finish_reason: finishReason(completion) }],
    ...(completion.usage && completion.chatUsage !== 'never' ? { usage: chatUsage(completion.usage) } : {}),
  });
}

function stream(completion: Completion, exchange: Exchange): Answer {
  const options = exchange.request.json['stream_options'] as { include_usage?: boolean } | undefined;
  const asked = completion.chatUsage === 'as-asked' && options?.include_usage === true;
  const usage = completion.usage ? chatUsage(completion.usage) : null;
  const base = head(completion, exchange, 'chat.completion.chunk');
  const everywhere = completion.chatUsage === 'every-chunk' ? { usage } : asked ? { usage: null } : {};
  const chunk = (delta: object, finish: string | null = null, shown: object = everywhere): SseEvent => ({
    data: { ...base, choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }], ...shown },
  });

  const { failure } = completion;
  const deltas = deltasOf(completion, exchange).map((delta) => chunk(delta));
  if (failure) {
    const spoken = failure.afterWords > 0 ? deltas : [];
    return sseAnswer([...spoken, { data: errorBody(failure) }], spoken.length);
  }
  const onFinish = completion.chatUsage === 'finish-chunk' ? { usage } : everywhere;
  const finish = chunk({}, finishReason(completion), onFinish);
  const last: SseEvent[] = asked && usage ? [{ data: { ...base, choices: [], usage } }] : [];
  return sseAnswer([...deltas, finish, ...last, { data: '[DONE]' }], deltas.length);
}

/** The role comes once, in the first chunk. */
function deltasOf(completion: Completion, exchange: Exchange): object[] {
  const { toolCall, reasoning } = completion;
  const first = { role: 'assistant', content: toolCall ? null : '', refusal: null };
  const thoughts = (reasoning?.match(/\S+\s*/g) ?? []).map((word) => ({ reasoning_content: word }));
  if (!toolCall) return [first, ...thoughts, ...wordsOf(completion).map((word) => ({ content: word }))];
  const opening = {
    index: 0,
    id: callId(exchange),
    type: 'function',
    function: { name: toolCall.name, arguments: '' },
  };
  const pieces = halvesOf(toolCall.arguments).map((half) => ({ index: 0, function: { arguments: half } }));
  return [first, ...thoughts, ...[opening, ...pieces].map((call) => ({ tool_calls: [call] }))];
}

function head(completion: Completion, exchange: Exchange, object: string): object {
  return {
    id: `chatcmpl-fake${exchange.serial}`,
    object,
    created: CREATED_AT_S,
    model: modelOf(completion, exchange),
    service_tier: completion.serviceTier,
    system_fingerprint: 'fp_fake',
  };
}

function callId({ serial }: Exchange): string {
  return `call_fake${serial}`;
}

function finishReason({ ends, toolCall }: Completion): string {
  if (ends !== 'complete') return ends;
  return toolCall ? 'tool_calls' : 'stop';
}

function chatUsage(usage: TokenCounts): object {
  return {
    prompt_tokens: usage.input,
    completion_tokens: usage.output,
    total_tokens: usage.input + usage.output,
    prompt_tokens_details: { cached_tokens: usage.cachedInput, cache_write_tokens: usage.cacheWrite, audio_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: usage.reasoning, audio_tokens: 0 },
  };
}
