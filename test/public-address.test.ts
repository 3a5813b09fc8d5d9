import { expect, test } from 'vitest';
import { isPublicAddress, lookupPublic } from '../src/public-address.ts';

test.each([
  ...['127.0.0.1', '127.8.9.1', '10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1', '169.254.169.254'],
  ...['0.0.0.0', '100.64.0.1', '198.18.0.1', '224.0.0.1', '255.255.255.255', '192.0.2.1', '192.88.99.1'],
  ...['::1', '::', 'fe80::1', 'fc00::1', 'fd12:3456::1', 'ff02::1', '2001:db8::1', '2002:7f00:1::'],
  ...[
    '3fff:abc::1',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '::ffff:10.0.0.1',
    '64:ff9b::7f00:1',
    'localhost',
    '',
  ],
])('%s is no public address', (address) => {
  expect(isPublicAddress(address)).toBe(false);
});

test.each([
  '8.8.8.8',
  '172.15.0.1',
  '172.32.0.1',
  '100.128.0.1',
  '54.172.60.0',
  '2600:1f18::1',
  '::ffff:8.8.8.8',
])('%s is public', (address) => {
  expect(isPublicAddress(address)).toBe(true);
});

test.each([{ all: true }, { all: false }])('a name of this machine is not found (%o)', async (options) => {
  const code = await new Promise((found) =>
    lookupPublic('localhost', options, (error) => found((error as NodeJS.ErrnoException | null)?.code)),
  );
  expect(code).toBe('ENOTPUBLIC');
});
