/** Protocols of models: Chat Completions, Responses, Anthropic Messages, Gemini generateContent. */
export const WIRES = ['chat', 'responses', 'messages', 'gemini'] as const;
export type Wire = (typeof WIRES)[number];
