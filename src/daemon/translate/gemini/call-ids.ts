interface OpenCall {
  readonly name: string;
  readonly id: string;
}

/**
 * Ids of calls, which this wire may leave out: a response then answers the first call of its name that has none yet.
 * Made of the place in the conversation alone, so a conversation keeps its bytes from turn to turn.
 */
export class CallIds {
  readonly #open: OpenCall[] = [];
  readonly #names = new Map<string, string>();
  #count = 0;

  /** The id of a call as it stands or, where it has none, one of its own. */
  call(name: string, id: string | null): string {
    this.#count++;
    const known = id ?? `call_${this.#count}_${name.replace(/[^A-Za-z0-9_-]/g, '_').slice(0, 40)}`;
    this.#open.push({ name, id: known });
    this.#names.set(known, name);
    return known;
  }

  /** The id of the call that a response answers; null when there is none. */
  response(name: string | null, id: string | null): string | null {
    const index = this.#open.findIndex((call) => (id === null ? call.name === name : call.id === id));
    if (index >= 0) return this.#open.splice(index, 1)[0]?.id ?? null;
    return id;
  }

  nameOf(id: string): string | null {
    return this.#names.get(id) ?? null;
  }
}
