import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type AnswerEvent, type Part, type Seal, Untranslatable } from '../form/index.ts';
import { answers } from '../testing/answers.ts';
import { canonical, overTheWire } from '../testing/canonical.ts';
import { BARE_TOLD } from '../testing/told.ts';
import { responsesTranslator } from './index.ts';

const FACTS = { model: 'm', stream: true };

/** What the client has after the answer: its output as it was, and one more question. */
function sendBack(output: unknown): readonly Part[] {
  const input = [{ role: 'user', content: 'Q' }, ...(output as object[]), { role: 'user', content: 'More?' }];
  const { turns } = responsesTranslator.readRequest({ model: 'm', input: overTheWire(input) }, FACTS);
  return turns.filter(({ role }) => role === 'assistant').flatMap(({ parts }) => parts);
}

test('seals of all wires come back to the thoughts, words and calls that they were made for', () => {
  const whole = answers().filter((events) => events.at(-1)?.type === 'end');
  fc.assert(
    fc.property(whole, (events) => {
      const { output } = responsesTranslator.writeAnswer(events, BARE_TOLD);
      expect(canonical(sendBack(output).map(bare))).toBe(canonical(partsOf(events).map(bare)));
    }),
    { numRuns: 150 },
  );
});

test('a seal that was changed on its way is refused by its place', () => {
  const item = { type: 'reasoning', summary: [], encrypted_content: 'realms.seal.v1.e30' };
  const read = () => responsesTranslator.readRequest({ model: 'm', input: [item] }, FACTS);
  expect(read).toThrow(Untranslatable);
  expect(read).toThrow('input[0].encrypted_content was changed on its way');
});

test('a seal whose words are gone means nothing', () => {
  const seal: Seal = { wire: 'gemini', kind: 'thought', data: 'x', id: null };
  const events: AnswerEvent[] = [
    { type: 'start', id: null, model: null },
    { type: 'block-start', block: 0, content: { kind: 'tool-call', callId: 'call_1', name: 'f', isCustom: false } },
    { type: 'seal', block: 0, seal },
    { type: 'block-end', block: 0 },
    { type: 'end', reason: 'tool-calls', stopSequence: null, usage: null, serviceTier: null },
  ];
  const output = responsesTranslator.writeAnswer(events, BARE_TOLD)['output'] as object[];
  expect(sendBack(output)).toMatchObject([{ kind: 'tool-call', callId: 'call_1', seal }]);
  expect(sendBack(output.slice(1))).toEqual([]);
});

/** The answer as parts of the next prompt; a thought of nothing is none. */
function partsOf(events: readonly AnswerEvent[]): readonly Part[] {
  const parts = new Map<number, Part>();
  for (const event of events) {
    if (event.type === 'block-start') {
      const { content } = event;
      if (content.kind === 'tool-call') parts.set(event.block, { ...content, input: '' });
      else if (content.kind === 'reasoning') parts.set(event.block, { kind: 'reasoning', text: '', seal: null });
      else parts.set(event.block, { kind: content.kind, text: '' });
    }
    if (event.type !== 'delta' && event.type !== 'seal') continue;
    const part = parts.get(event.block);
    if (!part) continue;
    if (event.type === 'seal') parts.set(event.block, { ...part, seal: event.seal } as Part);
    else if (part.kind === 'tool-call') parts.set(event.block, { ...part, input: part.input + event.text });
    else if ('text' in part) parts.set(event.block, { ...part, text: part.text + event.text });
  }
  return [...parts.values()].filter((part) => part.kind !== 'reasoning' || part.text !== '' || part.seal !== null);
}

/** OpenAI's own seals get the id of their item; refusals have none. */
function bare(part: Part): unknown {
  if (part.kind === 'refusal') return { kind: part.kind, text: part.text };
  if (part.kind !== 'reasoning' || part.seal?.wire !== 'responses') return part;
  return { ...part, seal: { ...part.seal, id: null, kind: 'encrypted' } };
}
