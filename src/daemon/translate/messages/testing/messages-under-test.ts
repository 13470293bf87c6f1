import {
  decodeSeal,
  type EndReason,
  effortOf,
  type Feature,
  inputObject,
  isObject,
  type Json,
  type Part,
  type Prompt,
  type Reasoning,
  type Seal,
  safeCallId,
  safeName,
  type Told,
  type Tool,
  type Turn,
  type WholeAnswer,
  type WholeBlock,
  wrapCustomInput,
} from '../../form/index.ts';
import { joinTurns, safeChoice } from '../../testing/normal-form.ts';
import type { WireUnderTest } from '../../testing/wire-under-test.ts';
import { messagesTranslator } from '../index.ts';

// Custom and hosted tools have tests of their own: they come back as functions, or with other options.
const LACKS = ['seed', 'presencePenalty', 'frequencyPenalty', 'audio', 'customTools', 'hostedTools'] as const;

export const messagesUnderTest: WireUnderTest = {
  translator: messagesTranslator,
  lacks: new Set(LACKS),
  within,
  normalPrompt,
  fromOthers: {
    lacks: new Set<Feature>([...LACKS, 'fileIds']),
    within: (prompt) => withoutClashes(within(prompt)),
    normalPrompt: (prompt) => ({
      ...normalPrompt(prompt),
      turns: normalTurns(laterAsUser(prompt.turns)),
      reasoning: wordedReasoning(prompt.reasoning),
    }),
  },
  expectedAnswer,
  seenAnswer,
};

/** Reasoning goes with no other sampling and no forced tool. */
function withoutClashes(prompt: Prompt): Prompt {
  if (prompt.reasoning === null) return prompt;
  const sampling = { ...prompt.sampling, temperature: null, topP: null, topK: null };
  return { ...prompt, sampling, toolChoice: null };
}

/** A budget becomes an effort; `minimal` is the least there is. */
function wordedReasoning(reasoning: Reasoning | null): Reasoning | null {
  const effort = effortOf(reasoning);
  return normalReasoning(reasoning && { ...reasoning, effort, budgetTokens: null });
}

/** Only clients of this wire say something as the system later on. */
function laterAsUser(turns: readonly Turn[]): readonly Turn[] {
  const start = turns.findIndex(({ role }) => role === 'user' || role === 'assistant');
  return turns.map((turn, index): Turn => {
    if (index < start || start < 0 || turn.role === 'user' || turn.role === 'assistant') return turn;
    const texts = turn.parts.flatMap((part) => (part.kind === 'text' && part.text.trim() !== '' ? [part.text] : []));
    return { role: 'user', parts: texts.map((text) => ({ kind: 'text', text: `<system>\n${text}\n</system>` })) };
  });
}

function within(prompt: Prompt): Prompt {
  const { sampling, format } = prompt;
  const temperature = sampling.temperature === null ? null : sampling.temperature / 2;
  const schema = format?.kind === 'schema' ? format : null;
  return { ...prompt, sampling: { ...sampling, temperature }, format: schema, verbosity: null };
}

const TIERS: ReadonlySet<unknown> = new Set(['auto', 'standard_only']);

function normalPrompt(prompt: Prompt): Prompt {
  const { tools, hints, format, sampling, toolChoice, parallelToolCalls: parallel } = prompt;
  return {
    ...prompt,
    turns: normalTurns(prompt.turns),
    tools: tools.map(normalTool),
    toolChoice: tools.length === 0 ? null : safeChoice(toolChoice ?? (parallel === null ? null : { kind: 'auto' })),
    parallelToolCalls: tools.length === 0 || toolChoice?.kind === 'none' ? null : parallel,
    sampling: { ...sampling, maxOutputTokens: sampling.maxOutputTokens ?? 32_000 },
    reasoning: normalReasoning(prompt.reasoning),
    format: format?.kind === 'schema' ? { ...format, name: 'output', description: null, strict: true } : null,
    hints: {
      cacheKey: null,
      endUser: hints.endUser,
      serviceTier: TIERS.has(hints.serviceTier) ? hints.serviceTier : null,
      metadata: null,
    },
    wantsStreamUsage: false,
  };
}

/** The system is said first and as texts; results come before what else the user says. */
function normalTurns(turns: readonly Turn[]): readonly Turn[] {
  const renamed = turns.map(({ role, parts }): Turn => ({ role: role === 'developer' ? 'system' : role, parts }));
  const joined = joinTurns(renamed.map((turn) => ({ ...turn, parts: turn.parts.flatMap(normalPart) })));
  return joinTurns(
    joined.map(({ role, parts }) => {
      if (role === 'assistant') return { role, parts: withoutLastThoughts(parts) };
      const results = parts.filter(({ kind }) => kind === 'tool-result');
      return { role, parts: [...results, ...parts.filter(({ kind }) => kind !== 'tool-result')] };
    }),
  );
}

