// The listeners: what is a relay request, what is answered here, what does not exist. Knows every route.
export { listenOnSocket } from './admin-socket.ts';
export { cannotListen, parseListenAddress } from './listen-address.ts';
export { buildPublicServer } from './public-server.ts';
