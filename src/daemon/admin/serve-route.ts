import type { ParamsOf, ParsedBodyOf, QueryOf, ResponseOf, Route } from '../../core/contract/index.ts';
import type { Caller } from './caller.ts';

/** A validated call of one route. */
export interface Call<R extends Route = Route> {
  readonly params: ParamsOf<R>;
  readonly query: QueryOf<R>;
  readonly body: ParsedBodyOf<R>;
  readonly caller: Caller;
}

/** A route and what answers it. */
export interface ServedRoute {
  readonly route: Route;
  answer(call: Call<never>): Promise<unknown>;
  statusOf(view: unknown): number;
}

/** Ties a route of the contract to its answer; the types of both ends come from the contract. */
export function serve<R extends Route>(
  route: R,
  answer: (call: Call<R>) => Promise<ResponseOf<R>>,
  statusOf: (view: ResponseOf<R>) => number = () => route.status,
): ServedRoute {
  return {
    route,
    answer: answer as ServedRoute['answer'],
    statusOf: statusOf as ServedRoute['statusOf'],
  };
}
