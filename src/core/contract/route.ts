import { z } from 'zod';
import type { FeatureName } from './feature-name.ts';

/** What a caller must at least be. `open` routes need no token at all. */
export type RequiredRole = 'open' | 'operator' | 'admin' | 'root';
export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** One operation of the admin API: mounts the server, types the client and yields OpenAPI. */
export interface Route<
  Params extends z.ZodType = z.ZodType,
  Query extends z.ZodType = z.ZodType,
  Body extends z.ZodType | null = z.ZodType | null,
  Response extends z.ZodType | null = z.ZodType | null,
> {
  readonly operationId: string;
  readonly method: Method;
  /** `:name` marks a parameter; its value is percent-encoded, so it may contain slashes. */
  readonly path: string;
  /** The feature that owns the route: while it is off the path does not exist. */
  readonly feature: FeatureName | null;
  readonly role: RequiredRole;
  readonly summary: string;
  readonly params: Params;
  readonly query: Query;
  /** Null: the route takes no body. */
  readonly body: Body;
  /** Null: the route answers 204 without a body. */
  readonly response: Response;
  readonly status: 200 | 201 | 204;
  readonly media: 'application/json' | 'text/plain';
}

export type ParamsOf<R extends Route> = z.output<R['params']>;
export type QueryOf<R extends Route> = z.output<R['query']>;
/** The body as a client writes it. */
export type BodyOf<R extends Route> = R['body'] extends z.ZodType ? z.input<R['body']> : undefined;
/** The body as the server gets it, after validation. */
export type ParsedBodyOf<R extends Route> = R['body'] extends z.ZodType ? z.output<R['body']> : undefined;
export type ResponseOf<R extends Route> = R['response'] extends z.ZodType ? z.output<R['response']> : undefined;

const nothing = z.strictObject({});
type Nothing = typeof nothing;

interface RouteInput<
  Params extends z.ZodType,
  Query extends z.ZodType,
  Body extends z.ZodType | null,
  Response extends z.ZodType | null,
> {
  readonly operationId: string;
  readonly method: Method;
  readonly path: string;
  readonly feature: FeatureName | null;
  readonly role: RequiredRole;
  readonly summary: string;
  readonly params?: Params;
  readonly query?: Query;
  readonly body?: Body;
  readonly response: Response;
  readonly status?: 200 | 201;
  readonly media?: 'application/json' | 'text/plain';
}

export function route<
  Params extends z.ZodType = Nothing,
  Query extends z.ZodType = Nothing,
  Body extends z.ZodType | null = null,
  Response extends z.ZodType | null = null,
>(input: RouteInput<Params, Query, Body, Response>): Route<Params, Query, Body, Response> {
  return {
    operationId: input.operationId,
    method: input.method,
    path: input.path,
    feature: input.feature,
    role: input.role,
    summary: input.summary,
    // The absent parts have exactly the default type of their parameter; TypeScript cannot see that.
    params: (input.params ?? nothing) as Params,
    query: (input.query ?? nothing) as Query,
    body: (input.body ?? null) as Body,
    response: input.response,
    status: input.response === null ? 204 : (input.status ?? 200),
    media: input.media ?? 'application/json',
  };
}

/** The path with its parameters filled in and percent-encoded. */
export function pathOf(target: Pick<Route, 'path'>, params: Readonly<Record<string, string>>): string {
  return target.path.replace(/:(\w+)/g, (_whole, name: string) => encodeURIComponent(params[name] ?? ''));
}
