import fc from 'fast-check';
import type { Feature, Part, Prompt, Reasoning, Tool, ToolCallPart, ToolResultPart, Turn } from '../form/index.ts';
import { anyFormat, anyHints, anySampling } from './settings.ts';
import { jsonObject, orNull, saidWords, toolInput, toolName, words } from './texts.ts';

/** Conversations as readers give them, without the features that a wire `lacks`. */
export function prompts(lacks: ReadonlySet<Feature>): fc.Arbitrary<Prompt> {
  return fc
    .record({
      model: fc.stringMatching(/^[a-z0-9-]{1,12}$/),
      stream: fc.boolean(),
      turns: turns(lacks),
      tools: tools(lacks),
      parallelToolCalls: orNull(fc.boolean()),
      sampling: anySampling(lacks),
      reasoning: orNull(anyReasoning()),
      format: orNull(anyFormat()),
      verbosity: orNull(fc.constantFrom('low', 'medium', 'high')),
      hints: anyHints(),
      wantsStreamUsage: fc.boolean(),
      choice: fc.nat(),
    })
    .map(({ choice, ...prompt }) => ({ ...prompt, toolChoice: chooseTool(prompt.tools, choice) }));
}

function chooseTool(tools: readonly Tool[], choice: number): Prompt['toolChoice'] {
  const named = tools.flatMap((tool) => (tool.kind === 'hosted' ? [] : [tool.name]));
  const name = named[choice % Math.max(named.length, 1)];
  if (name === undefined) return null;
  if (choice % 3 === 0) return { kind: 'tool', name };
  return choice % 3 === 1 ? null : { kind: (['auto', 'none', 'required'] as const)[choice % 2] ?? 'auto' };
}

function anyReasoning(): fc.Arbitrary<Reasoning> {
  return fc.record({
    effort: orNull(fc.constantFrom('none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max')),
    budgetTokens: orNull(fc.nat(100_000)),
    summary: orNull(fc.constantFrom('none', 'auto', 'concise', 'detailed')),
    wantsSeal: fc.boolean(),
  });
}

function tools(lacks: ReadonlySet<Feature>): fc.Arbitrary<readonly Tool[]> {
  const named = { name: toolName(), description: orNull(words()) };
  const kinds: fc.Arbitrary<Tool>[] = [
    fc.record({
      kind: fc.constant('function'),
      ...named,
      parameters: orNull(jsonObject()),
      strict: orNull(fc.boolean()),
    }),
  ];
  const grammar = orNull(fc.record({ syntax: fc.constantFrom('lark', 'regex'), definition: words() }));
  if (!lacks.has('customTools')) kinds.push(fc.record({ kind: fc.constant('custom'), ...named, grammar }));
  const search = fc.record(
    {
      search_context_size: fc.constantFrom('low', 'high'),
      user_location: fc.constant({ type: 'approximate', city: 'B' }),
    },
    { requiredKeys: [] },
  );
  if (!lacks.has('hostedTools')) {
    kinds.push(fc.record({ kind: fc.constant('hosted'), name: fc.constant('web_search'), options: search }));
  }
  return fc.uniqueArray(fc.oneof(...kinds), { maxLength: 4, selector: (tool) => tool.name });
}

/** What is said before anyone answers, then by turns; results follow their calls. */
function turns(lacks: ReadonlySet<Feature>): fc.Arbitrary<readonly Turn[]> {
  const instructions = fc.record({
    role: fc.constantFrom('system', 'developer'),
    parts: fc.array(said(words()), { minLength: 1, maxLength: 2 }),
  });
  const user = fc.record({
    role: fc.constant('user'),
    parts: fc.array(userPart(lacks), { minLength: 1, maxLength: 3 }),
  });
  const exchange = fc.oneof(
    instructions.map((turn) => [turn]),
    user.map((turn) => [turn]),
    user.map((turn) => [turn]),
    assistant(lacks),
  );
  return fc.array(exchange, { minLength: 1, maxLength: 5 }).map((all) => numberCalls(all.flat()));
}

function said(text: fc.Arbitrary<string>): fc.Arbitrary<Part> {
  return text.map((value) => ({ kind: 'text', text: value }));
}

function userPart(lacks: ReadonlySet<Feature>): fc.Arbitrary<Part> {
  const kinds = [said(words()), ...media(lacks)];
  if (!lacks.has('audio')) {
    kinds.push(fc.record({ kind: fc.constant('audio'), data: base64(), format: fc.constantFrom('wav', 'mp3') }));
  }
  return fc.oneof(...kinds);
}

