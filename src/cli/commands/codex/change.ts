import { arg, leaf } from '../../command.ts';
import { EXIT } from '../../exit-codes.ts';
import { accountFields } from './codex-view.ts';

const SENTENCES = {
  refreshed: 'it has new tokens',
  already: 'it has new tokens, which another refresh got at the same time',
  needs_login: 'it needs a new login',
  transient: 'it was not refreshed, and may be later',
  gone: 'it is gone',
} as const;

export const refreshAccount = leaf({
  name: 'refresh',
  about: 'get new tokens for an account now, also when it is known to need a login',
  examples: ['realms codex refresh person-example.com'],
  args: { account: arg('name or id of its credential, or its mail address') },
  run: async (context, { args }) => {
    const { refreshCodexAccount } = await import('../../../core/contract/index.ts');
    const result = await (await context.client()).call(refreshCodexAccount, { params: args }, { slow: true });
    const { outcome, why, account } = result;
    const isDone = outcome === 'refreshed' || outcome === 'already';
    const note = `${SENTENCES[outcome]}${why === null ? '' : `: ${why}`}`;
    const hint =
      outcome === 'needs_login' && account ? [`log in again with: realms codex login ${account.upstream}`] : [];
    return {
      data: result,
      view: { kind: 'fields', fields: account ? accountFields(account) : [] },
      names: account ? [account.id] : [],
      notes: [note, ...hint],
      exit: isDone ? EXIT.done : EXIT.thirdParty,
    };
  },
});

export const logoutAccount = leaf({
  name: 'logout',
  about: 'end the login of an account and remove it with its credential and history',
  examples: ['realms codex logout person-example.com --yes'],
  args: { account: arg('name or id of its credential, or its mail address') },
  run: async (context, { args }) => {
    await context.confirm(`Log ${args.account} out and remove it with its credential and history?`);
    const { removeCodexAccount } = await import('../../../core/contract/index.ts');
    const gone = await (await context.client()).call(removeCodexAccount, { params: args }, { slow: true });
    const lines = [`account ${gone.name} is logged out and removed`];
    const notes = gone.revoked ? [] : ['the provider took no note of it; the login ends there by itself some day'];
    return { data: gone, view: { kind: 'text', lines }, names: [gone.id], notes };
  },
});
