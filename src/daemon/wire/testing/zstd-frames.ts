/** A hand-made frame with an 8 MB window and no stated size; each block is given whole or as a run of one byte. */
export function zstdFrame(...blocks: readonly Buffer[]): Buffer {
  const last = blocks.length - 1;
  const marked = blocks.map((block, index) =>
    Buffer.from(block).fill((block[0] ?? 0) | (index === last ? 1 : 0), 0, 1),
  );
  return Buffer.concat([Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, WINDOW_8_MB]), ...marked]);
}

/** Raises the window that a frame made by zstdFrame asks for. */
export function withWindowLog(frame: Buffer, log: number): Buffer {
  const copy = Buffer.from(frame);
  copy[5] = (log - 10) << 3;
  return copy;
}

export function rawBlock(bytes: Buffer): Buffer {
  return Buffer.concat([blockHeader(0, bytes.length), bytes]);
}

export function runBlock(byte: number, count: number): Buffer {
  return Buffer.concat([blockHeader(1, count), Buffer.from([byte])]);
}

export function compressedBlock(bytes: Buffer): Buffer {
  return Buffer.concat([blockHeader(2, bytes.length), bytes]);
}

export function skippableFrame(bytes: number): Buffer {
  const frame = Buffer.alloc(8 + bytes, 0xaa);
  frame.writeUInt32LE(0x184d2a53, 0);
  frame.writeUInt32LE(bytes, 4);
  return frame;
}

const WINDOW_8_MB = (23 - 10) << 3;

function blockHeader(kind: number, size: number): Buffer {
  const header = Buffer.alloc(3);
  header.writeUIntLE((size << 3) | (kind << 1), 0, 3);
  return header;
}
