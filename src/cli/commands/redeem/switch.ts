import { type Leaf, leaf, optionalArg } from '../../command.ts';
import { wrongUsage } from '../../command-failed.ts';
import { text } from '../../flags.ts';
import { done } from '../../render/answer.ts';

export const disableCodes = switchTo(false);
export const enableCodes = switchTo(true);

function switchTo(enabled: boolean): Leaf {
  const name = enabled ? 'enable' : 'disable';
  const undo = enabled ? 'disable' : 'enable';
  return leaf({
    name,
    about: enabled
      ? 'let a code or a whole batch be redeemed again'
      : 'let a code or a whole batch no longer be redeemed; what it gave stays given',
    examples: [`realms redeem ${name} 7K2M`, `realms redeem ${name} --batch spring`],
    args: { code: optionalArg('id, unique beginning of an id, or last four characters of a code') },
    flags: { batch: text('BATCH', 'every code of this batch: its id or name') },
    run: async (context, { args, flags }) => {
      const { editCodeBatch, editRedemptionCode } = await import('../../../core/contract/index.ts');
      const { code } = args;
      const { batch } = flags;
      if (code !== undefined && batch === undefined) {
        const edited = await (await context.client()).call(editRedemptionCode, { params: { code }, body: { enabled } });
        return done(edited, `code ${edited.id} is ${name}d`, [`undo: realms redeem ${undo} ${edited.id}`]);
      }
      if (code !== undefined || batch === undefined) throw wrongUsage('give either a code or --batch');
      const edited = await (await context.client()).call(editCodeBatch, { params: { batch }, body: { enabled } });
      const sentence = `the ${edited.codes} codes of batch ${edited.name} are ${name}d`;
      return done(edited, sentence, [`undo: realms redeem ${undo} --batch ${edited.id}`]);
    },
  });
}
