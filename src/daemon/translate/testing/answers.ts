import fc from 'fast-check';
import type { TokenUsage } from '../../../core/usage/index.ts';
import type { AnswerEvent, BlockContent, EndReason, Seal } from '../form/index.ts';
import { orNull, saidWords, toolInput, toolName, words } from './texts.ts';

interface BlockPlan {
  readonly content: BlockContent;
  readonly texts: readonly string[];
  readonly seal: Seal | null;
  readonly hasCitation: boolean;
}

const REASONS: readonly EndReason[] = ['stop', 'length', 'tool-calls', 'filtered', 'refusal', 'stop-sequence', 'pause'];

/** Answers in the order that the form promises; calls that follow each other may come interleaved. */
export function answers(): fc.Arbitrary<readonly AnswerEvent[]> {
  const start = fc.record({
    id: orNull(fc.constantFrom('chatcmpl-1', 'resp_1', 'x')),
    model: orNull(fc.constant('m')),
  });
  return fc
    .record({
      start,
      blocks: fc.array(blockPlan(), { maxLength: 5 }),
      ending: ending(),
      shuffle: fc.array(fc.nat(), { maxLength: 12 }),
    })
    .map(({ start: begun, blocks, ending: ended, shuffle }) => {
      const tracks = blocks.map((plan, block) => eventsOf(numberCall(plan, block), block));
      return [{ type: 'start', ...begun }, ...interleave(blocks, tracks, shuffle), ended];
    });
}

function blockPlan(): fc.Arbitrary<BlockPlan> {
  const said = fc.record({ kind: fc.constantFrom('text', 'text', 'reasoning', 'refusal') });
  const call = fc.record({
    kind: fc.constant('tool-call'),
    callId: fc.constant('call'),
    name: toolName(),
    isCustom: fc.boolean(),
  });
  const seal = fc.record({
    wire: fc.constantFrom('responses', 'messages', 'gemini'),
    kind: fc.constantFrom('encrypted', 'signature', 'redacted'),
    data: saidWords(),
    id: orNull(fc.constant('rs_1')),
  });
  return fc.record({
    content: fc.oneof(said, call) as fc.Arbitrary<BlockContent>,
    texts: fc.array(fc.oneof(words(), toolInput()), { maxLength: 4 }),
    seal: orNull(seal as fc.Arbitrary<Seal>),
    hasCitation: fc.boolean(),
  });
}

function numberCall(plan: BlockPlan, block: number): BlockPlan {
  const { content } = plan;
  return content.kind === 'tool-call' ? { ...plan, content: { ...content, callId: `call_${block}` } } : plan;
}

function eventsOf({ content, texts, seal, hasCitation }: BlockPlan, block: number): readonly AnswerEvent[] {
  const span = { start: 0, end: texts.join('').length };
  const events: AnswerEvent[] = [{ type: 'block-start', block, content }];
  events.push(...texts.filter((text) => text !== '').map((text) => ({ type: 'delta', block, text }) as const));
  if (hasCitation && content.kind === 'text' && span.end > 0) {
    events.push({ type: 'citation', block, url: 'https://x.test', title: 'X', span });
  }
  if (seal) events.push({ type: 'seal', block, seal });
  return [...events, { type: 'block-end', block }];
}

/** Calls that follow each other overlap; anything else comes one by one. */
function interleave(
  plans: readonly BlockPlan[],
  tracks: readonly (readonly AnswerEvent[])[],
  shuffle: readonly number[],
): readonly AnswerEvent[] {
  const out: AnswerEvent[] = [];
  let run: (readonly AnswerEvent[])[] = [];
  const flush = () => {
    out.push(...run.map((track) => track[0] as AnswerEvent));
    const rest = run.map((track) => track.slice(1));
    for (let turn = 0; rest.some((track) => track.length > 0); turn++) {
      const open = rest.filter((track) => track.length > 0);
      out.push(open[(shuffle[turn] ?? 0) % open.length]?.shift() as AnswerEvent);
    }
    run = [];
  };
  for (const [index, track] of tracks.entries()) {
    if (plans[index]?.content.kind !== 'tool-call') flush();
    run.push(track);
    if (plans[index]?.content.kind !== 'tool-call') flush();
  }
  flush();
  return out;
}

function ending(): fc.Arbitrary<AnswerEvent> {
  const end = fc.record({
    type: fc.constant('end'),
    reason: fc.constantFrom(...REASONS),
    stopSequence: fc.constant(null),
    usage: orNull(anyUsage()),
    serviceTier: orNull(fc.constantFrom('default', 'priority')),
  });
  const failed = fc.record({
    type: fc.constant('failed'),
    status: fc.constant(429),
    code: fc.constant('rate_limit_exceeded'),
    message: saidWords(),
  });
  return fc.oneof({ weight: 5, arbitrary: end }, { weight: 1, arbitrary: failed });
}

function anyUsage(): fc.Arbitrary<TokenUsage> {
  return fc
    .tuple(fc.nat(100_000), fc.nat(100), fc.nat(100), fc.nat(5000), fc.nat(100))
    .map(([input, cached, written, output, thought]) => ({
      input: input + cached + written,
      cachedInput: cached,
      cacheWrite5m: written,
      cacheWrite1h: 0,
      output: output + thought,
      reasoning: thought,
    }));
}
