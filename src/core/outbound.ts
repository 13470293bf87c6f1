import { lookup as dnsLookup, type LookupAddress } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { Agent, buildConnector, type Dispatcher, ProxyAgent, request, fetch as undiciFetch } from 'undici';

/** Where a connection may go. */
export interface AddressGuard {
  /**
   * Asked about the address that is dialled, after its name was resolved, so that a name that changes its address (DNS
   * rebinding) reaches nothing that is not allowed.
   */
  readonly isAllowedAddress: (ip: string) => boolean;
  readonly connectTimeoutMs: number;
  /** Makes the error for a refused host, with the code ADDRESS_DENIED. */
  readonly deny?: (host: string) => Error;
}

/** One call to somebody else's server: no redirect is followed, no connection is kept, nothing is tried again. */
export interface OutboundCall extends AddressGuard {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** `http://user:password@host:port`; it resolves the name, so that only a literal address can be checked. */
  readonly proxyUrl?: string;
  /** For everything from the name to the last byte of the answer. */
  readonly totalTimeoutMs: number;
  readonly maxAnswerBytes: number;
}

export interface OutboundAnswer {
  readonly status: number;
  readonly text: string;
}

/** The code of a call to an address that is not allowed. */
export const ADDRESS_DENIED = 'ADDRESS_DENIED';
/** The code of a call that took longer than its time. */
export const TIMED_OUT = 'TIMED_OUT';
/** The code of an answer that is larger than allowed. */
export const ANSWER_TOO_LARGE = 'ANSWER_TOO_LARGE';

/**
 * No whole answer came. It says a code and nothing else, and has no cause, because what undici throws may hold the path,
 * and a path may hold a key.
 */
export class OutboundError extends Error {
  readonly code: string;
  /** False when it is certain that nothing of the call has reached the other side. */
  readonly mayHaveArrived: boolean;

  constructor(code: string, mayHaveArrived: boolean) {
    super(code);
    this.name = 'OutboundError';
    this.code = code;
    this.mayHaveArrived = mayHaveArrived;
  }
}

const CODES: Readonly<Record<string, string>> = {
  TimeoutError: TIMED_OUT,
  UND_ERR_CONNECT_TIMEOUT: TIMED_OUT,
  UND_ERR_HEADERS_TIMEOUT: TIMED_OUT,
  UND_ERR_BODY_TIMEOUT: TIMED_OUT,
  UND_ERR_RES_EXCEEDED_MAX_SIZE: ANSWER_TOO_LARGE,
};

/**
 * Every call has a connection of its own: on a kept one that the other side is just closing, nobody can tell whether a
 * request that moves money has arrived.
 * @throws OutboundError
 */
export async function callOutbound(call: OutboundCall): Promise<OutboundAnswer> {
  // How far a proxy came, nobody says.
  let isConnected = call.proxyUrl !== undefined;
  let agent: Dispatcher | undefined;
  try {
    agent = openAgent(call, () => {
      isConnected = true;
    });
    const answer = await request(call.url, {
      method: call.method,
      headers: { 'user-agent': 'realms', accept: '*/*', ...call.headers },
      body: call.body ?? null,
      dispatcher: agent,
      signal: AbortSignal.timeout(call.totalTimeoutMs),
    });
    return { status: answer.statusCode, text: await answer.body.text() };
  } catch (error) {
    throw new OutboundError(codeOf(error), isConnected);
  } finally {
    await agent?.destroy();
  }
}

export interface FetchLimits {
  /** Connections for each origin. */
  readonly connectionsMax: number;
  /** A longer answer is an error. */
  readonly answerMaxBytes: number;
}

export type OutboundFetch = typeof undiciFetch;

const KEEP_ALIVE_MS = 30_000;

/**
 * A fetch for the packages of others, with kept connections: it goes only where the guard allows and follows no
 * redirect, since one could carry credentials to a place that nobody configured. Network errors come with their `code`.
 */
export function outboundFetch(guard: AddressGuard, limits: FetchLimits): OutboundFetch {
  const dispatcher = new Agent({
    connect: guardedConnector(guard),
    connections: limits.connectionsMax,
    keepAliveTimeout: KEEP_ALIVE_MS,
    maxResponseSize: limits.answerMaxBytes,
  });
  return async (input, init) => {
    try {
      return await undiciFetch(input, { ...init, redirect: 'error', dispatcher });
    } catch (error) {
      // What failed stands in the cause of a "fetch failed".
      throw error instanceof TypeError && error.cause instanceof Error ? error.cause : error;
    }
  };
}

/** Connects only where the guard allows. */
export function guardedConnector(guard: AddressGuard, onConnected?: () => void): buildConnector.connector {
  const connect = buildConnector({ timeout: guard.connectTimeoutMs, lookup: guardedLookup(guard) });
  return (options, callback) => {
    try {
      refuseLiteral(options.hostname, guard);
    } catch (error) {
      callback(error as Error, null);
      return;
    }
    connect(options, (...[error, socket]) => {
      if (error !== null) return callback(error, null);
      onConnected?.();
      callback(null, socket);
    });
  };
}

/** Node does not call `lookup` for a host that is an address already. @throws Error with the code ADDRESS_DENIED */
export function refuseLiteral(hostname: string, guard: AddressGuard): void {
  const address = hostname.replace(/^\[|\]$/g, '');
  if (isIP(address) !== 0 && !guard.isAllowedAddress(address)) throw denied(guard, address);
}

function openAgent(call: OutboundCall, onConnected: () => void): Dispatcher {
  const shape = {
    connections: 1,
    maxResponseSize: call.maxAnswerBytes,
    headersTimeout: call.totalTimeoutMs,
    bodyTimeout: call.totalTimeoutMs,
  };
  if (call.proxyUrl === undefined) return new Agent({ ...shape, connect: guardedConnector(call, onConnected) });
  refuseLiteral(new URL(call.url).hostname, call);
  return new ProxyAgent({ ...shape, uri: call.proxyUrl, proxyTunnel: true });
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'UNKNOWN';
  const code = 'code' in error && typeof error.code === 'string' ? error.code : error.name;
  return CODES[code] ?? code;
}

function guardedLookup(guard: AddressGuard): LookupFunction {
  return (hostname, options, callback) => {
    dnsLookup(hostname, { ...options, all: true }, (error, found: LookupAddress[]) => {
      if (error) return callback(error, '', 0);
      const allowed = found.filter(({ address }) => guard.isAllowedAddress(address));
      const first = allowed[0];
      if (!first) return callback(denied(guard, hostname), '', 0);
      if (options.all) return (callback as unknown as (e: null, all: LookupAddress[]) => void)(null, allowed);
      callback(null, first.address, first.family);
    });
  };
}

function denied(guard: AddressGuard, host: string): Error {
  const error = guard.deny?.(host) ?? new Error('this address may not be dialled');
  return Object.assign(error, { code: ADDRESS_DENIED });
}
