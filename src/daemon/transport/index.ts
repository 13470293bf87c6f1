// Bytes of HTTP to and from clients. Knows nothing of what is relayed.
export type { AnswerListener, AnswerWriter, Arrival, ArrivedHead } from './arrival.ts';
export { LeanDoor } from './lean-door.ts';
export { NodeAnswer, NodeArrival } from './node-arrival.ts';
export { UndiciSender } from './undici-sender.ts';
export type { UpstreamHandler, UpstreamSender } from './upstream-listener.ts';
export { UpstreamPool } from './upstream-pool.ts';
