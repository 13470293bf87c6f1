import { arg, given, leaf } from '../../command.ts';
import { json, text, toggle, whole } from '../../flags.ts';
import { readSecret, SECRET_FLAGS } from '../../secret-input.ts';
import { readExpiry } from '../expiry.ts';
import { LIMIT_FLAGS } from '../limit-flags.ts';
import { PROXY_FLAGS, readProxy } from '../proxy-input.ts';
import { requireChange } from '../require-change.ts';
import { showOne } from './credential-view.ts';

export const editCredential = leaf({
  name: 'edit',
  about: 'change a credential, also its key; only what is given changes',
  examples: ['realms credential edit cred_01 --weight 2', 'realms credential edit cred_01 --key-file ./new.key'],
  args: { credential: arg('id, or name where it is unique') },
  flags: {
    name: text('NAME', 'new name'),
    ...SECRET_FLAGS,
    weight: whole('N', 'share of the traffic among the credentials'),
    ...PROXY_FLAGS,
    noProxy: toggle('leave without an egress proxy'),
    ...LIMIT_FLAGS,
    modelLimits: json('limits for single upstream models: {"gpt-4o": {"rpm": 60}}; @FILE reads a file'),
    expires: text('WHEN', 'do not use it from then on: a date, 90d or never'),
  },
  run: async (context, { args, flags }) => {
    const hasKey = flags.keyStdin || flags.keyFile !== undefined || flags.keyEnv !== undefined;
    const key = hasKey ? (await readSecret(context, flags, 'the new key')).reveal() : undefined;
    const proxyUrl = flags.noProxy ? null : await readProxy(context, flags);
    const { name, weight, rpm, tpm, concurrency } = flags;
    const body = requireChange({
      ...given({ name, key, weight, rpm, tpm, concurrency, proxy_url: proxyUrl }),
      ...given({ expires_at: readExpiry(context, flags.expires, '--expires') }),
      ...given({ model_limits: flags.modelLimits as Record<string, never> | undefined }),
    });
    const { editCredential } = await import('../../../core/contract/index.ts');
    return showOne(await (await context.client()).call(editCredential, { params: args, body }));
  },
});
