import { arg, given, leaf, optionalArg } from '../../command.ts';
import { EXIT } from '../../exit-codes.ts';
import { toggle } from '../../flags.ts';
import { list } from '../../render/answer.ts';
import { PAGE_FLAGS, pageOf } from '../page-flags.ts';
import { ACCOUNT_COLUMNS, RESET_COLUMNS, showAccount } from './codex-view.ts';

export const listAccounts = leaf({
  name: 'list',
  alias: 'ls',
  about: 'list ChatGPT accounts with plan, state, and what is used of their windows',
  examples: ['realms codex list', 'realms codex list chatgpt -o json'],
  args: { upstream: optionalArg('name or id of one upstream') },
  run: async (context, { args }) => {
    const { listCodexAccounts } = await import('../../../core/contract/index.ts');
    const accounts = await (await context.client()).call(listCodexAccounts, { query: given(args) });
    return list(accounts, ACCOUNT_COLUMNS, 'no accounts; bring one in with: realms codex login UPSTREAM');
  },
});

export const showOneAccount = leaf({
  name: 'show',
  about: 'show an account with all its limits',
  examples: ['realms codex show person-example.com', 'realms codex show person@example.com --refresh'],
  args: { account: arg('name or id of its credential, or its mail address') },
  flags: { refresh: toggle('ask the provider first how much is used') },
  run: async (context, { args, flags }) => {
    const { readCodexUsage, showCodexAccount } = await import('../../../core/contract/index.ts');
    const client = await context.client();
    if (!flags.refresh) return showAccount(await client.call(showCodexAccount, { params: args }));
    const { ok, why, account } = await client.call(readCodexUsage, { params: args }, { slow: true });
    if (ok) return showAccount(account);
    return { ...showAccount(account, [`the provider was not asked: ${why ?? 'unknown'}`]), exit: EXIT.thirdParty };
  },
});

export const listHistory = leaf({
  name: 'history',
  about: 'list windows that started over, with what was used of them and what was lost',
  examples: ['realms codex history', 'realms codex history person-example.com --limit 100'],
  args: { account: optionalArg('name or id of one account’s credential, or its mail address') },
  flags: PAGE_FLAGS,
  run: async (context, { args, flags }) => {
    const { listCodexHistory } = await import('../../../core/contract/index.ts');
    const query = { ...pageOf(flags), ...given(args) };
    const resets = await (await context.client()).call(listCodexHistory, { query });
    return list(resets, RESET_COLUMNS, 'no window has started over yet');
  },
});
