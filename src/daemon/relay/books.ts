import type { Ending } from './ending.ts';
import type { Journey } from './journey.ts';
import type { RelayHouse } from './relay-house.ts';
import { settle } from './settle.ts';

/** Settles the books of a journey, once: whatever is held is given back exactly one time. Later calls change nothing. */
export function closeBooks(house: RelayHouse, journey: Journey, ending: Ending): void {
  if (journey.isClosed) return;
  journey.isClosed = true;
  settle(house, journey, ending);
}
