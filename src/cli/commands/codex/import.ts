import { arg, given, leaf } from '../../command.ts';
import { wrongUsage } from '../../command-failed.ts';
import type { Context } from '../../context.ts';
import { text } from '../../flags.ts';
import { accountFields } from './codex-view.ts';

const BYTES_MAX = 262_144;
const WARNING =
  'warning: its refresh token counts once: a program that still uses this file (Codex CLI, another relay) and Realms will end each other’s login';

export const importAccount = leaf({
  name: 'import',
  about: 'take a login over from auth.json of Codex CLI or from a file of CLIProxyAPI',
  examples: ['realms codex import auth.json', 'realms codex import - --upstream chatgpt --as second'],
  args: { file: arg('the file, or - for stdin') },
  flags: {
    upstream: text('NAME', 'upstream of the kind codex; not needed when there is only one'),
    as: text('NAME', 'name for the credential; made of the mail address unless given'),
  },
  run: async (context, { args, flags }) => {
    const document = await readDocument(context, args.file);
    context.say(WARNING);
    const { importCodexAccount } = await import('../../../core/contract/index.ts');
    const body = { document, ...given({ upstream: flags.upstream, name: flags.as }) };
    const result = await (await context.client()).call(importCodexAccount, { body }, { slow: true });
    const used = result.refreshed
      ? ['the tokens of the file were over, so new ones were asked for; the file is worth nothing now']
      : [];
    return {
      data: result,
      view: { kind: 'fields', fields: accountFields(result.account) },
      names: [result.account.id],
      notes: [result.is_new ? 'imported' : 'the account was known, and has these tokens now', ...used],
    };
  },
});

/** What is wrong with it is said without a word of what stands in it. */
async function readDocument({ io }: Context, file: string): Promise<unknown> {
  const source = file === '-' ? 'stdin' : file;
  const content = await read(io.stdin, file).catch((error: NodeJS.ErrnoException) => {
    throw wrongUsage(`${source} cannot be read: ${error.code ?? 'it is too large'}`);
  });
  try {
    return JSON.parse(content);
  } catch {
    throw wrongUsage(
      `${source} is not JSON`,
      'give the auth.json of Codex CLI (~/.codex/auth.json), or a file of CLIProxyAPI',
    );
  }
}

async function read(stdin: Context['io']['stdin'], file: string): Promise<string> {
  const { createReadStream } = await import('node:fs');
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of file === '-' ? stdin : createReadStream(file)) {
    size += (chunk as Buffer).length;
    if (size > BYTES_MAX) throw new Error('too large');
    chunks.push(Buffer.from(chunk as Buffer));
  }
  return Buffer.concat(chunks).toString('utf8');
}
