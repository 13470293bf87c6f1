import { isObject, type Json, sealedFor } from './request-rules.ts';

/** What the model answers. */
export interface CodexReply {
  readonly text: string;
  /** A summary of thoughts before the text. */
  readonly reasoning: string | null;
  /** Instead of text. */
  readonly toolCall: { readonly name: string; readonly arguments: string } | null;
  readonly usage: CodexUsage;
  /** The terminal event has no output, as this backend likes to do; the items came before. */
  readonly emptyOutput: boolean;
  readonly serviceTier: string;
  /** Between two events. */
  readonly pauseMs: number;
}

export interface CodexUsage {
  readonly input: number;
  readonly cachedInput: number;
  readonly output: number;
  readonly reasoning: number;
}

export type CodexEvent = Readonly<Record<string, unknown>> & { readonly type: string };

export const NORMAL_REPLY: CodexReply = {
  text: 'Hello from Codex.',
  reasoning: null,
  toolCall: null,
  usage: { input: 100, cachedInput: 40, output: 20, reasoning: 5 },
  emptyOutput: false,
  serviceTier: 'default',
  pauseMs: 0,
};

export interface CodexStream {
  /** Until the first output: nothing has been said yet. */
  readonly handshake: readonly CodexEvent[];
  readonly output: readonly CodexEvent[];
  readonly terminal: CodexEvent;
}

interface Asked {
  readonly serial: number;
  readonly body: Json;
  readonly accountId: string;
  readonly rateLimits: CodexEvent;
}

/** The events of an answer, as SSE or WebSocket frames carry them. */
export function answerEvents(reply: CodexReply, asked: Asked): CodexStream {
  const items = isCompaction(asked.body) ? [compactionItem(asked)] : itemsOf(reply, asked);
  const started = { ...responseObject(reply, asked), status: 'in_progress' };
  const completed = {
    ...responseObject(reply, asked),
    status: 'completed',
    output: reply.emptyOutput ? [] : items,
    usage: usageOf(reply.usage),
  };
  return {
    handshake: [
      { type: 'response.created', response: started },
      { type: 'response.in_progress', response: started },
      asked.rateLimits,
    ],
    output: items.flatMap((item, index) => itemEvents(item, index)),
    terminal: { type: 'response.completed', response: completed },
  };
}

/** The body of an answer of /codex/responses/compact. */
export function compaction(reply: CodexReply, asked: Omit<Asked, 'rateLimits'>): object {
  return {
    id: `resp_codex${asked.serial}`,
    object: 'response.compaction',
    created_at: CREATED_AT_S,
    output: [compactionItem(asked)],
    usage: usageOf(reply.usage),
  };
}

const CREATED_AT_S = 1_767_225_600;

/** The input ends with the trigger: the answer is one sealed item, to be given back later. */
function isCompaction(body: Json): boolean {
  const last: unknown = Array.isArray(body['input']) ? body['input'].at(-1) : undefined;
  return isObject(last) && last['type'] === 'compaction_trigger';
}

function compactionItem({ serial, accountId }: Pick<Asked, 'serial' | 'accountId'>): Json {
  return { id: `cmp_codex${serial}`, type: 'compaction', encrypted_content: sealedFor(accountId, `compact ${serial}`) };
}

function itemsOf(reply: CodexReply, { serial, body, accountId }: Asked): Json[] {
  const include: readonly unknown[] = Array.isArray(body['include']) ? body['include'] : [];
  const sealed = include.includes('reasoning.encrypted_content')
    ? { encrypted_content: sealedFor(accountId, `thoughts ${serial}`) }
    : {};
  const summary = [{ type: 'summary_text', text: reply.reasoning ?? '' }];
  const thoughts = reply.reasoning === null ? [] : [{ id: `rs_codex${serial}`, type: 'reasoning', summary, ...sealed }];
  if (reply.toolCall) {
    const call = {
      id: `fc_codex${serial}`,
      type: 'function_call',
      status: 'completed',
      call_id: `call_codex${serial}`,
      ...reply.toolCall,
    };
    return [...thoughts, call];
  }
  const content = [{ type: 'output_text', annotations: [], logprobs: [], text: reply.text }];
  return [...thoughts, { id: `msg_codex${serial}`, type: 'message', status: 'completed', role: 'assistant', content }];
}

function itemEvents(item: Json, index: number): CodexEvent[] {
  const place = { item_id: item['id'], output_index: index };
  const done = { type: 'response.output_item.done', output_index: index, item };
  const added = (opened: Json) => ({
    type: 'response.output_item.added',
    output_index: index,
    item: { ...item, ...opened },
  });
  switch (item['type']) {
    case 'message': {
      const part = { ...place, content_index: 0 };
      const [{ text }] = item['content'] as [{ text: string }];
      return [
        added({ status: 'in_progress', content: [] }),
        { type: 'response.content_part.added', ...part, part: { type: 'output_text', annotations: [], text: '' } },
        ...wordsOf(text).map((delta) => ({ type: 'response.output_text.delta', ...part, delta })),
        { type: 'response.output_text.done', ...part, text },
        { type: 'response.content_part.done', ...part, part: { type: 'output_text', annotations: [], text } },
        done,
      ];
    }
    case 'reasoning': {
      const part = { ...place, summary_index: 0 };
      const [{ text }] = item['summary'] as [{ text: string }];
      return [
        added({ summary: [] }),
        { type: 'response.reasoning_summary_part.added', ...part, part: { type: 'summary_text', text: '' } },
        ...wordsOf(text).map((delta) => ({ type: 'response.reasoning_summary_text.delta', ...part, delta })),
        { type: 'response.reasoning_summary_text.done', ...part, text },
        done,
      ];
    }
    case 'function_call': {
      const text = String(item['arguments']);
      return [
        added({ status: 'in_progress', arguments: '' }),
        { type: 'response.function_call_arguments.delta', ...place, delta: text },
        { type: 'response.function_call_arguments.done', ...place, arguments: text },
        done,
      ];
    }
    default:
      return [added({}), done];
  }
}

function responseObject(reply: CodexReply, { serial, body }: Asked): Json {
  return {
    id: `resp_codex${serial}`,
    object: 'response',
    created_at: CREATED_AT_S,
    error: null,
    incomplete_details: null,
    instructions: body['instructions'] ?? null,
    model: body['model'],
    output: [],
    parallel_tool_calls: body['parallel_tool_calls'] ?? false,
    previous_response_id: null,
    prompt_cache_key: body['prompt_cache_key'] ?? null,
    reasoning: body['reasoning'] ?? null,
    service_tier: reply.serviceTier,
    store: false,
    text: body['text'] ?? { format: { type: 'text' } },
    tool_choice: body['tool_choice'] ?? 'auto',
    tools: body['tools'] ?? [],
    usage: null,
  };
}

function usageOf(usage: CodexUsage): object {
  return {
    input_tokens: usage.input,
    input_tokens_details: { cached_tokens: usage.cachedInput },
    output_tokens: usage.output,
    output_tokens_details: { reasoning_tokens: usage.reasoning },
    total_tokens: usage.input + usage.output,
  };
}

function wordsOf(text: string): string[] {
  return text.match(/\S+\s*/g) ?? [];
}
