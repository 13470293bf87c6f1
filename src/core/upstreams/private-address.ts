import { parseAddress } from '../ip-range.ts';

/** Answers that clouds give to their machines only, on addresses that look public. */
const CLOUD_ADDRESSES = new Set(['168.63.129.16']);
/** The well-known NAT64 prefix 64:ff9b::/96: the last 32 bits are an IPv4 address. */
const NAT64 = [0x64, 0xff9b, 0, 0, 0, 0];

/**
 * True unless `ip` is a public unicast address: loopback, private, link-local (cloud metadata), shared (CGNAT), unique
 * local, multicast, reserved and anything unreadable are private. IPv4 inside of IPv6 counts as the IPv4 that it is.
 */
export function isPrivateAddress(ip: string): boolean {
  const address = parseAddress(ip);
  if (!address) return true;
  if (address.kind() === 'ipv4') return address.range() !== 'unicast' || CLOUD_ADDRESSES.has(address.toString());
  const parts = 'parts' in address ? address.parts : [];
  if (NAT64.every((part, index) => parts[index] === part)) {
    const [high = 0, low = 0] = parts.slice(-2);
    return isPrivateAddress([high >> 8, high & 0xff, low >> 8, low & 0xff].join('.'));
  }
  // Of IPv6 only 2000::/3 is given out for public use.
  const isGlobal = ((parts[0] ?? 0) & 0xe000) === 0x2000;
  return !isGlobal || address.range() !== 'unicast';
}
