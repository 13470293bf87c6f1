import { arg, given, leaf } from '../../../command.ts';
import { required, text, toggle } from '../../../flags.ts';
import { showOne } from './channel-view.ts';
import { readSecrets, SECRETS_FLAGS } from './secrets-input.ts';
import { SETTING_FLAGS, settingsOf } from './setting-flags.ts';

export const addChannel = leaf({
  name: 'add',
  about: 'add a payment channel; it is enabled when its secrets are complete',
  examples: [
    `printf '%s' "$SECRETS_JSON" | realms pay channel add cn --provider epay --gateway https://pay.example/ --pid 1001 --secrets-stdin`,
    `printf '%s' "$SECRETS_JSON" | realms pay channel add intl --provider stripe --secrets-stdin`,
    'realms pay channel add bank --provider manual --set url=https://example.com/how-to-pay',
    'realms pay channel add wallet --provider balance',
  ],
  args: { name: arg('name of your choice') },
  flags: {
    provider: required(text('NAME', 'stripe, epay, manual, or balance for plans that are bought from the wallet')),
    ...SETTING_FLAGS,
    ...SECRETS_FLAGS,
    allowPrivate: toggle('its provider may have a private address'),
    disabled: toggle('do not take orders yet'),
  },
  run: async (context, { args, flags }) => {
    const secrets = await readSecrets(context, flags);
    const { createPaymentChannel } = await import('../../../../core/contract/index.ts');
    const body = {
      name: args.name,
      provider: flags.provider,
      ...given({ settings: settingsOf(flags), secrets, allow_private: flags.allowPrivate }),
      ...(flags.disabled && { enabled: false }),
    };
    const channel = await (await context.client()).call(createPaymentChannel, { body });
    const isWaiting = !channel.enabled && !flags.disabled;
    const note = `it is off until its secrets are complete: realms pay channel edit ${channel.name} --secrets-stdin`;
    return showOne(channel, isWaiting ? [note] : []);
  },
});
