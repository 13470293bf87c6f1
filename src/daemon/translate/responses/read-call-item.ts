import { type EventOutbox, type Json, textOf } from '../form/index.ts';
import { SaidText } from './said-text.ts';

/** A call of a function or of a custom tool. Until its name is known it is only listened to. */
export class CallItem {
  readonly #outbox: EventOutbox;
  readonly #isCustom: boolean;
  #text: SaidText | null = null;
  #held = '';

  constructor(outbox: EventOutbox, isCustom: boolean, item: Json) {
    this.#outbox = outbox;
    this.#isCustom = isCustom;
    this.#begin(item);
  }

  read(type: string, event: Json): void {
    if (type.endsWith('.delta')) {
      const delta = textOf(event['delta']) ?? '';
      if (this.#text) this.#text.append(delta);
      else this.#held += delta;
    } else if (type.endsWith('.done')) {
      this.#text?.complete(textOf(event[this.#isCustom ? 'input' : 'arguments']) ?? '');
    }
  }

  complete(item: Json): boolean {
    this.#begin(item);
    this.#text?.complete(textOf(item[this.#isCustom ? 'input' : 'arguments']) ?? '');
    this.#text?.close();
    return this.#text !== null;
  }

  #begin(item: Json): void {
    const name = textOf(item['name']);
    const callId = textOf(item['call_id']) || textOf(item['id']);
    if (this.#text || !name || !callId) return;
    const block = this.#outbox.open({ kind: 'tool-call', callId, name, isCustom: this.#isCustom });
    this.#text = new SaidText(this.#outbox, block);
    this.#text.append(this.#held);
  }
}
