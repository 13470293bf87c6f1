import {
  closeSync,
  constants,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { describeError, Failure } from '../failure.ts';
import { formatKeyring, type KeyringDocument, parseKeyring } from './keyring-document.ts';

// Synchronous on purpose: between reading the file and writing it no other work of this process can come.

/** A state of the file; another state has another mark. */
export type FileMark = string;

const WORLD_READABLE = 0o004;

/** Undefined when there is no file. @throws Failure config_invalid when it cannot be read or understood. */
export function readKeyringFile(path: string): { document: KeyringDocument; mark: FileMark } | undefined {
  try {
    // The mark first: a write in between is then seen next time.
    const mark = markOf(path);
    return { mark, document: parseKeyring(readFileSync(path, 'utf8'), path) };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    if (error instanceof Failure) throw error;
    throw new Failure('config_invalid', `the keyring ${path} cannot be read: ${describeError(error)}`, error);
  }
}

export function markOf(path: string): FileMark {
  const { ino, size, mtimeMs } = statSync(path);
  return `${ino}:${size}:${mtimeMs}`;
}

export function isWorldReadable(path: string): boolean {
  return (statSync(path).mode & WORLD_READABLE) !== 0;
}

/** Makes the file unless there is one; never overwrites, also when two processes start at once. */
export function createKeyringFile(path: string, document: KeyringDocument): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const draft = writeDraft(path, document);
  try {
    linkSync(draft, path);
    syncFolder(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Replaces the file in one step that survives a power cut: the old keys or the new ones, never neither. */
export function replaceKeyringFile(path: string, document: KeyringDocument): void {
  const draft = writeDraft(path, document);
  renameSync(draft, path);
  syncFolder(path);
}

function writeDraft(path: string, document: KeyringDocument): string {
  const draft = `${path}.${process.pid}.tmp`;
  rmSync(draft, { force: true });
  const file = openSync(draft, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
  try {
    writeSync(file, formatKeyring(document));
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  return draft;
}

/** The name of a file is durable only when its folder is. */
function syncFolder(path: string): void {
  const folder = openSync(dirname(path), constants.O_RDONLY);
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
