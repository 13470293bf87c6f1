import { randomUUID } from 'node:crypto';
import { countTokens, type Speech } from './simulated-speech.ts';

type Body = Readonly<Record<string, unknown>>;

/** One answer as a whole and as the events of a stream; only one of the two is sent. */
export interface SimulatedAnswer {
  readonly whole: object;
  /** Complete SSE frames, about one for each word. */
  readonly frames: readonly string[];
}

export function chatAnswer(body: Body, speech: Speech, createdS: number): SimulatedAnswer {
  const usage = {
    prompt_tokens: speech.inputTokens,
    completion_tokens: speech.outputTokens,
    total_tokens: speech.inputTokens + speech.outputTokens,
    prompt_tokens_details: { cached_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: 0 },
  };
  const head = { id: `chatcmpl-sim-${randomUUID()}`, created: createdS, model: body['model'] };
  const message = { role: 'assistant', content: speech.text, refusal: null };
  const choice = { index: 0, message, logprobs: null, finish_reason: 'stop' };
  const options = body['stream_options'];
  const isUsageAsked =
    typeof options === 'object' && options !== null && 'include_usage' in options && options.include_usage === true;
  const chunk = (delta: object, finish: string | null) => ({
    ...head,
    object: 'chat.completion.chunk',
    choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }],
    ...(isUsageAsked ? { usage: null } : {}),
  });
  const chunks = [
    chunk({ role: 'assistant', content: '' }, null),
    ...speech.words.map((word) => chunk({ content: word }, null)),
    chunk({}, 'stop'),
    ...(isUsageAsked ? [{ ...head, object: 'chat.completion.chunk', choices: [], usage }] : []),
  ];
  return {
    whole: { ...head, object: 'chat.completion', choices: [choice], usage },
    frames: [...chunks.map((data) => `data: ${JSON.stringify(data)}\n\n`), 'data: [DONE]\n\n'],
  };
}

export function responsesAnswer(body: Body, speech: Speech, createdS: number): SimulatedAnswer {
  const usage = {
    input_tokens: speech.inputTokens,
    input_tokens_details: { cached_tokens: 0, cache_write_tokens: 0 },
    output_tokens: speech.outputTokens,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: speech.inputTokens + speech.outputTokens,
  };
  const textPart = (text: string) => ({ type: 'output_text', annotations: [], text });
  const item = (status: string, content: readonly object[]) => ({
    id,
    type: 'message',
    status,
    role: 'assistant',
    content,
  });
  const id = `msg_sim_${randomUUID()}`;
  const done = item('completed', [textPart(speech.text)]);
  const open = {
    id: `resp_sim_${randomUUID()}`,
    object: 'response',
    created_at: createdS,
    status: 'in_progress',
    error: null,
    incomplete_details: null,
    model: body['model'],
    output: [] as readonly object[],
    parallel_tool_calls: true,
    store: false,
    tool_choice: 'auto',
    tools: [],
    usage: null as object | null,
  };
  const whole = { ...open, status: 'completed', output: [done], usage };
  const place = { item_id: id, output_index: 0, content_index: 0 };
  const events = [
    { type: 'response.created', response: open },
    { type: 'response.in_progress', response: open },
    { type: 'response.output_item.added', output_index: 0, item: item('in_progress', []) },
    { type: 'response.content_part.added', ...place, part: textPart('') },
    ...speech.words.map((word) => ({ type: 'response.output_text.delta', ...place, delta: word, logprobs: [] })),
    { type: 'response.output_text.done', ...place, text: speech.text, logprobs: [] },
    { type: 'response.content_part.done', ...place, part: textPart(speech.text) },
    { type: 'response.output_item.done', output_index: 0, item: done },
    { type: 'response.completed', response: whole },
  ];
  return {
    whole,
    frames: events.map(
      (event, index) => `event: ${event.type}\ndata: ${JSON.stringify({ ...event, sequence_number: index })}\n\n`,
    ),
  };
}

export function embeddingsAnswer(body: Body): object {
  const { input, model, encoding_format: format } = body;
  const inputs: readonly unknown[] = Array.isArray(input) ? input : [input];
  const texts = inputs.map((text) => (typeof text === 'string' ? text : JSON.stringify(text ?? '')));
  const data = texts.map((text, index) => {
    const vector = Float32Array.from({ length: 16 }, (_, at) => Math.sin(text.length + at));
    const embedding = format === 'base64' ? Buffer.from(vector.buffer).toString('base64') : [...vector];
    return { object: 'embedding', index, embedding };
  });
  const tokens = texts.reduce((sum, text) => sum + countTokens(text), 0);
  return { object: 'list', data, model, usage: { prompt_tokens: tokens, total_tokens: tokens } };
}
