import { randomBytes } from 'node:crypto';

/** The only source of randomness in core. */
export interface Random {
  /** Cryptographically strong bytes. */
  bytes(count: number): Buffer;
  /** A float in [0, 1); good enough for jitter and tie-breaks, never for secrets. */
  fraction(): number;
}

const POOL_BYTES = 4_096;

/** Draws from the kernel in pages, because one system call for each id would show in the relay's CPU time. */
export function systemRandom(): Random {
  let pool = Buffer.alloc(0);
  let used = 0;
  return {
    bytes(count) {
      if (count > POOL_BYTES / 4) return randomBytes(count);
      if (used + count > pool.length) {
        pool = randomBytes(POOL_BYTES);
        used = 0;
      }
      const drawn = pool.subarray(used, used + count);
      used += count;
      return drawn;
    },
    fraction: Math.random,
  };
}
