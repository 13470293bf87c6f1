// The Responses API by WebSocket: each turn is relayed as if it had come by POST. Knows no keys, prices or upstreams.
export { TurnSocket } from './turn-socket.ts';
