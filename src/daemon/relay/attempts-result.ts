import type { Candidate, ErrorClass, Pick, UpstreamError } from '../../core/scheduling/index.ts';
import type { ErrorRule } from '../../core/upstreams/index.ts';
import type { ExchangeResult, UpstreamRefusal } from './exchange.ts';

/** How the attempts at one request ended. */
export type AttemptsResult =
  | {
      readonly kind: 'served';
      readonly candidate: Candidate;
      readonly result: Extract<ExchangeResult, { kind: 'answered' }>;
    }
  | {
      readonly kind: 'failed';
      readonly candidate: Candidate;
      readonly errorClass: ErrorClass;
      readonly error: UpstreamError;
      readonly answer: UpstreamRefusal | null;
      readonly rule: ErrorRule | null;
    }
  | { readonly kind: 'nowhere'; readonly pick: Pick }
  | { readonly kind: 'abandoned'; readonly candidate: Candidate; readonly why: string };
