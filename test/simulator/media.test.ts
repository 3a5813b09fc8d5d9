import { expect, test } from 'vitest';
import { accountSid, ana, authToken, setStage } from './stage.ts';

const basic = { authorization: `Basic ${Buffer.from(`${accountSid}:${authToken}`).toString('base64')}` };

/** A file sent from a phone, and how to ask for it. */
const sent = async (attachment: object = {}, options: object = {}) => {
  const stage = await setStage(options);
  const { sid } = await stage.simulator.sends(ana, { kind: 'image', ...attachment });
  const url = stage.product.received[0]!.form.MediaUrl0!;
  const ask = (headers: Record<string, string> = basic) => fetch(url, { headers, redirect: 'manual' });
  return { ...stage, sid, mediaSid: url.slice(-34), ask };
};

test('a file is found with credentials, behind a link that refuses them', async () => {
  const bytes = Buffer.from('not really a photo');
  const { url, ask } = await sent({ bytes });

  expect((await ask({})).status).toBe(401);
  expect((await ask({ authorization: 'Basic d3Jvbmc6d3Jvbmc=' })).status).toBe(401);
  const redirect = await ask();
  const link = redirect.headers.get('location')!;
  expect(redirect.status).toBe(307);
  expect(new URL(link).origin).toBe(url);
  expect(link).not.toContain('2010-04-01');

  expect((await fetch(link, { headers: basic })).status).toBe(400);
  const file = await fetch(link);
  expect([file.status, file.headers.get('content-type'), file.headers.get('content-length')]).toEqual([
    200,
    'image/jpeg',
    '18',
  ]);
  expect(Buffer.from(await file.arrayBuffer())).toEqual(bytes);
});

test('a link that is forged or five minutes old leads nowhere', async () => {
  let now = new Date('2026-11-22T09:00:00Z');
  const { ask } = await sent({}, { now: () => now });
  const link = (await ask()).headers.get('location')!;
  expect((await fetch(link.replace(/Signature=./, 'Signature=x'))).status).toBe(403);
  expect((await fetch(link.replace(/Signature=\w+/, ''))).status).toBe(403);
  now = new Date('2026-11-22T09:05:00Z');
  expect((await fetch(link)).status).toBe(200);
  now = new Date('2026-11-22T09:05:01Z');
  expect((await fetch(link)).status).toBe(403);
});

test('a message lists its file, which stays until it is deleted', async () => {
  const { connect, refusalOf, sid, mediaSid, ask } = await sent();
  const message = connect().messages(sid);
  const link = (await ask()).headers.get('location')!;

  expect(await message.fetch()).toMatchObject({ numMedia: '1' });
  expect(await message.media.list()).toMatchObject([
    { sid: mediaSid, parentSid: sid, accountSid, contentType: 'image/jpeg' },
  ]);
  expect(await message.media(mediaSid).fetch()).toMatchObject({ sid: mediaSid, parentSid: sid });

  expect(await message.media(mediaSid).remove()).toBe(true);
  expect(await message.media.list()).toEqual([]);
  expect((await ask()).status).toBe(404);
  expect((await fetch(link)).status).toBe(403);
  expect(await refusalOf(message.media(mediaSid).remove())).toMatchObject({ status: 404, code: 20404 });
});

test('a file can be late, larger than anybody wants, and other than it says', async () => {
  const late = await sent({ missingTimes: 2 });
  expect([(await late.ask()).status, (await late.ask()).status, (await late.ask()).status]).toEqual([
    404, 404, 307,
  ]);

  const large = await sent({ size: 20_000_000 });
  const file = await fetch((await large.ask()).headers.get('location')!);
  expect(file.headers.get('content-length')).toBeNull();
  expect((await file.arrayBuffer()).byteLength).toBe(20_000_000);

  const wrong = await sent({ bytes: Buffer.from('MZ'), contentType: 'image/png' });
  expect(wrong.product.received[0]!.form).toMatchObject({
    MediaContentType0: 'image/png',
    MessageType: 'image',
  });
  const program = await fetch((await wrong.ask()).headers.get('location')!);
  expect(program.headers.get('content-type')).toBe('image/png');
});
