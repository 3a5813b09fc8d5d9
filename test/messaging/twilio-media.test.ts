import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { fetchMedia, type MediaAccess } from '../../src/messaging/twilio-media.ts';
import { jpeg } from '../attachments/samples.ts';
import {
  breaksOff,
  gives,
  neverEnds,
  sendsTo,
  stalls,
  startMediaHost,
  status,
  withCredentials,
  withoutCredentials,
} from '../support/media-host.ts';

const account = 'AC1:token';
const authorization = `Basic ${Buffer.from(account).toString('base64')}`;
const path = '/2010-04-01/Accounts/AC1/Messages/MM1/Media/ME1';
const limits = { maxBytes: 1024 * 1024, idleMs: 10_000, totalMs: 20_000 };
const foreign = {
  kind: 'refused',
  problem: "it lies at an address that is not the provider's",
  alarm: true,
};

let twilio: Awaited<ReturnType<typeof startMediaHost>>;
let elsewhere: Awaited<ReturnType<typeof startMediaHost>>;
beforeEach(async () => {
  twilio = await startMediaHost();
  elsewhere = await startMediaHost();
});
afterEach(() => {
  twilio.close();
  elsewhere.close();
});

const fetch = (url: string, more: Partial<MediaAccess> = {}, stopping = new AbortController().signal) =>
  fetchMedia(url, { authorization, baseUrl: twilio.origin, limits, ...more }, stopping);

test('the first address gets the credentials, the one it sends on to does not', async () => {
  twilio.on(path, withCredentials(account, sendsTo('/signed?Signature=1')));
  twilio.on('/signed?Signature=1', withoutCredentials(gives(jpeg)));
  expect(await fetch(twilio.origin + path)).toEqual({ kind: 'got', bytes: jpeg });
  expect(twilio.asked).toEqual([
    { path, authorization },
    { path: '/signed?Signature=1', authorization: null },
  ]);
});

test.each([301, 302, 303, 307, 308])('a %i is followed, three times at most', async (code) => {
  twilio.on('/1', sendsTo('/2', code));
  twilio.on('/2', sendsTo(`${twilio.origin}/3`, code));
  twilio.on('/3', sendsTo('/4', code));
  twilio.on('/4', gives(jpeg));
  expect(await fetch(`${twilio.origin}/1`)).toEqual({ kind: 'got', bytes: jpeg });
  twilio.on('/0', sendsTo('/1', code));
  expect(await fetch(`${twilio.origin}/0`)).toEqual({ kind: 'failed', reason: 'too many redirects' });
});

test("where another host stands for Twilio's, it is asked for what lies at Twilio's", async () => {
  twilio.on(`/twilio${path}`, withCredentials(account, gives(jpeg)));
  const baseUrl = `${twilio.origin}/twilio`;
  expect(await fetch(`https://api.twilio.com${path}`, { baseUrl })).toEqual({ kind: 'got', bytes: jpeg });
});

