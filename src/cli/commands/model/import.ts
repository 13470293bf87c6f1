import type { importPricing, ResponseOf } from '../../../core/contract/index.ts';
import { arg, leaf } from '../../command.ts';
import { wrongUsage } from '../../command-failed.ts';
import type { Context } from '../../context.ts';
import { toggle } from '../../flags.ts';
import type { Answer } from '../../render/answer.ts';
import { tellRates } from './model-view.ts';

export const importModels = leaf({
  name: 'import',
  about: 'read models and prices from a LiteLLM-style price list',
  examples: [
    'realms model import model_prices.json --dry-run',
    'curl -s https://prices.example/list.json | realms model import - --only-existing',
  ],
  args: { file: arg('JSON file, or - for stdin') },
  flags: {
    dryRun: toggle('only show what would change'),
    onlyExisting: toggle('leave out models that are not there yet'),
  },
  run: async (context, { args, flags }) => {
    const document = await readDocument(context, args.file);
    const { importPricing } = await import('../../../core/contract/index.ts');
    const body = { document, dry_run: flags.dryRun === true, only_existing: flags.onlyExisting === true };
    return showImport(await (await context.client()).call(importPricing, { body }, { slow: true }));
  },
});

async function readDocument(context: Context, file: string): Promise<Record<string, never>> {
  const [{ readFile }, { text }] = await Promise.all([import('node:fs/promises'), import('node:stream/consumers')]);
  try {
    const parsed: unknown = JSON.parse(file === '-' ? await text(context.io.stdin) : await readFile(file, 'utf8'));
    return parsed as Record<string, never>;
  } catch (error) {
    throw wrongUsage(`${file === '-' ? 'stdin' : file} cannot be read as JSON: ${(error as Error).message}`);
  }
}

function showImport(result: ResponseOf<typeof importPricing>): Answer {
  const { added, changed, unchanged, skipped } = result;
  const lines = [
    ...added.map((entry) => `+ ${entry.model}  ${tellRates(entry.after)}`),
    ...changed.flatMap((entry) => [
      `~ ${entry.model}`,
      `    was ${entry.before ? tellRates(entry.before) : 'without a price'}`,
      `    now ${tellRates(entry.after)}`,
    ]),
    ...skipped.map((entry) => `  ${entry.model} skipped: ${entry.why}`),
    `${added.length} added, ${changed.length} changed, ${unchanged.length} unchanged, ${skipped.length} skipped`,
  ];
  return {
    data: result,
    view: { kind: 'text', lines },
    names: [...added, ...changed].map((entry) => entry.model),
    notes: result.dry_run ? ['nothing was changed: this was a dry run'] : [],
  };
}
