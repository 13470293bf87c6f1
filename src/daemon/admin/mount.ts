import type { FastifyInstance, FastifyReply, FastifyRequest, HTTPMethods } from 'fastify';
import type { FeatureName, Route } from '../../core/contract/index.ts';
import { Failure } from '../../core/failure.ts';
import { requireRole } from './caller.ts';
import { problem, sendProblem } from './problem.ts';
import { readInput } from './read-input.ts';
import type { Call, ServedRoute } from './serve-route.ts';

const EVERY_METHOD: readonly HTTPMethods[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

export type IsFeatureOff = (feature: FeatureName) => boolean;

/** Mounts every route, and on each path an answer to the methods that it does not have. */
export function mountRoutes(app: FastifyInstance, served: readonly ServedRoute[], isFeatureOff: IsFeatureOff): void {
  const byPath = new Map<string, Route[]>();
  for (const entry of served) {
    mountRoute(app, entry, isFeatureOff);
    byPath.set(entry.route.path, [...(byPath.get(entry.route.path) ?? []), entry.route]);
  }
  for (const [path, routes] of byPath) mountOtherMethods(app, path, routes, isFeatureOff);
}

/** What a switched-off feature answers on each of its paths, whatever the method. */
export class FeatureIsOff extends Failure {
  readonly feature: FeatureName;

  constructor(feature: FeatureName) {
    super('feature_disabled', {
      message: `the feature ${feature} is off`,
      hint: `switch it on with: realms feature enable ${feature}`,
    });
    this.feature = feature;
  }
}

function mountRoute(app: FastifyInstance, { route, answer, statusOf }: ServedRoute, isFeatureOff: IsFeatureOff): void {
  app.route({
    method: route.method,
    url: route.path,
    // Before the body is read: what is off or not permitted costs nothing and says nothing about its input.
    onRequest: async (request) => {
      requireFeature(route, isFeatureOff);
      requireRole(request.adminCaller, route.role);
    },
    handler: async (request, reply) => {
      const input = readInput(route, request);
      const view = await answer({ ...input, caller: request.adminCaller } as Call<never>);
      return sendView(reply.code(statusOf(view)), route, view);
    },
  });
}

function mountOtherMethods(
  app: FastifyInstance,
  path: string,
  routes: readonly Route[],
  isFeatureOff: IsFeatureOff,
): void {
  const methods = new Set<HTTPMethods>(routes.map((route) => route.method));
  // Fastify answers HEAD wherever there is GET.
  if (methods.has('GET')) methods.add('HEAD');
  const [first] = routes;
  app.route({
    method: EVERY_METHOD.filter((method) => !methods.has(method)),
    url: path,
    onRequest: async (request: FastifyRequest, reply: FastifyReply) => {
      if (first) requireFeature(first, isFeatureOff);
      const allowed = [...methods].join(', ');
      reply.header('allow', allowed);
      return sendProblem(reply, problem('method_not_allowed', request.id, { detail: `this path takes ${allowed}` }));
    },
    handler: async () => undefined,
  });
}

function requireFeature(route: Route, isFeatureOff: IsFeatureOff): void {
  if (route.feature !== null && isFeatureOff(route.feature)) throw new FeatureIsOff(route.feature);
}

/** Through the schema of the response, so that nothing undeclared leaves. */
function sendView(reply: FastifyReply, route: Route, view: unknown): FastifyReply {
  if (route.response === null) return reply.send();
  const declared = route.response.safeParse(view);
  if (!declared.success) {
    throw new Failure('internal', `${route.operationId} answers what it does not declare`, declared.error);
  }
  if (route.media === 'text/plain') {
    return reply.header('content-type', 'text/plain; version=0.0.4; charset=utf-8').send(String(declared.data));
  }
  return reply.header('content-type', 'application/json; charset=utf-8').send(JSON.stringify(declared.data));
}
