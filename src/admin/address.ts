import { BlockList, isIP } from 'node:net';

const ownNetworks = new BlockList();
for (const [network, prefix] of [
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['127.0.0.0', 8],
  ['100.64.0.0', 10],
  ['169.254.0.0', 16],
] as const) {
  ownNetworks.addSubnet(network, prefix, 'ipv4');
}
ownNetworks.addSubnet('fc00::', 7, 'ipv6');
ownNetworks.addSubnet('fe80::', 10, 'ipv6');
ownNetworks.addAddress('::1', 'ipv6');

/**
 * Where a request comes from. A connection from our own network may be the reverse proxy's: then it is what that one
 * added last, and nothing that was in the header before, which anybody may have written.
 */
export const callerAddress = (remote: string | undefined, forwardedFor: string | undefined): string => {
  const peer = plain(remote);
  const forwarded = plain(forwardedFor?.split(',').at(-1)?.trim());
  if (!peer) return forwarded ?? 'unknown';
  return forwarded && isOwn(peer) ? forwarded : peer;
};

const plain = (address: string | undefined): string | null => {
  // Some proxies add the port: 192.0.2.1:5678 or [2001:db8::5]:5678.
  const [, bracketed, dotted] = /^(?:\[([^\]]+)\](?::\d+)?|([\d.]+):\d+)$/.exec(address ?? '') ?? [];
  const withoutPort = bracketed ?? dotted ?? address;
  const withoutZone = withoutPort?.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');
  return withoutZone && isIP(withoutZone) ? withoutZone : null;
};

const isOwn = (address: string) => ownNetworks.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');

/** What one subscriber has: of IPv6 a /64, inside which they take another address whenever they like. */
export const subscriberOf = (address: string): string => {
  if (isIP(address) !== 6) return address;
  // The parser writes every address in one way.
  const [head = '', tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::');
  const before = head.split(':').filter(Boolean);
  const zeros = tail === undefined ? 0 : 8 - before.length - tail.split(':').filter(Boolean).length;
  const network = [...before, ...Array<string>(zeros).fill('0')].slice(0, 4);
  // Loopback, and IPv4 written as IPv6, where all of it is one /64.
  if (network.every((group) => group === '0')) return address;
  return `${network.join(':')}::/64`;
};
