import { cannot } from './cannot.ts';
import type { Part, TextPart, Turn } from './prompt.ts';
import type { Asked } from './translator.ts';

/** A conversation for a wire that has one place for instructions, before everything else. */
export interface SplitTurns {
  readonly instructions: readonly string[];
  readonly turns: readonly Turn[];
}

/**
 * Instructions at the head, and the rest. Later ones stay where they stand, as words of the user between `<system>` tags:
 * at the head they would speak before what they are about, and would spoil the provider's cache with every turn.
 * @throws Untranslatable when instructions are anything but text.
 */
export function splitInstructions(turns: readonly Turn[], asked: Asked): SplitTurns {
  const first = turns.findIndex((turn) => !isInstruction(turn));
  const end = first < 0 ? turns.length : first;
  return {
    instructions: turns.slice(0, end).flatMap((turn) => textsOf(turn, asked)),
    turns: turns.slice(end).map((turn) => (isInstruction(turn) ? asConversation(turn, asked) : turn)),
  };
}

/** Joins turns of the same side that follow each other, as wires with strict alternation need it. */
export function mergeTurns(turns: readonly Turn[]): readonly Turn[] {
  const merged: { readonly role: Turn['role']; readonly parts: Part[] }[] = [];
  for (const { role, parts } of turns) {
    const last = merged.at(-1);
    if (last?.role === role) last.parts.push(...parts);
    else merged.push({ role, parts: [...parts] });
  }
  return merged;
}

function isInstruction({ role }: Turn): boolean {
  return role === 'system' || role === 'developer';
}

function textsOf({ parts }: Turn, asked: Asked): readonly string[] {
  const texts = parts.map((part) =>
    part.kind === 'text' ? part.text : cannot(asked, 'images', 'instructions that are no text'),
  );
  return texts.filter((text) => text.trim() !== '');
}

function asConversation(turn: Turn, asked: Asked): Turn {
  const parts = textsOf(turn, asked).map((text): TextPart => ({ kind: 'text', text: `<system>\n${text}\n</system>` }));
  return { role: 'user', parts };
}
