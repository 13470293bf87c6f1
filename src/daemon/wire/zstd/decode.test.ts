import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  compressedBlock,
  rawBlock,
  runBlock,
  skippableFrame,
  withWindowLog,
  zstdFrame,
} from '../testing/zstd-frames.ts';
import { sampleText, ZSTD_SAMPLES } from '../testing/zstd-samples.ts';
import { ZstdFault } from './bits.ts';
import { decodeZstd, ZstdTooLarge } from './decode.ts';

const MAX_BYTES = 1024 * 1024;
const SAMPLES = ZSTD_SAMPLES.map(({ base64 }) => Buffer.from(base64, 'base64'));

function decode(input: Buffer, maxBytes = MAX_BYTES): Promise<Buffer> {
  return decodeZstd(input, maxBytes, () => Promise.resolve());
}

describe('decodeZstd', () => {
  it.each(ZSTD_SAMPLES)('decodes what $made wrote', async ({ bytes, base64 }) => {
    const decoded = await decode(Buffer.from(base64, 'base64'));
    expect(decoded.equals(sampleText(bytes))).toBe(true);
  });

  it('decodes raw blocks, runs, empty blocks and several frames with skippable ones between', async () => {
    const one = zstdFrame(rawBlock(Buffer.from('{"a":')), rawBlock(Buffer.alloc(0)), runBlock(0x31, 3));
    const input = Buffer.concat([skippableFrame(5), one, skippableFrame(0), zstdFrame(rawBlock(Buffer.from('}')))]);
    expect((await decode(input)).toString()).toBe('{"a":111}');
    expect(await decode(skippableFrame(9))).toHaveLength(0);
  });

  it('stops at the limit exactly, stated or not', async () => {
    const bomb = zstdFrame(...Array<Buffer>(10).fill(runBlock(0x20, 100_000)));
    expect(await decode(bomb, 1_000_000)).toHaveLength(1_000_000);
    await expect(decode(bomb, 999_999)).rejects.toThrow(ZstdTooLarge);
    await expect(decode(SAMPLES[0] ?? bomb, 149_999)).rejects.toThrow(ZstdTooLarge);
    await expect(decode(SAMPLES[1] ?? bomb, 299_999)).rejects.toThrow(ZstdTooLarge);
  });

  it('refuses every truncation', async () => {
    const [, , short = Buffer.alloc(0)] = SAMPLES;
    for (let length = 0; length < short.length; length++) {
      await expect(decode(short.subarray(0, length))).rejects.toThrow(ZstdFault);
    }
  });

  it.each([
    ['a window beyond 8 MB', withWindowLog(zstdFrame(runBlock(1, 1)), 24)],
    ['a window of 2 GB', withWindowLog(zstdFrame(runBlock(1, 1)), 41)],
    ['a block beyond 128 KB', zstdFrame(runBlock(1, 128 * 1024 + 1))],
    ['bytes behind the last frame', Buffer.concat([zstdFrame(runBlock(1, 1)), Buffer.from('tail')])],
    ['no zstd at all', Buffer.from('{"model":"x"}')],
    ['more blocks than any encoder makes', zstdFrame(...Array<Buffer>(10_000).fill(rawBlock(Buffer.alloc(0))))],
  ])('refuses %s', async (_, input) => {
    await expect(decode(input)).rejects.toThrow(ZstdFault);
  });

  it('refuses a few bytes that claim gigabytes of matches, at once', async () => {
    // 33,512 sequences of 65,539 bytes each, all from tables that read no bits.
    const sequences = [0x00, 255, 0xe8, 0x03, 0x54, 0, 0, 52, 1, 1, 1, 1];
    await expect(decode(zstdFrame(runBlock(1, 100), compressedBlock(Buffer.from(sequences))))).rejects.toThrow(
      ZstdFault,
    );
  });

  it('lets a match reach into earlier blocks of its frame, not into another frame', async () => {
    // No literals; one sequence: offset code 2 with two zero bits is a step of 1 back, match code 0 is 3 bytes.
    const match = compressedBlock(Buffer.from([0x00, 1, 0x54, 0, 2, 0, 0b100]));
    expect((await decode(zstdFrame(rawBlock(Buffer.from('ab')), match))).toString()).toBe('abbbb');
    const apart = Buffer.concat([zstdFrame(rawBlock(Buffer.from('ab'))), zstdFrame(match)]);
    await expect(decode(apart)).rejects.toThrow(ZstdFault);
  });

  it('answers damaged input with a fault or bytes within the limit, never otherwise', async () => {
    const damages = fc.array(fc.record({ at: fc.nat(), byte: fc.nat(255) }), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...SAMPLES), damages, async (sample, changes) => {
        const input = Buffer.from(sample);
        // Headers and tables stand in front: half of the damage goes there.
        for (const { at, byte } of changes)
          input[at % (at % 2 === 0 ? input.length : Math.min(200, input.length))] = byte;
        const result = await decode(input).catch((error: unknown) => error);
        if (Buffer.isBuffer(result)) expect(result.length).toBeLessThanOrEqual(MAX_BYTES);
        else expect(result instanceof ZstdFault || result instanceof ZstdTooLarge).toBe(true);
      }),
      { numRuns: 400 },
    );
  });
});
