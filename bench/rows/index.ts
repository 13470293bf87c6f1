import type { Row } from '../row.ts';
import { addedLatency, latencyBalance, latencySubscription } from './added-latency.ts';
import { hottestUser } from './hottest-user.ts';
import { jsonBalance, jsonPostgres, jsonRequest, jsonSubscription } from './json-request.ts';
import { openStreams } from './open-streams.ts';
import { quotaThroughput } from './quota-throughput.ts';
import { body1m, body100k } from './request-body.ts';
import { sseChunk, sseChunkInjected, sseTranslated } from './sse-chunk.ts';

/** Rows about the same targets stand together: each target ends when no later row needs it. */
export const rows: readonly Row[] = [
  jsonRequest,
  sseChunk,
  sseChunkInjected,
  sseTranslated,
  openStreams,
  body100k,
  body1m,
  addedLatency,
  jsonSubscription,
  latencySubscription,
  jsonBalance,
  latencyBalance,
  jsonPostgres,
  hottestUser,
  quotaThroughput,
];
