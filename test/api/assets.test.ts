import { beforeEach, expect, test } from 'vitest';
import { useApi } from '../support/api.ts';
import { createTenant, type TestTenant } from '../support/tenant.ts';

const api = useApi();
let tenant: TestTenant;
beforeEach(async () => {
  tenant = await createTenant(api.store);
});

const put = (code: string, body: unknown) => api.put(`/assets/${encodeURIComponent(code)}`, body, tenant);

test('PUT creates and changes; the people responsible keep their order', async () => {
  for (const id of ['T-1', 'T-2']) await api.put(`/technicians/${id}`, { name: id }, tenant);
  const created = await put('P-7', { name: 'Pump 7', location: 'Level -1', responsible: ['T-2', 'T-1'] });
  const expected = { code: 'P-7', name: 'Pump 7', location: 'Level -1', responsible: ['T-2', 'T-1'] };
  expect([created.status, created.body]).toEqual([201, expected]);
  const changed = await put('P-7', { location: null, responsible: ['T-1'] });
  expect([changed.status, changed.body]).toEqual([
    200,
    { ...expected, location: null, responsible: ['T-1'] },
  ]);
  expect((await put('P-7', { responsible: null })).body.responsible).toEqual([]);
  expect((await put('P-7', { code: 'P-7', name: 'Pump' })).status).toBe(200);
});

test('every fault is named', async () => {
  await api.put('/technicians/T-1', { name: 'Maria' }, tenant);
  const answer = await put('P-7', {
    location: 7,
    responsible: ['T-9', 'T-1', 'T-1'],
    colour: 'red',
    code: 'P-8',
  });
  expect(answer.status).toBe(422);
  expect(answer.body.errors.map(({ pointer }: { pointer: string }) => pointer).sort()).toEqual([
    '/code',
    '/colour',
    '/location',
    '/name',
    '/responsible/0',
    '/responsible/2',
  ]);
  expect((await api.get('/assets/P-7', tenant)).status).toBe(404);
});

test('two PUTs of one new code at once: one creates, the others change', async () => {
  const answers = await Promise.all(Array.from({ length: 4 }, (_, n) => put('P-race', { name: `n${n}` })));
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 200, 201]);
});

test('one bad element of responsible hides nothing about its neighbours', async () => {
  const { body } = await put('P-9', { name: 'Pump', responsible: ['nobody', 7, 'nobody'] });
  expect(body.errors.map(({ pointer }: { pointer: string }) => pointer).sort()).toEqual([
    ...['/responsible/0', '/responsible/1', '/responsible/2', '/responsible/2'],
  ]);
});
