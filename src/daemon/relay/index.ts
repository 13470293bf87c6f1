// The relay: from the client's bytes to an upstream's answer, with one retry loop and one set of books.
// Knows nothing of administration.

export { authenticate } from './authenticate.ts';
export { BackgroundAnswers } from './background.ts';
export { clientAddress } from './client-address.ts';
export { Egress } from './egress.ts';
export { IdempotencyBook, pruneIdempotentRequests } from './idempotency.ts';
export { readIncoming } from './incoming.ts';
export { probeCredential } from './probe.ts';
export { type Refusal, refusalAnswer } from './refusal.ts';
export { relay } from './relay.ts';
export type { RelayHouse } from './relay-house.ts';
export { Buckets, RelayStats, Tally } from './relay-stats.ts';
export { keyInQuery, matchRelay, RELAYED, type RelayMatch } from './routes.ts';
export { baseOf } from './upstream-call.ts';
export { Watch } from './watch.ts';
