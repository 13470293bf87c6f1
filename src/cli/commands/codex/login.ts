import type { Client } from '../../client/client.ts';
import { arg, given, leaf } from '../../command.ts';
import { wrongUsage } from '../../command-failed.ts';
import type { Context } from '../../context.ts';
import { text, toggle } from '../../flags.ts';
import { type Account, showAccount } from './codex-view.ts';
import type { LoginInput } from './login-input.ts';

export const loginAccount = leaf({
  name: 'login',
  about: 'log a ChatGPT account in: by a code that is typed anywhere, or with a browser',
  examples: [
    'realms codex login chatgpt',
    'realms codex login chatgpt --paste --as second',
    'realms codex login chatgpt --device -o json',
  ],
  args: { upstream: arg('name or id of an upstream of the kind codex') },
  flags: {
    device: toggle('show a code to type on any device; this is the default'),
    paste: toggle('show an address, and read the one to which the browser is sent from stdin'),
    loopback: toggle('open nothing, but take the callback of a browser on this machine'),
    as: text('NAME', 'name for the credential; made of the mail address unless given'),
  },
  run: async (context, { args, flags }) => {
    const ways = [flags.device, flags.paste, flags.loopback].filter((way) => way === true);
    if (ways.length > 1) throw wrongUsage('--device, --paste and --loopback are three ways', 'give one of them');
    const client = await context.client();
    const input = { upstream: args.upstream, ...given({ name: flags.as }) };
    const account = await logIn(context, client, input, flags);
    return showAccount(account, [`logged in; see its limits with: realms codex show ${account.name} --refresh`]);
  },
});

async function logIn(
  context: Context,
  client: Client,
  input: LoginInput,
  flags: { readonly paste: boolean | undefined; readonly loopback: boolean | undefined },
): Promise<Account> {
  if (flags.loopback) return await (await import('./login-loopback.ts')).loginByLoopback(context, client, input);
  if (flags.paste) return await (await import('./login-paste.ts')).loginByPaste(context, client, input);
  return await (await import('./login-device.ts')).loginByDevice(context, client, input);
}
