import { expect, test } from 'vitest';
import type { Resolve } from '../../src/public-address.ts';
import { findAddressFault } from '../../src/webhooks/address.ts';

const leadsTo =
  (...addresses: string[]): Resolve =>
  (_host, _options, callback) =>
    callback(
      null,
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    );
const publicOnly = { allowPrivate: false, resolve: leadsTo('8.8.8.8') };

test.each([
  'https://cmms.example.com',
  'https://cmms.example.com:8443/hooks?key=1',
  'https://8.8.8.8/',
  'https://[2600:1f18::1]/',
])('%s may be called', async (url) => {
  expect(await findAddressFault(url, publicOnly)).toBeNull();
});

test.each([
  ['http://cmms.example.com', /begin with https/],
  ['ftp://cmms.example.com', /begin with https/],
  ['cmms.example.com', /like https/],
  ['https://', /like https/],
  ['https://cmms.example.com/a b', /like https/],
  ['https://user@cmms.example.com', /user name/],
  ['https://user:secret@cmms.example.com', /user name/],
  ['https://127.0.0.1', /private/],
  ['https://127.1', /private/],
  ['https://0x7f000001', /private/],
  ['https://2130706433', /private/],
  ['https://10.0.0.8:8443/', /private/],
  ['https://169.254.169.254/latest/meta-data', /private/],
  ['https://0.0.0.0', /private/],
  ['https://[::1]/', /private/],
  ['https://[::ffff:127.0.0.1]/', /private/],
  ['https://[fd00::1]/', /private/],
  ['https://localhost', /private/],
  ['https://LOCALHOST.', /private/],
  ['https://api.localhost:8443', /private/],
])('%s is refused', async (url, why) => {
  expect(await findAddressFault(url, publicOnly)).toMatch(why);
});

test('a name is refused if all its addresses are private, and not if it is unknown yet', async () => {
  const ask = (resolve: Resolve) =>
    findAddressFault('https://cmms.example.com', { allowPrivate: false, resolve });
  expect(await ask(leadsTo('10.1.2.3', 'fd00::1'))).toMatch(/private/);
  expect(await ask(leadsTo('10.1.2.3', '8.8.8.8'))).toBeNull();
  expect(
    await ask((_host, _options, callback) =>
      callback(Object.assign(new Error('no such name'), { code: 'ENOTFOUND' }), []),
    ),
  ).toBeNull();
});

test('where private addresses are allowed, so is http, and still no credentials', async () => {
  const rules = { allowPrivate: true, resolve: leadsTo('10.0.0.1') };
  for (const url of ['http://localhost:8080/hook', 'http://10.0.0.8', 'https://cmms.internal']) {
    expect(await findAddressFault(url, rules)).toBeNull();
  }
  expect(await findAddressFault('http://user:secret@10.0.0.8', rules)).toMatch(/user name/);
  expect(await findAddressFault('file:///etc/passwd', rules)).toMatch(/begin with/);
});
