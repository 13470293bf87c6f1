import type { z } from 'zod';
import { type BodyOf, pathOf, type ResponseOf, type Route } from '../../core/contract/index.ts';
import { readVersion } from '../../core/version.ts';
import { CommandFailed } from '../command-failed.ts';
import { EXIT } from '../exit-codes.ts';
import { openExchange } from './exchange.ts';
import { failureFromAnswer } from './problem.ts';
import type { Target } from './target.ts';
import { unreachable } from './unreachable.ts';
import { checkVersions } from './version-skew.ts';

const TIMEOUT_MS = 30_000;
/** For calls that wait for an upstream or rewrite the database. */
const SLOW_TIMEOUT_MS = 180_000;

// A part that a route does not need may be left out of a call; a part that it needs may not.
type Part<Name extends string, Value> = string extends keyof Value
  ? { [K in Name]?: never }
  : Partial<Value> extends Value
    ? { [K in Name]?: Value }
    : { [K in Name]: Value };
export type CallInput<R extends Route> = Part<'params', z.input<R['params']>> &
  Part<'query', z.input<R['query']>> &
  (R['body'] extends null ? { body?: never } : { body: BodyOf<R> });

export interface Client {
  readonly target: Target;
  /**
   * Calls one operation of the admin API.
   * @throws CommandFailed before anything is sent when the input breaks the contract; else with what the daemon said.
   */
  call<R extends Route>(route: R, input: CallInput<R>, options?: { readonly slow?: boolean }): Promise<ResponseOf<R>>;
  close(): void;
}

export interface ClientOptions {
  /** Null: what suits the call. */
  readonly timeoutMs: number | null;
  readonly warn: (line: string) => void;
  readonly trace?: (line: string) => void;
  /** Who says to be calling; the audit log marks it as a claim. */
  readonly actor?: string;
  /** Why; for the audit log. */
  readonly reason?: string;
}

export function openClient(target: Target, options: ClientOptions): Client {
  const version = readVersion();
  const exchange = openExchange(target);
  const send = async (method: string, path: string, body: string | undefined, timeoutMs: number) => {
    const headers: Record<string, string> = { accept: 'application/json', 'user-agent': `realms/${version}` };
    if (body !== undefined) headers['content-type'] = 'application/json';
    if (options.actor !== undefined) headers['realms-actor'] = encodeURIComponent(options.actor);
    if (options.reason !== undefined) headers['realms-reason'] = encodeURIComponent(options.reason);
    if (target.kind === 'url' && target.token) headers['authorization'] = `Bearer ${target.token.reveal()}`;
    const started = performance.now();
    const signal = AbortSignal.timeout(timeoutMs);
    const answer = await exchange.send({ method, path, headers, body, signal }).catch((error: unknown) => {
      options.trace?.(`${method} ${path} failed`);
      throw signal.aborted ? timedOut(timeoutMs) : unreachable(target, error);
    });
    options.trace?.(`${method} ${path} → ${answer.status} in ${Math.round(performance.now() - started)} ms`);
    checkVersions(version, answer.version, options.warn);
    return answer;
  };
  return {
    target,
    call: async (route, input, { slow = false } = {}) => {
      const { path, body } = write(route, input as AnyInput, target);
      const timeoutMs = options.timeoutMs ?? (slow ? SLOW_TIMEOUT_MS : TIMEOUT_MS);
      const answer = await send(route.method, path, body, timeoutMs);
      if (answer.status >= 400) throw failureFromAnswer(answer.status, answer.text, answer.requestId);
      return read(route, answer.text) as never;
    },
    close: () => exchange.close(),
  };
}

interface AnyInput {
  readonly params?: unknown;
  readonly query?: unknown;
  readonly body?: unknown;
}

/** Checks the input against the contract, so that most mistakes are told without a daemon. */
function write(route: Route, input: AnyInput, target: Target): { path: string; body: string | undefined } {
  const params = check(route.params, input.params ?? {}) as Record<string, string>;
  const query = check(route.query, input.query ?? {}) as Record<string, unknown>;
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) search.set(name, String(value));
  const base = target.kind === 'url' ? target.url.pathname.replace(/\/$/, '') : '';
  const body = route.body === null ? undefined : JSON.stringify(check(route.body, input.body ?? {}));
  return { path: `${base}${pathOf(route, params)}${search.size > 0 ? `?${search}` : ''}`, body };
}

function check(schema: z.ZodType, value: unknown): unknown {
  const checked = schema.safeParse(value);
  if (checked.success) return checked.data;
  const issues = checked.error.issues.map(({ path, message }) => ({ path: path.join('.'), message }));
  throw new CommandFailed(EXIT.usage, {
    code: 'invalid_input',
    message: issues.length === 1 ? 'a value is not valid' : 'some values are not valid',
    issues,
  });
}

function read(route: Route, text: string): unknown {
  if (route.response === null) return undefined;
  if (route.media === 'text/plain') return text;
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new CommandFailed(
      EXIT.unreachable,
      { code: 'bad_answer', message: 'the answer is not JSON: this is no Realms daemon, or a proxy stands in between' },
      error,
    );
  }
}

function timedOut(timeoutMs: number): CommandFailed {
  return new CommandFailed(EXIT.unreachable, {
    code: 'timeout',
    message: `the daemon did not answer within ${timeoutMs / 1000} s`,
    hint: 'it may still be doing it: look before you repeat, or wait longer with --timeout 5m',
  });
}
