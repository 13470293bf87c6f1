import { type AddressInfo, connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** A port that was free a moment ago; nothing promises more. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ host: '127.0.0.1', port: 0 }, () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

const ATTEMPTS = 300;
const PAUSE_MS = 100;

/** Waits until something accepts connections there. `mayWait` throws when it never will. */
export async function waitForPort(port: number, mayWait: () => void): Promise<void> {
  for (let i = 0; i < ATTEMPTS; i++) {
    mayWait();
    if (await accepts(port)) return;
    await sleep(PAUSE_MS);
  }
  throw new Error(`nothing listens on port ${port}`);
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('error', () => resolve(false));
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
  });
}
