import { arg, given, leaf } from '../../../command.ts';
import { flip, text } from '../../../flags.ts';
import { requireChange } from '../../require-change.ts';
import { showOne } from './channel-view.ts';
import { readSecrets, SECRETS_FLAGS } from './secrets-input.ts';
import { SETTING_FLAGS, settingsOf } from './setting-flags.ts';

export const editChannel = leaf({
  name: 'edit',
  about: 'change a payment channel, also its secrets; only what is given changes',
  examples: [
    'realms pay channel edit cn --gateway https://new.example/ --set submit_mode=mapi',
    `printf '%s' "$SECRETS_JSON" | realms pay channel edit intl --secrets-stdin`,
  ],
  args: { channel: arg('name or id') },
  flags: {
    name: text('NAME', 'new name'),
    ...SETTING_FLAGS,
    ...SECRETS_FLAGS,
    allowPrivate: flip('whether its provider may have a private address'),
  },
  run: async (context, { args, flags }) => {
    const secrets = await readSecrets(context, flags);
    const { name, allowPrivate } = flags;
    const body = requireChange(given({ name, allow_private: allowPrivate, settings: settingsOf(flags), secrets }));
    const { editPaymentChannel } = await import('../../../../core/contract/index.ts');
    return showOne(await (await context.client()).call(editPaymentChannel, { params: args, body }));
  },
});
