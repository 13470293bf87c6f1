import { Failure } from '../failure.ts';
import type { UpstreamKind } from './upstream.ts';
import type { Wire } from './wire.ts';

/** What providers of a kind speak, the one that they all speak first: into it a request in another wire is translated. */
const SPOKEN: Readonly<Record<UpstreamKind, readonly [Wire, ...Wire[]]>> = {
  openai: ['chat', 'responses'],
  codex: ['responses'],
  anthropic: ['messages'],
  gemini: ['gemini'],
};

export function wiresOf(kind: UpstreamKind): readonly [Wire, ...Wire[]] {
  return SPOKEN[kind];
}

/**
 * Some or all of what a kind speaks, in the kind's own order and each once.
 * @throws Failure invalid_input
 */
export function checkWires(kind: UpstreamKind, wires: readonly string[]): readonly Wire[] {
  const spoken = SPOKEN[kind];
  const unknown = wires.find((wire) => !spoken.some((known) => known === wire));
  if (unknown === undefined && wires.length > 0) return spoken.filter((wire) => wires.includes(wire));
  const message =
    unknown === undefined
      ? 'an upstream speaks at least one wire'
      : `an upstream of the kind ${kind} does not speak "${unknown}"`;
  throw new Failure('invalid_input', { message, hint: `choose from: ${spoken.join(', ')}`, param: 'wires' });
}
