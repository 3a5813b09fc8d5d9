import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { createApi } from '../../src/api/app.ts';
import { sha256 } from '../../src/crypto.ts';
import { useApi } from '../support/api.ts';
import { createTenant } from '../support/tenant.ts';

const api = useApi();

const bearer = (key = api.tenant.apiKey) => ({ authorization: `Bearer ${key}` });
const json = { 'content-type': 'application/json' };

test('no key, a wrong key and a revoked one get the same answer', async () => {
  const revoked = await createTenant(api.store);
  await api.store.tenant(revoked.tenantId, async (tx) => {
    const keyId = (await api.store.gate.keyTenant(sha256(revoked.apiKey)))!.keyId;
    expect(await tx.apiKeys.revoke(keyId, new Date())).toBe(true);
  });
  const headers = [{}, bearer('rbm_wrong'), bearer(revoked.apiKey), { authorization: 'Basic eDp5' }];
  const answers = await Promise.all(headers.map((each) => api.raw('/technicians', { headers: each })));
  const bodies = await Promise.all(answers.map((answer) => answer.text()));
  expect(answers.map(({ status }) => status)).toEqual([401, 401, 401, 401]);
  expect(new Set(bodies).size).toBe(1);
  expect(answers[0]!.headers.get('www-authenticate')).toBe('Bearer');
  expect(answers[0]!.headers.get('content-type')).toBe('application/problem+json');
  expect(JSON.parse(bodies[0]!)).toMatchObject({ type: 'urn:rbm:problem:unauthorized', status: 401 });
});

test('what does not exist and what is malformed never reaches the database', async () => {
  const paths: [path: string, status: number][] = [
    ['/nothing', 404],
    ['/technicians/', 404],
    ['/technicians/nobody', 404],
    ['/technicians/%00', 404],
    ['/technicians/%FF', 400],
    ['/technicians/%E0%A4%A', 400],
    ['/technicians/a%ZZ', 400],
    [`/technicians/${'x'.repeat(65)}`, 404],
    ['/work-orders/---', 404],
    ['/work-orders/%00/events', 404],
    ['/messages/not-a-uuid', 404],
    [`/messages/${randomUUID()}`, 404],
    ['/notifications/nothing', 404],
    ['/messages?since=yesterday', 422],
    ['/messages?since=2026-12-25', 422],
    ['/messages?workOrder=%00', 422],
    ['/messages?direction=%FF', 400],
    ['/events?after=-1', 422],
    ['/events?type=nothing', 422],
    ['/work-orders?status=done', 422],
  ];
  for (const [path, status] of paths) {
    const answer = await api.get(path);
    expect([path, answer.status]).toEqual([path, status]);
    expect(answer.body.status).toBe(status);
  }
});

test('a method the resource does not know is refused with those it knows', async () => {
  const cases: [method: string, path: string, allow: string][] = [
    ['DELETE', '/technicians/T-1', 'PUT, GET'],
    ['POST', '/assets/A-1', 'PUT, GET'],
    ['PATCH', '/work-orders', 'GET'],
    ['PUT', '/events', 'GET'],
  ];
  for (const [method, path, allow] of cases) {
    const answer = await api.raw(path, { method, headers: bearer() });
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, allow]);
    expect(await answer.json()).toMatchObject({ type: 'urn:rbm:problem:method-not-allowed', status: 405 });
  }
});

test('a body that is no JSON object is refused, saying what is wrong', async () => {
  const send = async (body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = json) => {
    const answer = await api.raw('/technicians/T-body', {
      method: 'PUT',
      headers: { ...bearer(), ...headers },
      body,
    });
    const problem = (await answer.json()) as { type: string; errors: { pointer: string }[] };
    return [
      answer.status,
      problem.type.replace('urn:rbm:problem:', ''),
      problem.errors.map((e) => e.pointer),
    ];
  };
  expect(await send('{"name":')).toEqual([400, 'malformed', []]);
  expect(await send('')).toEqual([400, 'malformed', []]);
  expect(await send(new Uint8Array([0x22, 0xff, 0x22]))).toEqual([400, 'malformed', []]);
  expect(await send('name=Maria', { 'content-type': 'application/x-www-form-urlencoded' })).toEqual([
    415,
    'unsupported-media-type',
    [],
  ]);
  expect(await send('{}', {})).toEqual([415, 'unsupported-media-type', []]);
  for (const body of ['[]', 'null', '7', '"x"', 'true']) {
    expect(await send(body)).toEqual([422, 'invalid', expect.arrayContaining([''])]);
  }
  expect(await send(`{"name":"${'x'.repeat(1024 * 1024)}"}`)).toEqual([413, 'too-large', []]);
});

