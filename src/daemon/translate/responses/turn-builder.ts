import type { Part, Role, Turn } from '../form/index.ts';
import type { Bound, CarriedSeal } from './carried-seal.ts';

/** Gathers the items of an input into turns: what the assistant did in one go is one turn, and so are results. */
export class TurnBuilder {
  readonly #turns: { readonly role: Role; readonly parts: Part[]; readonly isResults: boolean }[] = [];
  readonly #calls = new Map<string, { readonly name: string; readonly isCustom: boolean }>();

  get turns(): readonly Turn[] {
    return this.#turns.map(({ role, parts }) => ({ role, parts }));
  }

  say(role: Exclude<Role, 'assistant'>, parts: readonly Part[]): void {
    if (parts.length > 0) this.#turns.push({ role, parts: [...parts], isResults: false });
  }

  assist(parts: readonly Part[]): void {
    for (const part of parts) if (part.kind === 'tool-call') this.#calls.set(part.callId, part);
    if (parts.length > 0) this.#assistantParts().push(...parts);
  }

  /** A result names only the id of its call. */
  answer(result: Omit<Extract<Part, { kind: 'tool-result' }>, 'name'>, name: string | null): void {
    const part = { ...result, name: this.#calls.get(result.callId)?.name ?? name };
    const last = this.#turns.at(-1);
    if (last?.isResults) last.parts.push(part);
    else this.#turns.push({ role: 'user', parts: [part], isResults: true });
  }

  /** Gives a seal back to the words or the call that it was made for; if those are gone, it means nothing. */
  bind({ seal, bound }: CarriedSeal): void {
    for (const { role, parts } of this.#turns.toReversed()) {
      const at = role === 'assistant' ? parts.findLastIndex((part) => isBound(part, bound)) : -1;
      const part = parts[at];
      if (part?.kind !== 'text' && part?.kind !== 'tool-call') continue;
      parts[at] = { ...part, seal };
      return;
    }
  }

  #assistantParts(): Part[] {
    const last = this.#turns.at(-1);
    if (last?.role === 'assistant') return last.parts;
    const parts: Part[] = [];
    this.#turns.push({ role: 'assistant', parts, isResults: false });
    return parts;
  }
}

function isBound(part: Part, bound: Bound): boolean {
  return bound.to === 'call' ? part.kind === 'tool-call' && part.callId === bound.callId : part.kind === bound.to;
}
