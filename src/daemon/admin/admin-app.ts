import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify';
import { adminRoutes, type FeatureName } from '../../core/contract/index.ts';
import { describeError } from '../../core/failure.ts';
import { newId } from '../../core/ids.ts';
import { invariant } from '../../core/invariant.ts';
import { type AdminDoor, buildAuthenticate, TooManyAttempts } from './admin-auth.ts';
import type { AdminDeps } from './admin-deps.ts';
import { FeatureIsOff, mountRoutes } from './mount.ts';
import { type Problem, problem, problemOf, sendProblem } from './problem.ts';
import type { ServedRoute } from './serve-route.ts';
import { servedRoutes } from './served-routes.ts';

const BODY_MAX_BYTES = 4 * 1024 * 1024;
/** A model id of 256 characters, every byte of it percent-encoded. */
const PARAM_MAX_CHARS = 3_072;
const REQUEST_TIMEOUT_MS = 60_000;

/** One instance of the admin API for one door: the socket and the TCP address each get their own. */
export async function buildAdminApp(deps: AdminDeps, door: AdminDoor): Promise<FastifyInstance> {
  const app = Fastify({
    logger: false,
    bodyLimit: BODY_MAX_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    routerOptions: { maxParamLength: PARAM_MAX_CHARS },
    forceCloseConnections: 'idle',
    genReqId: () => newId('req', deps.ctx.clock.now(), deps.ctx.random),
    frameworkErrors: (error, request, reply) => {
      void sendProblem(reply, problemOf(error, request.id));
    },
  });
  readJsonOnly(app);
  answerFaults(app, deps);
  authenticate(app, deps, door);
  logCalls(app, deps);
  const served = servedRoutes(deps);
  requireComplete(served);
  mountRoutes(app, served, (feature: FeatureName) => deps.live.state.features[feature].disabled);
  await app.ready();
  return app;
}

/** For the manifest of all routes: which feature owns what. */
export const adminManifest = adminRoutes.map(({ method, path, feature }) => ({ method, path, feature }));

function readJsonOnly(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error');
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    // Clients name the type on every call, with a body or without.
    if (body === '') return done(null, undefined);
    void parse(request, body as string, done);
  });
}

function answerFaults(app: FastifyInstance, deps: AdminDeps): void {
  app.setNotFoundHandler(async (request, reply) => sendProblem(reply, nowhere(request)));
  app.setErrorHandler(async (error, request, reply) => {
    const body = problemOf(error, request.id);
    if (body.status >= 500) {
      deps.ctx.log.error(
        { request_id: request.id, error: describeError(error), stack: stackOf(error) },
        'admin call failed',
      );
    }
    if (error instanceof TooManyAttempts) reply.header('retry-after', error.retryAfterS);
    if (body.status === 401) reply.header('www-authenticate', 'Bearer realm="realms admin"');
    return sendProblem(reply, error instanceof FeatureIsOff ? { ...body, feature: error.feature } : body);
  });
}

function nowhere(request: FastifyRequest): Problem {
  return problem('not_found', request.id, { detail: `there is nothing at ${request.method} on this path` });
}

function authenticate(app: FastifyInstance, deps: AdminDeps, door: AdminDoor): void {
  app.decorateRequest('adminCaller', null);
  const identify = buildAuthenticate(deps.ctx, door);
  const open = new Set(adminRoutes.filter((route) => route.role === 'open').map((route) => route.path));
  app.addHook('onRequest', async (request, reply) => {
    reply.headers({
      'realms-version': deps.status().version,
      'x-request-id': request.id,
      // Answers hold new keys and what operators did; nothing in between may keep them.
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    });
    if (!open.has(request.routeOptions.url ?? '')) request.adminCaller = await identify(request);
    // Before a body is read: a path that never was answers the same whatever comes with it.
    if (request.is404) return sendProblem(reply, nowhere(request));
  });
}

function logCalls(app: FastifyInstance, deps: AdminDeps): void {
  app.addHook('onResponse', async (request, reply) => {
    const caller = request.adminCaller;
    // Health checks and metrics come every few seconds and say nothing about anybody.
    if (!caller || request.routeOptions.url === '/metrics') return;
    deps.ctx.log.info(
      {
        request_id: request.id,
        actor: caller.actor,
        method: request.method,
        route: request.routeOptions.url ?? null,
        status: reply.statusCode,
        took_ms: Math.round(reply.elapsedTime),
      },
      'admin call',
    );
  });
}

function requireComplete(served: readonly ServedRoute[]): void {
  const mounted = new Set(served.map((entry) => entry.route));
  const missing = adminRoutes.filter((route) => !mounted.has(route)).map((route) => route.operationId);
  invariant(
    missing.length === 0 && served.length === adminRoutes.length,
    `routes without an answer: ${missing.join(', ')}`,
  );
}

function stackOf(error: unknown): string | undefined {
  return error instanceof Error ? error.stack : undefined;
}
