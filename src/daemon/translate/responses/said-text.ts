import type { EventOutbox } from '../form/index.ts';

/** The text of one block, as far as it was told on: what comes again as a whole adds only what was missing. */
export class SaidText {
  readonly #outbox: EventOutbox;
  readonly block: number;
  #said = '';

  constructor(outbox: EventOutbox, block: number) {
    this.#outbox = outbox;
    this.block = block;
  }

  append(text: string): void {
    this.#said += text;
    this.#outbox.delta(this.block, text);
  }

  /** `whole` at the end of the block; where it is another text than was said, what was said stays. */
  complete(whole: string): void {
    if (whole.startsWith(this.#said)) this.append(whole.slice(this.#said.length));
  }

  close(): void {
    this.#outbox.close(this.block);
  }
}
