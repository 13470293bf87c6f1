import { Failure } from './failure.ts';

export const PAGE_LIMIT_DEFAULT = 50;
export const PAGE_LIMIT_MAX = 500;

/** A request for one page of a list that is sorted by id, newest first. */
export interface PageRequest {
  readonly limit: number;
  /** The last id of the page before; absent for the first page. */
  readonly after?: string;
}

export interface Page<T> {
  readonly items: readonly T[];
  /** Opaque; null on the last page. */
  readonly nextCursor: string | null;
}

/** Cuts a page out of `limit + 1` rows: the extra row only shows that there is more. */
export function cutPage<T extends { readonly id: string }>(rows: readonly T[], limit: number): Page<T> {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items, nextCursor: rows.length > limit && last ? encodeCursor(last.id) : null };
}

function encodeCursor(id: string): string {
  return Buffer.from(id, 'utf8').toString('base64url');
}

/** @throws Failure invalid_input when the text was not made by encodeCursor. */
export function decodeCursor(cursor: string): string {
  const id = Buffer.from(cursor, 'base64url').toString('utf8');
  if (!/^[a-z]+_[0-9a-z]+$/.test(id)) {
    throw new Failure('invalid_input', { message: 'the cursor is not one that this server gave', param: 'cursor' });
  }
  return id;
}
