import { type EventOutbox, indexOf, type Json, objectOf, textOf } from '../form/index.ts';

interface Call {
  id: string | null;
  name: string;
  isCustom: boolean;
  /** Null until the name is known. */
  block: number | null;
  /** What came before the name. */
  held: string;
}

/**
 * Follows the calls within a stream of chunks. They are told apart by `index`; servers that have none, or the same for
 * all, tell them apart by `id`.
 */
export class CallReader {
  readonly #outbox: EventOutbox;
  readonly #byIndex = new Map<number, Call>();
  readonly #nameless = new Set<Call>();
  #last: Call | null = null;
  #count = 0;

  constructor(outbox: EventOutbox) {
    this.#outbox = outbox;
  }

  /** A call that nobody can be asked for. */
  get hasNameless(): boolean {
    return this.#nameless.size > 0;
  }

  /** `answerId` makes an id for calls that come without. */
  read(delta: Json, answerId: string | null): void {
    const call = this.#find(delta);
    const isCustom = delta['type'] === 'custom' || (delta['type'] === undefined && delta['custom'] !== undefined);
    const what = objectOf(isCustom || call.isCustom ? delta['custom'] : delta['function']);
    if (call.block === null) {
      call.isCustom ||= isCustom;
      call.id ??= textOf(delta['id']) || null;
      call.name ||= textOf(what['name']) ?? '';
    }
    const input = textOf(what[call.isCustom ? 'input' : 'arguments']) ?? '';
    if (call.block === null) this.#begin(call, answerId);
    if (call.block === null) call.held += input;
    else this.#outbox.delta(call.block, call.held + input);
    if (call.block !== null) call.held = '';
  }

  #begin(call: Call, answerId: string | null): void {
    if (call.name === '') {
      this.#nameless.add(call);
      return;
    }
    this.#nameless.delete(call);
    const callId = call.id ?? `call_${answerId ?? ''}_${this.#count}`;
    this.#count++;
    call.block = this.#outbox.open({ kind: 'tool-call', callId, name: call.name, isCustom: call.isCustom });
  }

  #find(delta: Json): Call {
    const index = indexOf(delta['index']);
    const id = textOf(delta['id']) || null;
    const found = index === null ? this.#last : (this.#byIndex.get(index) ?? null);
    const isOther = id !== null && found !== null && found.id !== null && found.id !== id;
    const call = found && !isOther ? found : { id: null, name: '', isCustom: false, block: null, held: '' };
    if (index !== null) this.#byIndex.set(index, call);
    this.#last = call;
    return call;
  }
}
