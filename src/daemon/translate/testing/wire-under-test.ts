import type { Feature, Json, Prompt, Told, Translator, WholeAnswer } from '../form/index.ts';

/** What the tests of all wires need to know of one. */
export interface WireUnderTest {
  readonly translator: Translator;
  /** What its requests cannot say: prompts with it are refused, so they are not made. */
  readonly lacks: ReadonlySet<Feature>;
  /** Takes out of a prompt what its requests cannot say though they have the feature: such prompts are refused. */
  readonly within?: (prompt: Prompt) => Prompt;
  /** The normal form of prompts: what is left of one that was written for this wire and read again. */
  readonly normalPrompt: (prompt: Prompt) => Prompt;
  /** Where what clients of other wires ask is told otherwise than what its own clients do. */
  readonly fromOthers?: Pick<WireUnderTest, 'lacks' | 'within' | 'normalPrompt'>;
  /** The normal form of answers: what is to be seen of one that was written for this wire's clients and read again. */
  readonly expectedAnswer: (answer: WholeAnswer, told: Told) => Json;
  /** What is seen of an answer that was read, in the same shape. */
  readonly seenAnswer: (answer: WholeAnswer) => Json;
}
