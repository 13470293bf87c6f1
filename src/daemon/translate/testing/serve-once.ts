import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Served {
  readonly status?: number;
  readonly contentType: string;
  readonly body: string;
}

/** Runs `visit` against a loopback server that answers every request with the same bytes. */
export async function serving<Result>(served: Served, visit: (url: string) => Promise<Result>): Promise<Result> {
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      response.writeHead(served.status ?? 200, { 'content-type': served.contentType });
      response.end(served.body);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    return await visit(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}
