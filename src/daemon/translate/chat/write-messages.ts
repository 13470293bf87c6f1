import {
  type Asked,
  cannot,
  type Json,
  type Part,
  type Prompt,
  safeCallId,
  safeName,
  type TextPart,
  type ToolResultPart,
} from '../form/index.ts';

import { isText, writeContent } from './write-content.ts';

type Turn = Prompt['turns'][number];

/**
 * Writes `messages`. All that the assistant did before anyone answered is one message, and the results of its calls come
 * before anything else is said: servers refuse calls whose results do not follow at once.
 */
export function writeMessages(prompt: Prompt, asked: Asked): readonly Json[] {
  return inRuns(prompt.turns).flatMap((run) => {
    const [first] = run;
    if (first?.role === 'assistant')
      return writeAssistant(
        run.flatMap((turn) => turn.parts),
        asked,
      );
    const results = run.flatMap((turn) => turn.parts).filter((part) => part.kind === 'tool-result');
    return [...results.map((result) => writeResult(result, asked)), ...run.flatMap((turn) => writeSaid(turn, asked))];
  });
}

/** Turns of the assistant that follow each other, and the turns between those. */
function inRuns(turns: readonly Turn[]): readonly (readonly Turn[])[] {
  const runs: Turn[][] = [];
  for (const turn of turns) {
    const last = runs.at(-1);
    if (last && (last[0]?.role === 'assistant') === (turn.role === 'assistant')) last.push(turn);
    else runs.push([turn]);
  }
  return runs;
}

function writeSaid({ role, parts }: Turn, asked: Asked): readonly Json[] {
  const said = parts.filter((part) => part.kind !== 'tool-result');
  if (said.length === 0) return [];
  if (role === 'user') return [{ role, content: writeContent(said, asked) }];
  // Every server of this API knows `system`, only OpenAI's own know `developer`; to those they are the same.
  return [{ role: 'system', content: writeTexts(said, asked) }];
}

function writeResult(result: ToolResultPart, asked: Asked): Json {
  if (!result.parts.every(isText)) cannot(asked, 'toolResultMedia', 'an image or file in the result of a tool');
  const texts = result.parts.filter(isText);
  // There is no word for a failed tool; its text says so, or this does.
  const content = texts.length === 0 && result.isError ? 'The tool failed.' : textsOf(texts);
  return { role: 'tool', tool_call_id: safeCallId(result.callId), content };
}

function writeAssistant(parts: readonly Part[], asked: Asked): readonly Json[] {
  const words: Json[] = [];
  const calls: Json[] = [];
  const thoughts: string[] = [];
  for (const part of parts) {
    if (part.kind === 'text' && part.text !== '') words.push({ type: 'text', text: part.text });
    else if (part.kind === 'refusal') words.push({ type: 'refusal', refusal: part.text });
    else if (part.kind === 'tool-call') calls.push(writeCall(part));
    // Thoughts with a seal came from another API; servers of this one give theirs without, and some want them back.
    else if (part.kind === 'reasoning' && part.seal === null && part.text !== '') thoughts.push(part.text);
    else if (part.kind === 'image') cannot(asked, 'images', 'an image that the assistant made');
    else if (part.kind === 'file') cannot(asked, 'files', 'a file that the assistant made');
    else if (part.kind === 'audio') cannot(asked, 'audio', 'audio that the assistant made');
  }
  if (words.length + calls.length + thoughts.length === 0) return [];
  const [word] = words;
  const isPlain = words.length === 1 && word?.['type'] === 'text';
  const content = words.length === 0 ? null : isPlain ? word?.['text'] : words;
  return [
    {
      role: 'assistant',
      content,
      ...(thoughts.length > 0 && { reasoning_content: thoughts.join('\n\n') }),
      ...(calls.length > 0 && { tool_calls: calls }),
    },
  ];
}

function writeCall({ callId, name, input, isCustom }: Extract<Part, { kind: 'tool-call' }>): Json {
  const id = safeCallId(callId);
  if (isCustom) return { id, type: 'custom', custom: { name: safeName(name), input } };
  return { id, type: 'function', function: { name: safeName(name), arguments: input } };
}

function writeTexts(parts: readonly Part[], asked: Asked): unknown {
  if (!parts.every(isText)) cannot(asked, 'images', 'anything but text in instructions');
  return textsOf(parts.filter(isText));
}

function textsOf(texts: readonly TextPart[]): unknown {
  const [first] = texts;
  if (texts.length <= 1) return first?.text ?? '';
  return texts.map(({ text }) => ({ type: 'text', text }));
}
