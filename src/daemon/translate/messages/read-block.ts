import {
  clientNames,
  type EventOutbox,
  inputText,
  type Json,
  objectOf,
  type Prompt,
  type Seal,
  textOf,
} from '../form/index.ts';
import { CallInput } from './call-input.ts';

interface OpenBlock {
  readonly block: number;
  /** Present when the block is a call. */
  readonly input: CallInput | null;
}

/** Follows the content blocks of an answer. What the provider's own tools did is not the client's to see. */
export class BlockReader {
  readonly #outbox: EventOutbox;
  readonly #open = new Map<number, OpenBlock>();
  readonly #nameOf: (name: string) => string;
  readonly #custom: ReadonlySet<string>;

  constructor(outbox: EventOutbox, sent: Prompt | undefined) {
    this.#outbox = outbox;
    this.#nameOf = sent ? clientNames(sent) : (name) => name;
    this.#custom = new Set(sent?.tools.filter(({ kind }) => kind === 'custom').map(({ name }) => name));
  }

  begin(index: number, content: Json): void {
    this.end(index);
    switch (content['type']) {
      case 'text':
        return this.#beginText(index, 'text', textOf(content['text']));
      case 'thinking':
        this.#beginText(index, 'reasoning', textOf(content['thinking']));
        return this.#seal(index, 'signature', content['signature']);
      case 'redacted_thinking':
        this.#beginText(index, 'reasoning', null);
        return this.#seal(index, 'redacted', content['data']);
      case 'tool_use':
        return this.#beginCall(index, content);
      default:
    }
  }

  add(index: number, delta: Json): void {
    const open = this.#open.get(index);
    if (!open) return;
    switch (delta['type']) {
      case 'text_delta':
        return this.#outbox.delta(open.block, textOf(delta['text']) ?? '');
      case 'thinking_delta':
        return this.#outbox.delta(open.block, textOf(delta['thinking']) ?? '');
      case 'signature_delta':
        return this.#seal(index, 'signature', delta['signature']);
      case 'input_json_delta':
        return this.#outbox.delta(open.block, open.input?.add(textOf(delta['partial_json']) ?? '') ?? '');
      case 'citations_delta':
        return this.#cite(open.block, delta['citation']);
      default:
    }
  }

  end(index: number): void {
    const open = this.#open.get(index);
    if (!open) return;
    this.#open.delete(index);
    this.#outbox.delta(open.block, open.input?.rest() ?? '');
    this.#outbox.close(open.block);
  }

  endAll(): void {
    for (const index of [...this.#open.keys()]) this.end(index);
  }

  /** Why the model would not: said beside the content on this wire. */
  refuse(explanation: string): void {
    this.endAll();
    const block = this.#outbox.open({ kind: 'refusal' });
    this.#outbox.delta(block, explanation);
    this.#outbox.close(block);
  }

  #beginText(index: number, kind: 'text' | 'reasoning', text: string | null): void {
    const block = this.#outbox.open({ kind });
    this.#open.set(index, { block, input: null });
    this.#outbox.delta(block, text ?? '');
  }

  #beginCall(index: number, content: Json): void {
    const first = inputText(content['input']);
    if (first === null)
      return this.#outbox.fail(502, 'upstream_error', 'the provider nested the input of a call too deeply');
    const name = this.#nameOf(textOf(content['name']) ?? '');
    const isCustom = this.#custom.has(name);
    const callId = textOf(content['id']) || `call_${index}`;
    const block = this.#outbox.open({ kind: 'tool-call', callId, name, isCustom });
    this.#open.set(index, { block, input: new CallInput(first, isCustom) });
  }

  #seal(index: number, kind: 'signature' | 'redacted', data: unknown): void {
    const open = this.#open.get(index);
    if (!open || typeof data !== 'string' || data === '') return;
    const seal: Seal = { wire: 'messages', kind, data, id: null };
    this.#outbox.seal(open.block, seal);
  }

  // Places in a document have no address that another wire could give.
  #cite(block: number, value: unknown): void {
    const { url, source, title } = objectOf(value);
    const address = textOf(url) ?? textOf(source);
    if (address !== null) this.#outbox.cite({ type: 'citation', block, url: address, title: textOf(title) });
  }
}
