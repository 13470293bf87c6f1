import type { Json, Part, Prompt, Told, Turn, WholeAnswer } from '../../form/index.ts';
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
import { chatTranslator } from '../index.ts';

export const chatUnderTest: WireUnderTest = {
  translator: chatTranslator,
  lacks: new Set(['topK', 'toolResultMedia']),
  normalPrompt,
  expectedAnswer: (answer, told) => view(answer, '\n\n', told),
  seenAnswer: (answer) => view(answer, '', null),
};

function normalPrompt(prompt: Prompt): Prompt {
  const { tools, hints } = prompt;
  const named = tools.filter((tool) => tool.kind !== 'hosted');
  return {
    ...prompt,
    turns: normalTurns(prompt.turns),
    // Search is asked for beside the tools.
    tools: [...named.map(safeTool), ...tools.filter((tool) => tool.kind === 'hosted')],
    toolChoice: safeChoice(prompt.toolChoice),
    parallelToolCalls: named.length > 0 ? prompt.parallelToolCalls : null,
    // Nothing can be said about how reasoning is shown, and nothing sealed comes.
    reasoning: wordedReasoning(prompt.reasoning, {}),
    hints: { ...hints, serviceTier: openaiTier(hints.serviceTier), metadata: null },
    wantsStreamUsage: prompt.stream,
  };
}

function normalTurns(turns: readonly Turn[]): readonly Turn[] {
  return joinTurns(inRuns(turns).flatMap((run) => (run[0]?.role === 'assistant' ? assistant(run) : others(run))));
}

/** Thoughts come first and in one, then words, then calls; thoughts that were sealed stay with their provider. */
function assistant(run: readonly Turn[]): readonly Turn[] {
  const parts = run.flatMap((turn) => turn.parts).map(safePart);
  const thoughts = parts.flatMap((part) =>
    part.kind === 'reasoning' && part.seal === null && part.text ? [part.text] : [],
  );
  const thought: Part = { kind: 'reasoning', text: thoughts.join('\n\n'), seal: null };
  const words = parts.filter((part) => part.kind === 'refusal' || (part.kind === 'text' && part.text !== ''));
  const calls = parts.filter((part) => part.kind === 'tool-call');
  return [{ role: 'assistant', parts: [...(thoughts.length > 0 ? [thought] : []), ...words, ...calls] }];
}

/** Results come before anything else is said; developers are the system. */
function others(run: readonly Turn[]): readonly Turn[] {
  const results = run.flatMap((turn) => turn.parts).filter((part) => part.kind === 'tool-result');
  const said = run.map(({ role, parts }): Turn => {
    const rest = parts.filter((part) => part.kind !== 'tool-result');
    return { role: role === 'developer' ? 'system' : role, parts: rest.map(safePart) };
  });
  return [{ role: 'user', parts: results.map(safePart) }, ...said];
}

function inRuns(turns: readonly Turn[]): readonly (readonly Turn[])[] {
  const runs: Turn[][] = [];
  for (const turn of turns) {
    const last = runs.at(-1);
    if (last && (last[0]?.role === 'assistant') === (turn.role === 'assistant')) last.push(turn);
    else runs.push([turn]);
  }
  return runs;
}

/** An answer that broke off before its first word does not say whose it is. */
function isNamed({ blocks, ending }: WholeAnswer): boolean {
  return blocks.length > 0 || ending?.type === 'end';
}

/** All thoughts, words and refusals are one each; seals have no place. */
function view(answer: WholeAnswer, gap: string, told: Told | null): Json {
  const { blocks, ending } = answer;
  const textsOf = (kind: string) =>
    blocks.flatMap(({ content, text }) => (content.kind === kind && text ? [text] : []));
  let offset = 0;
  const citations = blocks.flatMap((block) => {
    if (block.content.kind !== 'text') return [];
    const at = offset;
    offset += block.text.length;
    return block.citations.map(({ url, title, span }) => ({
      url,
      title,
      start: at + (span?.start ?? 0),
      end: at + (span?.end ?? 0),
    }));
  });
  const id = answer.id?.startsWith('chatcmpl-') ? answer.id : `chatcmpl-${told?.seed}`;
  return {
    ...(told ? isNamed(answer) && { id, model: told.model } : answer.id !== null && { id, model: answer.model }),
    thoughts: textsOf('reasoning').join(gap),
    words: textsOf('text').join(''),
    refusal: textsOf('refusal').join(''),
    calls: blocks.flatMap(({ content, text }) => (content.kind === 'tool-call' ? [{ ...content, text }] : [])),
    citations,
    ending: ending?.type === 'end' ? { ...ending, reason: reasonOf(answer) } : ending,
  };
}

function reasonOf(answer: WholeAnswer): string | null {
  const { ending, blocks } = answer;
  if (ending?.type !== 'end') return null;
  const told = blocks.filter(({ content, text }) => content.kind !== 'refusal' || text !== '');
  return ending.reason === 'tool-calls' ? 'tool-calls' : openaiReason(ending.reason, { ...answer, blocks: told });
}
