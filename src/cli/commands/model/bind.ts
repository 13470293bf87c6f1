import { arg, given, leaf } from '../../command.ts';
import { flip, required, text } from '../../flags.ts';
import { showOne } from './model-view.ts';

export const bindModel = leaf({
  name: 'bind',
  about: 'let an upstream serve a model, or change how it does',
  examples: ['realms model bind gpt-x --upstream relay-3 --upstream-model gpt-x-latest'],
  args: { model: arg('public id or alias') },
  flags: {
    upstream: required(text('NAME', 'name or id of the upstream')),
    upstreamModel: text('MODEL', 'name of the model there; the public id unless given'),
    enabled: flip('whether the upstream serves it'),
  },
  run: async (context, { args, flags }) => {
    const { bindModel } = await import('../../../core/contract/index.ts');
    const params = { model: args.model, upstream: flags.upstream };
    const body = given({ upstream_model: flags.upstreamModel, enabled: flags.enabled });
    return showOne(await (await context.client()).call(bindModel, { params, body }));
  },
});
