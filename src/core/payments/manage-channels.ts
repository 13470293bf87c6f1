import { inChange, inTransaction } from '../database/index.ts';
import { Failure } from '../failure.ts';
import { type ChannelId, newId } from '../ids.ts';
import { checkName, nameTaken } from '../name.ts';
import { hasOrders } from '../orders/index.ts';
import { notFound, pickByRef } from '../pick-by-ref.ts';
import type { Secret } from '../secret.ts';
import type { Cashier } from './cashier.ts';
import type { ChannelPatch, ChannelSecrets, NewChannel, PaymentChannel, SealedChannel } from './channel.ts';
import { checkSecretText, openSecrets, sealSecrets } from './channel-secrets.ts';
import {
  deleteChannel,
  insertChannel,
  lockChannel,
  readChannel,
  readChannels,
  updateChannel,
} from './channel-store.ts';
import type { PaymentProvider } from './provider.ts';
import { providerOf } from './providers.ts';

/** What the verbs of channels need; `ctx` may be a transaction. */
export type ChannelTools = Pick<Cashier, 'ctx' | 'keyring' | 'providers'>;

const CHANNELS_MAX = 200;

/**
 * Makes a channel; it is enabled at once when its secrets are complete.
 * @throws Failure invalid_input, already_exists
 */
export async function addChannel(tools: ChannelTools, input: NewChannel): Promise<PaymentChannel> {
  const { ctx, keyring } = tools;
  const provider = providerOf(tools.providers, input.provider);
  const now = ctx.clock.now();
  const secrets = checkSecrets(provider, input.secrets);
  const settings = provider.form.checkSettings(input.settings, { allowPrivate: input.allowPrivate });
  const enabled = input.enabled ?? isComplete(provider, settings, secrets);
  const blank = {
    id: newId('chan', now, ctx.random),
    name: checkName(input.name),
    provider: provider.name,
    allowPrivate: input.allowPrivate,
    settings,
    managedBy: input.managedBy ?? 'operator',
    createdAt: now,
  } as const;
  const facts = { ...blank, ...standing(provider, settings, secrets, enabled) };
  // Within the change, so that a rotation of the keyring waits for what was sealed under the older key.
  return await inChange(ctx, 'settings', async (tx) => {
    const channel: SealedChannel = { ...facts, sealed: sealSecrets(keyring, blank.id, secrets) };
    if ((await readChannels(tx)).length >= CHANNELS_MAX) {
      throw new Failure('invalid_input', `there are at most ${CHANNELS_MAX} channels`);
    }
    if (!(await insertChannel(tx, channel))) throw nameTaken('channel', channel.name);
    return withoutSecrets(channel);
  });
}

/**
 * Changes what the patch names. A channel of the configuration becomes the operator's by it.
 * @throws Failure not_found, invalid_input, already_exists
 */
export async function editChannel(tools: ChannelTools, id: ChannelId, patch: ChannelPatch): Promise<PaymentChannel> {
  return await inChange(tools.ctx, 'settings', async (tx) => {
    const before = await lockChannel(tx, id);
    if (!before) throw notFound('channel', id);
    const provider = providerOf(tools.providers, before.provider);
    const allowPrivate = patch.allowPrivate ?? before.allowPrivate;
    const given = patch.settings === undefined ? before.settings : merged(before.settings, patch.settings);
    const settings = provider.form.checkSettings(given, { allowPrivate });
    const secrets =
      patch.secrets === undefined
        ? openSecretsIfPossible(tools, before, patch)
        : checkSecrets(provider, merged(openSecretsIfPossible(tools, before, patch), patch.secrets) as ChannelSecrets);
    const after: SealedChannel = {
      ...before,
      name: checkName(patch.name ?? before.name),
      allowPrivate,
      settings,
      ...standing(provider, settings, secrets, patch.enabled ?? before.enabled),
      managedBy: 'operator',
      sealed: patch.secrets === undefined ? before.sealed : sealSecrets(tools.keyring, id, secrets),
    };
    if (after.name !== before.name) await requireFreeName(tx, after.name);
    await updateChannel(tx, after);
    return withoutSecrets(after);
  });
}

/** @throws Failure not_found; conflict when orders name it: they must stay explainable. */
export async function removeChannel({ ctx }: ChannelTools, id: ChannelId): Promise<void> {
  await inTransaction(ctx, async (tx) => {
    const channel = await lockChannel(tx, id);
    if (!channel) throw notFound('channel', id);
    if (await hasOrders(tx, id)) {
      throw new Failure('conflict', {
        message: `channel "${channel.name}" has orders, which are kept`,
        hint: `take it out of use with: realms pay channel disable ${channel.name}`,
      });
    }
    await deleteChannel(tx, id);
  });
}

