import { type Asked, type Json, type Part, type Prompt, safeCallId, safeName } from '../form/index.ts';
import { writeOutput, writeParts } from './write-content.ts';

/** Writes `input`: an item for each message, thought, call and result, in order. */
export function writeInput(prompt: Prompt, asked: Asked): readonly Json[] {
  return prompt.turns.flatMap(({ role, parts }) => {
    if (role === 'assistant') return inRuns(parts).flatMap((run) => writeAssistant(run, asked));
    if (role === 'user') return inRuns(parts).flatMap((run) => writeUser(run, asked));
    // The Codex service knows only `developer`; to OpenAI's models the two are the same.
    return parts.length === 0 ? [] : [message('developer', writeParts(parts, 'input_text', asked))];
  });
}

/** Parts that follow each other within one message stay together; any other part is an item by itself. */
function inRuns(parts: readonly Part[]): readonly (readonly Part[])[] {
  const runs: Part[][] = [];
  for (const part of parts) {
    const last = runs.at(-1);
    if (last && isSaid(part) && last.every(isSaid)) last.push(part);
    else runs.push([part]);
  }
  return runs;
}

function isSaid(part: Part): boolean {
  return part.kind !== 'tool-call' && part.kind !== 'tool-result' && part.kind !== 'reasoning';
}

function writeUser(run: readonly Part[], asked: Asked): readonly Json[] {
  const [first] = run;
  if (first?.kind !== 'tool-result') return [message('user', writeParts(run, 'input_text', asked))];
  const type = first.isCustom ? 'custom_tool_call_output' : 'function_call_output';
  return [{ type, call_id: safeCallId(first.callId), output: writeOutput(first, asked) }];
}

function writeAssistant(run: readonly Part[], asked: Asked): readonly Json[] {
  const [first] = run;
  if (first?.kind === 'reasoning') return writeReasoning(first);
  if (first?.kind !== 'tool-call') return [message('assistant', writeParts(run, 'output_text', asked))];
  const { input, isCustom } = first;
  const call = { call_id: safeCallId(first.callId), name: safeName(first.name) };
  return [
    isCustom ? { type: 'custom_tool_call', ...call, input } : { type: 'function_call', ...call, arguments: input },
  ];
}

// OpenAI takes back only thoughts that it sealed itself.
function writeReasoning({ text, seal }: Extract<Part, { kind: 'reasoning' }>): readonly Json[] {
  if (seal?.wire !== 'responses') return [];
  const summary = text === '' ? [] : [{ type: 'summary_text', text }];
  return [{ type: 'reasoning', ...(seal.id !== null && { id: seal.id }), summary, encrypted_content: seal.data }];
}

function message(role: string, content: readonly Json[]): Json {
  return { type: 'message', role, content };
}
