/** A value as text that does not depend on the order of members; members without a value are as good as missing. */
export function canonical(value: unknown): string {
  return JSON.stringify(sorted(value), null, 1);
}

/** What is left of a value that went over the wire. */
export function overTheWire(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  const inOrder = members.toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(inOrder.map(([name, member]) => [name, sorted(member)]));
}
