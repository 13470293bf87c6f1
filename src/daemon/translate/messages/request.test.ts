import { describe, expect, test } from 'vitest';
import { type Prompt, Untranslatable } from '../form/index.ts';
import { translators } from '../index.ts';
import { promptOf } from '../testing/said-answer.ts';
import { messagesTranslator } from './index.ts';

const FACTS = { model: 'from-the-route', stream: false };
const BODY = { model: 'claude-x', max_tokens: 100, messages: [{ role: 'user', content: 'hi' }] };

function read(changes: object): Prompt {
  return messagesTranslator.readRequest({ ...BODY, ...changes }, FACTS);
}

function fieldOf(act: () => unknown): string | null {
  try {
    act();
    return null;
  } catch (error) {
    if (!(error instanceof Untranslatable)) throw error;
    return error.field;
  }
}

describe('what is refused is named', () => {
  test.each<[string, object]>([
    ['max_tokens', { max_tokens: undefined }],
    ['max_tokens', { max_tokens: 0 }],
    ['mcp_servers', { mcp_servers: [{ type: 'url' }] }],
    ['container', { container: 'c_1' }],
    ['inference_geo', { inference_geo: 'eu' }],
    ['fallbacks', { fallbacks: { models: ['m'] } }],
    ['colour', { colour: 'red' }],
    ['thinking.type', { thinking: { type: 'between_tools' } }],
    ['thinking.budget_tokens', { thinking: { type: 'enabled' } }],
    ['output_config.task_budget', { output_config: { task_budget: { type: 'tokens' } } }],
    ['tools[0].type', { tools: [{ type: 'bash_20250124', name: 'bash' }] }],
    ['tools[0].input_schema', { tools: [{ name: 'f' }] }],
    ['tools[0].allowed_callers', { tools: [{ name: 'f', input_schema: {}, allowed_callers: ['direct'] }] }],
    ['tool_choice.type', { tool_choice: { name: 'f' } }],
    ['messages[0].role', { messages: [{ role: 'robot', content: 'hi' }] }],
    ['messages[0].content[0].type', { messages: [{ role: 'user', content: [{ type: 'container_upload' }] }] }],
    ['messages[0].content', { messages: [{ role: 'user', content: 7 }] }],
    [
      'messages[0].content[0].citations',
      {
        messages: [
          {
            role: 'user',
            content: [{ type: 'document', source: { type: 'url', url: 'u' }, citations: { enabled: true } }],
          },
        ],
      },
    ],
    [
      'messages[0].content[0].content[0].type',
      {
        messages: [
          { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't', content: [{ type: 'search_result' }] }] },
        ],
      },
    ],
    ['system[0].type', { system: [{ type: 'image' }] }],
    [
      'messages[1].output_config',
      { messages: [BODY.messages[0], { role: 'system', output_config: { effort: 'low' } }] },
    ],
  ])('%s', (field, changes) => {
    expect(fieldOf(() => read(changes))).toBe(field);
  });
});

test('what is harmless is left out', () => {
  const harmless = {
    cache_control: { type: 'ephemeral', ttl: '1h' },
    context_management: { edits: [{ type: 'clear_thinking_20251015', keep: 'all' }] },
    diagnostics: { previous_message_id: null },
    speed: 'fast',
    container: null,
    mcp_servers: [],
  };
  expect(read(harmless)).toEqual(read({}));
});

test('a session is what the cache goes by, and a long name of a user is kept short and the same', () => {
  const session = '0f9c2f0e-6a5e-4c8e-9d0a-1b2c3d4e5f60';
  const json = JSON.stringify({ device_id: 'd'.repeat(64), session_id: session });
  const { hints } = read({ metadata: { user_id: json } });
  expect(hints).toMatchObject({ cacheKey: session, endUser: expect.stringMatching(/^[0-9a-f]{64}$/) });
  expect(read({ metadata: { user_id: json } }).hints).toEqual(hints);
  const older = read({ metadata: { user_id: `user_a_account__session_${session}` } });
  expect(older.hints.cacheKey).toBe(session);
  expect(read({ metadata: { user_id: 'u-1' } }).hints).toMatchObject({ cacheKey: null, endUser: 'u-1' });
});

