import { describe, expect, test } from 'vitest';
import { type Json, NO_SAMPLING, type Part, type Prompt } from '../form/index.ts';
import { RESPONSES_NAMES } from '../responses/names.ts';
import { refusedField, unaskableField } from '../testing/refused-field.ts';
import { BARE_PROMPT } from '../testing/told.ts';
import { chatTranslator } from './index.ts';

const MESSAGES = [{ role: 'user', content: 'hi' }];

function refused(more: Json): string | null {
  return refusedField(chatTranslator, { model: 'm', messages: MESSAGES, ...more });
}

function refusedPart(part: unknown): string | null {
  return refused({ messages: [{ role: 'user', content: [{ type: 'text', text: 'x' }, part] }] });
}

function refusedAnswer(more: Json): string | null {
  return refused({ messages: [{ role: 'assistant', content: 'x', ...more }] });
}

describe('a chat request is refused by the name of', () => {
  test.each<[string, Json]>([
    ['n', { n: 2 }],
    ['logprobs', { logprobs: true }],
    ['top_logprobs', { top_logprobs: 3 }],
    ['logit_bias', { logit_bias: { 50256: -100 } }],
    ['prediction', { prediction: { type: 'content', content: 'x' } }],
    ['audio', { audio: { format: 'wav', voice: 'alloy' } }],
    ['modalities', { modalities: ['text', 'audio'] }],
    ['moderation', { moderation: { model: 'm' } }],
    ['functions', { functions: [{ name: 'f' }] }],
    ['function_call', { function_call: 'auto' }],
    ['future_field', { future_field: 1 }],
    ['__proto__', JSON.parse('{"__proto__": {"a": 1}}') as Json],
    ['max_tokens', { max_tokens: 1, max_completion_tokens: 2 }],
    ['seed', { seed: 2 ** 53 }],
    ['temperature', { temperature: '1' }],
    ['stop[1]', { stop: ['a', 1] }],
    ['metadata.a', { metadata: { a: 1 } }],
    ['stream_options.other', { stream_options: { other: true } }],
    ['reasoning_effort', { reasoning_effort: 'enormous' }],
    ['response_format.type', { response_format: { type: 'grammar' } }],
    ['response_format.json_schema.name', { response_format: { type: 'json_schema', json_schema: { schema: {} } } }],
    ['messages', { messages: 'hi' }],
    ['messages[0].role', { messages: [{ content: 'x' }] }],
    ['messages[0].name', { messages: [{ role: 'user', content: 'x', name: 'bob' }] }],
    ['messages[0].content', { messages: [{ role: 'user' }] }],
    ['messages[0].tool_call_id', { messages: [{ role: 'tool', content: 'x' }] }],
    ['tools[0].type', { tools: [{ type: 'mcp' }] }],
    ['tools[0].function.name', { tools: [{ type: 'function', function: {} }] }],
    ['tools[0].function.future', { tools: [{ type: 'function', function: { name: 'f', future: 1 } }] }],
    ['tool_choice.type', { tool_choice: { type: 'allowed_tools', allowed_tools: {} } }],
    ['web_search_options.future', { web_search_options: { future: 1 } }],
  ])('%s', (field, more) => {
    expect(refused(more)).toBe(field);
  });

  test('a part of the content', () => {
    expect(refusedPart({ type: 'video_url' })).toBe('messages[0].content[1].type');
    expect(refusedPart({ type: 'image_url', image_url: { url: 1 } })).toBe('messages[0].content[1].image_url.url');
    expect(refusedPart({ type: 'file', file: {} })).toBe('messages[0].content[1].file.file_data');
    expect(refusedPart({ type: 'file', file: { file_id: 'a', file_data: 'AAAA' } })).toBe(
      'messages[0].content[1].file.file_data',
    );
    expect(refusedPart({ type: 'input_audio', input_audio: { data: 'x' } })).toBe(
      'messages[0].content[1].input_audio.format',
    );
  });

  test('what the assistant cannot have said', () => {
    expect(refusedAnswer({ audio: { id: 'a' } })).toBe('messages[0].audio');
    expect(refusedAnswer({ function_call: { name: 'f', arguments: '' } })).toBe('messages[0].function_call');
    expect(refusedAnswer({ content: [{ type: 'image_url' }] })).toBe('messages[0].content[0].type');
    expect(refusedAnswer({ tool_calls: [{ id: 'a', type: 'function', function: { name: 'f' } }] })).toBe(
      'messages[0].tool_calls[0].function.arguments',
    );
  });
});

