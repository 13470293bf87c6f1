import type { Prompt } from './prompt.ts';

/** Characters of ordinary text in one token, over all tokenizers that providers publish: about four. */
const CHARACTERS_PER_TOKEN = 4;
/** A picture of a million pixels, as Anthropic counts it (width × height / 750). */
const TOKENS_PER_MEDIUM = 1400;

/** A count for upstreams that cannot be asked: good enough to see when a conversation grows too long. */
export function estimateTokens(prompt: Prompt): number {
  const media = prompt.turns.flatMap(({ parts }) => parts).filter(isMedium).length;
  const words = JSON.stringify([prompt.turns, prompt.tools, prompt.format], (key, value: unknown) =>
    key === 'data' || key === 'source' || key === 'seal' ? undefined : value,
  );
  return Math.ceil(words.length / CHARACTERS_PER_TOKEN) + media * TOKENS_PER_MEDIUM;
}

function isMedium({ kind }: Prompt['turns'][number]['parts'][number]): boolean {
  return kind === 'image' || kind === 'file' || kind === 'audio';
}
