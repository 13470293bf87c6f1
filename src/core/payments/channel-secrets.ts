import { type Ctx, inChange, inTransaction } from '../database/index.ts';
import { describeError, Failure } from '../failure.ts';
import type { ChannelId } from '../ids.ts';
import type { Keyring, Resealed } from '../keyring/index.ts';
import { Secret } from '../secret.ts';
import type { ChannelSecrets, SealedChannel } from './channel.ts';
import { countSealedChannels, readSealedOtherwise, replaceSealed } from './channel-store.ts';
import type { OpenChannel } from './provider.ts';

const SECRET_MAX_CHARS = 16_384;
const BATCH = 100;
const PASSES_MAX = 20;

/** Seals all secrets of a channel as one text. '' for none. */
export function sealSecrets(keyring: Keyring, id: ChannelId, secrets: ChannelSecrets): string {
  const bare = Object.entries(secrets).map(([name, secret]) => [name, secret.reveal()] as const);
  return bare.length === 0 ? '' : keyring.seal(JSON.stringify(Object.fromEntries(bare)), secretsContext(id));
}

/** @throws Failure config_invalid or internal when the keyring does not open them. */
export function openSecrets(keyring: Keyring, { id, sealed }: Pick<SealedChannel, 'id' | 'sealed'>): ChannelSecrets {
  if (sealed === '') return {};
  const bare = JSON.parse(keyring.open(sealed, secretsContext(id)).reveal()) as Record<string, string>;
  return Object.fromEntries(Object.entries(bare).map(([name, value]) => [name, new Secret(value)]));
}

/** A channel as providers work with it. */
export function openChannel(keyring: Keyring, channel: SealedChannel): OpenChannel {
  const { id, name, provider, livemode, allowPrivate, settings } = channel;
  return { id, name, provider, livemode, allowPrivate, settings, secrets: openSecrets(keyring, channel) };
}

/** Trimmed, for what is copied often has a line end. @throws Failure invalid_input that never shows the secret. */
export function checkSecretText(name: string, given: Secret): Secret {
  const text = given
    .reveal()
    .split('\n')
    .map((line) => line.trim())
    .join('\n')
    .trim();
  if (text !== '' && text.length <= SECRET_MAX_CHARS && !/[^\P{Cc}\n]/u.test(text)) return new Secret(text);
  throw new Failure('invalid_input', {
    message: text === '' ? `the secret ${name} is empty` : `the secret ${name} is too long or holds control characters`,
    param: name,
  });
}

/** True when the keyring is needed for a channel. */
export async function hasSealedChannels(ctx: Ctx): Promise<boolean> {
  return (await countSealedChannels(ctx)) > 0;
}

/** Seals the secrets of all channels under the keyring's primary key, for a rotation. */
export async function resealChannels(ctx: Ctx, keyring: Keyring): Promise<Resealed> {
  // Waits for whoever sealed under an older key and has not committed yet; who comes later seals under the new one.
  await inChange(ctx, 'settings', async () => undefined);
  let resealed = 0;
  for (let pass = 0; pass < PASSES_MAX; pass++) {
    const unreadable: string[] = [];
    let found = 0;
    let after = '';
    for (;;) {
      const batch = await readSealedOtherwise(ctx, `v1.${keyring.primaryId}.`, BATCH, after);
      const last = batch.at(-1);
      if (!last) break;
      found += batch.length;
      after = last.id;
      resealed += await resealBatch(ctx, keyring, batch, unreadable);
    }
    if (found === unreadable.length) return { resealed, unreadable };
  }
  throw new Failure('conflict', 'channels change faster than they can be sealed anew; try again');
}

async function resealBatch(
  ctx: Ctx,
  keyring: Keyring,
  batch: readonly SealedChannel[],
  unreadable: string[],
): Promise<number> {
  return await inTransaction(ctx, async (tx) => {
    let changed = 0;
    for (const channel of batch) {
      const context = secretsContext(channel.id);
      try {
        const again = keyring.seal(keyring.open(channel.sealed, context).reveal(), context);
        if (await replaceSealed(tx, channel.id, channel.sealed, again)) changed += 1;
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        tx.log.error(
          { channel: channel.name, fault: describeError(error) },
          'the secrets of a channel cannot be opened',
        );
        unreadable.push(context);
      }
    }
    return changed;
  });
}

function secretsContext(id: ChannelId): string {
  return `payment_channels.secrets:${id}`;
}
