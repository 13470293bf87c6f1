import type { Config } from '../../core/config/index.ts';
import { Failure } from '../../core/failure.ts';
import { newId } from '../../core/ids.ts';
import type { Arrival } from '../transport/index.ts';
import { scanObject, takeWhole } from '../wire/index.ts';
import { clientAddress } from './client-address.ts';
import { readIncoming } from './incoming.ts';
import type { RelayHouse } from './relay-house.ts';
import type { Incoming, RelayPath, RelayRequest, RelayRoute } from './relay-request.ts';
import { modelOf } from './upstream-call.ts';

const MODEL_NAME_MAX = 256;

/** What is known before the body is read. */
export interface RequestHead {
  readonly id: RelayRequest['id'];
  readonly at: RelayRequest['at'];
  readonly startedMs: number;
  readonly route: RelayRoute;
  readonly incoming: Incoming;
}

/** What was made of a head, for when the same one comes again. */
class ReadNote {
  readonly incoming: Incoming;
  readonly trustedProxies: readonly string[];

  constructor(incoming: Incoming, trustedProxies: readonly string[]) {
    this.incoming = incoming;
    this.trustedProxies = trustedProxies;
  }
}

function incomingOf({ head, peer }: Arrival, path: RelayPath, trustedProxies: readonly string[]): Incoming {
  const { note } = head;
  if (note instanceof ReadNote && note.trustedProxies === trustedProxies) return note.incoming;
  const incoming = readIncoming(head, path, clientAddress(peer, head.forwardedFor, trustedProxies));
  head.note = new ReadNote(incoming, trustedProxies);
  return incoming;
}

/** Reads the head of a request: who, what, whence. Never fails. */
export function readHead(house: RelayHouse, arrival: Arrival, route: RelayRoute, path: RelayPath): RequestHead {
  const at = house.ctx.clock.now();
  const trusted = house.live.state.settings.effective['server.trusted_proxies'];
  return {
    id: newId('req', at, house.ctx.random),
    at,
    startedMs: house.ctx.clock.monotonicMs(),
    route,
    incoming: incomingOf(arrival, path, trusted),
  };
}

/**
 * Reads the body and finds in it the few fields that matter; its bytes stay as they are.
 * @throws Failure too_large, unsupported_encoding, or invalid_input when it is no JSON object with a usable `model`.
 */
export function readRequest(arrival: Arrival, head: RequestHead, config: Config): RelayRequest | Promise<RelayRequest> {
  const { contentLength } = arrival;
  if (head.incoming.method === 'GET' || contentLength === 0) return withoutBody(head);
  const body = takeWhole(arrival, {
    contentEncoding: arrival.head.contentEncoding,
    contentLength,
    encodedMaxBytes: config['relay.body_encoded_max_bytes'],
    decodedMaxBytes: config['relay.body_decoded_max_bytes'],
  });
  // A small body came with its head, and then needs no turn of the microtask queue.
  return body instanceof Promise ? body.then((bytes) => withBody(head, bytes)) : withBody(head, body);
}

function withBody(head: RequestHead, body: Buffer): RelayRequest {
  if (body.length === 0) return withoutBody(head);
  const scan = scanObject(body, head.route.dialect.fields);
  if (!scan.ok) {
    throw new Failure('invalid_input', `The body is not a JSON object: ${scan.why} at byte ${scan.at}.`);
  }
  const { gemini } = head.incoming;
  const model = gemini?.model ?? modelOf(body, scan);
  if (!head.route.onObject && (model === '' || model.length > MODEL_NAME_MAX)) {
    throw new Failure('invalid_input', { message: 'The field "model" must be the name of a model.', param: 'model' });
  }
  const stream = gemini ? gemini.verb === 'streamGenerateContent' : scan.get('stream')?.kind === 'true';
  return requestOf(head, body, scan, model, stream);
}

const EMPTY = Buffer.alloc(0);

function withoutBody(head: RequestHead): RelayRequest {
  if (!head.route.onObject) {
    throw new Failure('invalid_input', 'The request needs a JSON body with the field "model".');
  }
  return requestOf(head, EMPTY, null, '', head.incoming.upstreamPath.includes('stream=true'));
}

/** Written out, because a spread of the head costs more than everything else in this file for a small request. */
function requestOf(
  head: RequestHead,
  body: Buffer,
  scan: RelayRequest['scan'],
  model: string,
  stream: boolean,
): RelayRequest {
  const { id, at, startedMs, route, incoming } = head;
  return { id, at, startedMs, route, incoming, body, scan, model, stream };
}
