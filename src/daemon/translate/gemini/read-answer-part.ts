import {
  clientNames,
  type EventOutbox,
  inputText,
  type Json,
  objectOf,
  type Prompt,
  textOf,
  unwrapCustomInput,
} from '../form/index.ts';

type Kind = 'text' | 'reasoning';
const ID_TAIL = 24;

/** Follows the parts of an answer: words of one kind are one block until other parts come; a call comes whole. */
export class PartReader {
  readonly #outbox: EventOutbox;
  readonly #nameOf: (name: string) => string;
  readonly #custom: ReadonlySet<string>;
  #words: { readonly kind: Kind; readonly block: number } | null = null;
  #calls = 0;

  constructor(outbox: EventOutbox, sent: Prompt | undefined) {
    this.#outbox = outbox;
    this.#nameOf = sent ? clientNames(sent) : (name) => name;
    this.#custom = new Set(sent?.tools.filter(({ kind }) => kind === 'custom').map(({ name }) => name));
  }

  get hadCalls(): boolean {
    return this.#calls > 0;
  }

  /** `answerId` makes an id for calls that come without. */
  read(part: Json, answerId: string | null): void {
    const signature = textOf(part['thoughtSignature']) || null;
    if (part['functionCall'] !== undefined) return this.#call(objectOf(part['functionCall']), signature, answerId);
    if (part['inlineData'] !== undefined) {
      return this.#outbox.fail(502, 'upstream_error', 'the provider answered with something that is no text');
    }
    const text = textOf(part['text']) ?? '';
    this.#say(part['thought'] === true ? 'reasoning' : 'text', text, signature);
  }

  cite({ uri, title }: Json): void {
    const url = textOf(uri);
    if (url === null || this.#words?.kind !== 'text') return;
    this.#outbox.cite({ type: 'citation', block: this.#words.block, url, title: textOf(title) });
  }

  // A signature is of the words before it, often alone in the last part; what comes behind is another block.
  #say(kind: Kind, text: string, signature: string | null): void {
    if (text === '' && signature === null) return;
    if (this.#words?.kind !== kind) this.#begin(kind);
    const block = this.#words?.block ?? 0;
    this.#outbox.delta(block, text);
    if (signature === null) return;
    this.#seal(block, signature);
    this.#close();
  }

  #call(call: Json, signature: string | null, answerId: string | null): void {
    this.#close();
    const input = inputText(call['args']);
    if (input === null) {
      return this.#outbox.fail(502, 'upstream_error', 'the provider nested the arguments of a call too deeply');
    }
    const name = this.#nameOf(textOf(call['name']) ?? '');
    const isCustom = this.#custom.has(name);
    const callId =
      textOf(call['id']) || `call_${(answerId ?? '').replace(/[^\w-]/g, '').slice(-ID_TAIL)}_${this.#calls}`;
    this.#calls++;
    const block = this.#outbox.open({ kind: 'tool-call', callId, name, isCustom });
    if (signature !== null) this.#seal(block, signature);
    this.#outbox.delta(block, isCustom ? unwrapCustomInput(input) : input);
    this.#outbox.close(block);
  }

  #begin(kind: Kind): void {
    this.#close();
    this.#words = { kind, block: this.#outbox.open({ kind }) };
  }

  #seal(block: number, data: string): void {
    this.#outbox.seal(block, { wire: 'gemini', kind: 'thought', data, id: null });
  }

  #close(): void {
    if (this.#words) this.#outbox.close(this.#words.block);
    this.#words = null;
  }
}
