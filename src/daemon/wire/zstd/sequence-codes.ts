import { buildTable } from './fse-table.ts';

/** Baselines and extra bits of a code (RFC 8878, 3.1.1.3.2.1.1). */
export interface LengthCodes {
  readonly bases: Uint32Array;
  readonly bits: Uint8Array;
}

// Each list gives the extra bits of the codes after the plain ones, which stand for themselves.
export const LITERAL_LENGTHS = lengthCodes(0, 16, [1, 1, 1, 1, 2, 2, 3, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]);
export const MATCH_LENGTHS = lengthCodes(3, 32, [1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]);

export const LITERAL_LENGTH_DEFAULT = buildTable(
  [4, 3, ...repeat(2, 11), ...repeat(1, 3), ...repeat(2, 9), 3, 2, ...repeat(1, 5), ...repeat(-1, 4)],
  6,
);
export const OFFSET_DEFAULT = buildTable([...repeat(1, 6), 2, 2, 2, ...repeat(1, 15), ...repeat(-1, 5)], 5);
export const MATCH_LENGTH_DEFAULT = buildTable([1, 4, 3, ...repeat(2, 6), ...repeat(1, 37), ...repeat(-1, 7)], 6);

function lengthCodes(first: number, plain: number, extraBits: readonly number[]): LengthCodes {
  const bits = Uint8Array.from([...repeat(0, plain), ...extraBits]);
  const bases = new Uint32Array(bits.length);
  let base = first;
  for (const [code, count] of bits.entries()) {
    bases[code] = base;
    base += 1 << count;
  }
  return { bases, bits };
}

function repeat(value: number, count: number): number[] {
  return Array.from({ length: count }, () => value);
}
