import { recordAudit } from '../audit/index.ts';
import type { Config } from '../config/index.ts';
import { inTransaction } from '../database/index.ts';
import { describeError, Failure } from '../failure.ts';
import { notFound } from '../pick-by-ref.ts';
import { Secret } from '../secret.ts';
import type { Cashier } from './cashier.ts';
import type { ChannelSecrets, PaymentChannel, SealedChannel } from './channel.ts';
import { openSecrets } from './channel-secrets.ts';
import { lockChannel, readChannels, updateChannel } from './channel-store.ts';
import { addChannel, type ChannelTools, editChannel, findChannel, withoutSecrets } from './manage-channels.ts';

/** What the section `payments` of the configuration says about the channel that is called like its provider. */
interface ConfigChannel {
  readonly name: 'epay' | 'stripe';
  readonly allowPrivate: boolean;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly secrets: ChannelSecrets;
  /** False while something is missing: then there is no such channel, or it is out of use. */
  readonly isWanted: boolean;
}

/**
 * Makes the channels `epay` and `stripe` what the configuration says, unless an operator has taken them over. Call it at
 * the start and when settings changed. A fault of one is logged and keeps nobody from starting.
 */
export async function syncConfigChannels(
  cashier: Pick<Cashier, 'ctx' | 'keyring' | 'providers'>,
  config: Config,
): Promise<void> {
  for (const wanted of channelsOf(config)) {
    try {
      await syncChannel(cashier, wanted);
    } catch (error) {
      cashier.ctx.log.error(
        { channel: wanted.name, error: describeError(error) },
        'a payment channel of the configuration is not usable',
      );
    }
  }
}

/**
 * Gives a channel that an operator changed back to the configuration.
 * @throws Failure not_found; conflict when the configuration says nothing about it.
 */
export async function resetChannel(tools: ChannelTools, ref: string, config: Config): Promise<PaymentChannel> {
  return await inTransaction(tools.ctx, async (ctx) => {
    const found = await findChannel({ ctx }, ref);
    const wanted = channelsOf(config).find(({ name }) => name === found.name);
    if (!wanted?.isWanted) {
      throw new Failure('conflict', {
        message: `the configuration has no payment channel "${found.name}"`,
        hint: 'set payments.epay.* or payments.stripe.* first',
      });
    }
    const channel = await lockChannel(ctx, found.id);
    if (!channel) throw notFound('channel', ref);
    return await overwrite({ ...tools, ctx }, channel, wanted);
  });
}

async function syncChannel(tools: ChannelTools, wanted: ConfigChannel): Promise<void> {
  await inTransaction(tools.ctx, async (ctx) => {
    const inside = { ...tools, ctx };
    const found = (await readChannels(ctx)).find(({ name }) => name === wanted.name);
    if (!found) {
      if (!wanted.isWanted) return;
      const { name, ...rest } = wanted;
      const added = await addChannel(inside, { ...rest, name, provider: name, managedBy: 'config' });
      await recordAudit(ctx, { actor: 'config', action: 'payment_channel.create', object: added.id });
      return;
    }
    if (found.managedBy !== 'config' || isSame(tools, found, wanted)) return;
    if (wanted.isWanted) await overwrite(inside, found, wanted);
    else await updateChannel(ctx, { ...found, enabled: false });
    await recordAudit(ctx, { actor: 'config', action: 'payment_channel.edit', object: found.id });
  });
}

async function overwrite(tools: ChannelTools, found: SealedChannel, wanted: ConfigChannel): Promise<PaymentChannel> {
  const { settings, secrets, allowPrivate } = wanted;
  // What only the operator had set is taken away.
  const gone = Object.fromEntries(Object.keys(found.settings).map((name) => [name, null]));
  await editChannel(tools, found.id, { enabled: true, allowPrivate, settings: { ...gone, ...settings }, secrets });
  const edited = await findChannel(tools, found.id);
  const after: SealedChannel = { ...edited, managedBy: 'config' };
  await updateChannel(tools.ctx, after);
  return withoutSecrets(after);
}

function isSame(tools: ChannelTools, found: SealedChannel, wanted: ConfigChannel): boolean {
  if (!wanted.isWanted) return !found.enabled;
  const provider = tools.providers.get(found.provider);
  const settings = provider?.form.checkSettings(wanted.settings, { allowPrivate: wanted.allowPrivate });
  return (
    found.enabled &&
    found.allowPrivate === wanted.allowPrivate &&
    JSON.stringify(found.settings) === JSON.stringify(settings) &&
    bare(openSecrets(tools.keyring, found)) === bare(wanted.secrets)
  );
}

function bare(secrets: ChannelSecrets): string {
  return JSON.stringify(
    Object.entries(secrets)
      .map(([name, secret]) => [name, secret.reveal()])
      .sort(),
  );
}

function channelsOf(config: Config): readonly ConfigChannel[] {
  const epay = { gateway: config['payments.epay.gateway'], pid: config['payments.epay.pid'] };
  const key = textOf(config['payments.epay.key']);
  const apiBase = config['payments.stripe.api_base'];
  const secretKey = textOf(config['payments.stripe.secret_key']);
  const webhookSecret = textOf(config['payments.stripe.webhook_secret'])
    .split(',')
    .map((text) => text.trim())
    .join('\n');
  return [
    {
      name: 'epay',
      allowPrivate: config['payments.epay.allow_private'],
      settings: epay,
      secrets: { key: new Secret(key) },
      isWanted: epay.gateway !== '' && epay.pid !== '' && key !== '',
    },
    {
      name: 'stripe',
      allowPrivate: config['payments.stripe.allow_private'],
      settings: apiBase === '' ? {} : { api_base: apiBase },
      secrets: { secret_key: new Secret(secretKey), webhook_secret: new Secret(webhookSecret) },
      isWanted: secretKey !== '' && webhookSecret !== '',
    },
  ];
}

function textOf(secret: Secret): string {
  return secret.reveal().trim();
}
