import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';

/** A door before the daemon, at which one can see whether a client was let in by WebSocket. */
export interface FrontDoor {
  readonly url: string;
  /** Statuses by which the daemon answered those who asked for a WebSocket. */
  readonly upgrades: readonly number[];
  close(): void;
}

const ASKS = /^GET \/v1\/responses[ ?][\s\S]*\r\nupgrade: *websocket\r\n/i;
const STATUS = /^HTTP\/1\.1 (\d{3})/;

export async function openFrontDoor(behind: string): Promise<FrontDoor> {
  const upgrades: number[] = [];
  const server = createServer((client) => {
    const daemon = connect(Number(new URL(behind).port), '127.0.0.1');
    client.once('data', (head) => {
      if (!ASKS.test(head.toString('latin1'))) return;
      daemon.once('data', (answer) => upgrades.push(Number(STATUS.exec(answer.toString('latin1'))?.[1])));
    });
    client.pipe(daemon).pipe(client);
    client.on('error', () => daemon.destroy());
    daemon.on('error', () => client.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    upgrades,
    close: () => void server.close(),
  };
}
