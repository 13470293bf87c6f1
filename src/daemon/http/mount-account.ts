import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { describeError } from '../../core/failure.ts';
import type { Feature } from '../../core/features/index.ts';
import { newId } from '../../core/ids.ts';
import {
  type AccountAnswer,
  type AccountHouse,
  type AccountRoute,
  errorAnswer,
  failureAnswer,
} from '../account/index.ts';
import { type Refusal, refusalAnswer } from '../relay/index.ts';

/** What every path answers that is not there, or that a feature which is off would own. */
export const UNKNOWN_URL: Refusal = {
  status: 404,
  code: 'unknown_url',
  type: 'invalid_request_error',
  message: 'Unknown request URL. The API of this relay begins with /v1/.',
  mayRetry: false,
};

const FAILED = errorAnswer(500, { code: 'internal_error', message: 'The relay failed.' });

/** Mounts one route of the account API. It is answered before the framework reads a body, so any body is the route's own affair. */
export function mountAccount(
  app: FastifyInstance,
  house: AccountHouse,
  route: AccountRoute,
  state: { readonly isDraining: boolean },
): void {
  app.route({
    method: route.method,
    url: route.path,
    exposeHeadRoute: route.answersHead !== false,
    onRequest: async (request, reply) => {
      // A feature that is off leaves no trace: the same answer as for a path that never was.
      if (isOff(house, route)) return sendRefusal(house, reply, UNKNOWN_URL);
      const answer = await answerOf(house, route, request, state.isDraining);
      return sendAnswer(house, request, reply, route, answer);
    },
    handler: async () => undefined,
  });
}

/** Writes a refusal in the words that the client at hand obeys. */
export function sendRefusal(
  { ctx }: Pick<AccountHouse, 'ctx'>,
  reply: FastifyReply,
  refusal: Refusal,
  userAgent = '',
): FastifyReply {
  const now = ctx.clock.now();
  const { status, headers, body } = refusalAnswer(refusal, { userAgent }, now);
  for (let i = 0; i + 1 < headers.length; i += 2) reply.header(headers[i] as string, headers[i + 1]);
  return reply
    .code(status)
    .header('x-request-id', newId('req', now, ctx.random))
    .send(body);
}

function isOff({ live }: AccountHouse, { owner, alsoNeeds }: AccountRoute): boolean {
  const disabled = (feature: Feature) => live.state.features[feature].disabled;
  return (owner !== 'core' && disabled(owner)) || (alsoNeeds !== undefined && disabled(alsoNeeds));
}

async function answerOf(
  house: AccountHouse,
  route: AccountRoute,
  request: FastifyRequest,
  isDraining: boolean,
): Promise<AccountAnswer> {
  const params = request.params as Record<string, string>;
  const mark = request.url.indexOf('?');
  const query = mark < 0 ? '' : request.url.slice(mark + 1);
  try {
    return await route.answer({ house, req: request.raw, params, query, isDraining });
  } catch (error) {
    const known = failureAnswer(error);
    if (known === null || (known.kind === 'json' && known.status >= 500)) {
      house.ctx.log.error({ route: route.path, error: describeError(error) }, 'public call failed');
    }
    return known ?? FAILED;
  }
}

function sendAnswer(
  house: AccountHouse,
  request: FastifyRequest,
  reply: FastifyReply,
  route: AccountRoute,
  answer: AccountAnswer,
): FastifyReply {
  const { ctx } = house;
  if (answer.kind === 'refused') return sendRefusal(house, reply, answer.refusal, request.headers['user-agent']);
  const requestId = newId('req', ctx.clock.now(), ctx.random);
  reply.header('x-request-id', requestId);
  const status = answer.kind === 'redirect' ? 303 : answer.status;
  if (route.owner === 'billing') {
    // Balances, orders and links to pay: nothing in between may keep them.
    reply.headers({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
    const took = Math.round(reply.elapsedTime);
    ctx.log.info(
      { request_id: requestId, method: route.method, route: route.path, status, took_ms: took },
      'account call',
    );
  }
  reply.code(status);
  if (answer.kind === 'redirect') return reply.header('location', answer.location).send();
  if (answer.kind === 'json') return reply.headers(answer.headers ?? {}).send(answer.value);
  return reply.header('content-type', 'text/plain; charset=utf-8').send(answer.text);
}
