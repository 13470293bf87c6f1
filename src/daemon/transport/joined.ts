/** From this size on, a write of its own costs less than a copy. */
const COPY_MAX_BYTES = 16 * 1024;

/** One buffer of text, bytes and text, or null when the bytes are too many to be copied. Texts are latin1. */
export function joined(before: string, bytes: Buffer, after: string): Buffer | null {
  if (bytes.length > COPY_MAX_BYTES) return null;
  const start = before.length;
  const whole = Buffer.allocUnsafe(start + bytes.length + after.length);
  whole.write(before, 0, 'latin1');
  whole.set(bytes, start);
  if (after !== '') whole.write(after, start + bytes.length, 'latin1');
  return whole;
}
