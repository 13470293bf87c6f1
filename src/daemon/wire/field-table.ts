/** Names to look for in an object, prepared once so that keys are compared as bytes. */
export class FieldTable<Name extends string> {
  readonly names: readonly Name[];
  /** Members under other names are listed too, for those who may let nothing else pass. */
  readonly listsOthers: boolean;
  readonly #indexes = new Map<string, number>();
  readonly #byLength: ({ readonly bytes: Buffer; readonly index: number }[] | undefined)[] = [];

  constructor(names: readonly Name[], { listsOthers = false }: { readonly listsOthers?: boolean } = {}) {
    this.listsOthers = listsOthers;
    this.names = [...new Set(names)];
    for (const [index, name] of this.names.entries()) {
      const bytes = Buffer.from(name, 'utf8');
      this.#indexes.set(name, index);
      const row = this.#byLength[bytes.length] ?? [];
      row.push({ bytes, index });
      for (let length = this.#byLength.length; length < bytes.length; length++) this.#byLength.push(undefined);
      this.#byLength[bytes.length] = row;
    }
  }

  /** The place of a name in `names`, or -1. */
  indexOf(name: string): number {
    return this.#indexes.get(name) ?? -1;
  }

  /** The place of the name that the sound JSON string between two quotes spells, or -1. */
  match(body: Buffer, start: number, end: number): number {
    if (hasBackslash(body, start, end)) return this.indexOf(JSON.parse(body.toString('utf8', start - 1, end + 1)));
    const row = this.#byLength[end - start];
    if (row === undefined) return -1;
    for (const { bytes, index } of row) {
      let i = 0;
      while (i < bytes.length && bytes[i] === body[start + i]) i++;
      if (i === bytes.length) return index;
    }
    return -1;
  }
}

function hasBackslash(body: Buffer, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (body[i] === 0x5c) return true;
  return false;
}
