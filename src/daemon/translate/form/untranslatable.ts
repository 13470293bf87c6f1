/**
 * A request says something that the upstream's wire has no words for. `field` is the place in the client's own request, as
 * its author would write it (`messages[2].content[0].input_audio`).
 */
export class Untranslatable extends Error {
  readonly field: string;

  constructor(field: string, message: string) {
    super(message);
    this.name = 'Untranslatable';
    this.field = field;
  }
}

/** The parts of a prompt that a wire may be unable to express. Readers say what their clients call them. */
export const FEATURES = [
  'maxOutputTokens',
  'temperature',
  'topP',
  'topK',
  'stop',
  'seed',
  'presencePenalty',
  'frequencyPenalty',
  'reasoning',
  'format',
  'toolChoice',
  'parallelToolCalls',
  'tools',
  'customTools',
  'hostedTools',
  'images',
  'imageUrls',
  'files',
  'fileIds',
  'audio',
  'toolResultMedia',
] as const;
export type Feature = (typeof FEATURES)[number];
