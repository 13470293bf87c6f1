import { arg, given, leaf } from '../../command.ts';
import { required, text, toggle } from '../../flags.ts';
import { readSecret, SECRET_FLAGS } from '../../secret-input.ts';
import { PROXY_FLAGS, readProxy } from '../proxy-input.ts';
import { readUpstreamFlags, UPSTREAM_FLAGS } from './upstream-flags.ts';
import { showOne, type Upstream } from './upstream-view.ts';

export const addUpstream = leaf({
  name: 'add',
  about: 'add an upstream with its first endpoint and key',
  examples: [
    'printf %s "$UPSTREAM_KEY" | realms upstream add main --kind openai --base-url https://api.openai.com/v1 --key-stdin',
    'realms upstream add local --base-url http://127.0.0.1:11434/v1 --allow-private --no-key',
  ],
  args: { name: arg('name of your choice') },
  flags: {
    kind: text('KIND', 'openai (the default, for all that are compatible with it), anthropic or gemini'),
    baseUrl: required(text('URL', 'base URL including the version, such as https://api.openai.com/v1')),
    ...SECRET_FLAGS,
    noKey: toggle('the upstream wants no key, or gets its credentials later'),
    ...UPSTREAM_FLAGS,
    ...PROXY_FLAGS,
  },
  run: async (context, { args, flags }) => {
    const settings = await readUpstreamFlags(flags);
    const proxyUrl = await readProxy(context, flags);
    const key = flags.noKey ? undefined : await readSecret(context, flags, 'the key of the upstream');
    const { createUpstream } = await import('../../../core/contract/index.ts');
    const client = await context.client();
    // The contract refuses a kind that it does not know, by name.
    const kind = flags.kind as Upstream['kind'] | undefined;
    const upstream = await client.call(createUpstream, {
      body: {
        name: args.name,
        base_url: flags.baseUrl,
        ...settings,
        ...given({ kind, key: key?.reveal(), proxy_url: proxyUrl }),
      },
    });
    return showOne(upstream, [`added; try it with: realms upstream test ${upstream.name}`]);
  },
});