/** By id, unique beginning of an id, or name. @throws Failure not_found, invalid_input */
export async function findChannel({ ctx }: Pick<ChannelTools, 'ctx'>, ref: string): Promise<SealedChannel> {
  return pickByRef('channel', ref, await readChannels(ctx));
}

/** By name. */
export async function listChannels({ ctx }: Pick<ChannelTools, 'ctx'>): Promise<readonly PaymentChannel[]> {
  return (await readChannels(ctx)).map(withoutSecrets);
}

/** @throws Failure not_found */
export async function requireChannel({ ctx }: Pick<ChannelTools, 'ctx'>, id: ChannelId): Promise<SealedChannel> {
  const channel = await readChannel(ctx, id);
  if (!channel) throw notFound('channel', id);
  return channel;
}

/** The names of the secrets that are set; null when the keyring does not open them. */
export async function secretNamesOf(tools: ChannelTools, id: ChannelId): Promise<readonly string[] | null> {
  try {
    return Object.keys(openSecrets(tools.keyring, await requireChannel(tools, id))).sort((a, b) => (a < b ? -1 : 1));
  } catch (error) {
    if (error instanceof Failure && error.code !== 'not_found') return null;
    throw error;
  }
}

export function withoutSecrets({ sealed: _, ...channel }: SealedChannel): PaymentChannel {
  return channel;
}

/** Nothing may be believed or sent with a secret that is missing. @throws Failure invalid_input */
function standing(
  provider: PaymentProvider,
  settings: Readonly<Record<string, unknown>>,
  secrets: ChannelSecrets,
  enabled: boolean,
): { readonly enabled: boolean; readonly livemode: boolean } {
  const [missing] = missingSecrets(provider, secrets);
  if (missing !== undefined) {
    if (!enabled) return { enabled, livemode: true };
    throw new Failure('invalid_input', {
      message: `a channel of ${provider.name} cannot be enabled without the secret ${missing}`,
      param: missing,
    });
  }
  if (!enabled && Object.keys(secrets).length === 0) return { enabled, livemode: true };
  return { enabled, livemode: provider.form.checkSecrets?.(settings, secrets)?.livemode ?? true };
}

/** Wrong secrets are no reason to make a channel that is merely off: only without any is it made to be completed later. */
function isComplete(
  provider: PaymentProvider,
  settings: Readonly<Record<string, unknown>>,
  secrets: ChannelSecrets,
): boolean {
  if (missingSecrets(provider, secrets).length > 0) return false;
  if (Object.keys(secrets).length > 0) return true;
  try {
    provider.form.checkSecrets?.(settings, secrets);
    return true;
  } catch (error) {
    if (error instanceof Failure) return false;
    throw error;
  }
}

function missingSecrets({ form }: PaymentProvider, secrets: ChannelSecrets): readonly string[] {
  return form.requiredSecrets.filter((name) => (secrets[name]?.reveal() ?? '').trim() === '');
}

function checkSecrets({ name: provider, form }: PaymentProvider, secrets: ChannelSecrets): ChannelSecrets {
  const known = [...form.requiredSecrets, ...form.optionalSecrets];
  const checked = Object.entries(secrets).map(([name, secret]) => {
    if (known.includes(name)) return [name, checkSecretText(name, secret)] as const;
    throw new Failure('invalid_input', {
      message: `a channel of ${provider} has no secret "${name.slice(0, 40)}"`,
      hint: known.length === 0 ? 'it has none' : `there are: ${known.join(', ')}`,
      param: 'secrets',
    });
  });
  return Object.fromEntries(checked);
}

/** Secrets that cannot be opened are replaced or taken out of use, nothing else. */
function openSecretsIfPossible(tools: ChannelTools, channel: SealedChannel, patch: ChannelPatch): ChannelSecrets {
  try {
    return openSecrets(tools.keyring, channel);
  } catch (error) {
    if (error instanceof Failure && (patch.secrets !== undefined || patch.enabled === false)) return {};
    throw error;
  }
}

function merged<T>(before: Readonly<Record<string, T>>, patch: Readonly<Record<string, T | null>>): Record<string, T> {
  const entries = Object.entries({ ...before, ...patch }).filter(
    (entry): entry is [string, T & (Secret | unknown)] => entry[1] !== null,
  );
  return Object.fromEntries(entries);
}

async function requireFreeName(ctx: Cashier['ctx'], name: string): Promise<void> {
  if ((await readChannels(ctx)).some((channel) => channel.name === name)) throw nameTaken('channel', name);
}