test('while the database is away every route answers 503 and when to come again', async () => {
  const away = createApi(
    {
      ...api.deps,
      store: {
        ...api.store,
        tenant: () => Promise.reject(Object.assign(new Error('gone'), { code: 'ECONNREFUSED' })),
      },
    },
    api.files,
  );
  const answer = await away.request('/technicians', { headers: bearer() });
  expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '5']);
  expect(await answer.json()).toMatchObject({ type: 'urn:rbm:problem:unavailable' });

  const lockedOut = createApi(
    {
      ...api.deps,
      store: {
        ...api.store,
        gate: { ...api.store.gate, keyTenant: () => Promise.reject(new Error('Query read timeout')) },
      },
    },
    api.files,
  );
  expect((await lockedOut.request('/technicians', { headers: bearer() })).status).toBe(503);
});

test('a fault of ours is 500 and is logged without what was sent', async () => {
  const broken = createApi(
    {
      ...api.deps,
      store: { ...api.store, tenant: () => Promise.reject(new Error('invalid input: "+15005550199"')) },
    },
    api.files,
  );
  const before = api.logged.length;
  const answer = await broken.request('/technicians', { headers: bearer() });
  expect(answer.status).toBe(500);
  expect(await answer.text()).not.toContain('5550199');
  const lines = api.logged.slice(before).join('');
  expect(lines).toContain('api.error');
  expect(lines).not.toContain('5550199');
});

test("what is another tenant's is not there", async () => {
  const other = await createTenant(api.store);
  expect((await api.put('/technicians/T-x', { name: 'Maria', phone: '+15005550111' })).status).toBe(201);
  expect((await api.put('/assets/A-x', { name: 'Pump' })).status).toBe(201);
  expect((await api.put('/work-orders/X-1', { title: 'Seal', asset: 'A-x', assignee: 'T-x' })).status).toBe(
    201,
  );
  const [message] = (await api.get('/messages?workOrder=X-1')).body.items;

  const paths = ['/technicians/T-x', '/assets/A-x', '/work-orders/X-1', '/work-orders/X-1/events'];
  for (const path of [...paths, `/messages/${message.id}`]) {
    expect((await api.get(path)).status).toBe(200);
    expect([path, (await api.get(path, other)).status]).toEqual([path, 404]);
  }
  for (const path of ['/technicians', '/assets', '/work-orders', '/messages', '/events']) {
    expect((await api.get(path, other)).body.items).toEqual([]);
  }
  // Its phone and its keys are free here, and references do not reach over.
  expect((await api.put('/technicians/T-x', { name: 'Ana', phone: '+15005550111' }, other)).status).toBe(201);
  const refused = await api.put('/work-orders/X-1', { title: 'Seal', asset: 'A-x' }, other);
  expect([refused.status, refused.body.errors]).toEqual([
    422,
    [{ pointer: '/asset', detail: 'is no asset we know' }],
  ]);
});

test('lists come in pages that hold everything once, in order', async () => {
  const tenant = await createTenant(api.store);
  const codes = ['a', 'A/1', 'b b', 'ü', 'C', 'z%', '10', '9', 'a+b', 'x?y'];
  for (const code of codes) {
    const saved = await api.put(`/assets/${encodeURIComponent(code)}`, { name: code }, tenant);
    expect([saved.status, saved.body.code]).toEqual([201, code]);
    expect((await api.get(`/assets/${encodeURIComponent(code)}`, tenant)).body.name).toBe(code);
  }
  const all = (await api.get('/assets', tenant)).body;
  expect(all.next).toBeNull();
  const found: string[] = [];
  for (let next: string | null = ''; next !== null; ) {
    const after: string = next === '' ? '' : `&after=${encodeURIComponent(next)}`;
    const { body } = await api.get(`/assets?limit=3${after}`, tenant);
    found.push(...body.items.map((asset: { code: string }) => asset.code));
    next = body.next;
  }
  expect(found).toEqual(all.items.map((asset: { code: string }) => asset.code));
  expect([...found].sort()).toEqual([...codes].sort());

  expect((await api.get('/assets?after=', tenant)).body).toEqual(all);
  for (const limit of ['0', '201', '-1', 'many', '1.5', '']) {
    const answer = await api.get(`/assets?limit=${limit}`, tenant);
    expect([answer.status, answer.body.errors[0].pointer]).toEqual([422, '/limit']);
  }
  expect((await api.get('/assets?limit=200', tenant)).body.items).toHaveLength(codes.length);
});
