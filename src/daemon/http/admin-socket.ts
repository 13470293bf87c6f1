import { chmodSync, existsSync, lstatSync, mkdirSync, unlinkSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { Failure } from '../../core/failure.ts';

/** The kernel's limit for the path of a unix socket (108 bytes with its end). */
const PATH_MAX_BYTES = 107;

/**
 * Serves the admin API on a unix socket that only its owner can open: 0600, in a folder 0700 that is made when missing.
 * A socket file left behind by a killed process is replaced; one that answers belongs to a running daemon.
 * @throws Failure conflict when another daemon answers there; config_invalid when the path is too long or some other file's.
 */
export async function listenOnSocket(app: FastifyInstance, path: string): Promise<void> {
  if (Buffer.byteLength(path) > PATH_MAX_BYTES) {
    throw new Failure('config_invalid', {
      message: `the path of the admin socket is longer than ${PATH_MAX_BYTES} bytes: ${path}`,
      hint: 'set admin.socket to a shorter one',
      param: 'admin.socket',
    });
  }
  const folder = dirname(path);
  if (!existsSync(folder)) mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (existsSync(path)) {
    if (!lstatSync(path).isSocket()) {
      throw new Failure('config_invalid', {
        message: `the path of the admin socket is that of another file: ${path}`,
        hint: 'set admin.socket to a path of its own',
        param: 'admin.socket',
      });
    }
    if (await isServed(path)) {
      throw new Failure('conflict', {
        message: `another realms is serving on ${path}`,
        hint: 'stop it, or give this one its own --data folder',
      });
    }
    unlinkSync(path);
  }
  // The mode must be right from the first moment, so it comes from the mask and not from a later chmod.
  const before = process.umask(0o177);
  try {
    await app.listen({ path });
  } finally {
    process.umask(before);
  }
  chmodSync(path, 0o600);
}

/** Only a refused connection proves that nobody is there; one that is too busy to answer is alive. */
function isServed(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(path);
    probe.once('connect', () => {
      probe.destroy();
      resolve(true);
    });
    probe.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code !== 'ECONNREFUSED' && code !== 'ENOENT'));
  });
}
