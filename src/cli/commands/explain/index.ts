import { arg, leaf } from '../../command.ts';
import { tellRequest } from './tell-request.ts';

export const explain = leaf({
  name: 'explain',
  about: 'tell where a request went, why, and what it cost',
  examples: ['realms explain req_01', 'realms explain req_01 -o json'],
  args: { requestId: arg('id of the request, from the X-Request-Id of its answer') },
  run: async (context, { args }) => {
    const { showRequest } = await import('../../../core/contract/index.ts');
    const request = await (await context.client()).call(showRequest, { params: { request: args.requestId } });
    return { data: request, view: { kind: 'text', lines: tellRequest(request) }, names: [args.requestId] };
  },
});
