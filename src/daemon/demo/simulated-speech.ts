/** What the simulation says and what it says it cost. Tokens are counted roughly: one for four characters. */
export interface Speech {
  readonly words: readonly string[];
  readonly text: string;
  readonly inputTokens: number;
  readonly outputTokens: number;
}

export const SIMULATED_MODELS = ['simulated-large', 'simulated-small'] as const;
const CHARACTERS_PER_TOKEN = 4;
const QUOTE_CHARACTERS = 80;

export function speakAbout(body: Readonly<Record<string, unknown>>): Speech {
  const said = lastText(body['messages'] ?? body['input']);
  const quote = said.length > QUOTE_CHARACTERS ? `${said.slice(0, QUOTE_CHARACTERS)}…` : said;
  const text = `This is a simulation: no model was asked. You said: "${quote}". A real source would answer here.`;
  return {
    words: text.match(/\S+\s*/g) ?? [],
    text,
    inputTokens: countTokens(JSON.stringify(body['messages'] ?? body['input'] ?? '')),
    outputTokens: countTokens(text),
  };
}

export function countTokens(text: string): number {
  return Math.max(1, Math.ceil(text.length / CHARACTERS_PER_TOKEN));
}

/** The last thing that has text, whether it is a string, a message or a part of one. */
function lastText(input: unknown): string {
  if (typeof input === 'string') return input;
  if (Array.isArray(input)) return lastText(input.at(-1));
  if (typeof input !== 'object' || input === null) return '';
  if ('content' in input) return lastText(input.content);
  return 'text' in input ? lastText(input.text) : '';
}
