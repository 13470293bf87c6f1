import {
  type AccountPlace,
  endLogin,
  findAccount,
  listAccounts,
  listWindowResets,
  readUsage,
  removeAccount,
  requireCodexUpstream,
} from '../../core/codex/index.ts';
import * as contract from '../../core/contract/index.ts';
import { toRfc3339 } from '../../core/time.ts';
import type { AdminDeps } from './admin-deps.ts';
import { accountFacts, codexViewer } from './codex-view.ts';
import { pageOf, pageView, wholeList } from './formats.ts';
import { recordChange } from './record-change.ts';
import { type ServedRoute, serve } from './serve-route.ts';

/** Accounts that are here. */
export function codexRoutes(deps: AdminDeps): readonly ServedRoute[] {
  return [...readingRoutes(deps), ...changingRoutes(deps)];
}

function readingRoutes(deps: AdminDeps): readonly ServedRoute[] {
  const { ctx, keyring } = deps;
  const { desk, accounts } = deps.live.codex;
  const find = (ref: string): Promise<AccountPlace> => findAccount(ctx, keyring, ref);
  return [
    serve(contract.listCodexAccounts, async ({ query }) => {
      const only = query.upstream === undefined ? undefined : await requireCodexUpstream(ctx, keyring, query.upstream);
      return wholeList((await listAccounts(ctx, keyring, only)).map(codexViewer(deps)));
    }),

    serve(contract.showCodexAccount, async ({ params }) => codexViewer(deps)(await find(params.account))),

    serve(contract.readCodexUsage, async ({ params }) => {
      const { account } = await find(params.account);
      const reading = await readUsage(desk, accounts, account.credentialId);
      const why =
        reading.kind === 'read' ? null : `${reading.kind === 'trouble' ? '' : `${reading.kind}: `}${reading.why}`;
      return { ok: reading.kind === 'read', why, account: codexViewer(deps)(await find(account.credentialId)) };
    }),

    serve(contract.listCodexHistory, async ({ query }) => {
      const only = query.account === undefined ? undefined : (await find(query.account)).credential.id;
      const places = await listAccounts(ctx, keyring);
      const names = new Map(places.map(({ credential }) => [credential.id, credential.name]));
      return pageView(await listWindowResets(ctx, pageOf(query), only), (reset) => ({
        id: reset.id,
        account_id: reset.credentialId,
        account: names.get(reset.credentialId) ?? reset.credentialId,
        limit: reset.limitId,
        window_minutes: Math.round(reset.minutes),
        used_percent: reset.usedPercent,
        lost_percent: Math.max(0, Math.round((100 - reset.usedPercent) * 100) / 100),
        seen_at: toRfc3339(reset.seenAt),
        reset_at: toRfc3339(reset.resetAt),
      }));
    }),
  ];
}

function changingRoutes(deps: AdminDeps): readonly ServedRoute[] {
  const { ctx, keyring } = deps;
  const { desk, accounts } = deps.live.codex;
  return [
    serve(contract.refreshCodexAccount, async ({ params, caller }) => {
      const before = await findAccount(ctx, keyring, params.account);
      const id = before.account.credentialId;
      const outcome = await accounts.refresh(id, { fingerprint: null, force: true });
      const what = { topic: null, action: 'codex.refresh' } as const;
      await recordChange(deps, caller, what, async () => ({
        result: undefined,
        object: id,
        after: { outcome: outcome.kind },
      }));
      const after = outcome.kind === 'gone' ? null : codexViewer(deps)(await findAccount(ctx, keyring, id));
      return { outcome: outcome.kind, why: 'why' in outcome ? outcome.why : null, account: after };
    }),

    serve(contract.removeCodexAccount, async ({ params, caller }) => {
      const what = { topic: 'upstreams', action: 'codex.logout' } as const;
      const gone = await recordChange(deps, caller, what, async (tx) => {
        const place = await findAccount(tx, keyring, params.account);
        const last = await removeAccount(tx, desk, place);
        const { id, name } = place.credential;
        return { result: { id, name, last }, object: id, before: accountFacts(place) };
      });
      // Only once it is gone here: a refresh that was under way would otherwise be cut off.
      return { id: gone.id, name: gone.name, revoked: await endLogin(desk, gone.last) };
    }),
  ];
}
