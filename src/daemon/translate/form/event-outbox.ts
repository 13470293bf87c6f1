import type { AnswerEvent, BlockContent } from './answer-event.ts';
import type { Seal } from './prompt.ts';
import type { AnswerEnd, Citation } from './whole-answer.ts';

/** Keeps the order that the form promises, whatever order a provider has: numbers blocks, starts once, ends once. */
export class EventOutbox {
  #events: AnswerEvent[] = [];
  #nextBlock = 0;
  #hasStarted = false;
  readonly #open = new Set<number>();
  readonly #kinds = new Set<BlockContent['kind']>();
  /** After `end` or `failed`. */
  isOver: boolean = false;

  start(id: string | null, model: string | null): void {
    if (this.#hasStarted) return;
    this.#hasStarted = true;
    this.#push({ type: 'start', id, model });
  }

  open(content: BlockContent): number {
    this.start(null, null);
    const block = this.#nextBlock++;
    this.#open.add(block);
    this.#kinds.add(content.kind);
    this.#push({ type: 'block-start', block, content });
    return block;
  }

  /** Whether the answer has a block of that kind so far. */
  hasTold(kind: BlockContent['kind']): boolean {
    return this.#kinds.has(kind);
  }

  delta(block: number, text: string): void {
    if (text !== '' && this.#open.has(block)) this.#push({ type: 'delta', block, text });
  }

  seal(block: number, seal: Seal): void {
    if (this.#open.has(block)) this.#push({ type: 'seal', block, seal });
  }

  cite(citation: Citation): void {
    if (this.#open.has(citation.block)) this.#push(citation);
  }

  close(block: number): void {
    if (this.#open.delete(block)) this.#push({ type: 'block-end', block });
  }

  /** Closes what is open and ends the answer. */
  end(ending: Omit<AnswerEnd, 'type'>): void {
    this.start(null, null);
    for (const block of this.#open) this.close(block);
    this.#push({ type: 'end', ...ending });
    this.isOver = true;
  }

  /** What is open stays so: nobody may act on half of a call. */
  fail(status: number, code: string, message: string): void {
    this.#push({ type: 'failed', status, code, message });
    this.isOver = true;
  }

  /** The events since the last time. */
  take(): readonly AnswerEvent[] {
    const events = this.#events;
    this.#events = [];
    return events;
  }

  #push(event: AnswerEvent): void {
    if (!this.isOver) this.#events.push(event);
  }
}
