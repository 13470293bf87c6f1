/** The model that every bench request asks for. */
export const MODEL = 'bench-model';
/** The same at an upstream that has nothing but Chat Completions. */
export const CHAT_ONLY_MODEL = 'bench-chat-only';

/** In front of the clock reading that the mock writes into each chunk, where providers write a fingerprint. */
export const STAMP_MARK = '"system_fingerprint":"fp_';
export const STAMP_DIGITS = 16;

export interface StreamShape {
  readonly chunks: number;
  readonly everyMs: number;
  readonly isUsageAsked: boolean;
}

/** A chat request of a few hundred bytes; the shape of the stream stands in it for the mock to read. */
export function chatRequest(stream: StreamShape | null): Buffer {
  const streamed = stream && {
    stream: true,
    ...(stream.isUsageAsked ? { stream_options: { include_usage: true } } : {}),
    metadata: { bench_chunks: String(stream.chunks), bench_every_ms: String(stream.everyMs) },
  };
  const messages = [
    { role: 'system', content: 'You are a concise assistant. Answer in one paragraph.' },
    { role: 'user', content: 'Why is the sky blue at noon and red in the evening?' },
  ];
  return Buffer.from(JSON.stringify({ model: MODEL, ...streamed, temperature: 0.7, messages }));
}

/** The same question as a Responses request; what becomes of it on its way to a chat is the user's text alone. */
export function responsesRequest({ chunks, everyMs }: Omit<StreamShape, 'isUsageAsked'>): Buffer {
  const instructions = 'You are a concise assistant. Answer in one paragraph.';
  const input = `Why is the sky blue at noon and red in the evening? bench_chunks=${chunks} bench_every_ms=${everyMs}`;
  return Buffer.from(JSON.stringify({ model: CHAT_ONLY_MODEL, stream: true, temperature: 0.7, instructions, input }));
}

const PARAGRAPH =
  'The quick brown fox said "hello" to the lazy dog.\nThen came a line with a tab\tand a path C:\\temp, ' +
  'a price of 12 €, and a sentence that goes on for a while so that most bytes are plain text, as in real prompts. ';

/** A chat request of about that many bytes: a long conversation in messages of a few kilobytes. */
export function longChatRequest(bytes: number): Buffer {
  const content = PARAGRAPH.repeat(18);
  const messages: { role: string; content: string }[] = [];
  const eachBytes = Buffer.byteLength(JSON.stringify({ role: 'assistant', content })) + 1;
  for (let size = 0; size + eachBytes <= bytes; size += eachBytes) {
    messages.push({ role: messages.length % 2 === 0 ? 'user' : 'assistant', content });
  }
  return Buffer.from(JSON.stringify({ model: MODEL, temperature: 0.7, messages }));
}

/** A chat answer of 600 bytes with its usage. */
export function chatAnswer(): Buffer {
  const make = (content: string) =>
    JSON.stringify({
      id: 'chatcmpl-BenchAnswer0000000000000001',
      object: 'chat.completion',
      created: 1_750_000_000,
      model: MODEL,
      choices: [{ index: 0, message: { role: 'assistant', content, refusal: null }, finish_reason: 'stop' }],
      usage: USAGE,
      system_fingerprint: 'fp_0000000000',
    });
  const text = 'Air scatters short waves more than long ones, so noon light is blue and evening light is red. ';
  const room = ANSWER_BYTES - make('').length;
  return Buffer.from(make(text.repeat(9).slice(0, room)));
}

const ANSWER_BYTES = 600;
const USAGE = {
  prompt_tokens: 38,
  completion_tokens: 52,
  total_tokens: 90,
  prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
  completion_tokens_details: { reasoning_tokens: 0 },
};

const CHUNK_HEAD = `data: {"id":"chatcmpl-BenchStream000000000000001","object":"chat.completion.chunk","created":1750000000,"model":"${MODEL}",${STAMP_MARK}`;
const CHUNK_TAIL = '","choices":[{"index":0,"delta":{"content":" scattered light"},"finish_reason":null}]';

/** One event of about 250 bytes that says when it was written. */
export function chatChunk(stampMicros: number, isUsageAsked: boolean): string {
  const stamp = String(Math.round(stampMicros)).padStart(STAMP_DIGITS, '0');
  return `${CHUNK_HEAD}${stamp}${CHUNK_TAIL}${isUsageAsked ? ',"usage":null' : ''}}\n\n`;
}

const FINISH =
  'data: {"id":"chatcmpl-BenchStream000000000000001","object":"chat.completion.chunk","created":1750000000,' +
  `"model":"${MODEL}","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n`;
const USAGE_EVENT =
  'data: {"id":"chatcmpl-BenchStream000000000000001","object":"chat.completion.chunk","created":1750000000,' +
  `"model":"${MODEL}","choices":[],"usage":${JSON.stringify(USAGE)}}\n\n`;

/** What ends a stream: the finish reason, the usage where it was asked for, and the last word. */
export function chatStreamEnd(isUsageAsked: boolean): string {
  return `${FINISH}${isUsageAsked ? USAGE_EVENT : ''}data: [DONE]\n\n`;
}
