import { arg, given, leaf } from '../../command.ts';
import { wrongUsage } from '../../command-failed.ts';
import { text, toggle } from '../../flags.ts';
import { readSecret, SECRET_FLAGS } from '../../secret-input.ts';
import { PROXY_FLAGS, readProxy } from '../proxy-input.ts';
import { readUpstreamFlags, UPSTREAM_FLAGS } from './upstream-flags.ts';
import { showOne, type Upstream } from './upstream-view.ts';

const BASE_URL_HINT = 'base URL including the version, such as https://api.openai.com/v1';

export const addUpstream = leaf({
  name: 'add',
  about: 'add an upstream with its first endpoint and key',
  examples: [
    'printf %s "$UPSTREAM_KEY" | realms upstream add main --kind openai --base-url https://api.openai.com/v1 --key-stdin',
    'realms upstream add local --base-url http://127.0.0.1:11434/v1 --allow-private --no-key',
    'realms upstream add chatgpt --kind codex',
  ],
  args: { name: arg('name of your choice') },
  flags: {
    kind: text(
      'KIND',
      'openai (the default, for all that are compatible with it), anthropic, gemini, or codex for ChatGPT',
    ),
    baseUrl: text('URL', 'base URL including the version; needed for the kind openai, the others have their own'),
    ...SECRET_FLAGS,
    noKey: toggle('the upstream wants no key, or gets its credentials later'),
    ...UPSTREAM_FLAGS,
    ...PROXY_FLAGS,
  },
  run: async (context, { args, flags }) => {
    const isCodex = flags.kind === 'codex';
    const isOpenai = flags.kind === undefined || flags.kind === 'openai';
    if (isOpenai && flags.baseUrl === undefined) throw wrongUsage('--base-url is missing', BASE_URL_HINT);
    const settings = await readUpstreamFlags(flags);
    const proxyUrl = await readProxy(context, flags);
    // Accounts are brought in one by one.
    const key = flags.noKey || isCodex ? undefined : await readSecret(context, flags, 'the key of the upstream');
    const { createUpstream } = await import('../../../core/contract/index.ts');
    const client = await context.client();
    // The contract refuses a kind that it does not know, by name.
    const kind = flags.kind as Upstream['kind'] | undefined;
    const upstream = await client.call(createUpstream, {
      body: {
        name: args.name,
        ...settings,
        ...given({ kind, base_url: flags.baseUrl, key: key?.reveal(), proxy_url: proxyUrl }),
      },
    });
    const next = isCodex ? 'bring an account in with: realms codex login' : 'try it with: realms upstream test';
    return showOne(upstream, [`added; ${next} ${upstream.name}`]);
  },
});
