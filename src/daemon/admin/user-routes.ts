import * as contract from '../../core/contract/index.ts';
import { createUser, editUser, findUser, listUsers, type Role, type User } from '../../core/identity/index.ts';
import { toRfc3339 } from '../../core/time.ts';
import type { AdminDeps } from './admin-deps.ts';
import { type Caller, requireRole } from './caller.ts';
import { pageOf, pageView } from './formats.ts';
import { limitsOf, limitsView } from './limits.ts';
import { recordChange } from './record-change.ts';
import { type ServedRoute, serve } from './serve-route.ts';

export function userRoutes(deps: AdminDeps): readonly ServedRoute[] {
  return [
    serve(contract.listUsers, async ({ query }) => pageView(await listUsers(deps.ctx, pageOf(query)), viewUser)),

    serve(contract.createUser, async ({ body, caller }) => {
      const role = body.role ?? 'user';
      requireRank(caller, role);
      const created = await recordChange(deps, caller, { topic: 'identity', action: 'user.create' }, async (tx) => {
        const result = await createUser(tx, { name: body.name, role, limits: limitsOf(body) });
        return { result, object: result.id, after: facts(result) };
      });
      return viewUser(created);
    }),

    serve(contract.showUser, async ({ params }) => viewUser(await findUser(deps.ctx, params.user))),

    serve(contract.editUser, async ({ params, body, caller }) => {
      const edited = await recordChange(deps, caller, { topic: 'identity', action: 'user.edit' }, async (tx) => {
        const before = await findUser(tx, params.user);
        requireRank(caller, before.role);
        if (body.role !== undefined) requireRank(caller, body.role);
        const { name, role, status } = body;
        const result = await editUser(tx, before.id, { name, role, status, limits: limitsOf(body) });
        return { result, object: result.id, before: facts(before), after: facts(result) };
      });
      return viewUser(edited);
    }),
  ];
}

/** Nobody makes or changes somebody above themselves. */
export function requireRank(caller: Caller, role: Role): void {
  if (role !== 'user') requireRole(caller, role);
}

function viewUser(user: User) {
  return { id: user.id, ...facts(user), created_at: toRfc3339(user.createdAt) };
}

function facts({ name, role, status, limits }: User) {
  return { name, role, status, ...limitsView(limits) };
}
