/** The machine's monotonic clock, equal in every process on it, so that a stamp of one can be read by another. */
export function nowMicros(): number {
  const [seconds, nanos] = process.hrtime();
  return seconds * 1e6 + nanos / 1e3;
}
