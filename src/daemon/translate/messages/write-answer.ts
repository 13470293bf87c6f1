import { type AnswerEvent, clientNames, foldAnswer, type Json, type Told, type WholeBlock } from '../form/index.ts';
import { callBlock, citation, type NameOf, sealBeside, thinkingBlock } from './blocks.ts';
import { writeMessagesError } from './errors.ts';
import { emptyMessage, stopDetails } from './message.ts';
import { writeStopReason } from './stop-reasons.ts';
import { writeUsage } from './usage.ts';

/** Writes a whole answer (Anthropic API reference, "Create a Message", "Returns"), or the error that it became. */
export function writeMessagesAnswer(events: Iterable<AnswerEvent>, told: Told): Json {
  const { id, blocks, ending } = foldAnswer(events);
  if (ending?.type !== 'end') return writeMessagesError(ending ? { ...ending, field: null } : BROKEN_OFF);
  const stopReason = writeStopReason(ending.reason);
  const nameOf = clientNames(told.prompt);
  return {
    ...emptyMessage(id, told),
    content: blocks.flatMap((block) => writeBlock(block, nameOf)),
    stop_reason: stopReason,
    stop_sequence: ending.stopSequence,
    ...stopDetails(stopReason),
    usage: writeUsage(ending.usage, ending.serviceTier),
  };
}

const BROKEN_OFF = { status: 502, code: 'upstream_error', message: 'the answer broke off before its end', field: null };

function writeBlock({ content, text, seal, citations }: WholeBlock, nameOf: NameOf): readonly Json[] {
  if (content.kind === 'reasoning') return text === '' && seal === null ? [] : [thinkingBlock(text, seal)];
  if (content.kind === 'tool-call') {
    return [...(seal ? [sealBeside(seal, 'next')] : []), callBlock(content, nameOf, text)];
  }
  if (text === '') return seal ? [sealBeside(seal, 'own')] : [];
  const sources = citations.map(({ url, title }) => citation(url, title));
  const block = { type: 'text', text, ...(sources.length > 0 && { citations: sources }) };
  return [block, ...(seal ? [sealBeside(seal, 'previous')] : [])];
}
