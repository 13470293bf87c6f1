import type { z } from 'zod';
import type { Route } from '../../core/contract/index.ts';
import { Failure } from '../../core/failure.ts';
import { nearest } from '../../core/nearest.ts';

interface Issue {
  readonly path: string;
  readonly message: string;
}

export interface RawInput {
  readonly params: unknown;
  readonly query: unknown;
  readonly body: unknown;
}

/**
 * Checks a call against its route.
 * @throws Failure invalid_input with every fault and its place.
 */
export function readInput(route: Route, raw: RawInput): RawInput {
  const issues: Issue[] = [];
  const params = check(route.params, raw.params, 'params', issues);
  const query = check(route.query, raw.query, 'query', issues);
  const body = checkBody(route, raw.body, issues);
  if (issues.length === 0) return { params, query, body };
  throw new Failure('invalid_input', { message: summary(issues), issues });
}

function checkBody(route: Route, body: unknown, issues: Issue[]): unknown {
  if (route.body !== null) return check(route.body, body ?? (body === undefined ? {} : body), '', issues);
  const isEmpty = body === undefined || (typeof body === 'object' && body !== null && Object.keys(body).length === 0);
  if (!isEmpty) issues.push({ path: 'body', message: 'this route takes no body' });
  return undefined;
}

function check(schema: z.ZodType, value: unknown, place: string, issues: Issue[]): unknown {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  for (const issue of result.error.issues) issues.push(...describe(issue, schema, place));
  return undefined;
}

function describe(issue: z.core.$ZodIssue, schema: z.ZodType, place: string): Issue[] {
  const at = (keys: readonly PropertyKey[]): string =>
    [place, ...keys.map(String)].filter((key) => key !== '').join('.');
  if (issue.code !== 'unrecognized_keys') return [{ path: at(issue.path) || 'body', message: issue.message }];
  const known = issue.path.length === 0 && 'shape' in schema ? Object.keys(schema.shape as object) : [];
  return issue.keys.map((key) => {
    const near = nearest(key, known);
    return {
      path: at([...issue.path, key.slice(0, 200)]),
      message: near === undefined ? 'there is no such field' : `there is no such field; did you mean "${near}"?`,
    };
  });
}

function summary(issues: readonly Issue[]): string {
  const [first] = issues;
  const more = issues.length > 1 ? ` (and ${issues.length - 1} more)` : '';
  return `${first?.path}: ${first?.message}${more}`;
}
