/** Everything up to and with one answer, as a chain back to the beginning. */
export interface Past {
  readonly before: Past | null;
  /** JSON items with commas between them. */
  readonly items: Buffer;
  /** Of the whole chain. */
  readonly bytes: number;
}

const COMMA = Buffer.from(',');

/** What was said on one connection: enough to say it again to an upstream that has not heard it. */
export class Conversation {
  readonly #known = new Map<string, Past>();
  readonly #answersMax: number;
  readonly #bytesMax: number;

  /** Keeps the last `answersMax` answers, none of whose conversations is larger than `bytesMax`. */
  constructor(answersMax: number, bytesMax: number) {
    this.#answersMax = answersMax;
    this.#bytesMax = bytesMax;
  }

  find(responseId: string): Past | null {
    return this.#known.get(responseId) ?? null;
  }

  /** A conversation that has grown too large is forgotten: its client is told so when it goes on with it. */
  remember(responseId: string, before: Past | null, input: Buffer, output: readonly Buffer[]): void {
    const items = joined([input, ...output]);
    const bytes = (before?.bytes ?? 0) + items.length;
    if (bytes > this.#bytesMax) return;
    this.#known.set(responseId, { before, items, bytes });
    const [oldest] = this.#known.keys();
    if (this.#known.size > this.#answersMax && oldest !== undefined) this.#known.delete(oldest);
  }

  /** All items from the beginning to the new ones, with commas between them. */
  joined(before: Past | null, input: Buffer): Buffer {
    const parts: Buffer[] = [input];
    for (let past = before; past !== null; past = past.before) parts.unshift(past.items);
    return joined(parts);
  }
}

function joined(parts: readonly Buffer[]): Buffer {
  const full = parts.filter((part) => part.length > 0);
  return Buffer.concat(full.flatMap((part, at) => (at === 0 ? [part] : [COMMA, part])));
}
