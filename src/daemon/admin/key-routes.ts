import type { z } from 'zod';
import * as contract from '../../core/contract/index.ts';
import type { Ctx } from '../../core/database/index.ts';
import { Failure } from '../../core/failure.ts';
import {
  type ApiKey,
  createKey,
  editKey,
  findKey,
  findUser,
  listKeys,
  removeKey,
  rotateKey,
} from '../../core/identity/index.ts';
import { notFound } from '../../core/pick-by-ref.ts';
import { toRfc3339 } from '../../core/time.ts';
import { findGroup } from '../../core/upstreams/index.ts';
import type { AdminDeps } from './admin-deps.ts';
import { instantText, optionalInstant, pageOf, pageView } from './formats.ts';
import { limitsOf, limitsView } from './limits.ts';
import { recordChange } from './record-change.ts';
import { type ServedRoute, serve } from './serve-route.ts';

type KeyView = z.output<typeof contract.keyView>;

export function keyRoutes(deps: AdminDeps): readonly ServedRoute[] {
  const view = (key: ApiKey): KeyView => viewKey(key, deps.live.state.identity.userById.get(key.userId)?.name ?? null);
  return [
    serve(contract.listKeys, async ({ query }) => {
      const filter = query.user === undefined ? {} : { userId: (await findUser(deps.ctx, query.user)).id };
      return pageView(await listKeys(deps.ctx, filter, pageOf(query)), view);
    }),

    serve(contract.createKey, async ({ body, caller }) => {
      const created = await recordChange(deps, caller, { topic: 'identity', action: 'key.create' }, async (tx) => {
        const user = await findUser(tx, body.user);
        await requireGroups(tx, body.groups);
        const result = await createKey(tx, { userId: user.id, name: body.name, ...fieldsOf(body) });
        return { result, object: result.key.id, after: facts(result.key) };
      });
      return { ...view(created.key), key: created.text.reveal() };
    }),

    serve(contract.showKey, async ({ params }) => view(await keyByRef(deps.ctx, params.key))),

    serve(contract.editKey, async ({ params, body, caller }) => {
      const edited = await recordChange(deps, caller, { topic: 'identity', action: 'key.edit' }, async (tx) => {
        const before = await keyByRef(tx, params.key);
        await requireGroups(tx, body.groups);
        const patch = { name: body.name, enabled: body.enabled, ...fieldsOf(body) };
        const result = await editKey(tx, before.id, patch);
        return { result, object: result.id, before: facts(before), after: facts(result) };
      });
      return view(edited);
    }),

    serve(contract.removeKey, async ({ params, caller }) => {
      await recordChange(deps, caller, { topic: 'identity', action: 'key.remove' }, async (tx) => {
        const before = await keyByRef(tx, params.key);
        await removeKey(tx, before.id);
        return { result: undefined, object: before.id, before: facts(before) };
      });
      return undefined;
    }),

    serve(contract.rotateKey, async ({ params, caller }) => {
      const rotated = await recordChange(deps, caller, { topic: 'identity', action: 'key.rotate' }, async (tx) => {
        const before = await keyByRef(tx, params.key);
        const result = await rotateKey(tx, before.id);
        return { result, object: before.id, before: facts(before), after: facts(result.key) };
      });
      return { ...view(rotated.key), key: rotated.text.reveal() };
    }),
  ];
}

/** Somebody who pastes a key where its id belongs must not read it back in an error. */
async function keyByRef(ctx: Ctx, ref: string): Promise<ApiKey> {
  if (!ref.startsWith('sk-')) return await findKey(ctx, ref);
  throw new Failure('invalid_input', {
    message: 'that looks like the text of a key; name it by its id or name',
    hint: 'list keys with: realms key list',
  });
}

/** A ladder may only name groups that exist: an unknown rung would silently reach nothing. */
async function requireGroups(ctx: Ctx, names: readonly string[] = []): Promise<void> {
  for (const name of names) {
    const group = await findGroup(ctx, name);
    // An id finds a group too, but ladders hold names.
    if (group.name !== name) throw notFound('group', name, [group.name]);
  }
}

type KeyBody = Omit<contract.ParsedBodyOf<typeof contract.editKey>, 'name' | 'enabled'>;

function fieldsOf(body: KeyBody) {
  return {
    allowedModels: body.models,
    allowedIps: body.ips,
    groups: body.groups,
    limits: limitsOf(body),
    notBefore: optionalInstant(body.not_before),
    expiresAt: optionalInstant(body.expires_at),
    disconnectPolicy: body.disconnect_policy,
  };
}

function viewKey(key: ApiKey, userName: string | null): KeyView {
  return {
    id: key.id,
    user: userName,
    ...facts(key),
    last_used_at: instantText(key.lastUsedAt),
    created_at: toRfc3339(key.createdAt),
  };
}

function facts(key: ApiKey) {
  return {
    user_id: key.userId,
    name: key.name,
    hint: key.hint,
    enabled: key.enabled,
    models: [...key.allowedModels],
    ips: [...key.allowedIps],
    groups: [...key.groups],
    ...limitsView(key.limits),
    disconnect_policy: key.disconnectPolicy,
    not_before: instantText(key.notBefore),
    expires_at: instantText(key.expiresAt),
  };
}
