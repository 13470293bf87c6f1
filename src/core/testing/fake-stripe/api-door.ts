import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../../time.ts';
import { answerCall } from './api.ts';
import type { ApiFault, ApiFaults } from './api-faults.ts';
import type { Billing } from './billing.ts';
import type { Books } from './books.ts';
import type { Checkout } from './checkout.ts';
import { type FormTree, readForm } from './form-body.ts';
import { fingerprintOf, IdempotencyKeys, type SavedAnswer } from './idempotency.ts';
import type { Reversals } from './reversals.ts';
import type { RecordedCall } from './stripe-controls.ts';
import { StripeRefusal } from './stripe-refusal.ts';

export interface ApiDoorOptions {
  readonly books: Books;
  readonly checkout: Checkout;
  readonly billing: Billing;
  readonly reversals: Reversals;
  readonly faults: ApiFaults;
  readonly clock: Clock;
  readonly secretKeys: readonly string[];
  readonly apiVersion: string;
}

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly text: string;
  readonly form: FormTree;
  readonly version: string;
  readonly key: string | null;
  readonly requestId: string;
}

/** The API as it is on the wire: keys, versions, idempotency, and what goes wrong on the way. */
export class ApiDoor {
  readonly calls: RecordedCall[] = [];
  readonly #keys = new IdempotencyKeys();
  readonly #options: ApiDoorOptions;

  constructor(options: ApiDoorOptions) {
    this.#options = options;
  }

  /** Answers one request, or leaves it without an answer as a fault says. */
  take(incoming: IncomingMessage, body: string, response: ServerResponse): void {
    const { faults, secretKeys } = this.#options;
    const asked = this.#read(incoming, body);
    const record = (status: number | null) => this.calls.push({ ...recordOf(incoming, asked), status });
    if (!secretKeys.includes((incoming.headers.authorization ?? '').replace(/^Bearer /, ''))) {
      record(401);
      return send(
        response,
        asked,
        refused(asked, new StripeRefusal({ status: 401, message: 'Invalid API Key provided: sk_test_****0000' })),
      );
    }
    const fault = faults.take(asked.method, asked.path);
    const answer = this.#answerWith(asked, fault);
    record(typeof fault?.how === 'string' ? null : answer.status);
    if (fault?.how === 'stall') return;
    if (fault?.how === 'cut') {
      response.socket?.resetAndDestroy();
      return;
    }
    send(response, asked, fault?.how === 'garbage' ? { ...answer, body: '<html>Bad Gateway</html>' } : answer, fault);
  }

  /** A fault before its effect never reaches the account; its status is kept under the key all the same. */
  #answerWith(asked: Asked, fault: ApiFault | undefined): SavedAnswer {
    const status = typeof fault?.how === 'object' ? fault.how.status : null;
    const code = typeof fault?.how === 'object' ? fault.how.code : undefined;
    const failed = status === null ? null : refused(asked, failureOf(status, code));
    if (fault?.when === 'before') {
      const answer = failed ?? { status: 502, body: '', requestId: asked.requestId };
      if (failed !== null && failed.status >= 500) this.#save(asked, failed);
      return answer;
    }
    return this.#answer(asked, failed);
  }

  #answer(asked: Asked, instead: SavedAnswer | null): SavedAnswer {
    const { clock, books } = this.#options;
    try {
      const fingerprint = fingerprintOf(asked.method, asked.path, asked.text);
      const saved = asked.key === null ? undefined : this.#keys.saved(asked.key, fingerprint, clock.now());
      if (saved !== undefined) return saved;
      books.cause = { requestId: asked.requestId, idempotencyKey: asked.key };
      const shape = answerCall(this.#options, asked);
      const answer = instead ?? { status: 200, body: JSON.stringify(shape, null, 2), requestId: asked.requestId };
      this.#save(asked, answer);
      return answer;
    } catch (error) {
      if (!(error instanceof StripeRefusal)) throw error;
      const answer = refused(asked, error);
      // What was not even begun is not kept.
      if (!('param' in (error.body as { error: object }).error) && error.status === 400) this.#save(asked, answer);
      return answer;
    } finally {
      books.cause = { requestId: null, idempotencyKey: null };
    }
  }

  #save(asked: Asked, answer: SavedAnswer): void {
    if (asked.key === null || asked.method !== 'POST') return;
    this.#keys.save(asked.key, fingerprintOf(asked.method, asked.path, asked.text), this.#options.clock.now(), answer);
  }

  #read(incoming: IncomingMessage, body: string): Asked {
    const { pathname, search } = new URL(incoming.url ?? '/', 'http://stripe.test');
    const method = incoming.method ?? 'GET';
    const text = method === 'POST' ? body : search.slice(1);
    return {
      method,
      path: pathname,
      text,
      form: readForm(text),
      version: headerOf(incoming, 'stripe-version') ?? this.#options.apiVersion,
      key: headerOf(incoming, 'idempotency-key'),
      requestId: this.#options.books.newId('req'),
    };
  }
}

function failureOf(status: number, code: string | undefined): StripeRefusal {
  const type = status >= 500 ? 'api_error' : status === 409 ? 'idempotency_error' : 'invalid_request_error';
  return new StripeRefusal({
    status,
    type,
    message: 'Something went wrong, as planned.',
    ...(code !== undefined && { code }),
  });
}

function refused({ requestId }: Asked, { status, body }: StripeRefusal): SavedAnswer {
  return { status, body: JSON.stringify(body, null, 2), requestId };
}

function send(response: ServerResponse, asked: Asked, answer: SavedAnswer, fault?: ApiFault): void {
  const isReplay = answer.requestId !== asked.requestId;
  response.writeHead(answer.status, {
    'content-type': 'application/json',
    'request-id': asked.requestId,
    'stripe-version': asked.version,
    ...(asked.key !== null && { 'idempotency-key': asked.key, 'original-request': answer.requestId }),
    ...(isReplay && { 'idempotent-replayed': 'true' }),
    ...(typeof fault?.how === 'object' && fault.how.headers),
  });
  response.end(answer.body);
}

function recordOf(incoming: IncomingMessage, { method, path, text, key }: Asked): Omit<RecordedCall, 'status'> {
  const headers = Object.entries(incoming.headers).flatMap(([name, value]) =>
    name === 'authorization' || value === undefined ? [] : [[name, String(value)] as const],
  );
  const version = headerOf(incoming, 'stripe-version');
  return { method, path, form: text, idempotencyKey: key, version, headers: Object.fromEntries(headers) };
}

function headerOf(incoming: IncomingMessage, name: string): string | null {
  const value = incoming.headers[name];
  return typeof value === 'string' ? value : null;
}
