/** A lease takes at most this part of what is there beyond what is needed now: others must find something too. */
const SHARE = 16;
/** And at most this often what is asked for now: enough that the next requests need not ask. */
const AHEAD = 32;

export interface SliceInput {
  readonly availableUsdMicros: number;
  /** All that those who wait want to hold. */
  readonly askedUsdMicros: number;
  /** The part of it that the lease has not. */
  readonly neededUsdMicros: number;
  /** Less than this on top of what the lease has is of no use to any of them. */
  readonly leastUsdMicros: number;
}

/** How much a lease gets on top of what it has. Nothing when even all there is would not be enough for the least. */
export function sliceOf({ availableUsdMicros, askedUsdMicros, neededUsdMicros, leastUsdMicros }: SliceInput): number {
  if (neededUsdMicros <= 0 || availableUsdMicros <= 0 || availableUsdMicros < leastUsdMicros) return 0;
  const ahead = Math.min(Math.floor(availableUsdMicros / SHARE), AHEAD * askedUsdMicros);
  return Math.min(availableUsdMicros, neededUsdMicros + ahead);
}