describe('only the provider is asked, and only over TLS', () => {
  test.each([
    ['another port of this machine', () => `${elsewhere.origin}/x`],
    ["the address of a cloud machine's secrets", () => 'http://169.254.169.254/latest/meta-data'],
    ['the same over TLS', () => 'https://169.254.169.254/latest/meta-data'],
    ['another host', () => 'https://example.com/x'],
    ['the CDN without TLS', () => 'http://media.twiliocdn.com/x'],
    ['the CDN at another port', () => 'https://media.twiliocdn.com:8443/x'],
    ['the CDN with a password', () => 'https://user:pass@media.twiliocdn.com/x'],
    ['a name that ends alike', () => 'https://eviltwiliocdn.com/x'],
    ['a name that begins alike', () => 'https://media.twiliocdn.com.example.com/x'],
    ['another service of Amazon', () => 'https://ec2-1-2-3-4.compute-1.amazonaws.com/x'],
    ['a file', () => 'file:///etc/passwd'],
    ['no address', () => 'http://['],
  ])('not %s', async (_, url) => {
    elsewhere.on('/x', gives(jpeg));
    expect(await fetch(url())).toEqual(foreign);
    twilio.on(path, sendsTo(url()));
    expect(await fetch(twilio.origin + path)).toEqual(foreign);
    expect(elsewhere.asked).toEqual([]);
  });

  test('and below the address that stands for it, nothing beside', async () => {
    twilio.on('/simulator-2/x', gives(jpeg));
    twilio.on('/admin', gives(jpeg));
    for (const url of ['/simulator-2/x', '/simulator/../admin', '/simulator/%2e%2e/admin']) {
      expect(await fetch(twilio.origin + url, { baseUrl: `${twilio.origin}/simulator` })).toEqual(foreign);
    }
    expect(twilio.asked).toEqual([]);
  });

  test.each([
    'https://media.twiliocdn.com/x',
    'https://mms.twiliocdn.com/x',
    'https://s3-external-1.amazonaws.com/media.twiliocdn.com/x',
    'https://media.twiliocdn.com.s3.eu-west-1.amazonaws.com/x',
    'https://api.dublin.ie1.twilio.com/x',
  ])("%s is the provider's", async (url) => {
    const stopped = AbortSignal.abort();
    // Nothing leaves this machine: it is stopped where it would be asked.
    expect(await fetch(url, {}, stopped)).toEqual({ kind: 'stopped' });
  });
});

describe('what cannot be had', () => {
  test.each([
    [404, { kind: 'not-there' }],
    [410, { kind: 'not-there' }],
    [401, { kind: 'unauthorized' }],
    [403, { kind: 'unauthorized' }],
    [429, { kind: 'failed', reason: 'status 429' }],
    [500, { kind: 'failed', reason: 'status 500' }],
    [307, { kind: 'failed', reason: 'status 307' }],
  ])('%i', async (code, answer) => {
    twilio.on(path, status(code));
    expect(await fetch(twilio.origin + path)).toEqual(answer);
  });

  test('a signed address that has expired says nothing about our credentials', async () => {
    twilio.on(path, sendsTo('/signed'));
    twilio.on('/signed', status(403));
    expect(await fetch(twilio.origin + path)).toEqual({ kind: 'failed', reason: 'status 403' });
  });

  test('a body that breaks off, stalls or is empty', async () => {
    twilio.on(path, breaksOff(jpeg));
    expect(await fetch(twilio.origin + path)).toEqual({ kind: 'failed', reason: 'ECONNRESET' });
    twilio.on(path, stalls(jpeg));
    expect(await fetch(twilio.origin + path, { limits: { ...limits, idleMs: 50 } })).toEqual({
      kind: 'failed',
      reason: 'took too long',
    });
    expect(await fetch(twilio.origin + path, { limits: { ...limits, totalMs: 50 } })).toEqual({
      kind: 'failed',
      reason: 'took too long',
    });
    twilio.on(path, gives(Buffer.alloc(0)));
    expect(await fetch(twilio.origin + path)).toEqual({ kind: 'failed', reason: 'empty' });
  });

  test('a host that does not listen', async () => {
    twilio.close();
    expect(await fetch(twilio.origin + path)).toEqual({ kind: 'failed', reason: 'ECONNREFUSED' });
  });

  test('more than the limit, announced or not', async () => {
    const tooBig = { kind: 'refused', problem: 'it is too big: more than 1 MB' };
    twilio.on(path, gives(Buffer.alloc(limits.maxBytes + 1)));
    expect(await fetch(twilio.origin + path)).toEqual(tooBig);
    twilio.on(path, neverEnds);
    expect(await fetch(twilio.origin + path)).toEqual(tooBig);
    twilio.on(path, gives(Buffer.alloc(limits.maxBytes)));
    expect(await fetch(twilio.origin + path)).toMatchObject({ kind: 'got' });
  });

  test('what was stopped', async () => {
    const stopping = new AbortController();
    twilio.on(path, (response, request) => {
      stalls(jpeg)(response, request);
      stopping.abort();
    });
    expect(await fetch(twilio.origin + path, {}, stopping.signal)).toEqual({ kind: 'stopped' });
  });
});