function withoutLastThoughts(parts: readonly Part[]): readonly Part[] {
  return parts.slice(0, parts.findLastIndex(({ kind }) => kind !== 'reasoning') + 1);
}

function normalPart(part: Part): readonly Part[] {
  switch (part.kind) {
    case 'text':
    case 'refusal':
      return part.text.trim() === '' ? [] : [{ kind: 'text', text: part.text }];
    case 'reasoning':
      return part.seal?.wire === 'messages' ? [{ ...part, seal: ownSeal(part.seal) }] : [];
    case 'tool-call':
      return [{ ...part, ...safeCall(part), input: JSON.stringify(inputObject(part.input)) }];
    case 'tool-result': {
      const parts = part.parts.flatMap(normalPart) as typeof part.parts;
      return [{ ...part, callId: safeCallId(part.callId), name: part.name && safeName(part.name), parts }];
    }
    case 'image':
      return [{ ...part, detail: null }];
    default:
      return [part];
  }
}

function safeCall({ callId, name }: { readonly callId: string; readonly name: string }) {
  return { callId: safeCallId(callId), name: safeName(name) };
}

function ownSeal({ data }: Seal): Seal {
  return { wire: 'messages', kind: 'signature', data, id: null };
}

function normalTool(tool: Tool): Tool {
  if (tool.kind !== 'function') return tool;
  const parameters = { type: 'object', ...(tool.parameters ?? { properties: {} }) };
  return { ...tool, name: safeName(tool.name), parameters, strict: tool.strict || null };
}

function normalReasoning(reasoning: Reasoning | null): Reasoning | null {
  if (reasoning === null) return null;
  if (effortOf(reasoning) === 'none') return { effort: 'none', budgetTokens: null, summary: null, wantsSeal: false };
  return {
    effort: reasoning.effort === 'minimal' ? 'low' : reasoning.effort,
    budgetTokens: reasoning.budgetTokens || null,
    summary: reasoning.summary === 'none' ? 'none' : 'auto',
    wantsSeal: true,
  };
}

const NO_USAGE = { input: 0, cachedInput: 0, cacheWrite5m: 0, cacheWrite1h: 0, output: 0, reasoning: 0 };

function expectedAnswer({ id, blocks, ending }: WholeAnswer, told: Told): Json {
  return {
    id: id?.startsWith('msg_') ? id : `msg_${told.seed}`,
    model: told.model,
    blocks: blocks.flatMap(viewBlock),
    ending:
      ending?.type === 'end' ? { ...ending, reason: reasonOf(ending.reason), usage: ending.usage ?? NO_USAGE } : ending,
  };
}

function reasonOf(reason: EndReason): EndReason {
  return reason === 'filtered' ? 'refusal' : reason;
}

/** Seals of texts and calls stand beside them; a text of nothing is its seal alone. */
function viewBlock(block: WholeBlock): readonly Json[] {
  const { content, text, citations } = block;
  const seal = block.seal && viewSeal(block.seal);
  if (content.kind === 'tool-call') {
    const input = inputObject(content.isCustom ? wrapCustomInput(text) : text);
    return [{ kind: 'tool-call', callId: content.callId, name: content.name, input, seal }];
  }
  if (text === '') return seal === null ? [] : [{ kind: 'reasoning', text: '', seal, citations: [] }];
  const kind = content.kind === 'refusal' ? 'text' : content.kind;
  return [{ kind, text, seal, citations: citations.map(({ url, title }) => ({ url, title })) }];
}

function viewSeal(seal: Seal): Json {
  return { ...seal, ...(seal.wire === 'messages' && { kind: 'own', id: null }) };
}

function seenAnswer({ id, model, blocks, ending }: WholeAnswer): Json {
  const seen: Json[] = [];
  let forNext: Seal | null = null;
  for (const block of blocks) {
    const placed = block.seal && decodeSeal(block.seal.data);
    if (placed?.place === 'next') forNext = placed.seal;
    else if (placed?.place === 'previous') seen.push({ ...seen.pop(), seal: viewSeal(placed.seal) });
    else {
      const seal = forNext ?? placed?.seal ?? block.seal;
      seen.push(...viewBlock({ ...block, seal }));
      forNext = null;
    }
  }
  return { id, model, blocks: seen, ending: isObject(ending) ? ending : null };
}
