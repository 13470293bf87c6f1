import { describe, expect, test } from 'vitest';
import { Untranslatable } from '../../translate/index.ts';
import { type CodexWish, codexBody } from './codex-body.ts';

const WISH: CodexWish = { model: 'gpt-5-codex', cacheKey: 'k', isCompact: false };

function sent(body: unknown, wish: Partial<CodexWish> = {}): Record<string, unknown> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return JSON.parse(codexBody(Buffer.from(text), { ...WISH, ...wish }).toString('utf8'));
}

describe('a body for the Codex backend', () => {
  test('has what it wants one way only, whatever the client said', () => {
    expect(sent({ model: 'x', input: 'hello', store: true, stream: false })).toEqual({
      model: 'gpt-5-codex',
      input: [{ type: 'message', role: 'user', content: [{ type: 'input_text', text: 'hello' }] }],
      instructions: '',
      store: false,
      stream: true,
      include: ['reasoning.encrypted_content'],
      prompt_cache_key: 'k',
    });
  });

  test('keeps the bytes of what may stay', () => {
    const input = '[ {"type":"message","seed":9007199254740993,"content":[{"type":"input_text","text":"\\ud800"}]} ]';
    const text = codexBody(Buffer.from(`{"model":"x","input":${input},"instructions":"be  brief"}`), WISH).toString();
    expect(text).toContain(input);
    expect(text).toContain('"instructions":"be  brief"');
  });

  test.each([
    'temperature',
    'top_p',
    'max_output_tokens',
    'metadata',
    'user',
    'truncation',
    'safety_identifier',
    'prompt_cache_retention',
    'top_logprobs',
    'something_new',
  ])('leaves %s out', (name) => {
    expect(sent({ model: 'x', [name]: 1, input: [], text: { verbosity: 'low' } })).not.toHaveProperty(name);
    expect(sent({ [name]: 1, model: 'x', input: [] })).not.toHaveProperty(name);
    expect(sent({ model: 'x', input: [], [name]: { a: [1, 2] } })).not.toHaveProperty(name);
  });

  test.each([
    ['previous_response_id', 'resp_1'],
    ['conversation', 'conv_1'],
    ['prompt', { id: 'pmpt_1' }],
    ['background', true],
  ])('refuses %s by name, because without it the answer would mean something else', (name, value) => {
    expect(() => sent({ model: 'x', input: [], [name]: value })).toThrow(Untranslatable);
    expect(sent({ model: 'x', input: [], [name]: null })).not.toHaveProperty(name);
  });

  test('calls the operator of a conversation developer, and only there', () => {
    const { input } = sent({
      model: 'x',
      input: [
        { role: 'system', content: 'the "role": "system" of a text stays' },
        { type: 'message', role: 'user', content: [{ type: 'input_text', text: '"role":"system"' }] },
      ],
    });
    expect(input).toEqual([
      { role: 'developer', content: 'the "role": "system" of a text stays' },
      { type: 'message', role: 'user', content: [{ type: 'input_text', text: '"role":"system"' }] },
    ]);
  });

  test('takes breakpoints of caches out of parts', () => {
    const part = { type: 'input_text', text: 'a' };
    const { input } = sent({
      model: 'x',
      input: [{ role: 'system', content: [{ ...part, prompt_cache_breakpoint: { mode: 'explicit' } }] }],
    });
    expect(input).toEqual([{ role: 'developer', content: [part] }]);
  });

  test('asks for sealed reasoning beside what the client asked for', () => {
    const include = ['web_search_call.action.sources'];
    expect(sent({ model: 'x', input: [], include })['include']).toEqual([...include, 'reasoning.encrypted_content']);
  });

  test('has parallel calls only with tools, and no tier but priority', () => {
    expect(sent({ model: 'x', input: [], parallel_tool_calls: true, tools: [] })).not.toHaveProperty(
      'parallel_tool_calls',
    );
    const tools = [{ type: 'function', name: 'f' }];
    expect(sent({ model: 'x', input: [], parallel_tool_calls: true, tools })['parallel_tool_calls']).toBe(true);
    expect(sent({ model: 'x', input: [], service_tier: 'flex' })).not.toHaveProperty('service_tier');
    expect(sent({ model: 'x', input: [], service_tier: 'priority' })['service_tier']).toBe('priority');
  });

  test('of a compaction says nothing of streams, stores and caches', () => {
    const body = {
      model: 'x',
      input: [],
      store: false,
      stream: true,
      include: [],
      prompt_cache_key: 'a',
      instructions: 'i',
    };
    expect(sent(body, { isCompact: true })).toEqual({ model: 'gpt-5-codex', input: [], instructions: 'i' });
  });

  test('without a name for the conversation has none of the client either', () => {
    expect(sent({ model: 'x', input: [], prompt_cache_key: 'mine' }, { cacheKey: null })).not.toHaveProperty(
      'prompt_cache_key',
    );
  });
});
