import type { AddressInfo } from 'node:net';

/** Tells the bench on which port this child listens, and ends the child should the bench be gone. */
export function reportReady(server: { address(): AddressInfo | string | null }): void {
  process.on('disconnect', () => process.exit(0));
  process.send?.({ port: (server.address() as AddressInfo).port });
}
