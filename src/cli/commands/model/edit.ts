import { arg, given, leaf } from '../../command.ts';
import { flip, limit, text } from '../../flags.ts';
import { requireChange } from '../require-change.ts';
import { showOne } from './model-view.ts';

export const editModel = leaf({
  name: 'edit',
  about: 'change a model; only what is given changes',
  examples: ['realms model edit gpt-x --max-output-tokens 32000', 'realms model edit gpt-x --no-enabled'],
  args: { model: arg('public id or alias') },
  flags: {
    id: text('ID', 'new public id'),
    enabled: flip('whether it is offered'),
    maxOutputTokens: limit('longest answer in tokens; none: unknown'),
    contextTokens: limit('longest request in tokens; none: unknown'),
    ownedBy: text('NAME', 'what /v1/models shows as owned_by'),
  },
  run: async (context, { args, flags }) => {
    const { id, enabled, maxOutputTokens, contextTokens, ownedBy } = flags;
    const body = requireChange(
      given({ id, enabled, max_output_tokens: maxOutputTokens, context_tokens: contextTokens, owned_by: ownedBy }),
    );
    const { editModel } = await import('../../../core/contract/index.ts');
    return showOne(await (await context.client()).call(editModel, { params: args, body }));
  },
});
