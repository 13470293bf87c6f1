import { given, leaf } from '../../command.ts';
import { readMoment } from '../../durations.ts';
import { choice, required, text } from '../../flags.ts';
import { item } from '../../render/answer.ts';
import { instant } from '../../render/cells.ts';

export const createToken = leaf({
  name: 'create',
  alias: 'add',
  about: 'create an admin token; its text is shown this once',
  examples: ['realms token create --name laptop --role operator --expires 30d -o json'],
  flags: {
    name: required(text('NAME', 'unique name, which the audit log shows')),
    role: required(
      choice(['operator', 'admin', 'root'] as const, 'what it may do: operator reads, tests and clears cooldowns'),
    ),
    expires: text('WHEN', 'not valid from then on: a date or 30d; 90 days from now unless given'),
  },
  run: async (context, { flags }) => {
    const expiresAt =
      flags.expires === undefined ? undefined : readMoment(flags.expires, '--expires', context.clock.now(), 'ahead');
    const { createToken } = await import('../../../core/contract/index.ts');
    const body = { name: flags.name, role: flags.role, ...given({ expires_at: expiresAt }) };
    const token = await (await context.client()).call(createToken, { body });
    return item(
      token,
      [
        ['id', token.id],
        ['name', token.name],
        ['role', token.role],
        ['expires', instant(token.expires_at)],
        ['token', token.token],
      ],
      ['this is the only time that the token is shown: store it in a file of mode 0600 for --token-file'],
    );
  },
});
