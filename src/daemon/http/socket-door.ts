import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { newId } from '../../core/ids.ts';
import { authenticate, clientAddress, matchRelay, type RelayHouse, readIncoming, relay } from '../relay/index.ts';
import { TurnSocket } from '../socket/index.ts';
import { NodeArrival } from '../transport/index.ts';

const PATH = '/v1/responses';

/** The door for the Responses API by WebSocket. */
export class SocketDoor {
  readonly #house: RelayHouse;
  readonly #open = new Set<TurnSocket>();
  readonly #server: WebSocketServer;

  constructor(house: RelayHouse) {
    this.#house = house;
    const maxPayload = house.live.state.settings.effective['relay.body_decoded_max_bytes'];
    // Compression would let a small frame become a large one before anybody can count it.
    this.#server = new WebSocketServer({ noServer: true, maxPayload, perMessageDeflate: false });
  }

  /**
   * Takes an upgrade, or leaves it alone: then nothing has been written. Whoever may not come in is better told by HTTP,
   * where its client understands what is said; so here it only hears that there is no WebSocket.
   */
  take(req: IncomingMessage, socket: Duplex, head: Buffer): boolean {
    const match = matchRelay('POST', req.url ?? '');
    if (match?.route.endpoint !== PATH || !this.#mayEnter(req)) return false;
    const arrival = new NodeArrival(req);
    this.#server.handleUpgrade(req, socket, head, (webSocket) => {
      const { settings } = this.#house.live.state;
      const config = settings.effective;
      const turns = new TurnSocket(
        webSocket,
        { ...arrival.head, method: 'POST', contentEncoding: undefined, note: null },
        arrival.peer,
        {
          frameMaxBytes: config['relay.body_decoded_max_bytes'],
          eventMaxBytes: config['relay.sse_event_max_bytes'],
          idleMs: config['server.websocket_idle_ms'],
          now: () => this.#house.ctx.clock.now(),
          newId: () => newId('req', this.#house.ctx.clock.now(), this.#house.ctx.random).slice('req_'.length),
          serve: (turn, answer) => void relay(this.#house, match, turn, answer),
        },
      );
      this.#open.add(turns);
      webSocket.once('close', () => this.#open.delete(turns));
    });
    return true;
  }

  /** Connections close, those with a turn under way when it is answered. */
  drain(): void {
    for (const turns of this.#open) turns.leave();
  }

  /** Ends every connection at once. */
  cut(): void {
    for (const turns of this.#open) turns.cut();
  }

  #mayEnter(req: IncomingMessage): boolean {
    const { settings, identity } = this.#house.live.state;
    const config = settings.effective;
    if (!config['server.websocket']) return false;
    const forwarded = req.headers['x-forwarded-for'];
    const forwardedFor = Array.isArray(forwarded) ? forwarded.join(',') : forwarded;
    const ip = clientAddress(req.socket.remoteAddress ?? '', forwardedFor, config['server.trusted_proxies']);
    const nowhere = { upstreamPath: '', objectId: null, gemini: null, queryKey: null };
    return authenticate(readIncoming(req, nowhere, ip), identity, this.#house.ctx.clock.now()).kind === 'caller';
  }
}