function media(lacks: ReadonlySet<Feature>): fc.Arbitrary<Extract<Part, { kind: 'image' | 'file' }>>[] {
  const bytes = (mediaType: string) =>
    fc.record({ kind: fc.constant('base64'), mediaType: fc.constant(mediaType), data: base64() });
  const id = fc.record({ kind: fc.constant('file-id'), id: fc.constantFrom('file-1', 'file-2') });
  const url = fc.record({ kind: fc.constant('url'), url: fc.constantFrom('https://x.test/a', 'https://x.test/b?c=d') });
  const detail = orNull(fc.constantFrom('auto', 'low', 'high'));
  const name = orNull(fc.constantFrom('a.pdf', 'notes.txt'));
  const kinds: fc.Arbitrary<Extract<Part, { kind: 'image' | 'file' }>>[] = [];
  if (!lacks.has('images')) {
    const sources = lacks.has('imageUrls') ? [bytes('image/png')] : [bytes('image/png'), url];
    kinds.push(fc.record({ kind: fc.constant('image'), source: fc.oneof(...sources), detail }));
  }
  if (!lacks.has('files')) {
    const sources = lacks.has('fileIds') ? [bytes('application/pdf')] : [bytes('application/pdf'), id];
    kinds.push(fc.record({ kind: fc.constant('file'), source: fc.oneof(...sources), name }));
  }
  return kinds;
}

function base64(): fc.Arbitrary<string> {
  return fc.uint8Array({ minLength: 1, maxLength: 9 }).map((bytes) => Buffer.from(bytes).toString('base64'));
}

function assistant(lacks: ReadonlySet<Feature>): fc.Arbitrary<readonly Turn[]> {
  const seal = fc.record({
    wire: fc.constantFrom('chat', 'responses', 'messages', 'gemini'),
    kind: fc.constantFrom('encrypted', 'signature'),
    data: saidWords(),
    id: orNull(fc.constantFrom('rs_1', 'rs_2')),
  });
  const sealing = seal.map((made) => (made.wire === 'responses' ? { ...made, kind: 'encrypted' } : made));
  const reasoning = fc.record({ kind: fc.constant('reasoning'), text: words(), seal: orNull(sealing) });
  const refusal = fc.record({ kind: fc.constant('refusal'), text: saidWords() });
  const isCustom = lacks.has('customTools') ? fc.constant(false) : fc.boolean();
  const call = fc.record({
    kind: fc.constant('tool-call'),
    callId: fc.constant(''),
    name: toolName(),
    input: toolInput(),
    isCustom,
  });
  const parts = fc.array(fc.oneof(said(words()), said(words()), reasoning, refusal, call, call), {
    minLength: 1,
    maxLength: 4,
  });
  const outputKinds = lacks.has('toolResultMedia') ? [said(words())] : [said(words()), ...media(lacks)];
  const output = fc.array(fc.oneof(...outputKinds), { minLength: 1, maxLength: 2 });
  return fc
    .record({ parts, outputs: fc.array(output, { minLength: 4, maxLength: 4 }), isError: fc.boolean() })
    .map(answerCalls);
}

interface Exchange {
  readonly parts: readonly Part[];
  readonly outputs: readonly (readonly Part[])[];
  readonly isError: boolean;
}

function answerCalls({ parts, outputs, isError }: Exchange): readonly Turn[] {
  const calls = parts.filter((part) => part.kind === 'tool-call');
  const results = calls.map(({ name, isCustom }, index): ToolResultPart => {
    const output = (outputs[index] ?? []) as ToolResultPart['parts'];
    return { kind: 'tool-result', callId: '', name, isCustom, parts: output, isError };
  });
  const asked: Turn = { role: 'assistant', parts };
  return results.length === 0 ? [asked] : [asked, { role: 'user', parts: results }];
}

/** Calls and their results get ids of their own, some of which no provider takes. */
function numberCalls(all: readonly Turn[]): readonly Turn[] {
  let calls = 0;
  let results = 0;
  const idOf = (count: number) => (count % 3 === 2 ? `tool call/${count}` : `call_${count}`);
  const number = (part: Part): Part => {
    if (part.kind === 'tool-call') return { ...part, callId: idOf(calls++) } satisfies ToolCallPart;
    return part.kind === 'tool-result' ? { ...part, callId: idOf(results++) } : part;
  };
  return all.map((turn) => ({ ...turn, parts: turn.parts.map(number) }));
}
