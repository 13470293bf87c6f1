import { Untranslatable } from './untranslatable.ts';

/** Schemas nest some ten levels; what is deeper than this cannot be written by every JSON writer. */
const DEPTH_MAX = 200;
const NAME_MAX = 64;

/**
 * One place in a client's JSON, with its path. Whatever stands there, reading it gives a value of the asked type or throws
 * Untranslatable with the path; null counts as not given.
 */
export class Field {
  readonly value: unknown;
  readonly path: string;

  constructor(value: unknown, path = '') {
    this.value = value;
    this.path = path;
  }

  get isAbsent(): boolean {
    return this.value === undefined || this.value === null;
  }

  /** Whether something stands there that says anything: not null, not empty, not false, not 0. */
  get isSaying(): boolean {
    if (this.isAbsent || this.value === false || this.value === 0 || this.value === '') return false;
    return typeof this.value !== 'object' || Object.keys(this.value as object).length > 0;
  }

  refuse(why: string): never {
    throw new Untranslatable(this.path || 'body', `${this.path || 'the body'} ${why}`);
  }

  at(name: string): Field {
    const record = this.#object();
    const path = this.path === '' ? clip(name) : `${this.path}.${clip(name)}`;
    return new Field(Object.hasOwn(record, name) ? record[name] : undefined, path);
  }

  /** Refuses members that are neither known nor null. */
  only(known: ReadonlySet<string>): this {
    const record = this.#object();
    for (const name of Object.keys(record)) {
      if (!known.has(name) && record[name] !== null) this.at(name).refuse('is not known here, so it cannot be kept');
    }
    return this;
  }

  items(): readonly Field[] {
    if (this.isAbsent) return [];
    if (!Array.isArray(this.value)) return this.refuse('must be an array');
    return this.value.map((item: unknown, index) => new Field(item, `${this.path}[${index}]`));
  }

  text(): string {
    return typeof this.value === 'string' ? this.value : this.refuse('must be a string');
  }

  textOrNull(): string | null {
    return this.isAbsent ? null : this.text();
  }

  flag(): boolean | null {
    if (this.isAbsent) return null;
    return typeof this.value === 'boolean' ? this.value : this.refuse('must be true or false');
  }

  number(): number | null {
    if (this.isAbsent) return null;
    return typeof this.value === 'number' && Number.isFinite(this.value) ? this.value : this.refuse('must be a number');
  }

  /** An integer that JSON kept exactly. */
  integer(): number | null {
    const number = this.number();
    return number === null || Number.isSafeInteger(number) ? number : this.refuse('must be an integer below 2^53');
  }

  choice<const T extends string>(words: readonly T[]): T | null {
    if (this.isAbsent) return null;
    return words.find((word) => word === this.value) ?? this.refuse(`must be one of ${words.join(', ')}`);
  }

  /** An object that is kept as it is, such as a schema. */
  json(): Readonly<Record<string, unknown>> {
    const record = this.#object();
    return isWithinDepth(record) ? record : this.refuse(`is nested deeper than ${DEPTH_MAX} levels`);
  }

  jsonOrNull(): Readonly<Record<string, unknown>> | null {
    return this.isAbsent ? null : this.json();
  }

  #object(): Record<string, unknown> {
    return isObject(this.value) ? this.value : this.refuse('must be an object');
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function clip(name: string): string {
  return name.length <= NAME_MAX ? name : `${name.slice(0, NAME_MAX)}…`;
}

// Level by level, because a walk by recursion is what deep nesting breaks.
function isWithinDepth(value: unknown): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; depth < DEPTH_MAX; depth++) {
    level = level.flatMap((item) => (typeof item === 'object' && item !== null ? Object.values(item) : []));
    if (level.length === 0) return true;
  }
  return false;
}
