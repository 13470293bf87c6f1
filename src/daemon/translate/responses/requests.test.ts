import { describe, expect, test } from 'vitest';
import { CHAT_NAMES } from '../chat/names.ts';
import { type Json, NO_SAMPLING, type Part, type Prompt } from '../form/index.ts';
import { refusedField, unaskableField } from '../testing/refused-field.ts';
import { BARE_PROMPT } from '../testing/told.ts';
import { responsesTranslator } from './index.ts';

const FACTS = { model: 'm', stream: false };

function refused(more: Json): string | null {
  return refusedField(responsesTranslator, { model: 'm', input: 'hi', ...more });
}

describe('a Responses request is refused by the name of', () => {
  test.each<[string, Json]>([
    ['previous_response_id', { previous_response_id: 'resp_1' }],
    ['conversation', { conversation: 'conv_1' }],
    ['background', { background: true }],
    ['prompt', { prompt: { id: 'p' } }],
    ['truncation', { truncation: 'auto' }],
    ['context_management', { context_management: [{ type: 'compaction' }] }],
    ['max_tool_calls', { max_tool_calls: 3 }],
    ['top_logprobs', { top_logprobs: 2 }],
    ['moderation', { moderation: { model: 'm' } }],
    ['future_field', { future_field: {} }],
    ['include[1]', { include: ['reasoning.encrypted_content', 'message.output_text.logprobs'] }],
    ['reasoning.future', { reasoning: { future: 1 } }],
    ['reasoning.mode', { reasoning: { mode: 'pro' } }],
    ['text.format.type', { text: { format: { type: 'lark' } } }],
    ['stream_options.future', { stream_options: { future: 1 } }],
    ['input', { input: null }],
    ['input[0].type', { input: [{ type: 'item_reference', id: 'msg_1' }] }],
    ['input[0].type', { input: [{ type: 'compaction', encrypted_content: 'x' }] }],
    ['input[0].type', { input: [{ type: 'web_search_call', id: 'ws_1' }] }],
    ['input[0].role', { input: [{ content: 'x' }] }],
    ['input[0].content[0].type', { input: [{ role: 'user', content: [{ type: 'video' }] }] }],
    [
      'input[0].content[0].file_id',
      { input: [{ role: 'user', content: [{ type: 'input_file', file_id: 'a', file_url: 'https://x.test' }] }] },
    ],
    ['input[0].future', { input: [{ role: 'user', content: 'x', future: 1 }] }],
    ['input[0].call_id', { input: [{ type: 'function_call', name: 'f', arguments: '' }] }],
    [
      'input[0].output[0].type',
      { input: [{ type: 'function_call_output', call_id: 'a', output: [{ type: 'refusal' }] }] },
    ],
    ['tools[0].type', { tools: [{ type: 'mcp', server_label: 'x' }] }],
    ['tools[0].tools[0].type', { tools: [{ type: 'namespace', name: 'n', tools: [{ type: 'web_search' }] }] }],
    ['tools[0].type', { tools: [{ type: 'tool_search', execution: 'client' }] }],
    ['tools[1].type', { tools: [{ type: 'function', name: 'f' }, { type: 'tool_search' }] }],
    ['tools[0].defer_loading', { tools: [{ type: 'function', name: 'f', defer_loading: true }] }],
    ['tools[0].allowed_callers', { tools: [{ type: 'function', name: 'f', allowed_callers: ['programmatic'] }] }],
    ['tool_choice.type', { tool_choice: { type: 'allowed_tools', mode: 'auto', tools: [] } }],
  ])('%s', (field, more) => {
    expect(refused(more)).toBe(field);
  });
});

