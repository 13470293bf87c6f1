import * as contract from '../../core/contract/index.ts';
import type { Ctx } from '../../core/database/index.ts';
import { Failure } from '../../core/failure.ts';
import {
  createUserToken,
  findUser,
  findUserToken,
  isUserTokenText,
  listUserTokens,
  revokeUserToken,
  type UserToken,
} from '../../core/identity/index.ts';
import { DAY_MS, epochMs, toRfc3339 } from '../../core/time.ts';
import type { AdminDeps } from './admin-deps.ts';
import { instantText, optionalInstant, pageOf, pageView } from './formats.ts';
import { recordChange } from './record-change.ts';
import { type ServedRoute, serve } from './serve-route.ts';
import { requireRank } from './user-routes.ts';

const LIFETIME_DEFAULT_MS = 90 * DAY_MS;

export function userTokenRoutes(deps: AdminDeps): readonly ServedRoute[] {
  const { ctx } = deps;
  const view = (token: UserToken) => {
    const user = deps.live.state.identity.userById.get(token.userId)?.name ?? null;
    return viewUserToken(token, user);
  };
  return [
    serve(contract.listUserTokens, async ({ query }) => {
      const filter = query.user === undefined ? {} : { userId: (await findUser(ctx, query.user)).id };
      return pageView(await listUserTokens(ctx, filter, pageOf(query)), view);
    }),

    serve(contract.createUserToken, async ({ body, caller }) => {
      const lasting = epochMs(ctx.clock.now() + LIFETIME_DEFAULT_MS);
      const expiresAt = body.expires_at === undefined ? lasting : optionalInstant(body.expires_at);
      const created = await recordChange(deps, caller, { topic: null, action: 'user_token.create' }, async (tx) => {
        const user = await findUser(tx, body.user);
        // Who holds the token acts as the user, so it is a way to act as somebody above oneself.
        requireRank(caller, user.role);
        const result = await createUserToken(tx, { userId: user.id, name: body.name, expiresAt });
        return { result, object: result.token.id, after: facts(result.token) };
      });
      return { ...view(created.token), token: created.text.reveal() };
    }),

    serve(contract.revokeUserToken, async ({ params, caller }) => {
      await recordChange(deps, caller, { topic: null, action: 'user_token.revoke' }, async (tx) => {
        const before = await tokenByRef(tx, params.token);
        await revokeUserToken(tx, before.id);
        return { result: undefined, object: before.id, before: facts(before) };
      });
      return undefined;
    }),
  ];
}

/** Somebody who pastes a token where its id belongs must not read it back in an error. */
async function tokenByRef(ctx: Ctx, ref: string): Promise<UserToken> {
  if (!isUserTokenText(ref)) return await findUserToken(ctx, ref);
  throw new Failure('invalid_input', {
    message: 'that looks like the text of a token; name it by its id or name',
    hint: 'list tokens with: realms user token list',
  });
}

function viewUserToken(token: UserToken, user: string | null) {
  return {
    id: token.id,
    user,
    ...facts(token),
    last_used_at: instantText(token.lastUsedAt),
    created_at: toRfc3339(token.createdAt),
  };
}

function facts({ userId, name, hint, expiresAt }: UserToken) {
  return { user_id: userId, name, hint, expires_at: instantText(expiresAt) };
}
