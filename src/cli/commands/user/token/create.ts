import { arg, given, leaf } from '../../../command.ts';
import { text } from '../../../flags.ts';
import { item } from '../../../render/answer.ts';
import { instant, orNone } from '../../../render/cells.ts';
import { readExpiry } from '../../expiry.ts';

export const createUserToken = leaf({
  name: 'create',
  alias: 'add',
  about: 'create a token for a user’s own account; its text is shown this once',
  examples: ['realms user token create alice -o json', 'realms user token create alice --name laptop --expires 30d'],
  args: { user: arg('name or id') },
  flags: {
    name: text('NAME', 'for people to recognise it by'),
    expires: text('WHEN', 'not valid from then on: a date, 30d or never; 90 days from now unless given'),
  },
  run: async (context, { args, flags }) => {
    const expiresAt = readExpiry(context, flags.expires, '--expires');
    const { createUserToken } = await import('../../../../core/contract/index.ts');
    const body = { user: args.user, ...given({ name: flags.name, expires_at: expiresAt }) };
    const token = await (await context.client()).call(createUserToken, { body });
    return item(
      token,
      [
        ['id', token.id],
        ['user', token.user ?? token.user_id],
        ['name', orNone(token.name)],
        ['expires', instant(token.expires_at)],
        ['token', token.token],
      ],
      ['this is the only time that the token is shown: whoever has it can spend this user’s balance'],
    );
  },
});
