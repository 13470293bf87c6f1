import { statSync } from 'node:fs';
import { CommandFailed } from '../command-failed.ts';
import { EXIT } from '../exit-codes.ts';
import type { Target } from './target.ts';

/** Says where the daemon was looked for, what is there, and what to type. */
export function unreachable(target: Target, error: unknown): CommandFailed {
  const code = errorCode(error);
  const told = target.kind === 'url' ? tellUrl(target, code, error) : tellSocket(target, code);
  return new CommandFailed(EXIT.unreachable, { code: 'daemon_unreachable', ...told }, error);
}

interface Told {
  readonly message: string;
  readonly hint: string;
}

function tellUrl(target: Extract<Target, { kind: 'url' }>, code: string, error: unknown): Told {
  const why = code || (error instanceof Error ? error.message : String(error));
  return {
    message: `no daemon answers at ${target.url.origin} (${target.why}): ${why}`,
    hint: 'check the address and that admin.listen is set on the daemon; on its own machine use --socket',
  };
}

function tellSocket(target: Extract<Target, { kind: 'socket' }>, code: string): Told {
  if (target.alsoTried.length > 0) {
    return {
      message: `no daemon found: none of ${target.alsoTried.join(', ')} exists`,
      hint: 'start it with: realms serve; or name its socket: --socket PATH',
    };
  }
  const file = describeFile(target.path);
  if (code === 'EACCES' || code === 'EPERM') {
    const group = file.gid === null ? '' : ` (group ${file.gid})`;
    return {
      message: `the socket ${target.path} (${target.why}) may not be opened by this user; ${file.text}`,
      hint: `join the group that owns the socket${group}, or run the command as the user that runs the daemon`,
    };
  }
  if (!file.exists) {
    return {
      message: `no daemon answers at ${target.path} (${target.why}): the socket does not exist`,
      hint: 'start it with: realms serve; under systemd look with: systemctl status realms',
    };
  }
  return {
    message: `no daemon answers at ${target.path} (${target.why}); ${file.text}, but nobody listens (${code || 'no answer'})`,
    hint: 'the daemon has probably ended without cleaning up; start it with: realms serve, or look with: systemctl status realms',
  };
}

function describeFile(path: string): { exists: boolean; text: string; gid: number | null } {
  try {
    const { uid, gid, mode } = statSync(path);
    const bits = (mode & 0o777).toString(8).padStart(4, '0');
    return { exists: true, text: `it exists, mode ${bits}, owner ${uid}, group ${gid}`, gid };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'EACCES') return { exists: true, text: 'its folder may not be entered', gid: null };
    return { exists: false, text: 'it does not exist', gid: null };
  }
}

function errorCode(error: unknown): string {
  for (let current = error; current instanceof Error; current = current.cause) {
    const code = (current as NodeJS.ErrnoException).code;
    if (typeof code === 'string') return code;
  }
  return '';
}
