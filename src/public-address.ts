import { type LookupAddress, type LookupAllOptions, type LookupOptions, lookup } from 'node:dns';
import { BlockList, isIP } from 'node:net';

// Networks of no public host: private, loopback, link-local, shared, for documentation, relays, multicast, reserved.
// Apart, since a list reads an IPv4 address as one of IPv6 too.
const inside4 = new BlockList();
const inside6 = new BlockList();
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const)
  inside4.addSubnet(network, prefix, 'ipv4');
// All public IPv6 addresses lie in 2000::/3; in it, some lead to IPv4 addresses or nowhere.
for (const [network, prefix] of [
  ['::', 3],
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
  ['4000::', 2],
  ['8000::', 1],
] as const)
  inside6.addSubnet(network, prefix, 'ipv6');

export const isPublicAddress = (address: string): boolean => {
  const plain = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1] ?? address;
  const family = isIP(plain);
  if (family === 4) return !inside4.check(plain, 'ipv4');
  return family === 6 && !inside6.check(plain, 'ipv6');
};

type LookupCallback = (
  error: NodeJS.ErrnoException | null,
  address: string | LookupAddress[],
  family?: number,
) => void;

/** How a name becomes addresses, as `lookup` of node:dns does it; the signal may end it. */
export type Resolve = (
  host: string,
  options: LookupAllOptions & { signal?: AbortSignal },
  callback: (error: NodeJS.ErrnoException | null, found: LookupAddress[]) => void,
) => void;

/**
 * A `lookup` for connections that finds allowed addresses only: what is checked is what is connected to, so a
 * name that changes its mind gains nothing. Node does not call it for an address written as such.
 */
export const lookupWhere =
  (isAllowed: (address: string) => boolean, resolve: Resolve = lookup) =>
  (host: string, options: LookupOptions, callback: LookupCallback): void => {
    resolve(host, { ...options, all: true }, (error, found) => {
      if (error) return callback(error, []);
      const open = found.filter(({ address }) => isAllowed(address));
      const [first] = open;
      if (!first) return callback(Object.assign(new Error('no public address'), { code: 'ENOTPUBLIC' }), []);
      if (options.all) callback(null, open);
      else callback(null, first.address, first.family);
    });
  };

export const lookupPublic = lookupWhere(isPublicAddress);
