import type { Answer } from './answer.ts';
import type { RecordedRequest } from './recorded-request.ts';
import type { StoredResponses } from './stored-responses.ts';

/** What a behaviour may look at. */
export interface Exchange {
  readonly request: RecordedRequest;
  /** 1 for the first request of this upstream; ids are made of it. */
  readonly serial: number;
  readonly models: readonly string[];
  readonly stored: StoredResponses;
}

export type Behaviour = (exchange: Exchange) => Answer;
