import { type IpRange, isInRanges, parseAddress, parseIpRange } from '../../core/ip-range.ts';

const parsed = new WeakMap<readonly string[], readonly IpRange[]>();

/**
 * The address of the client. `X-Forwarded-For` is believed only from a trusted proxy, and then from the right: the
 * last address that is not itself a trusted proxy is the client; whatever a client wrote further left proves nothing.
 */
export function clientAddress(
  remoteAddress: string,
  forwardedFor: string | undefined,
  trustedProxies: readonly string[],
): string {
  const peer = plain(remoteAddress);
  if (trustedProxies.length === 0 || !isInNetworks(peer, trustedProxies)) return peer;
  const forwarded = (forwardedFor ?? '').split(',');
  for (let i = forwarded.length - 1; i >= 0; i--) {
    const hop = plain((forwarded[i] ?? '').trim());
    if (!parseAddress(hop)) return peer;
    if (!isInNetworks(hop, trustedProxies)) return hop;
  }
  return peer;
}

/** Whether an address is in one of the networks (CIDR or bare address). Lists are parsed once: they live in snapshots. */
export function isInNetworks(address: string, networks: readonly string[]): boolean {
  let ranges = parsed.get(networks);
  if (!ranges) {
    ranges = networks.map(parseIpRange).filter((range) => range !== undefined);
    parsed.set(networks, ranges);
  }
  return isInRanges(address, ranges);
}

/** IPv4 that came in over an IPv6 socket reads `::ffff:a.b.c.d`. */
function plain(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address;
}
