import { inspect } from 'node:util';

/** A value that cannot print: string conversion, JSON and inspect all give `[redacted]`. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The bare value. Call it only where it leaves for the place that it opens. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return '[redacted]';
  }

  toJSON(): string {
    return '[redacted]';
  }

  [inspect.custom](): string {
    return '[redacted]';
  }
}

const HEAD_CHARS = 3;
const TAIL_CHARS = 4;

/** What an operator may see of a secret: a recognisable head and tail, never more than a third of it. */
export function secretHint(value: string): string {
  if (value.length < 3 * (HEAD_CHARS + TAIL_CHARS)) return '…';
  return `${value.slice(0, HEAD_CHARS)}…${value.slice(-TAIL_CHARS)}`;
}
