import ipaddr from 'ipaddr.js';

type Address = ipaddr.IPv4 | ipaddr.IPv6;
/** A parsed network such as 10.0.0.0/8; a bare address is a network of one. */
export type IpRange = readonly [Address, number];

/** Reads `10.0.0.0/8`, `fd00::/8` or a bare address; undefined when it is neither. */
export function parseIpRange(text: string): IpRange | undefined {
  try {
    if (text.includes('/')) return text.includes('%') ? undefined : checkedCidr(text);
    const address = parseAddress(text);
    return address && [address, address.kind() === 'ipv4' ? 32 : 128];
  } catch {
    return undefined;
  }
}

/** True when `ip` lies in one of the ranges. IPv4 that comes mapped into IPv6 (`::ffff:10.0.0.1`) counts as IPv4. */
export function isInRanges(ip: string, ranges: readonly IpRange[]): boolean {
  const address = parseAddress(ip);
  if (!address) return false;
  return ranges.some(([network, bits]) => network.kind() === address.kind() && address.match([network, bits] as never));
}

/** Reads an address as sockets and resolvers print it, unmapped to IPv4 where it is; undefined when it is none. */
export function parseAddress(text: string): Address | undefined {
  const bare = text.replace(/%.*$/, '');
  const isFourPart = ipaddr.IPv4.isValidFourPartDecimal(bare);
  if (!isFourPart && !ipaddr.IPv6.isValid(bare)) return undefined;
  return ipaddr.process(bare);
}

function checkedCidr(text: string): IpRange | undefined {
  const [head = ''] = text.split('/');
  return parseAddress(head) && ipaddr.parseCIDR(text);
}
