import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '../failure.ts';

const CLAIM = 'owner';

/**
 * Says in a file which process has the folder, and refuses when one that still runs said so before. Only as good as
 * /proc: elsewhere, and between containers, a claim binds nobody, which is why it is no more than a help against a
 * configuration that gives two daemons one folder.
 * @throws Failure conflict
 */
export function claimFolder(folder: string): void {
  const owner = readOr(join(folder, CLAIM), '');
  const [pid = ''] = owner.split(' ');
  if (owner !== '' && Number(pid) !== process.pid && owner === identityOf(pid)) {
    throw new Failure('conflict', {
      message: `the folder ${folder} is in use by another process (${pid})`,
      hint: 'stop that realms first, or give this one a data.dir of its own',
    });
  }
  const own = identityOf(String(process.pid));
  writeFileSync(join(folder, CLAIM), own ?? '', { mode: 0o600 });
}

export function releaseFolder(folder: string): void {
  rmSync(join(folder, CLAIM), { force: true });
}

/** A process is its number together with when it began: numbers are used again. Null when there is no such process. */
function identityOf(pid: string): string | null {
  // The second field is the program's name in parentheses, which may hold anything; the 22nd is the start.
  const stat = readOr(`/proc/${pid}/stat`, null);
  const start = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  return start === undefined ? null : `${pid} ${start}`;
}

function readOr<Missing>(path: string, missing: Missing): string | Missing {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return missing;
  }
}
