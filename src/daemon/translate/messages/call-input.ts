import { unwrapCustomInput } from '../form/index.ts';

/**
 * The input of one call as it comes. A function's passes at once; a custom tool's is one string within an object on this
 * wire, so it is gathered and taken out at the end.
 */
export class CallInput {
  readonly #isCustom: boolean;
  /** Said at the start of the block: `{}` in a stream, all of it in a whole answer. */
  readonly #first: string;
  readonly #gathered: string[] = [];
  #isEmpty = true;

  constructor(first: string, isCustom: boolean) {
    this.#isCustom = isCustom;
    this.#first = first;
  }

  /** What may be passed on at once. */
  add(json: string): string {
    if (json !== '') this.#isEmpty = false;
    if (!this.#isCustom) return json;
    this.#gathered.push(json);
    return '';
  }

  /** What is left to say at the end. */
  rest(): string {
    if (!this.#isCustom) return this.#isEmpty ? this.#first : '';
    return unwrapCustomInput(this.#isEmpty ? this.#first : this.#gathered.join(''));
  }
}
