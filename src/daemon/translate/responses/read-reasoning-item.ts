import { type EventOutbox, indexOf, type Json, objectOf, objectsOf, textOf } from '../form/index.ts';
import { SaidText } from './said-text.ts';

type Source = 'summary' | 'content';

/**
 * Thoughts: one block for the item, its parts set apart by an empty line. OpenAI gives a summary, servers of open models
 * the thoughts themselves; where both come, the first is told.
 */
export class ReasoningItem {
  readonly #outbox: EventOutbox;
  readonly #block: number;
  readonly #parts = new Map<number, SaidText>();
  #source: Source | null = null;

  constructor(outbox: EventOutbox) {
    this.#outbox = outbox;
    this.#block = outbox.open({ kind: 'reasoning' });
  }

  read(type: string, event: Json): void {
    switch (type) {
      case 'response.reasoning_summary_text.delta':
        return this.#append('summary', event);
      case 'response.reasoning_text.delta':
        return this.#append('content', event);
      case 'response.reasoning_summary_text.done':
        return this.#complete('summary', event, event);
      case 'response.reasoning_text.done':
        return this.#complete('content', event, event);
      case 'response.reasoning_summary_part.done':
        return this.#complete('summary', event, objectOf(event['part']));
    }
  }

  complete(item: Json): boolean {
    for (const source of ['summary', 'content'] as const) {
      objectsOf(item[source]).forEach((part, index) => {
        this.#complete(source, { summary_index: index, content_index: index }, part);
      });
    }
    const data = textOf(item['encrypted_content']);
    if (data) {
      this.#outbox.seal(this.#block, { wire: 'responses', kind: 'encrypted', data, id: textOf(item['id']) || null });
    }
    this.#outbox.close(this.#block);
    return true;
  }

  #append(source: Source, event: Json): void {
    const delta = textOf(event['delta']) ?? '';
    if (delta !== '') this.#part(source, event)?.append(delta);
  }

  #complete(source: Source, event: Json, part: Json): void {
    const text = textOf(part['text']) ?? '';
    if (text !== '') this.#part(source, event)?.complete(text);
  }

  #part(source: Source, event: Json): SaidText | null {
    this.#source ??= source;
    if (this.#source !== source) return null;
    const index = indexOf(event[source === 'summary' ? 'summary_index' : 'content_index']) ?? 0;
    const known = this.#parts.get(index);
    if (known) return known;
    if (this.#parts.size > 0) this.#outbox.delta(this.#block, '\n\n');
    const part = new SaidText(this.#outbox, this.#block);
    this.#parts.set(index, part);
    return part;
  }
}
