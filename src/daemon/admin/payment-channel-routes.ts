import * as contract from '../../core/contract/index.ts';
import {
  addChannel,
  type Cashier,
  callbackPath,
  editChannel,
  findChannel,
  listChannels,
  type PaymentChannel,
  removeChannel,
  resetChannel,
  secretNamesOf,
} from '../../core/payments/index.ts';
import { Secret } from '../../core/secret.ts';
import { toRfc3339 } from '../../core/time.ts';
import { cashierOf, within } from './admin-cashier.ts';
import type { AdminDeps } from './admin-deps.ts';
import { wholeList } from './formats.ts';
import { type Facts, recordChange } from './record-change.ts';
import { type ServedRoute, serve } from './serve-route.ts';

type ChannelView = contract.ResponseOf<typeof contract.showPaymentChannel>;
type GivenSecrets = NonNullable<contract.ParsedBodyOf<typeof contract.editPaymentChannel>['secrets']>;

export function paymentChannelRoutes(deps: AdminDeps): readonly ServedRoute[] {
  const cashier = cashierOf(deps);
  return [
    serve(contract.listPaymentChannels, async () => {
      const channels = await listChannels(cashier);
      return wholeList(await Promise.all(channels.map((channel) => view(cashier, channel))));
    }),

    serve(contract.createPaymentChannel, async ({ body, caller }) => {
      const what = { topic: null, action: 'payment_channel.create' } as const;
      const created = await recordChange(deps, caller, what, async (tx) => {
        const result = await addChannel(within(cashier, tx), {
          name: body.name,
          provider: body.provider,
          settings: withoutNull(body.settings ?? {}),
          secrets: withoutNull(secretsOf(body.secrets ?? {})),
          allowPrivate: body.allow_private ?? false,
          enabled: body.enabled,
        });
        return { result, object: result.id, after: await facts(within(cashier, tx), result) };
      });
      return await view(cashier, created);
    }),

    serve(
      contract.showPaymentChannel,
      async ({ params }) => await view(cashier, await findChannel(cashier, params.channel)),
    ),

    serve(contract.editPaymentChannel, async ({ params, body, caller }) => {
      const what = { topic: null, action: 'payment_channel.edit' } as const;
      const edited = await recordChange(deps, caller, what, async (tx) => {
        const inside = within(cashier, tx);
        const before = await findChannel(inside, params.channel);
        const beforeFacts = await facts(inside, before);
        const result = await editChannel(inside, before.id, {
          name: body.name,
          enabled: body.enabled,
          allowPrivate: body.allow_private,
          settings: body.settings,
          secrets: body.secrets && secretsOf(body.secrets),
        });
        // That a secret was replaced shows, and nothing of it.
        const replaced = body.secrets ? { secrets_set: Object.keys(body.secrets) } : {};
        return {
          result,
          object: before.id,
          before: beforeFacts,
          after: { ...(await facts(inside, result)), ...replaced },
        };
      });
      return await view(cashier, edited);
    }),

    serve(contract.removePaymentChannel, async ({ params, caller }) => {
      await recordChange(deps, caller, { topic: null, action: 'payment_channel.remove' }, async (tx) => {
        const inside = within(cashier, tx);
        const before = await findChannel(inside, params.channel);
        const beforeFacts = await facts(inside, before);
        await removeChannel(inside, before.id);
        return { result: undefined, object: before.id, before: beforeFacts };
      });
      return undefined;
    }),

    serve(contract.resetPaymentChannel, async ({ params, caller }) => {
      const what = { topic: null, action: 'payment_channel.reset' } as const;
      const reset = await recordChange(deps, caller, what, async (tx) => {
        const inside = within(cashier, tx);
        const before = await findChannel(inside, params.channel);
        const beforeFacts = await facts(inside, before);
        const result = await resetChannel(inside, params.channel, deps.live.state.settings.effective);
        return { result, object: before.id, before: beforeFacts, after: await facts(inside, result) };
      });
      return await view(cashier, reset);
    }),
  ];
}

async function view(cashier: Cashier, channel: PaymentChannel): Promise<ChannelView> {
  const { id, name, provider, enabled, livemode, allowPrivate, settings, managedBy, createdAt } = channel;
  const secrets = await secretNamesOf(cashier, id);
  return {
    id,
    name,
    provider,
    enabled,
    livemode,
    allow_private: allowPrivate,
    settings,
    secrets: secrets && [...secrets],
    managed_by: managedBy,
    callback_path: callbackPath(provider, name),
    created_at: toRfc3339(createdAt),
  };
}

/** For the audit log: what is set, never what it is. */
async function facts(cashier: Cashier, channel: PaymentChannel): Promise<Facts> {
  const { id: _, created_at: __, callback_path: ___, secrets, ...rest } = await view(cashier, channel);
  return { ...rest, set: secrets };
}

/** A list is one text with a line for each. */
function secretsOf(given: GivenSecrets): Record<string, Secret | null> {
  return Object.fromEntries(
    Object.entries(given).map(([name, value]) => {
      if (value === null) return [name, null];
      return [name, new Secret(Array.isArray(value) ? value.map((line) => line.trim()).join('\n') : value)];
    }),
  );
}

function withoutNull<T>(given: Readonly<Record<string, T | null>>): Record<string, T> {
  return Object.fromEntries(Object.entries(given).filter((entry): entry is [string, T & {}] => entry[1] !== null));
}
