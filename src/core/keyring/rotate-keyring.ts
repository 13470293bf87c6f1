import { Failure } from '../failure.ts';
import type { Clock } from '../time.ts';
import type { Keyring } from './keyring.ts';

/** What an owner of sealed columns answers when all of them are sealed under the primary key, but for the unreadable. */
export interface Resealed {
  readonly resealed: number;
  /** Contexts of secrets that no key opens. */
  readonly unreadable: readonly string[];
}

export interface Rotation {
  readonly primaryId: string;
  readonly resealed: number;
  /** Keys that are gone. */
  readonly dropped: readonly string[];
  /** Keys that nothing needs any more but that only the operator can take out, because the keyring came as text. */
  readonly unused: readonly string[];
  /** True when this run finished an earlier one instead of making another key. */
  readonly resumed: boolean;
}

/**
 * Makes a new primary key, seals every secret under it, and drops the old keys. Killed at any point nothing is lost:
 * the old keys stay until nothing needs them, and the next run finishes, because more than one key means unfinished.
 * @throws Failure conflict when the keyring came as text and has one key only, or when secrets cannot be opened.
 */
export async function rotateKeyring(
  keyring: Keyring,
  clock: Clock,
  owners: readonly ((keyring: Keyring) => Promise<Resealed>)[],
): Promise<Rotation> {
  const isResumed = keyring.keyIds.length > 1;
  if (!isResumed) addPrimary(keyring, clock);
  const retired = keyring.keyIds.slice(1);
  let resealed = 0;
  const unreadable: string[] = [];
  for (const reseal of owners) {
    const done = await reseal(keyring);
    resealed += done.resealed;
    unreadable.push(...done.unreadable);
  }
  if (unreadable.length > 0) throw cannotFinish(unreadable);
  if (keyring.isWritable) keyring.dropKeys(retired);
  return {
    primaryId: keyring.primaryId,
    resealed,
    dropped: keyring.isWritable ? retired : [],
    unused: keyring.isWritable ? [] : retired,
    resumed: isResumed,
  };
}

function addPrimary(keyring: Keyring, clock: Clock): void {
  if (!keyring.isWritable) {
    throw new Failure('conflict', {
      message: 'the keyring comes from secrets.keyring, so no new key can be kept in it',
      hint: 'put a new key first in its "keys", restart, and rotate again: that seals everything under the new key',
    });
  }
  keyring.addPrimary(clock.now());
}

function cannotFinish(unreadable: readonly string[]): Failure {
  return new Failure('conflict', {
    message: `${unreadable.length} secrets cannot be opened, so the old keys stay: ${unreadable.slice(0, 5).join(', ')}`,
    hint: 'set these secrets anew or remove them, then rotate again',
  });
}
