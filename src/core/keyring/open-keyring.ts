import { describeError, Failure } from '../failure.ts';
import type { Log } from '../log.ts';
import type { Random } from '../random.ts';
import type { Secret } from '../secret.ts';
import type { Clock } from '../time.ts';
import { Keyring } from './keyring.ts';
import { parseKeyring, withNewPrimary } from './keyring-document.ts';
import { createKeyringFile, isWorldReadable, readKeyringFile } from './keyring-file.ts';

/** A file that is made when it is missing, or the JSON of a keyring itself. */
export type KeyringSource = { readonly file: string } | { readonly json: Secret };

/** What the keyring needs of a Ctx. */
export interface KeyringTools {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/**
 * Opens the keyring; a missing file is made with mode 0600.
 * @throws Failure config_invalid when it cannot be read, made or understood.
 */
export async function openKeyring(source: KeyringSource, tools: KeyringTools): Promise<Keyring> {
  if ('json' in source) return new Keyring(parseKeyring(source.json.reveal(), 'secrets.keyring'), tools.random, null);
  const found = readKeyringFile(source.file) ?? makeKeyring(source.file, tools);
  if (isWorldReadable(source.file)) {
    tools.log.warn({ file: source.file }, 'everyone on this machine can read the keyring; chmod 600 it');
  }
  return new Keyring(found.document, tools.random, { path: source.file, mark: found.mark });
}

function makeKeyring(path: string, tools: KeyringTools): NonNullable<ReturnType<typeof readKeyringFile>> {
  try {
    createKeyringFile(path, withNewPrimary(null, tools.clock.now(), tools.random));
  } catch (error) {
    throw new Failure('config_invalid', `the keyring ${path} cannot be made: ${describeError(error)}`, error);
  }
  tools.log.info({ file: path }, 'made a new keyring; keep a copy, without it the stored secrets are lost');
  const made = readKeyringFile(path);
  if (!made) throw new Failure('config_invalid', `the keyring ${path} vanished while it was made`);
  return made;
}
