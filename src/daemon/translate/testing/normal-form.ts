import {
  type EndReason,
  effortOf,
  type Part,
  type Prompt,
  type Reasoning,
  safeCallId,
  safeName,
  type Tool,
  type Turn,
  type WholeAnswer,
} from '../form/index.ts';

/** How the words of one side are cut into messages means nothing: turns of one role that follow each other are one. */
export function joinTurns(turns: readonly Turn[]): readonly Turn[] {
  const joined: { role: Turn['role']; parts: Part[] }[] = [];
  for (const { role, parts } of turns) {
    const last = joined.at(-1);
    if (parts.length === 0) continue;
    if (last?.role === role) last.parts.push(...parts);
    else joined.push({ role, parts: [...parts] });
  }
  return joined;
}

/** Parts as every provider takes them: names and ids of calls made safe, no word for failed results, files named. */
export function safePart(part: Part): Part {
  if (part.kind === 'tool-call') return { ...part, name: safeName(part.name), callId: safeCallId(part.callId) };
  if (part.kind === 'tool-result') {
    const name = part.name === null ? null : safeName(part.name);
    // A result of nothing is a text of nothing there, or says in words that it failed.
    const nothing: typeof part.parts = [{ kind: 'text', text: part.isError ? 'The tool failed.' : '' }];
    const said = part.parts.length > 0 ? part.parts : nothing;
    const parts = said.map(safePart) as typeof part.parts;
    return { ...part, name, callId: safeCallId(part.callId), isError: false, parts };
  }
  const isUnnamed = part.kind === 'file' && part.source.kind === 'base64' && part.name === null;
  return isUnnamed ? { ...part, name: 'file.pdf' } : part;
}

export function safeTool(tool: Tool): Tool {
  return tool.kind === 'hosted' ? tool : { ...tool, name: safeName(tool.name) };
}

export function safeChoice(choice: Prompt['toolChoice']): Prompt['toolChoice'] {
  return choice?.kind === 'tool' ? { kind: 'tool', name: safeName(choice.name) } : choice;
}

/** Reasoning in words only: budgets become efforts. */
export function wordedReasoning(reasoning: Reasoning | null, kept: Partial<Reasoning>): Reasoning | null {
  const worded = { effort: effortOf(reasoning), budgetTokens: null, summary: null, wantsSeal: false, ...kept };
  return worded.effort === null && worded.summary === null && !worded.wantsSeal ? null : worded;
}

export function openaiTier(tier: string | null): string | null {
  return tier === 'standard_only' ? null : tier;
}

/** Reasons that the OpenAI APIs do not tell apart. */
export function openaiReason(reason: EndReason, { blocks }: WholeAnswer): EndReason {
  const has = (kind: string) => blocks.some(({ content }) => content.kind === kind);
  if (reason === 'pause') return 'length';
  if (reason === 'refusal' && !has('refusal')) return 'filtered';
  if (reason === 'length' || reason === 'filtered') return reason;
  if (has('tool-call')) return 'tool-calls';
  return has('refusal') ? 'refusal' : 'stop';
}
