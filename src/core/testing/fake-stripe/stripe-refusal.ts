export interface RefusalFacts {
  readonly status: number;
  readonly type?: 'invalid_request_error' | 'idempotency_error' | 'card_error' | 'api_error';
  readonly code?: string;
  readonly param?: string;
  readonly message: string;
}

/** An answer of the API that is no success. */
export class StripeRefusal extends Error {
  readonly status: number;
  readonly body: object;

  constructor({ status, type = 'invalid_request_error', message, ...where }: RefusalFacts) {
    super(message);
    this.status = status;
    this.body = { error: { type, message, ...where } };
  }
}

export function badParam(param: string, message: string, code = 'parameter_invalid'): StripeRefusal {
  return new StripeRefusal({ status: 400, code, param, message });
}

export function missing(kind: string, id: string): StripeRefusal {
  return new StripeRefusal({
    status: 404,
    code: 'resource_missing',
    param: 'id',
    message: `No such ${kind}: '${id}'`,
  });
}
