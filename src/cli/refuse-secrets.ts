import { wrongUsage } from './command-failed.ts';

/** Flags that people know from elsewhere; here they would put a secret into the process list and the shell's history. */
const SECRET_FLAGS = new Set(['--api-key', '--secret', '--token', '--password', '--credential-key', '--upstream-key']);
const LOOKS_SECRET =
  /^(sk|rk|pk|rat|xox[abp]|ghp)[-_][A-Za-z0-9_-]{16,}$|^utk_[A-Za-z0-9_-]{43}$|^AIza[A-Za-z0-9_-]{30,}$|^Bearer\s/;
const HINT = 'pass it by --key-stdin, --key-file FILE or --key-env NAME; the admin token by --token-file FILE';

/** Ends the run before a secret on the command line is used, and without repeating it. */
export function refuseSecrets(argv: readonly string[]): void {
  for (const word of argv) {
    if (word === '--') return;
    const [flag = '', ...rest] = word.split('=');
    if (SECRET_FLAGS.has(flag))
      throw wrongUsage(`${flag} is not taken: every user of this machine could read it`, HINT);
    const value = word.startsWith('-') ? rest.join('=') : word;
    if (LOOKS_SECRET.test(value)) {
      throw wrongUsage(
        'a word of the command line looks like a secret: every user of this machine could read it',
        HINT,
      );
    }
  }
}
