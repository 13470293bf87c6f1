import {
  beginBrowserLogin,
  beginDeviceLogin,
  cancelLogin,
  endLogin,
  findAccount,
  importTokens,
  keepLogin,
  type LoginTokens,
  onlyCodexUpstream,
  type ProvenLogin,
  pollLogin,
  proveByCallback,
  readUsage,
  requireCodexUpstream,
  type SavedLogin,
  saveLogin,
} from '../../core/codex/index.ts';
import * as contract from '../../core/contract/index.ts';
import type { Ctx } from '../../core/database/index.ts';
import { describeError } from '../../core/failure.ts';
import { SECOND_MS, toRfc3339 } from '../../core/time.ts';
import type { Upstream } from '../../core/upstreams/index.ts';
import type { AdminDeps } from './admin-deps.ts';
import type { Caller } from './caller.ts';
import { accountFacts, type CodexAccountView, codexViewer } from './codex-view.ts';
import { recordChange } from './record-change.ts';
import { type ServedRoute, serve } from './serve-route.ts';

/** How ChatGPT accounts come in. */
export function codexLoginRoutes(deps: AdminDeps): readonly ServedRoute[] {
  const { ctx, keyring } = deps;
  const { desk } = deps.live.codex;
  return [
    serve(contract.beginCodexLogin, async ({ params, body, caller }) => {
      const upstream = await requireCodexUpstream(ctx, keyring, params.upstream);
      const begun = await begin(deps, caller, upstream, body);
      const what = { topic: null, action: 'codex.login_begin' } as const;
      await recordChange(deps, caller, what, async () => ({
        result: undefined,
        object: begun.id,
        after: { upstream: upstream.name, method: body.method },
      }));
      return begun;
    }),

    serve(contract.pollCodexLogin, async ({ params, caller }) => {
      const poll = await pollLogin(desk, caller.actor, params.login);
      if (poll.kind === 'pending') return { state: 'pending' as const, wait_s: poll.waitMs / SECOND_MS, account: null };
      return { state: 'done' as const, wait_s: 0, account: await finish(deps, caller, poll.proven) };
    }),

    serve(contract.finishCodexLogin, async ({ params, body, caller }) => {
      const proven = await proveByCallback(desk, caller.actor, params.login, body.callback_url);
      return await finish(deps, caller, proven);
    }),

    serve(contract.cancelCodexLogin, async ({ params, caller }) => {
      const login = await cancelLogin(desk, caller.actor, params.login);
      const what = { topic: null, action: 'codex.login_cancel' } as const;
      await recordChange(deps, caller, what, async () => ({ result: undefined, object: login.id }));
      return undefined;
    }),

    serve(contract.importCodexAccount, async ({ body, caller }) => {
      const upstream =
        body.upstream === undefined
          ? await onlyCodexUpstream(ctx, keyring)
          : await requireCodexUpstream(ctx, keyring, body.upstream);
      const { tokens, form, isRefreshed } = await importTokens(desk, body.document);
      const save = (tx: Ctx) => saveLogin(tx, keyring, upstream, tokens, body.name ?? null);
      // A file that was only copied stays worth something when nothing comes of it.
      const { view, before } = await keep(deps, caller, 'codex.import', save, isRefreshed ? tokens : null);
      return { account: view, is_new: before === null, form, refreshed: isRefreshed };
    }),
  ];
}

type BeginBody = contract.ParsedBodyOf<typeof contract.beginCodexLogin>;
type LoginView = contract.ResponseOf<typeof contract.beginCodexLogin>;

async function begin(deps: AdminDeps, { actor }: Caller, upstream: Upstream, body: BeginBody): Promise<LoginView> {
  const { desk } = deps.live.codex;
  const input = { upstreamId: upstream.id, actor, credentialName: body.name ?? null };
  if (body.method === 'browser') {
    const { id, url, expiresAt } = await beginBrowserLogin(desk, { ...input, port: body.port });
    return { id, method: 'browser', url, user_code: null, interval_s: null, expires_at: toRfc3339(expiresAt) };
  }
  const { id, url, userCode, intervalMs, expiresAt } = await beginDeviceLogin(desk, input);
  return {
    id,
    method: 'device',
    url,
    user_code: userCode,
    interval_s: intervalMs / SECOND_MS,
    expires_at: toRfc3339(expiresAt),
  };
}

async function finish(deps: AdminDeps, caller: Caller, proven: ProvenLogin): Promise<CodexAccountView> {
  const save = (tx: Ctx) => keepLogin(tx, deps.live.codex.desk, proven);
  return (await keep(deps, caller, 'codex.login', save, proven.tokens)).view;
}

/** Keeps an account, and shows it with its limits. `lost` are tokens that nobody else has: they end when they cannot be kept. */
async function keep(
  deps: AdminDeps,
  caller: Caller,
  action: string,
  save: (tx: Ctx) => Promise<SavedLogin>,
  lost: LoginTokens | null,
): Promise<{ view: CodexAccountView; before: SavedLogin['before'] }> {
  const { desk, accounts } = deps.live.codex;
  try {
    const saved = await recordChange(deps, caller, { topic: 'upstreams', action }, async (tx) => {
      const result = await save(tx);
      const place = await findAccount(tx, deps.keyring, result.account.credentialId);
      const before = result.before && accountFacts({ ...place, account: result.before });
      return { result, object: place.credential.id, ...(before && { before }), after: accountFacts(place) };
    });
    const { credentialId } = saved.account;
    // Worth a try, so that the answer shows the limits; the account is kept whatever comes of it.
    await readUsage(desk, accounts, credentialId).catch((error: unknown) => {
      deps.ctx.log.warn({ credential: credentialId, error: describeError(error) }, 'usage was not read');
    });
    const place = await findAccount(deps.ctx, deps.keyring, credentialId);
    return { view: codexViewer(deps)(place), before: saved.before };
  } catch (error) {
    if (lost) await endLogin(desk, { refreshToken: lost.refreshToken, proxyUrl: null });
    throw error;
  }
}
