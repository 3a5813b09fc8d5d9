import { expect, test } from 'vitest';
import { callerAddress, subscriberOf } from '../../src/admin/address.ts';

test.each([
  ['203.0.113.7', undefined, '203.0.113.7'],
  ['203.0.113.7', '198.51.100.1', '203.0.113.7'],
  ['127.0.0.1', undefined, '127.0.0.1'],
  ['127.0.0.1', '198.51.100.1', '198.51.100.1'],
  ['::ffff:10.0.0.2', '1.2.3.4, 198.51.100.1', '198.51.100.1'],
  ['fe80::1%eth0', '2001:db8::5', '2001:db8::5'],
  ['172.18.0.3', 'nonsense', '172.18.0.3'],
  ['172.32.0.3', '198.51.100.1', '172.32.0.3'],
  ['127.0.0.1', '198.51.100.1:50123', '198.51.100.1'],
  ['127.0.0.1', '[2001:db8::5]:50123', '2001:db8::5'],
  ['127.0.0.1', '[2001:db8::5]', '2001:db8::5'],
  // Two proxies: the inner one names the browser, or it appends and everybody is the outer one; what a browser wrote
  // before them never counts.
  ['10.0.0.2', '198.51.100.1', '198.51.100.1'],
  ['10.0.0.2', '198.51.100.1, 10.0.0.3', '10.0.0.3'],
  ['10.0.0.2', '1.2.3.4, 198.51.100.1, 10.0.0.3', '10.0.0.3'],
  ['10.0.0.2', '', '10.0.0.2'],
  [undefined, undefined, 'unknown'],
])('%s with X-Forwarded-For %s is %s', (remote, forwarded, address) => {
  expect(callerAddress(remote, forwarded)).toBe(address);
});

test.each([
  ['203.0.113.7', '203.0.113.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:0DB8:1:2::', '2001:db8:1:2::/64'],
  ['2001:db8::5', '2001:db8:0:0::/64'],
  ['2001:db8::3:4:5:6:7', '2001:db8:0:3::/64'],
  ['::1', '::1'],
  ['::ffff:cb00:7107', '::ffff:cb00:7107'],
  ['unknown', 'unknown'],
])('%s is counted as %s', (address, subscriber) => {
  expect(subscriberOf(address)).toBe(subscriber);
});
