import { type EventOutbox, indexOf, type Json, objectOf, textOf } from '../form/index.ts';
import { type ItemReader, itemTypeOf, openItem } from './item-reader.ts';

interface KnownItem {
  readonly type: string;
  readonly reader: ItemReader;
  isDone: boolean;
}

/**
 * Tells the items of an output apart. Their place does, since some servers give an item another id in every event; where
 * there is no place, the id does; and servers that count wrongly are understood from what cannot be one item.
 */
export class OutputReader {
  readonly #outbox: EventOutbox;
  readonly #items = new Map<string, KnownItem>();
  readonly #ids = new Set<string>();
  #opened = 0;
  #lastKey = '';
  /** An item came of which too little is known to tell it. */
  hasLost: boolean = false;

  constructor(outbox: EventOutbox) {
    this.#outbox = outbox;
  }

  read(type: string, event: Json): void {
    const key = this.#keyOf(event);
    if (type === 'response.output_item.added') this.#begin(key, objectOf(event['item']));
    else if (type === 'response.output_item.done') this.#finish(key, objectOf(event['item']));
    else this.#continue(key, type, event);
  }

  /** The output as the last event has it, for what was not told before. */
  complete(output: readonly Json[]): void {
    const isShort = this.#opened < output.length;
    output.forEach((item, index) => {
      const known = this.#items.get(`#${index}`);
      if (known) this.#end(known, item);
      else if (isShort && !this.#isNoted(item)) this.#finish(`#${index}`, item);
    });
    for (const known of this.#items.values()) this.#end(known, {});
  }

  #begin(key: string, item: Json): void {
    const known = this.#items.get(key);
    if (known) this.#end(known, {});
    this.#open(key, textOf(item['type']) ?? '', item);
  }

  #continue(key: string, type: string, event: Json): void {
    const itemType = itemTypeOf(type, event);
    const known = this.#items.get(key);
    if (itemType === null || (known?.isDone && !type.endsWith('.delta'))) return known?.reader.read(type, event);
    if (known && known.type === itemType && !known.isDone) return known.reader.read(type, event);
    if (known) this.#end(known, {});
    this.#open(key, itemType, { id: event['item_id'] }).reader.read(type, event);
  }

  #finish(key: string, item: Json): void {
    const type = textOf(item['type']) ?? '';
    const known = this.#items.get(key);
    if (known?.isDone && this.#isNoted(item)) return;
    const isSame = known && !known.isDone && known.type === type;
    if (known && !isSame) this.#end(known, {});
    this.#end(isSame ? known : this.#open(key, type, item), item);
    this.#note(item);
  }

  #open(key: string, type: string, item: Json): KnownItem {
    const known = { type, reader: openItem(type, item, this.#outbox), isDone: false };
    this.#items.set(key, known);
    this.#note(item);
    this.#opened++;
    this.#lastKey = key;
    return known;
  }

  #end(known: KnownItem, item: Json): void {
    if (known.isDone) return;
    known.isDone = true;
    if (!known.reader.complete(item)) this.hasLost = true;
  }

  #keyOf(event: Json): string {
    const index = indexOf(event['output_index']);
    if (index !== null) return `#${index}`;
    const id = textOf(event['item_id']) ?? textOf(objectOf(event['item'])['id']);
    return id === null ? this.#lastKey : `@${id}`;
  }

  #note(item: Json): void {
    for (const id of idsOf(item)) this.#ids.add(id);
  }

  #isNoted(item: Json): boolean {
    return idsOf(item).some((id) => this.#ids.has(id));
  }
}

function idsOf(item: Json): readonly string[] {
  return [textOf(item['id']), textOf(item['call_id'])].filter((id) => id !== null && id !== '') as string[];
}