describe('written for Anthropic', () => {
  const asked = { fieldNames: translators.chat.fieldNames, from: 'chat' } as const;
  const write = (changes: Partial<Prompt>) => messagesTranslator.writeRequest(promptOf(changes), asked).body;
  const reasoning = { effort: 'high', budgetTokens: null, summary: null, wantsSeal: false } as const;

  test('a limit is always there, as high as every model of its age takes', () => {
    const limits = ['claude-opus-5', 'claude-3-5-haiku-latest', 'claude-3-opus-20240229', 'my-model'].map(
      (model) => write({ model })['max_tokens'],
    );
    expect(limits).toEqual([32_000, 8192, 4096, 32_000]);
  });

  test('effort is a word for models that decide for themselves, and a budget for those that cannot', () => {
    expect(write({ model: 'claude-opus-5', reasoning })).toMatchObject({
      thinking: { type: 'adaptive' },
      output_config: { effort: 'high' },
    });
    const older = write({ model: 'claude-sonnet-4-5-20250929', reasoning });
    expect(older).toMatchObject({ thinking: { type: 'enabled', budget_tokens: 24_576 } });
    expect(older).not.toHaveProperty('output_config');
    const none = { ...reasoning, effort: 'none' } as const;
    expect(write({ reasoning: none })).toMatchObject({ thinking: { type: 'disabled' } });
  });

  test('a budget leaves room for the answer, or there is none', () => {
    const model = 'claude-haiku-4-5';
    const limited = (maxOutputTokens: number) => ({ sampling: { ...promptOf().sampling, maxOutputTokens } });
    expect(write({ model, reasoning, ...limited(5000) })).toMatchObject({ thinking: { budget_tokens: 3976 } });
    expect(write({ model, reasoning, ...limited(2000) })).not.toHaveProperty('thinking');
  });

  test('a round of tools that another provider thought about goes on without a budget', () => {
    const call = { kind: 'tool-call', callId: 'c', name: 'f', input: '{}', isCustom: false } as const;
    const result = { kind: 'tool-result', callId: 'c', name: 'f', isCustom: false, parts: [], isError: false } as const;
    const turns = (seal: 'messages' | 'responses') =>
      [
        {
          role: 'assistant',
          parts: [{ kind: 'reasoning', text: 't', seal: { wire: seal, kind: 'signature', data: 'S', id: null } }, call],
        },
        { role: 'user', parts: [result] },
      ] as const;
    const model = 'claude-sonnet-4-5';
    expect(write({ model, reasoning, turns: turns('responses') })).not.toHaveProperty('thinking');
    expect(write({ model, reasoning, turns: turns('messages') })).toHaveProperty('thinking');
  });

  test.each<[string, Partial<Prompt>]>([
    ['temperature', { sampling: { ...promptOf().sampling, temperature: 1.2 } }],
    ['temperature', { reasoning, sampling: { ...promptOf().sampling, temperature: 0.5 } }],
    ['top_p', { reasoning, sampling: { ...promptOf().sampling, topP: 0.5 } }],
    ['seed', { sampling: { ...promptOf().sampling, seed: 1 } }],
    ['presence_penalty', { sampling: { ...promptOf().sampling, presencePenalty: 1 } }],
    ['frequency_penalty', { sampling: { ...promptOf().sampling, frequencyPenalty: 1 } }],
    ['response_format', { format: { kind: 'json' } }],
    [
      'tool_choice',
      {
        reasoning,
        toolChoice: { kind: 'required' },
        tools: [{ kind: 'function', name: 'f', description: null, parameters: null, strict: null }],
      },
    ],
    ['web_search_options', { tools: [{ kind: 'hosted', name: 'web_search', options: { size: 1 } }] }],
    [
      'messages[].content[].file',
      {
        turns: [
          {
            role: 'user',
            parts: [
              { kind: 'file', name: 'a.zip', source: { kind: 'base64', mediaType: 'application/zip', data: '' } },
            ],
          },
        ],
      },
    ],
  ])('%s is refused in the words of the client', (field, changes) => {
    expect(fieldOf(() => write(changes))).toBe(field);
  });

  test('instructions at the head are the system prompt, later ones keep their place', () => {
    const say = (role: 'system' | 'user' | 'developer', text: string) =>
      ({ role, parts: [{ kind: 'text', text }] }) as const;
    const body = write({ turns: [say('system', 'a'), say('developer', 'b'), say('user', 'c'), say('developer', 'd')] });
    expect(body['system']).toEqual([
      { type: 'text', text: 'a' },
      { type: 'text', text: 'b' },
    ]);
    expect(body['messages']).toEqual([
      {
        role: 'user',
        content: [
          { type: 'text', text: 'c' },
          { type: 'text', text: '<system>\nd\n</system>' },
        ],
      },
    ]);
  });

  test('arguments that are no JSON object are kept, and ids and names are made fit', () => {
    const call = { kind: 'tool-call', callId: 'a b/c', name: 'mcp.x/y', input: 'not json', isCustom: false } as const;
    const [message] = write({ turns: [{ role: 'assistant', parts: [call] }] })['messages'] as { content: object[] }[];
    expect(message?.content[0]).toMatchObject({
      id: expect.stringMatching(/^[\w-]+$/),
      name: expect.stringMatching(/^[\w-]{1,64}$/),
      input: { unparsed: 'not json' },
    });
  });
});

test('a search asks for the same on both sides', () => {
  const search = {
    type: 'web_search_20250305',
    name: 'web_search',
    max_uses: 3,
    allowed_domains: ['x.test'],
    user_location: { type: 'approximate', city: 'Bern' },
  };
  const asked = { fieldNames: messagesTranslator.fieldNames, from: 'messages' } as const;
  expect(messagesTranslator.writeRequest(read({ tools: [search] }), asked).body['tools']).toEqual([search]);
});

describe('a count', () => {
  const { counting } = messagesTranslator;

  test('is asked for without what only an answer needs', () => {
    const { max_tokens: _, ...question } = BODY;
    const prompt = counting?.readQuestion({ ...question, system: 's', thinking: { type: 'adaptive' } }, FACTS);
    expect(prompt).toMatchObject({ stream: false, turns: [{ role: 'system' }, { role: 'user' }] });
    const asked = { fieldNames: messagesTranslator.fieldNames, from: 'messages' } as const;
    const written = prompt && counting?.writeQuestion(prompt, asked);
    expect(written).toMatchObject({ path: '/messages/count_tokens', body: { system: 's' } });
    expect(Object.keys(written?.body ?? {})).toEqual(['model', 'system', 'messages', 'thinking']);
  });

  test('is read and written', () => {
    expect(counting?.readCount(counting.writeCount(7))).toBe(7);
    expect(counting?.readCount({ error: {} })).toBeNull();
  });
});
