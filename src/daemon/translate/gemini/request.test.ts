import { describe, expect, test } from 'vitest';
import { Field, type Prompt, type ToolCallPart, Untranslatable } from '../form/index.ts';
import { translators } from '../index.ts';
import { promptOf } from '../testing/said-answer.ts';
import { geminiTranslator } from './index.ts';
import { jsonSchemaOf } from './schema.ts';

const FACTS = { model: 'gemini-x', stream: true };
const CONTENTS = [{ role: 'user', parts: [{ text: 'hi' }] }];

function read(changes: object): Prompt {
  return geminiTranslator.readRequest({ contents: CONTENTS, ...changes }, FACTS);
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

test('model and form of the answer are those of the path', () => {
  expect(read({ model: 'models/other' })).toMatchObject({ model: 'gemini-x', stream: true });
});

describe('what is refused is named', () => {
  const part = (value: object) => ({ contents: [{ role: 'user', parts: [value] }] });
  test.each<[string, object]>([
    ['contents', { contents: undefined }],
    ['contents[0].role', { contents: [{ role: 'system', parts: [] }] }],
    ['contents[0].parts[0]', part({})],
    ['contents[0].parts[0].executableCode', part({ executableCode: { code: 'x' } })],
    ['contents[0].parts[0].videoMetadata', part({ text: 'a', videoMetadata: { fps: 1 } })],
    ['contents[0].parts[0].fileData.mimeType', part({ fileData: { fileUri: 'u', mimeType: 'video/mp4' } })],
    ['contents[0].parts[0].functionCall.partialArgs', part({ functionCall: { name: 'f', partialArgs: [1] } })],
    ['cachedContent', { cachedContent: 'cachedContents/1' }],
    ['tools[0].urlContext', { tools: [{ urlContext: {} }] }],
    ['tools[0].functionDeclarations[0].behavior', tool({ behavior: 'NON_BLOCKING' })],
    ['tools[0].googleSearch.excludeDomains', { tools: [{ googleSearch: { excludeDomains: ['x.test'] } }] }],
    ['toolConfig.retrievalConfig', { toolConfig: { retrievalConfig: {} } }],
    [
      'toolConfig.functionCallingConfig.allowedFunctionNames',
      {
        tools: [{ functionDeclarations: [{ name: 'a' }, { name: 'b' }, { name: 'c' }] }],
        toolConfig: { functionCallingConfig: { mode: 'ANY', allowedFunctionNames: ['a', 'b'] } },
      },
    ],
    ['generationConfig.speechConfig', { generationConfig: { speechConfig: {} } }],
    ['generationConfig.responseLogprobs', { generationConfig: { responseLogprobs: true } }],
    ['generationConfig.responseModalities[0]', { generationConfig: { responseModalities: ['IMAGE'] } }],
    ['generationConfig.responseMimeType', { generationConfig: { responseSchema: { type: 'OBJECT' } } }],
    [
      'generationConfig.thinkingConfig.thinkingLevel',
      { generationConfig: { thinkingConfig: { thinkingLevel: 'VAST' } } },
    ],
    ['colour', { colour: 'red' }],
  ])('%s', (field, changes) => {
    expect(fieldOf(() => read(changes))).toBe(field);
  });
});

function tool(declared: object): object {
  return { tools: [{ functionDeclarations: [{ name: 'f', ...declared }] }] };
}

test('calls and responses without ids find each other by name and order', () => {
  const call = (name: string, id?: string) => ({ functionCall: { name, args: {}, ...(id && { id }) } });
  const response = (name: string, id?: string) => ({
    functionResponse: { name, response: { output: 'x' }, ...(id && { id }) },
  });
  const { turns } = read({
    contents: [
      { role: 'model', parts: [call('a'), call('b', 'own'), call('a')] },
      { role: 'user', parts: [response('a'), response('b', 'own'), response('a')] },
      { role: 'model', parts: [call('a')] },
      { role: 'user', parts: [response('a')] },
    ],
  });
  const ids = turns.map(({ parts }) => parts.map((each) => ('callId' in each ? each.callId : null)));
  expect(ids[0]).toEqual(ids[1]);
  expect(ids[2]).toEqual(ids[3]);
  expect(new Set([...(ids[0] ?? []), ...(ids[2] ?? [])]).size).toBe(4);
});

test('a schema of this wire becomes JSON Schema, and names of properties stay', () => {
  const schema = {
    type: 'OBJECT',
    properties: {
      some_name: { type: 'STRING', nullable: true, enum: ['a'] },
      type: { type: 'ARRAY', items: { any_of: [{ type: 'INTEGER' }, { type: 'NULL' }] }, min_items: '2' },
    },
    required: ['some_name'],
    property_ordering: ['some_name', 'type'],
    example: {},
  };
  expect(jsonSchemaOf(new Field(schema))).toEqual({
    type: 'object',
    properties: {
      some_name: { type: ['string', 'null'], enum: ['a', null] },
      type: { type: 'array', items: { anyOf: [{ type: 'integer' }, { type: 'null' }] }, minItems: 2 },
    },
    required: ['some_name'],
  });
});

describe('written for Gemini', () => {
  const asked = { fieldNames: translators.responses.fieldNames, from: 'responses' } as const;
  const write = (changes: Partial<Prompt>) =>
    geminiTranslator.writeRequest(promptOf({ model: 'gemini-3-pro', ...changes }), asked);
  const reasoning = { effort: 'medium', budgetTokens: null, summary: 'auto', wantsSeal: true } as const;

  test('the model stands in the path, if it can', () => {
    expect(write({ model: 'models/gemini-3-pro' }).path).toBe('/models/gemini-3-pro:generateContent');
    expect(write({ stream: true }).path).toBe('/models/gemini-3-pro:streamGenerateContent?alt=sse');
    for (const model of ['../x', 'a/b', 'a:b', '', 'a?b', 'a%2fb', '.'])
      expect(fieldOf(() => write({ model }))).toBe('model');
  });

  test('effort is a level, or a budget for models that know no levels', () => {
    const thinking = (model: string, changes: object = {}) =>
      (write({ model, reasoning: { ...reasoning, ...changes } }).body['generationConfig'] as { thinkingConfig: object })
        .thinkingConfig;
    expect(thinking('gemini-3-pro')).toEqual({ thinkingLevel: 'MEDIUM', includeThoughts: true });
    expect(thinking('gemini-2.5-flash')).toEqual({ thinkingBudget: 10_240, includeThoughts: true });
    expect(thinking('gemini-2.5-flash', { effort: 'max' })).toMatchObject({ thinkingBudget: 24_576 });
    expect(thinking('gemini-2.5-flash', { effort: 'none', summary: null })).toEqual({ thinkingBudget: 0 });
    expect(thinking('gemini-3-pro', { effort: 'none', summary: 'none' })).toEqual({
      thinkingLevel: 'MINIMAL',
      includeThoughts: false,
    });
  });

  test('the first call of a round that nobody signed says so, where a signature is looked for', () => {
    const call = (data: string | null): ToolCallPart => ({
      kind: 'tool-call',
      callId: 'c',
      name: 'f',
      input: '{}',
      isCustom: false,
      seal: data === null ? null : { wire: 'gemini', kind: 'thought', data, id: null },
    });
    const signatures = (model: string, seals: readonly (string | null)[]) => {
      const { body } = write({ model, turns: [{ role: 'assistant', parts: seals.map(call) }] });
      const [content] = body['contents'] as { parts: { thoughtSignature?: string }[] }[];
      return content?.parts.map(({ thoughtSignature }) => thoughtSignature ?? null);
    };
    expect(signatures('gemini-3-pro', [null, null])).toEqual(['skip_thought_signature_validator', null]);
    expect(signatures('gemini-3-pro', ['AAEC', null])).toEqual(['AAEC', null]);
    expect(signatures('gemini-2.5-pro', [null])).toEqual([null]);
  });

  test.each<[string, Partial<Prompt>]>([
    [
      'parallel_tool_calls',
      { parallelToolCalls: false, tools: [{ kind: 'custom', name: 'p', description: null, grammar: null }] },
    ],
    ['seed', { sampling: { ...promptOf().sampling, seed: 2 ** 40 } }],
  ])('%s is refused in the words of the client', (_field, changes) => {
    const { fieldNames } = asked;
    expect(Object.values(fieldNames)).toContain(fieldOf(() => write(changes)));
  });

  test('a custom tool comes back as what the client knows', () => {
    const prompt = promptOf({ tools: [{ kind: 'custom', name: 'patch', description: null, grammar: null }] });
    const part = { functionCall: { id: 'c', name: 'patch', args: { input: 'a\nb' } } };
    const answer = { candidates: [{ content: { parts: [part] }, finishReason: 'STOP' }], responseId: 'r' };
    const events = geminiTranslator.readAnswer(answer, prompt);
    expect(events).toContainEqual({ type: 'delta', block: 0, text: 'a\nb' });
    expect(events).toContainEqual(expect.objectContaining({ content: expect.objectContaining({ isCustom: true }) }));
  });
});

describe('a count', () => {
  const { counting } = geminiTranslator;

  test('is asked of contents alone, or of a whole request', () => {
    const alone = counting?.readQuestion({ contents: CONTENTS }, FACTS);
    const whole = counting?.readQuestion({ generateContentRequest: { model: 'models/x', contents: CONTENTS } }, FACTS);
    expect(alone).toEqual(whole);
    const asked = { fieldNames: geminiTranslator.fieldNames, from: 'gemini' } as const;
    expect(alone && counting?.writeQuestion(alone, asked)).toMatchObject({
      path: '/models/gemini-x:countTokens',
      body: { generateContentRequest: { model: 'models/gemini-x', contents: CONTENTS } },
    });
  });

  test('is read and written', () => {
    expect(counting?.readCount(counting.writeCount(7))).toBe(7);
    expect(counting?.readCount([])).toBeNull();
  });
});
