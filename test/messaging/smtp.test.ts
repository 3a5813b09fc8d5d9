import type { AddressInfo } from 'node:net';
import { createServer, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { findFreePort } from '../../src/embedded/free-port.ts';
import type { Outgoing } from '../../src/messaging/provider.ts';
import { createSmtp } from '../../src/messaging/smtp.ts';
import { readMail, startMailServer } from '../support/mail-server.ts';

let server: Awaited<ReturnType<typeof startMailServer>>;
beforeAll(async () => {
  server = await startMailServer();
});
afterAll(() => server.close());

const outgoing = (fields: Partial<Outgoing> = {}): Outgoing => ({
  from: 'RBM <rbm@example.com>',
  to: 'ana@example.com',
  text: '🔧 *New Work Order Assigned*\n📋 *WO#:* WO-7\n📝 *Title:* <b>Seal & "shaft"</b> ¿qué?\n\nReply 2*3*4',
  content: null,
  messagingServiceSid: null,
  statusCallback: '',
  messageId: '0b9f2c1e-0000-4000-8000-000000000001',
  orderNumber: 'WO-7',
  at: new Date('2026-11-22T10:00:00Z'),
  ...fields,
});

const send = (url = server.url, fields: Partial<Outgoing> = {}) => createSmtp(url).send(outgoing(fields));

test('a mail has plain words and simple HTML, a subject that names the order, and says that a machine wrote it', async () => {
  expect(await send()).toEqual({
    kind: 'accepted',
    id: '<0b9f2c1e-0000-4000-8000-000000000001@example.com>',
    status: 'sent',
  });
  const { to, raw } = server.mails.at(-1)!;
  expect(to).toEqual(['ana@example.com']);
  const { header, parts } = readMail(raw);
  expect(header('From')).toBe('RBM <rbm@example.com>');
  expect(header('To')).toBe('ana@example.com');
  expect(header('Subject')).toBe('New Work Order Assigned: WO-7');
  expect(header('Message-ID')).toBe('<0b9f2c1e-0000-4000-8000-000000000001@example.com>');
  expect(header('Auto-Submitted')).toBe('auto-generated');
  expect(new Date(header('Date')!)).toEqual(new Date('2026-11-22T10:00:00Z'));

  expect(parts.get('text/plain')?.trim()).toBe(
    '🔧 New Work Order Assigned\n📋 WO#: WO-7\n📝 Title: <b>Seal & "shaft"</b> ¿qué?\n\nReply 2*3*4',
  );
  const html = parts.get('text/html')!;
  expect(html).toContain('🔧 <b>New Work Order Assigned</b><br>');
  expect(html).toContain('&lt;b&gt;Seal &amp; &quot;shaft&quot;&lt;/b&gt; ¿qué?');
  expect(html).toContain('name="viewport"');
  expect(html).not.toContain('<b>Seal');
});

test('a repeat is the same mail', async () => {
  await send();
  await send();
  const [first, second] = server.mails.slice(-2);
  expect(first!.raw).toBe(second!.raw);
});

test('a login is used as it is in the address, and one that is refused pauses the channel', async () => {
  expect(await send(server.urlWithLogin('rbm:pass%20word'))).toMatchObject({ kind: 'accepted' });
  const outcome = await send(server.urlWithLogin('rbm:wrong'));
  expect(outcome).toMatchObject({ kind: 'refused', code: '535', next: 'retry', pauseMs: 60_000 });
  expect(JSON.stringify(outcome)).not.toContain('wrong');
});

test('a login is not sent to another machine without encryption', async () => {
  const said: string[] = [];
  const plain = createServer((socket: Socket) => {
    socket.write('220 mail\r\n');
    socket.on('data', (chunk) => {
      said.push(chunk.toString());
      socket.write('250-mail\r\n250 AUTH PLAIN\r\n');
    });
    socket.on('error', () => {});
  });
  plain.listen(0, '127.0.0.2');
  await new Promise((listening) => plain.once('listening', listening));
  onTestFinished(() => void plain.close());
  const { port } = plain.address() as AddressInfo;
  expect(await send(`smtp://rbm:secret@127.0.0.2:${port}`)).toMatchObject({ kind: 'refused', next: 'retry' });
  expect(said.join('')).not.toMatch(/AUTH/);
});

test.each([
  ['recipient', 450, { code: '450', next: 'retry' }],
  ['recipient', 550, { code: '550', next: 'stop' }],
  ['sender', 553, { code: 'sender 553', next: 'fix' }],
  ['mail', 451, { code: '451', next: 'retry' }],
  ['mail', 554, { code: 'data 554', next: 'other-way' }],
  ['auth', 454, { code: '454', next: 'retry' }],
] as const)('a server that answers to the %s with %i has not taken it', async (stage, code, expected) => {
  const before = server.mails.length;
  server.refuses(stage, code);
  const outcome = await send(server.urlWithLogin('rbm:pass%20word'));
  expect(outcome).toMatchObject({ kind: 'refused', ...expected });
  expect(JSON.stringify(outcome)).not.toContain('ana@');
  expect(outcome).not.toHaveProperty('pauseMs');
  expect(server.mails).toHaveLength(before);
});

test('a server that cannot be reached has not taken it', async () => {
  const retry = { kind: 'refused', code: null, next: 'retry' };
  expect(await send(`smtp://127.0.0.1:${await findFreePort()}`)).toMatchObject(retry);
  expect(await send('smtp://no-such-host.invalid')).toMatchObject(retry);
});

test('a connection that breaks after the mail was sent leaves open whether it was taken', async () => {
  server.cutsAfterTaking();
  expect(await send()).toMatchObject({ kind: 'unclear' });
  expect(await createSmtp(server.url).listSentTo('ana@example.com', new Date(0))).toEqual([]);
});

test('a server that stays silent is given up: refused before the mail, unclear after it', async () => {
  /** Answers these, one to each line, then nothing any more. */
  const silentAfter = async (...answers: string[]) => {
    const silent = createServer((socket) => {
      const left = [...answers];
      socket.write(left.shift() ?? '');
      socket.on('data', () => void socket.write(left.shift() ?? ''));
      socket.on('error', () => {});
    });
    silent.listen(0, '127.0.0.1');
    await new Promise((listening) => silent.once('listening', listening));
    onTestFinished(() => void silent.close());
    return `smtp://127.0.0.1:${(silent.address() as AddressInfo).port}`;
  };
  const quickly = async (url: string) => createSmtp(url, { callTimeoutMs: 400 }).send(outgoing());
  expect(await quickly(await silentAfter())).toMatchObject({ kind: 'refused', next: 'retry' });
  const ok = '250 ok\r\n';
  expect(await quickly(await silentAfter('220 mail\r\n', ok, ok, ok))).toMatchObject({ kind: 'refused' });
  const took = await silentAfter('220 mail\r\n', ok, ok, ok, '354 go on\r\n');
  expect(await quickly(took)).toMatchObject({ kind: 'unclear' });
});
