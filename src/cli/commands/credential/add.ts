import { arg, given, leaf } from '../../command.ts';
import { json, text, whole } from '../../flags.ts';
import { readSecret, SECRET_FLAGS } from '../../secret-input.ts';
import { readExpiry } from '../expiry.ts';
import { LIMIT_FLAGS } from '../limit-flags.ts';
import { PROXY_FLAGS, readProxy } from '../proxy-input.ts';
import { showOne } from './credential-view.ts';

export const addCredential = leaf({
  name: 'add',
  about: 'give an upstream another key',
  examples: [
    'realms credential add main --name second --key-file ./second.key',
    'printf %s "$KEY" | realms credential add main --name third --key-stdin --rpm 60',
  ],
  args: { upstream: arg('name or id of the upstream') },
  flags: {
    name: text('NAME', 'name, unique within the upstream; default unless given'),
    ...SECRET_FLAGS,
    weight: whole('N', 'share of the traffic among the credentials'),
    ...PROXY_FLAGS,
    ...LIMIT_FLAGS,
    modelLimits: json('limits for single upstream models: {"gpt-4o": {"rpm": 60}}; @FILE reads a file'),
    expires: text('WHEN', 'do not use it from then on: a date, 90d or never'),
  },
  run: async (context, { args, flags }) => {
    const proxyUrl = await readProxy(context, flags);
    const expiresAt = readExpiry(context, flags.expires, '--expires');
    const key = await readSecret(context, flags, 'the key');
    const { createCredential } = await import('../../../core/contract/index.ts');
    const { weight, rpm, tpm, concurrency } = flags;
    const credential = await (await context.client()).call(createCredential, {
      params: args,
      body: {
        name: flags.name ?? 'default',
        key: key.reveal(),
        ...given({ weight, rpm, tpm, concurrency, proxy_url: proxyUrl, expires_at: expiresAt }),
        ...given({ model_limits: flags.modelLimits as Record<string, never> | undefined }),
      },
    });
    return showOne(credential, [`added; try it with: realms credential test ${credential.id}`]);
  },
});
