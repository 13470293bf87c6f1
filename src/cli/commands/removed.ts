import type { Answer } from '../render/answer.ts';

/** The daemon answers a removal without a body; this is what stands for it. */
export function removed(noun: string, ref: string, verb = 'removed'): Answer {
  return {
    data: { [verb]: ref },
    view: { kind: 'text', lines: [`${noun} ${ref} is ${verb}`] },
    names: [ref],
  };
}
