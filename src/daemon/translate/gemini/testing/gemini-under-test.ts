import {
  decodeSeal,
  type EndReason,
  effortOf,
  type Feature,
  inputObject,
  type Json,
  type Part,
  type Prompt,
  type Reasoning,
  type Seal,
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
import { geminiTranslator } from '../index.ts';

// These have tests of their own: they come back as functions, as addresses of a type, or with other options.
const LACKS = new Set<Feature>(['customTools', 'hostedTools', 'imageUrls', 'fileIds']);

export const geminiUnderTest: WireUnderTest = {
  translator: geminiTranslator,
  lacks: LACKS,
  within,
  normalPrompt,
  fromOthers: {
    lacks: LACKS,
    within,
    normalPrompt: (prompt) => ({ ...normalPrompt(prompt), reasoning: leveledReasoning(prompt.reasoning) }),
  },
  expectedAnswer,
  seenAnswer,
};

/** A budget becomes a level, and none is the least there is. */
function leveledReasoning(reasoning: Reasoning | null): Reasoning | null {
  const effort = effortOf(reasoning);
  return normalReasoning(
    reasoning && { ...reasoning, effort: effort === 'none' ? 'minimal' : effort, budgetTokens: null },
  );
}

function within(prompt: Prompt): Prompt {
  const { sampling } = prompt;
  const seed = sampling.seed === null ? null : sampling.seed % 2_147_483_648;
  const model = prompt.model.replace(/^-+/, 'm');
  return { ...prompt, model, sampling: { ...sampling, seed }, verbosity: null, parallelToolCalls: null };
}

const TIERS: ReadonlySet<unknown> = new Set(['flex', 'standard', 'priority']);

function normalPrompt(prompt: Prompt): Prompt {
  const { tools, hints, format, toolChoice } = prompt;
  return {
    ...prompt,
    turns: normalTurns(prompt.turns),
    tools: tools.map(normalTool),
    toolChoice: tools.length === 0 ? null : safeChoice(toolChoice),
    reasoning: normalReasoning(prompt.reasoning),
    format: format?.kind === 'schema' ? { ...format, name: 'output', description: null, strict: true } : format,
    hints: {
      cacheKey: null,
      endUser: null,
      serviceTier: TIERS.has(hints.serviceTier) ? hints.serviceTier : null,
      metadata: null,
    },
    wantsStreamUsage: false,
  };
}

/** Instructions at the head are the system's, later ones words of the user; results come before those. */
function normalTurns(turns: readonly Turn[]): readonly Turn[] {
  const isInstruction = ({ role }: Turn) => role === 'system' || role === 'developer';
  const start = turns.findIndex((turn) => !isInstruction(turn));
  const head = start < 0 ? turns : turns.slice(0, start);
  const rest = start < 0 ? [] : turns.slice(start);
  const said = head.flatMap(({ parts }) => parts.filter((part) => part.kind === 'text' && part.text.trim() !== ''));
  const spoken = rest.map((turn): Turn => {
    if (!isInstruction(turn)) return { role: turn.role, parts: turn.parts.flatMap(normalPart) };
    const texts = turn.parts.flatMap((part) => (part.kind === 'text' && part.text.trim() !== '' ? [part.text] : []));
    return { role: 'user', parts: texts.map((text) => ({ kind: 'text', text: `<system>\n${text}\n</system>` })) };
  });
  const joined = joinTurns(spoken).map(({ role, parts }): Turn => {
    const results = parts.filter(({ kind }) => kind === 'tool-result');
    return { role, parts: [...results, ...parts.filter(({ kind }) => kind !== 'tool-result')] };
  });
  return joinTurns([{ role: 'system', parts: said }, ...joined]);
}

function normalPart(part: Part): readonly Part[] {
  switch (part.kind) {
    case 'text':
    case 'refusal':
      return part.text === '' ? [] : [{ kind: 'text', text: part.text }];
    case 'reasoning':
      return part.seal?.wire === 'gemini' ? [{ ...part, seal: ownSeal(part.seal) }] : [];
    case 'tool-call':
      return [{ ...part, name: safeName(part.name), input: JSON.stringify(inputObject(part.input)) }];
    case 'tool-result': {
      const texts = part.parts.flatMap((each) => (each.kind === 'text' ? [each.text] : []));
      const media = part.parts.filter(({ kind }) => kind !== 'text').flatMap(normalPart) as typeof part.parts;
      const text = texts.join('\n');
      const said = text === '' && media.length > 0 ? [] : [{ kind: 'text', text } as const];
      return [{ ...part, name: part.name && safeName(part.name), parts: [...said, ...media] }];
    }
    case 'image':
      return [{ ...part, detail: null }];
    case 'file':
      return [{ ...part, name: null }];
    default:
      return [part];
  }
}

function ownSeal({ data }: Seal): Seal {
  return { wire: 'gemini', kind: 'thought', data, id: null };
}

function normalTool(tool: Tool): Tool {
  return tool.kind === 'function' ? { ...tool, name: safeName(tool.name), strict: null } : tool;
}

function normalReasoning(reasoning: Reasoning | null): Reasoning | null {
  if (reasoning === null) return null;
  const summary = reasoning.summary === null || reasoning.summary === 'none' ? reasoning.summary : 'auto';
  const effort = effortOf(reasoning);
  if (effort === 'none') return { effort, budgetTokens: null, summary, wantsSeal: false };
  if (reasoning.budgetTokens) return { effort: null, budgetTokens: reasoning.budgetTokens, summary, wantsSeal: true };
  if (effort === null && summary === null) return null;
  return {
    effort: effort === 'xhigh' || effort === 'max' ? 'high' : effort,
    budgetTokens: null,
    summary,
    wantsSeal: true,
  };
}

function expectedAnswer(answer: WholeAnswer, told: Told): Json {
  const { ending } = answer;
  const blocks = viewBlocks(answer.blocks);
  // An answer that broke off before its first word does not say whose it is.
  const isNamed = blocks.length > 0 || ending?.type === 'end';
  return {
    id: isNamed ? (answer.id ?? told.seed) : null,
    model: isNamed ? told.model : null,
    blocks,
    ending:
      ending?.type === 'end'
        ? {
            ...ending,
            reason: reasonOf(ending.reason, answer),
            usage: ending.usage && { ...ending.usage, cacheWrite5m: 0, cacheWrite1h: 0 },
            serviceTier: null,
          }
        : ending,
  };
}

function reasonOf(reason: EndReason, { blocks }: WholeAnswer): EndReason {
  if (reason === 'filtered') return reason;
  if (reason === 'length' || reason === 'pause') return 'length';
  const hadWords = blocks.some(({ content, text }) => content.kind !== 'reasoning' && text !== '');
  if (reason === 'refusal' && !hadWords) return 'filtered';
  return blocks.some(({ content }) => content.kind === 'tool-call') ? 'tool-calls' : 'stop';
}

interface Words {
  readonly kind: string;
  readonly text: string;
  readonly seal: Json | null;
}

/** Words of one kind are one until a signature or other parts come. Sources stand beside all of them. */
function viewBlocks(blocks: readonly WholeBlock[]): readonly (Words | Json)[] {
  const seen: (Words | Json)[] = [];
  let open: Words | null = null;
  for (const { content, text, seal } of blocks) {
    if (content.kind === 'tool-call') {
      const input = inputObject(content.isCustom ? wrapCustomInput(text) : text);
      seen.push({ kind: 'tool-call', callId: content.callId, name: content.name, input, seal: seal && viewSeal(seal) });
      open = null;
      continue;
    }
    if (text === '' && seal === null) continue;
    const kind = content.kind === 'refusal' ? 'text' : content.kind;
    const before: string = open?.kind === kind ? open.text : '';
    if (open?.kind === kind) seen.pop();
    const words: Words = { kind, text: before + text, seal: seal && viewSeal(seal) };
    seen.push(words);
    open = seal === null ? words : null;
  }
  return seen;
}

function viewSeal(seal: Seal): Json {
  const carried = decodeSeal(seal.data)?.seal ?? seal;
  return { ...carried, ...(carried.wire === 'gemini' && { kind: 'thought', id: null }) };
}

function seenAnswer({ id, model, blocks, ending }: WholeAnswer): Json {
  return { id, model, blocks: viewBlocks(blocks), ending };
}
