import type { Json } from './lenient.ts';

/** Members without a value are not sent. */
export function withoutNulls(body: Json): Json {
  return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== null && value !== undefined));
}
