import { Failure } from '../../core/failure.ts';
import { formatUsd, parseUsd } from '../../core/money.ts';
import { decodeCursor, PAGE_LIMIT_DEFAULT, type Page, type PageRequest } from '../../core/page.ts';
import { type EpochMs, epochMs, toRfc3339 } from '../../core/time.ts';

// How instants, multipliers and pages look in the admin API.

export function instantOf(text: string): EpochMs {
  return epochMs(Date.parse(text));
}

/** Undefined (not given) and null (taken away) stay what they are. */
export function optionalInstant<T extends string | null | undefined>(text: T): EpochMs | Exclude<T, string> {
  return typeof text === 'string' ? instantOf(text) : (text as Exclude<T, string>);
}

export function instantText(at: EpochMs | null): string | null {
  return at === null ? null : toRfc3339(at);
}

/** "1.5" → 1,500,000: a multiplier has six decimals, as dollars have. */
export function multiplierPpm(text: string): number {
  const ppm: number = parseUsd(text);
  if (ppm < 0) throw new Failure('invalid_input', { message: 'a multiplier cannot be negative', param: 'multiplier' });
  return ppm;
}

export function multiplierText(ppm: number): string {
  return formatUsd(ppm);
}

export function pageOf(query: {
  readonly limit?: number | undefined;
  readonly cursor?: string | undefined;
}): PageRequest {
  const limit = query.limit ?? PAGE_LIMIT_DEFAULT;
  return query.cursor === undefined ? { limit } : { limit, after: decodeCursor(query.cursor) };
}

export function pageView<T, V>(page: Page<T>, view: (item: T) => V): { items: V[]; next_cursor: string | null } {
  return { items: page.items.map(view), next_cursor: page.nextCursor };
}

/** A list that is always complete. */
export function wholeList<V>(items: readonly V[]): { items: V[]; next_cursor: null } {
  return { items: [...items], next_cursor: null };
}
