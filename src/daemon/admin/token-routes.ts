import * as contract from '../../core/contract/index.ts';
import {
  type AdminToken,
  createAdminToken,
  findAdminToken,
  listAdminTokens,
  revokeAdminToken,
} from '../../core/identity/index.ts';
import { DAY_MS, epochMs, toRfc3339 } from '../../core/time.ts';
import type { AdminDeps } from './admin-deps.ts';
import { instantOf, instantText, pageOf, pageView } from './formats.ts';
import { recordChange } from './record-change.ts';
import { type ServedRoute, serve } from './serve-route.ts';

const LIFETIME_DEFAULT_MS = 90 * DAY_MS;

export function tokenRoutes(deps: AdminDeps): readonly ServedRoute[] {
  return [
    serve(contract.listTokens, async ({ query }) =>
      pageView(await listAdminTokens(deps.ctx, pageOf(query)), viewToken),
    ),

    serve(contract.createToken, async ({ body, caller }) => {
      const now = deps.ctx.clock.now();
      const expiresAt = body.expires_at === undefined ? epochMs(now + LIFETIME_DEFAULT_MS) : instantOf(body.expires_at);
      const what = { topic: 'identity', action: 'admin_token.create' } as const;
      const created = await recordChange(deps, caller, what, async (tx) => {
        const result = await createAdminToken(tx, { name: body.name, role: body.role, expiresAt });
        return { result, object: result.token.id, after: facts(result.token) };
      });
      return { ...viewToken(created.token), token: created.text.reveal() };
    }),

    serve(contract.revokeToken, async ({ params, caller }) => {
      await recordChange(deps, caller, { topic: 'identity', action: 'admin_token.revoke' }, async (tx) => {
        const before = await findAdminToken(tx, params.token);
        await revokeAdminToken(tx, before.id);
        return { result: undefined, object: before.id, before: facts(before) };
      });
      return undefined;
    }),
  ];
}

function viewToken(token: AdminToken) {
  return {
    id: token.id,
    name: token.name,
    role: token.role,
    hint: token.hint,
    expires_at: instantText(token.expiresAt),
    created_at: toRfc3339(token.createdAt),
  };
}

function facts({ name, role, expiresAt }: AdminToken) {
  return { name, role, expires_at: instantText(expiresAt) };
}