describe('a chat request is read', () => {
  test.each<Json>([
    { n: 1, logprobs: false, top_logprobs: 0, logit_bias: {}, modalities: ['text'], functions: [], future_field: null },
    {
      n: null,
      audio: null,
      prediction: null,
      stop: null,
      tools: null,
      response_format: { type: 'text' },
      metadata: null,
    },
    { store: true, prompt_cache_retention: '24h', prompt_cache_options: { ttl: '12h' }, stream_options: null },
  ])('without a trace of what asks for nothing: %j', (more) => {
    const plain = chatTranslator.readRequest({ model: 'm', messages: MESSAGES }, { model: 'm', stream: false });
    const body = { model: 'm', messages: MESSAGES, ...more };
    expect(chatTranslator.readRequest(body, { model: 'm', stream: false })).toEqual(plain);
  });

  test('with the answer of this API as it was sent back', () => {
    const told = { prompt: BARE_PROMPT, seed: 's', createdAt: 1, model: 'm' };
    const events = chatTranslator.readAnswer({
      choices: [
        {
          finish_reason: 'tool_calls',
          message: {
            role: 'assistant',
            content: 'Hi',
            refusal: 'No',
            reasoning_content: 'Hm',
            tool_calls: [{ id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } }],
          },
        },
      ],
    });
    const [choice] = chatTranslator.writeAnswer(events ?? [], told)['choices'] as { message: Json }[];
    const messages = [choice?.message, { role: 'tool', tool_call_id: 'a', content: 'ok', name: 'f' }];
    const { turns } = chatTranslator.readRequest({ model: 'm', messages }, { model: 'm', stream: false });
    expect(turns.map(({ role, parts }) => [role, ...parts.map(({ kind }) => kind)])).toEqual([
      ['assistant', 'reasoning', 'text', 'refusal', 'tool-call'],
      ['user', 'tool-result'],
    ]);
  });
});

describe('a server of chat cannot be asked for', () => {
  const asked = { fieldNames: RESPONSES_NAMES, from: 'messages' } as const;
  const unaskable = (prompt: Partial<Prompt>) => unaskableField(chatTranslator, { ...BARE_PROMPT, ...prompt }, asked);
  const said = (role: 'user' | 'assistant' | 'system', part: Part) => unaskable({ turns: [{ role, parts: [part] }] });
  const image = { kind: 'image', source: { kind: 'url', url: 'https://x.test' }, detail: null } as const;
  const file = (source: Extract<Part, { kind: 'file' }>['source']): Part => ({ kind: 'file', source, name: null });

  test('what it has no words for, in the words of the client', () => {
    expect(unaskable({ sampling: { ...NO_SAMPLING, topK: 3 } })).toBe('top_k');
    expect(said('user', file({ kind: 'url', url: 'https://x.test/a.pdf' }))).toBe('input[].content[].file_data');
    expect(said('user', file({ kind: 'file-id', id: 'file_1' }))).toBe('input[].content[].file_id');
    expect(said('user', { ...image, source: { kind: 'file-id', id: 'file_1' } })).toBe('input[].content[].file_id');
    expect(said('assistant', image)).toBe('input[].content[].image_url');
    expect(said('system', image)).toBe('input[].content[].image_url');
    expect(unaskable({ tools: [{ kind: 'hosted', name: 'web_search', options: { filters: {} } }] })).toBe(
      'tools[].type',
    );
    const search = { kind: 'hosted', name: 'web_search', options: {} } as const;
    expect(unaskable({ tools: [search, search] })).toBe('tools[].type');
    const result = { kind: 'tool-result', callId: 'a', name: null, isCustom: false, isError: false } as const;
    expect(said('user', { ...result, parts: [image] })).toBe('input[].output');
  });

  test('but a choice among no tools is not asked for', () => {
    const bodyOf = (kind: 'auto' | 'required') =>
      chatTranslator.writeRequest({ ...BARE_PROMPT, toolChoice: { kind }, parallelToolCalls: true }, asked).body;
    expect(bodyOf('auto')).not.toHaveProperty('tool_choice');
    expect(bodyOf('auto')).not.toHaveProperty('parallel_tool_calls');
    expect(bodyOf('required')).toHaveProperty('tool_choice', 'required');
  });

  test('but a failed tool is told in words', () => {
    const result = { kind: 'tool-result', callId: 'a', name: null, isCustom: false, isError: true, parts: [] } as const;
    const prompt = { ...BARE_PROMPT, turns: [{ role: 'user', parts: [result] }] } as const;
    expect(chatTranslator.writeRequest(prompt, asked).body['messages']).toEqual([
      { role: 'tool', tool_call_id: 'a', content: 'The tool failed.' },
    ]);
  });
});
