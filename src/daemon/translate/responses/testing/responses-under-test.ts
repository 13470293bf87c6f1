import {
  Field,
  type Json,
  type Part,
  type Prompt,
  type Seal,
  type Told,
  type WholeAnswer,
  type WholeBlock,
} from '../../form/index.ts';
import {
  joinTurns,
  openaiReason,
  openaiTier,
  safeChoice,
  safePart,
  safeTool,
  wordedReasoning,
} from '../../testing/normal-form.ts';
import type { WireUnderTest } from '../../testing/wire-under-test.ts';
import { readCarriedSeal } from '../carried-seal.ts';
import { responsesTranslator } from '../index.ts';

export const responsesUnderTest: WireUnderTest = {
  translator: responsesTranslator,
  lacks: new Set(['topK', 'stop', 'seed', 'presencePenalty', 'frequencyPenalty', 'audio']),
  normalPrompt,
  expectedAnswer,
  seenAnswer,
};

function normalPrompt(prompt: Prompt): Prompt {
  const { tools, reasoning, hints } = prompt;
  const summary = reasoning?.summary === 'none' ? null : (reasoning?.summary ?? null);
  return {
    ...prompt,
    turns: joinTurns(
      prompt.turns.map(({ role, parts }) => ({
        role: role === 'system' ? 'developer' : role,
        parts: parts.filter(isTold).map(safePart),
      })),
    ),
    // A schema that nobody called strict must not become so.
    tools: tools
      .map(safeTool)
      .map((tool) => (tool.kind === 'function' ? { ...tool, strict: tool.strict ?? false } : tool)),
    toolChoice: safeChoice(prompt.toolChoice),
    parallelToolCalls: tools.length > 0 ? prompt.parallelToolCalls : null,
    reasoning: wordedReasoning(reasoning, { summary, wantsSeal: reasoning?.wantsSeal ?? false }),
    hints: { ...hints, serviceTier: openaiTier(hints.serviceTier) },
    wantsStreamUsage: true,
  };
}

/** OpenAI takes back only thoughts that it sealed itself. */
function isTold(part: Part): boolean {
  return part.kind !== 'reasoning' || part.seal?.wire === 'responses';
}

function expectedAnswer(answer: WholeAnswer, told: Told): Json {
  const { blocks, ending } = answer;
  return {
    id: answer.id?.startsWith('resp_') ? answer.id : `resp_${told.seed}`,
    model: told.model,
    blocks: blocks.map(viewBlock),
    seals: sorted(
      blocks.flatMap(({ content, seal }) => (seal && content.kind !== 'refusal' ? [viewSeal(seal, content)] : [])),
    ),
    ending:
      ending?.type === 'end'
        ? {
            ...ending,
            reason: openaiReason(ending.reason, answer),
            serviceTier: ending.serviceTier ?? told.prompt.hints.serviceTier ?? 'default',
          }
        : ending,
  };
}

/** Seals of words and calls come in thoughts of their own. */
function seenAnswer({ id, model, blocks, ending }: WholeAnswer): Json {
  const carried = blocks.map((block) => ({ block, carried: carriedBy(block) }));
  const own = carried.filter((each) => !each.carried || each.carried.bound.to === 'reasoning');
  const seals = carried.flatMap((each) =>
    each.carried ? [viewSeal(each.carried.seal, { kind: each.carried.bound.to })] : [],
  );
  return { id, model, blocks: own.map(({ block }) => viewBlock(block)), seals: sorted(seals), ending };
}

function carriedBy({ seal }: WholeBlock) {
  return seal && readCarriedSeal(new Field(seal.data), seal.id);
}

function viewBlock({ content, text, citations }: WholeBlock): Json {
  return { content, text, citations: citations.map(({ url, title, span }) => ({ url, title, span })) };
}

/** A seal of OpenAI's own gets the id of the item that holds it. */
function viewSeal(seal: Seal, content: { readonly kind: string }): Json {
  const to = content.kind === 'tool-call' ? 'call' : content.kind;
  return seal.wire === 'responses' && to === 'reasoning' ? { data: seal.data, to } : { ...seal, to };
}

function sorted(seals: readonly Json[]): readonly Json[] {
  return seals.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}
