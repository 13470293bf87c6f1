import {
  type Asked,
  type Json,
  mergeTurns,
  type Part,
  type Prompt,
  splitInstructions,
  type Turn,
} from '../form/index.ts';
import { writeAssistant } from './write-assistant.ts';
import { writeContent } from './write-content.ts';
import { writeResult } from './write-result.ts';

/**
 * Writes `system` and `messages`. Instructions at the head are the system prompt; later ones keep their place, as words
 * of the user, or as they were where the client is of this wire (only some models take a system message there).
 * @throws Untranslatable
 */
export function writeMessages(prompt: Prompt, asked: Asked): Json {
  const { instructions, turns } = splitInstructions(prompt.turns, asked);
  const [first] = instructions;
  const system = instructions.length > 1 ? instructions.map((text) => ({ type: 'text', text })) : first;
  const conversation = asked.from === 'messages' ? ownTurns(prompt.turns) : turns;
  const messages = mergeTurns(conversation).flatMap((turn) => writeTurn(turn, asked));
  return { ...(system !== undefined && { system }), messages };
}

function ownTurns(turns: readonly Turn[]): readonly Turn[] {
  const first = turns.findIndex(({ role }) => role === 'user' || role === 'assistant');
  return first < 0 ? [] : turns.slice(first);
}

function writeTurn({ role, parts }: Turn, asked: Asked): readonly Json[] {
  const isAssistant = role === 'assistant';
  const content = isAssistant ? writeAssistant(parts, asked) : writeUser(parts, asked);
  if (content.length === 0) return [];
  const [only] = content;
  const isPlain = content.length === 1 && only?.['type'] === 'text';
  return [{ role: role === 'developer' ? 'system' : role, content: isPlain ? only?.['text'] : content }];
}

// Results come first: the API wants them at once behind the calls they answer.
function writeUser(parts: readonly Part[], asked: Asked): readonly Json[] {
  const results = parts.flatMap((part) => (part.kind === 'tool-result' ? [writeResult(part, asked)] : []));
  const said = parts.flatMap((part) => (part.kind === 'tool-result' ? [] : writeContent(part, asked)));
  return [...results, ...said];
}
