import { type EventOutbox, indexOf, type Json, objectOf, objectsOf, textOf } from '../form/index.ts';
import { SaidText } from './said-text.ts';

type Kind = 'text' | 'refusal';

interface ContentPart {
  readonly kind: Kind;
  readonly text: SaidText;
  citations: number;
}

/** A message of the output: each of its content parts is a block. */
export class MessageItem {
  readonly #outbox: EventOutbox;
  readonly #parts = new Map<number, ContentPart>();

  constructor(outbox: EventOutbox) {
    this.#outbox = outbox;
  }

  read(type: string, event: Json): void {
    const index = indexOf(event['content_index']) ?? 0;
    switch (type) {
      case 'response.output_text.delta':
        return this.#part(index, 'text').text.append(textOf(event['delta']) ?? '');
      case 'response.output_text.done':
        return this.#part(index, 'text').text.complete(textOf(event['text']) ?? '');
      case 'response.refusal.delta':
        return this.#part(index, 'refusal').text.append(textOf(event['delta']) ?? '');
      case 'response.refusal.done':
        return this.#part(index, 'refusal').text.complete(textOf(event['refusal']) ?? '');
      case 'response.output_text.annotation.added':
        return this.#cite(this.#part(index, 'text'), objectOf(event['annotation']));
      case 'response.content_part.added': {
        const kind = kindOf(objectOf(event['part']));
        if (kind) this.#part(index, kind);
        return;
      }
      case 'response.content_part.done':
        return this.#completePart(index, objectOf(event['part']));
    }
  }

  complete(item: Json): boolean {
    const content = Array.isArray(item['content']) ? item['content'] : [];
    for (const [index, part] of content.entries()) this.#completePart(index, objectOf(part));
    for (const { text } of this.#parts.values()) text.close();
    return true;
  }

  #completePart(index: number, part: Json): void {
    const kind = kindOf(part);
    if (!kind) return;
    const known = this.#part(index, kind);
    known.text.complete(textOf(part[kind]) ?? '');
    for (const annotation of objectsOf(part['annotations']).slice(known.citations)) this.#cite(known, annotation);
    known.text.close();
  }

  #part(index: number, kind: Kind): ContentPart {
    const known = this.#parts.get(index);
    if (known) return known;
    const part = { kind, text: new SaidText(this.#outbox, this.#outbox.open({ kind })), citations: 0 };
    this.#parts.set(index, part);
    return part;
  }

  #cite(part: ContentPart, annotation: Json): void {
    part.citations++;
    const url = textOf(annotation['url']);
    if (url === null) return;
    const start = indexOf(annotation['start_index']);
    const end = indexOf(annotation['end_index']);
    const span = start === null || end === null ? null : { start, end };
    this.#outbox.cite({ type: 'citation', block: part.text.block, url, title: textOf(annotation['title']), span });
  }
}

function kindOf(part: Json): Kind | null {
  if (part['type'] === 'output_text') return 'text';
  return part['type'] === 'refusal' ? 'refusal' : null;
}
