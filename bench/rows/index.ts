import type { Row } from '../row.ts';
import { addedLatency } from './added-latency.ts';
import { jsonRequest } from './json-request.ts';
import { openStreams } from './open-streams.ts';
import { body1m, body100k } from './request-body.ts';
import { sseChunk, sseChunkInjected } from './sse-chunk.ts';

export const rows: readonly Row[] = [
  jsonRequest,
  sseChunk,
  sseChunkInjected,
  openStreams,
  body100k,
  body1m,
  addedLatency,
];
