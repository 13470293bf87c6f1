import type { AdminDeps } from './admin-deps.ts';
import { isUnreadable } from './credential-view.ts';
import { fail, type NamedCheck, ok, warn } from './doctor-check.ts';
import { some } from './some.ts';
import { allUpstreams, upstreamViewer } from './upstream-view.ts';

export function setupChecks(deps: AdminDeps): readonly NamedCheck[] {
  return [
    ['keyring', () => checkKeyring(deps)],
    ['sealed-secrets', () => checkSealed(deps)],
    ['settings', () => checkSettings(deps)],
    ['upstreams', () => checkUpstreams(deps)],
    ['models', () => checkModels(deps)],
    ['keys', () => checkKeys(deps)],
  ];
}

function checkKeyring({ keyring }: AdminDeps) {
  const probe = 'realms doctor';
  if (keyring.open(keyring.seal(probe, probe), probe).reveal() !== probe) {
    return fail('it does not open what it seals', 'restore the keyring file from a backup');
  }
  if (keyring.keyIds.length > 1) {
    return warn(`${keyring.keyIds.length} keys: a rotation is not finished`, 'finish it with: realms keyring rotate');
  }
  return ok(`seals with the key ${keyring.primaryId}`);
}

async function checkSealed(deps: AdminDeps) {
  const credentials = (await allUpstreams(deps)).flatMap((upstream) =>
    upstream.credentials.map((credential) => ({ name: `${upstream.name}/${credential.name}`, credential })),
  );
  const closed = credentials.filter(({ credential }) => isUnreadable(credential)).map(({ name }) => name);
  if (closed.length === 0) return ok(`${credentials.length} credentials open`);
  return fail(
    `the keyring does not open ${some(closed)}`,
    'restore the keyring that belongs to this database, or set the keys anew with: realms credential edit',
  );
}

function checkSettings({ live }: AdminDeps) {
  const faults = live.state.settings.list().filter((entry) => entry.source === 'fault');
  if (faults.length === 0) return ok('all understood');
  const keys = faults.map((entry) => entry.key).join(', ');
  return fail(`not understood, so off: ${keys}`, `set them again with: realms settings set ${faults[0]?.key} <value>`);
}

function checkUpstreams(deps: AdminDeps) {
  const views = [...deps.live.state.topology.upstreams.values()].map(upstreamViewer(deps));
  if (views.length === 0) return warn('there are none, so nothing can be relayed', 'realms upstream add');
  const stuck = views.filter((view) => view.state === 'unusable').map((view) => view.name);
  if (stuck.length > 0) {
    return warn(`without an enabled endpoint or credential: ${some(stuck)}`, 'realms credential add <upstream>');
  }
  const ready = views.filter((view) => view.state === 'ready').length;
  if (ready === 0) return warn(`none of ${views.length} is ready`, 'see why with: realms upstream list');
  return ok(`${ready} of ${views.length} ready`);
}

function checkModels({ live }: AdminDeps) {
  const { catalog, features } = live.state;
  if (features.models.disabled) return ok('the catalogue is off: model names pass through');
  if (catalog.models.length === 0) return warn('there are none, so no request finds its model', 'realms model add');
  const unbound = catalog.models.filter((model) => model.bindings.length === 0).map((model) => model.publicId);
  if (unbound.length > 0) return warn(`without an upstream: ${some(unbound)}`, 'realms model bind <model> <upstream>');
  const unpriced = catalog.models.filter((model) => model.price === null).map((model) => model.publicId);
  if (unpriced.length > 0)
    return warn(`without a price, so usage has no cost: ${some(unpriced)}`, 'realms model price set <model>');
  return ok(`${catalog.models.length}, all with an upstream and a price`);
}

function checkKeys({ live }: AdminDeps) {
  const count = live.state.identity.keyByHash.size;
  return count === 0 ? warn('there are none, so nobody can call', 'realms key create') : ok(`${count}`);
}
