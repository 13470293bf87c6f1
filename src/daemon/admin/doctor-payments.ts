import { listChannels, type PaymentChannel, secretNamesOf } from '../../core/payments/index.ts';
import { cashierOf } from './admin-cashier.ts';
import type { AdminDeps } from './admin-deps.ts';
import { fail, type NamedCheck, ok, warn } from './doctor-check.ts';
import { some } from './some.ts';

export function paymentChecks(deps: AdminDeps): readonly NamedCheck[] {
  return [
    ['payment-secrets', () => checkSecrets(deps)],
    ['payment-address', () => checkAddress(deps)],
  ];
}

/** A channel whose secrets do not open can neither be asked nor believe a callback. */
async function checkSecrets(deps: AdminDeps) {
  const cashier = cashierOf(deps);
  const channels = await listChannels(cashier);
  const closed: PaymentChannel[] = [];
  for (const channel of channels) if ((await secretNamesOf(cashier, channel.id)) === null) closed.push(channel);
  const [first] = closed;
  if (!first) return ok(channels.length === 0 ? 'there are no channels' : `${channels.length} channels open`);
  return fail(
    `the keyring does not open those of ${some(closed.map(({ name }) => name))}: nothing can be paid by them`,
    `restore the keyring that belongs to this database, or set them anew with: realms pay channel edit ${first.name} --secrets-stdin`,
  );
}

async function checkAddress(deps: AdminDeps) {
  const enabled = (await listChannels(cashierOf(deps))).filter((channel) => channel.enabled);
  if (enabled.length === 0) return ok('no channel is enabled');
  const address = deps.live.state.settings.effective['site.base_url'];
  if (address !== '') return ok(`providers call back ${address}`);
  return warn(
    `${some(enabled.map(({ name }) => name))} may be paid by, but site.base_url is empty: providers call back, and payers return to, the address on which an order happened to come in`,
    'realms settings set site.base_url <https://…>',
  );
}
