import { CommandFailed } from '../command-failed.ts';
import { EXIT } from '../exit-codes.ts';

/** Other major: refused, since fields may mean something else. Other minor: said, because a command may be missing. */
export function checkVersions(own: string, daemon: string | undefined, warn: (line: string) => void): void {
  if (daemon === undefined || daemon === own) return;
  const [ownMajor, ownMinor] = own.split('.');
  const [daemonMajor, daemonMinor] = daemon.split('.');
  if (ownMajor !== daemonMajor) {
    throw new CommandFailed(EXIT.unreachable, {
      code: 'version_skew',
      message: `this is realms ${own}, but the daemon is ${daemon}`,
      hint: 'use the command line of the same version as the daemon',
    });
  }
  if (ownMinor !== daemonMinor) warn(`warning: this is realms ${own}, but the daemon is ${daemon}`);
}
