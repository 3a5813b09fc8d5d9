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
  const withoutZone = address?.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');
  return withoutZone && isIP(withoutZone) ? withoutZone : null;
};

const isOwn = (address: string) => ownNetworks.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