describe('a Responses request is read', () => {
  test.each<Json>([
    { store: true, background: false, truncation: 'disabled', previous_response_id: null, top_logprobs: 0 },
    { store: false, include: [], text: {}, reasoning: {}, tools: [], client_metadata: { a: 'b' }, instructions: '' },
  ])('without a trace of what asks for nothing: %j', (more) => {
    const plain = responsesTranslator.readRequest({ model: 'm', input: 'hi' }, FACTS);
    expect(responsesTranslator.readRequest({ model: 'm', input: 'hi', ...more }, FACTS)).toEqual(plain);
  });

  test('as Codex CLI sends it', () => {
    const { turns, tools, reasoning } = responsesTranslator.readRequest(
      {
        model: 'm',
        input: [
          { type: 'additional_tools', role: 'developer', tools: [{ type: 'custom', name: 'apply_patch' }] },
          { type: 'message', role: 'developer', content: [{ type: 'input_text', text: 'You are Codex.' }] },
          {
            type: 'message',
            role: 'user',
            content: [{ type: 'input_text', text: 'Go' }],
            internal_chat_message_metadata_passthrough: {},
          },
          { type: 'function_call', call_id: 'c1', name: 'list', namespace: 'mcp__files', arguments: '{}' },
          { type: 'function_call_output', call_id: 'c1', output: 'a' },
        ],
        tools: [
          { type: 'namespace', name: 'mcp__files', description: '', tools: [{ type: 'function', name: 'list' }] },
        ],
        tool_choice: 'auto',
        parallel_tool_calls: true,
        reasoning: { effort: 'xhigh', summary: 'auto', context: 'all_turns' },
        include: ['reasoning.encrypted_content'],
        store: false,
        stream: true,
        prompt_cache_key: 'k',
        text: { verbosity: 'low' },
        client_metadata: { 'x-codex': '1' },
      },
      FACTS,
    );
    const names = tools.map((tool) => [tool.name, tool.kind === 'hosted' ? undefined : tool.home]);
    expect(names).toEqual([
      ['mcp__files__list', { namespace: 'mcp__files', name: 'list' }],
      ['apply_patch', undefined],
    ]);
    expect(turns.map(({ role }) => role)).toEqual(['developer', 'user', 'assistant', 'user']);
    expect(turns[2]?.parts).toMatchObject([{ kind: 'tool-call', name: 'mcp__files__list' }]);
    expect(turns[3]?.parts).toMatchObject([{ kind: 'tool-result', name: 'mcp__files__list' }]);
    expect(reasoning).toEqual({ effort: 'xhigh', budgetTokens: null, summary: 'auto', wantsSeal: true });
  });

  test('and a call of a tool in a namespace is answered with both names', () => {
    const tools = [
      { type: 'namespace', name: 'mcp__files', description: '', tools: [{ type: 'function', name: 'list' }] },
    ];
    const prompt = responsesTranslator.readRequest({ model: 'm', input: 'hi', tools }, FACTS);
    const told = { prompt, seed: 's', createdAt: 1, model: 'm' };
    const content = { kind: 'tool-call', callId: 'c1', name: 'mcp__files__list', isCustom: false } as const;
    const answer = responsesTranslator.writeAnswer(
      [
        { type: 'start', id: null, model: null },
        { type: 'block-start', block: 0, content },
        { type: 'block-end', block: 0 },
        { type: 'end', reason: 'tool-calls', stopSequence: null, usage: null, serviceTier: null },
      ],
      told,
    );
    expect(answer).toMatchObject({
      output: [{ type: 'function_call', namespace: 'mcp__files', name: 'list' }],
      tools: [{ type: 'namespace', name: 'mcp__files', tools: [{ type: 'function', name: 'list' }] }],
    });
  });
});

describe('a server of Responses cannot be asked for', () => {
  const asked = { fieldNames: CHAT_NAMES, from: 'messages' } as const;
  const unaskable = (prompt: Partial<Prompt>) =>
    unaskableField(responsesTranslator, { ...BARE_PROMPT, ...prompt }, asked);
  const said = (role: 'user' | 'assistant', part: Part) => unaskable({ turns: [{ role, parts: [part] }] });

  test.each([
    ['top_k', { topK: 1 }],
    ['stop', { stop: ['x'] }],
    ['seed', { seed: 0 }],
    ['presence_penalty', { presencePenalty: 1 }],
    ['frequency_penalty', { frequencyPenalty: -1 }],
  ])('%s', (field, sampling) => {
    expect(unaskable({ sampling: { ...NO_SAMPLING, ...sampling } })).toBe(field);
  });

  test('audio, files of other providers, and media that the assistant made', () => {
    const image = { kind: 'image', source: { kind: 'url', url: 'https://x.test' }, detail: null } as const;
    expect(said('user', { kind: 'audio', data: 'x', format: 'wav' })).toBe('messages[].content[].input_audio');
    expect(said('user', { ...image, source: { kind: 'file-id', id: 'file_1' } })).toBe(
      'messages[].content[].file.file_id',
    );
    expect(said('assistant', image)).toBe('messages[].content[].image_url');
  });

  test('what Codex CLI offers beside its own tools is left out', () => {
    const own = { type: 'function', name: 'exec_command', parameters: {} };
    const search = { type: 'web_search', external_web_access: true };
    const read = (tools: readonly object[]) =>
      responsesTranslator.readRequest({ model: 'm', input: 'hi', tools }, FACTS).tools.map(({ name }) => name);
    expect(read([own, { type: 'tool_search', execution: 'client' }, search])).toEqual(['exec_command']);
    expect(read([own, { type: 'web_search' }])).toEqual(['exec_command', 'web_search']);
    expect(read([search])).toEqual(['web_search']);
  });

  test('but a choice among no tools is not asked for', () => {
    const bodyOf = (kind: 'none' | 'required') =>
      responsesTranslator.writeRequest({ ...BARE_PROMPT, toolChoice: { kind }, parallelToolCalls: true }, asked).body;
    expect(bodyOf('none')).not.toHaveProperty('tool_choice');
    expect(bodyOf('none')).not.toHaveProperty('parallel_tool_calls');
    expect(bodyOf('required')).toHaveProperty('tool_choice', 'required');
  });

  test('but penalties of 0 are none, and a failed tool is told in words', () => {
    const sampling = { ...NO_SAMPLING, presencePenalty: 0, frequencyPenalty: 0 };
    expect(unaskable({ sampling })).toBeNull();
    const result = { kind: 'tool-result', callId: 'a', name: null, isCustom: true, isError: true, parts: [] } as const;
    const prompt = { ...BARE_PROMPT, turns: [{ role: 'user', parts: [result] }] } as const;
    expect(responsesTranslator.writeRequest(prompt, asked).body['input']).toEqual([
      { type: 'custom_tool_call_output', call_id: 'a', output: 'The tool failed.' },
    ]);
  });
});
