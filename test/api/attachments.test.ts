import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { keyOf } from '../../src/attachments/files.ts';
import { sha256 } from '../../src/crypto.ts';
import type { NewAttachment } from '../../src/store/attachments.ts';
import { jpeg } from '../attachments/samples.ts';
import { useApi } from '../support/api.ts';
import { createTenant } from '../support/tenant.ts';

const api = useApi();
const hash = sha256(jpeg).toString('hex');

/** Something a technician sent, as the worker left it. */
const attachment = async (
  state: 'waiting' | 'stored' | 'refused' | 'lost',
  fields: Partial<NewAttachment> & { contentType?: string } = {},
) => {
  const { contentType = 'image/jpeg', ...rest } = fields;
  const { tenantId } = api.tenant;
  const channelId = api.tenant.channelId!;
  const id = randomUUID();
  const [messageId, technicianId] = [randomUUID(), randomUUID()];
  await api.store.gate.storeInbound([
    {
      ...{ kind: 'message', tenantId, channelId, id: messageId, key: sha256(id), providerId: id },
      ...{ raw: Buffer.from('Body='), source: 'webhook', status: 'received', receivedAt: null },
      ...{ way: 'whatsapp', address: 'whatsapp:+12025550111', userId: null, attemptId: null },
    },
  ]);
  await api.store.tenant(tenantId, async (tx) => {
    await tx.technicians.insert({
      ...{ id: technicianId, externalId: technicianId, name: 'Ana', phone: null, email: null },
      ...{ role: 'technician', locale: null, timeZone: null, supervisorId: null, active: true },
      ...{ preferences: {}, lastSeenAt: null },
    });
    await tx.attachments.add({
      ...{ id, messageId, channelId, technicianId, workOrderId: null, kind: 'image', caption: null },
      ...{ sourceUrl: 'https://api.twilio.com/x', declaredType: null, place: null, receivedAt: new Date() },
      ...rest,
    });
    if (state === 'stored')
      await tx.attachments.stored(id, { contentType, sizeBytes: jpeg.length, sha256: sha256(jpeg) });
    if (state === 'refused') await tx.attachments.refused(id, 'it is too big: more than 25 MB');
    if (state === 'lost') await tx.attachments.lost(id, 'the provider does not have it');
  });
  if (state === 'stored' && rest.kind !== 'location') await api.files.put(keyOf(tenantId, id), jpeg);
  return { id, path: `/attachments/${id}/content` };
};

const ask = (path: string, init: RequestInit & { headers?: Record<string, string> } = {}) =>
  api.raw(path, { ...init, headers: { authorization: `Bearer ${api.tenant.apiKey}`, ...init.headers } });

test('what is stored is given as a file of the type its bytes show', async () => {
  const { id, path } = await attachment('stored');
  const answer = await ask(path);
  expect(answer.status).toBe(200);
  expect(Object.fromEntries(answer.headers)).toMatchObject({
    'content-type': 'image/jpeg',
    'content-length': String(jpeg.length),
    'content-disposition': `attachment; filename="image-${id}.jpg"`,
    etag: `"${hash}"`,
    'content-security-policy': "default-src 'none'; sandbox",
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-store',
  });
  expect(Buffer.from(await answer.arrayBuffer())).toEqual(jpeg);
});

test('HEAD answers the same without the bytes, which it does not read', async () => {
  const { id, path } = await attachment('stored');
  await api.files.delete(keyOf(api.tenant.tenantId, id));
  const answer = await ask(path, { method: 'HEAD' });
  expect([answer.status, await answer.text()]).toEqual([200, '']);
  expect(answer.headers.get('content-length')).toBe(String(jpeg.length));
  expect(answer.headers.get('etag')).toBe(`"${hash}"`);
});

test.each([`"${hash}"`, `W/"${hash}"`, `"other", "${hash}"`, '*'])(
  'whoever has %s need not get it again',
  async (tag) => {
    const { path } = await attachment('stored');
    const answer = await ask(path, { headers: { 'if-none-match': tag } });
    expect([answer.status, await answer.text(), answer.headers.get('etag')]).toEqual([304, '', `"${hash}"`]);
    expect(answer.headers.get('content-security-policy')).toBe("default-src 'none'; sandbox");
    expect((await ask(path, { headers: { 'if-none-match': '"other"' } })).status).toBe(200);
  },
);

test('what is still being fetched is asked for again', async () => {
  const { path } = await attachment('waiting');
  const answer = await api.get(path);
  expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '5']);
  expect(answer.body).toMatchObject({ type: 'urn:rbm:problem:unavailable' });
});

test.each([
  ['refused', {}, 'It was not stored: it is too big: more than 25 MB'],
  ['lost', {}, 'It could not be stored: the provider does not have it'],
  ['stored', { kind: 'location', sourceUrl: null }, 'A location has no content'],
] as const)('what is %s has no content, and the answer says why (%o)', async (state, fields, detail) => {
  const { path } = await attachment(state, fields);
  const answer = await api.get(path);
  expect(answer).toMatchObject({ status: 404, body: { type: 'urn:rbm:problem:not-found', detail } });
});

test("another tenant's is not there, nor is what never was", async () => {
  const { path } = await attachment('stored');
  const other = await createTenant(api.store);
  for (const answer of [
    await api.get(path, other),
    await api.get(`/attachments/${randomUUID()}/content`),
    await api.get('/attachments/1/content'),
    await api.get('/attachments/..%2F..%2Fsecret-key/content'),
  ]) {
    expect(answer).toMatchObject({ status: 404, body: { detail: null } });
  }
  expect((await api.raw(path)).status).toBe(401);
  expect((await ask(path, { method: 'DELETE' })).status).toBe(405);
});

test('bytes that are gone are a fault of ours, with an alarm', async () => {
  const { id, path } = await attachment('stored');
  await api.files.delete(keyOf(api.tenant.tenantId, id));
  expect((await ask(path)).status).toBe(500);
  expect(api.logged.at(-1)).toContain('"event":"attachment.missing","alarm":true');
});

test('the document tells of it', async () => {
  const { body: document } = await api.get('/openapi.json');
  const { responses } = document.paths['/attachments/{id}/content'].get;
  expect(Object.keys(responses)).toEqual(expect.arrayContaining(['200', '304', '404', '503']));
  expect(responses['200'].content['application/octet-stream'].schema).toMatchObject({ format: 'binary' });
});
