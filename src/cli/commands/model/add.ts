import { arg, given, leaf } from '../../command.ts';
import { text, whole } from '../../flags.ts';
import { showOne } from './model-view.ts';
import { PRICE_FLAGS, readPrices } from './price-flags.ts';

export const addModel = leaf({
  name: 'add',
  about: 'add a public model, its first upstream and its prices',
  examples: [
    'realms model add gpt-x --upstream main --upstream-model gpt-x-2026 --input 1.25 --cached-input 0.125 --output 10',
  ],
  args: { model: arg('id that clients write in "model"') },
  flags: {
    upstream: text('NAME', 'upstream that serves it'),
    upstreamModel: text('MODEL', 'its name there; the public id unless given'),
    ...PRICE_FLAGS,
    maxOutputTokens: whole('N', 'longest answer in tokens'),
    contextTokens: whole('N', 'longest request in tokens'),
    ownedBy: text('NAME', 'what /v1/models shows as owned_by'),
  },
  run: async (context, { args, flags }) => {
    const prices = readPrices(flags);
    const { upstream, upstreamModel, maxOutputTokens, contextTokens, ownedBy } = flags;
    const { createModel } = await import('../../../core/contract/index.ts');
    const model = await (await context.client()).call(createModel, {
      body: {
        id: args.model,
        ...given({ upstream, upstream_model: upstreamModel, prices }),
        ...given({ max_output_tokens: maxOutputTokens, context_tokens: contextTokens, owned_by: ownedBy }),
      },
    });
    const unbound = model.bindings.length === 0 ? [`bind it with: realms model bind ${model.id} --upstream NAME`] : [];
    const unpriced = model.price === null ? [`it has no price; set one with: realms model price set ${model.id}`] : [];
    return showOne(model, [...unbound, ...unpriced]);
  },
});
