import { beforeEach, describe, expect, test } from 'vitest';
import { useApi } from '../support/api.ts';
import { createTenant, type TestTenant } from '../support/tenant.ts';

const api = useApi();
let tenant: TestTenant;

beforeEach(async () => {
  tenant = await createTenant(api.store);
  api.rung.length = 0;
  await person('BOSS', { role: 'supervisor' });
  await person('ANA', { supervisor: 'BOSS' });
  await person('BEN');
  await put('/assets/P-3', { name: 'Feed Pump 3', location: 'Hall B', responsible: ['ANA'] });
});

let phones = 0;
const put = async (path: string, body: unknown) => {
  const answer = await api.put(path, body, tenant);
  expect(answer.status, JSON.stringify(answer.body)).toBeLessThan(300);
  return answer.body;
};
const person = (externalId: string, fields: Record<string, unknown> = {}) =>
  put(`/technicians/${externalId}`, {
    name: externalId,
    phone: `+1202555${String(3000 + ++phones)}`,
    ...fields,
  });
const get = async (path: string) => (await api.get(path, tenant)).body;
const given = (fields: Record<string, unknown> = {}) => ({
  ...{ externalId: 'A-1', asset: 'P-3', message: 'Bearing too hot', severity: 'critical', ...fields },
});
const raise = (fields: Record<string, unknown> = {}) => api.post('/alerts', given(fields), tenant);
const messages = async (query = '') =>
  (await get(`/messages?limit=200${query}`)).items
    .toReversed()
    .map(({ technician, kind, lane, status, reason }: Record<string, string | null>) =>
      [technician, kind, lane, status, reason ?? ''].join(' ').trim(),
    );
const events = async () => {
  await api.store.tenant(tenant.tenantId, (tx) => tx.events.publish(100));
  return (await get('/events?limit=200')).items.filter(({ type }: { type: string }) =>
    type.startsWith('alert.'),
  );
};

describe('raising', () => {
  test('pages those responsible for the asset at once, in the critical lane', async () => {
    const { status, body } = await raise({ raisedAt: '2026-11-22T14:30:00Z' });
    expect(status).toBe(201);
    expect(body).toEqual({
      ...{ externalId: 'A-1', asset: 'P-3', message: 'Bearing too hot', severity: 'critical' },
      ...{ recipients: [], state: 'open', raisedAt: '2026-11-22T14:30:00.000Z', responder: null },
      ...{ step: 0, exhausted: false, pages: [expect.any(String)] },
      times: {
        ...{ raised: '2026-11-22T14:30:00.000Z', sent: null, delivered: null, read: null },
        ...{ answered: null, resolved: null },
      },
    });
    expect(await get('/alerts/A-1')).toEqual(body);
    const page = await get(`/messages/${body.pages[0]}`);
    expect(page).toMatchObject({ technician: 'ANA', kind: 'alert.raised', lane: 'critical', alert: 'A-1' });
    expect(page.text).toContain('CRITICAL EQUIPMENT ALERT');
    expect(page.text).toContain('14:30 Nov 22');
    expect(api.rung).toContain(`outbound ${tenant.channelId}`);
    expect(await events()).toMatchObject([
      {
        ...{ type: 'alert.raised', alert: 'A-1', actor: { kind: 'cmms', id: 'test key' } },
        data: { asset: 'P-3', message: 'Bearing too hot', severity: 'critical', told: ['ANA'] },
      },
      {
        type: 'alert.paged',
        alert: 'A-1',
        message: body.pages[0],
        data: { technician: 'ANA', step: 0, overrode: [] },
      },
    ]);
  });

  test('again answers with the alert as it is, and pages nobody', async () => {
    const first = await raise();
    const again = await raise({ message: 'Other words', severity: 'low', asset: 'P-3' });
    expect([again.status, again.body]).toEqual([200, first.body]);
    expect(await messages()).toHaveLength(1);
    expect(await events()).toHaveLength(2);
  });

  test('at the same moment raises one alert', async () => {
    const answers = await Promise.all(Array.from({ length: 4 }, () => raise()));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 200, 201]);
    expect(await messages()).toHaveLength(1);
  });

  test('names all faults at once', async () => {
    const { status, body } = await raise({
      ...{ message: undefined, asset: 'NONE', severity: 'soonish', recipients: ['ANA', 'NOBODY', 7] },
      ...{ colour: 'red', raisedAt: 'yesterday' },
    });
    expect(status).toBe(422);
    expect(body.errors.map(({ pointer }: { pointer: string }) => pointer).sort()).toEqual([
      ...['/asset', '/colour', '/message', '/raisedAt', '/recipients/1', '/recipients/2', '/severity'],
    ]);
    expect((await api.post('/alerts', [], tenant)).body.errors).toHaveLength(1);
    expect(await events()).toEqual([]);
  });

  test.each([
    ['the named recipients', { recipients: ['BEN', 'BEN', 'BOSS'] }, {}, ['BEN', 'BOSS']],
    ['else those responsible', {}, {}, ['ANA']],
    ['else whoever is on call', {}, { responsible: [], onCall: ['BEN'] }, ['BEN']],
    ['else the supervisors', {}, { responsible: [] }, ['BOSS']],
    ['else the planners', {}, { responsible: [], planner: true }, ['PLAN']],
  ])('pages %s', async (_, fields, change: Record<string, unknown>, told) => {
    if (change.responsible) await put('/assets/P-3', { responsible: [] });
    if (change.onCall) await put('/settings', { onCall: change.onCall });
    if (change.planner) {
      await put('/technicians/BOSS', { active: false });
      await person('PLAN', { role: 'planner' });
    }
    expect((await raise(fields)).status).toBe(201);
    expect((await events())[0].data.told).toEqual(told);
    expect((await get('/alerts/A-1')).pages).toHaveLength(told.length);
  });

  test('passes over whoever cannot be told', async () => {
    await put('/technicians/ANA', { phone: null });
    await raise();
    expect(await messages()).toEqual([
      'ANA alert.raised critical cancelled no-address',
      'BOSS technician.not-reached notification queued',
      'BOSS alert.raised critical queued',
    ]);
    expect((await events())[0].data.told).toEqual(['BOSS']);
  });

  test('with nobody to tell says so', async () => {
    for (const id of ['ANA', 'BEN', 'BOSS']) await put(`/technicians/${id}`, { active: false });
    const { body } = await raise({ recipients: ['BEN'] });
    expect(body).toMatchObject({ state: 'open', exhausted: true, pages: [] });
    expect((await events())[0]).toMatchObject({ type: 'alert.raised', data: { told: [] } });
  });

  test('critical passes over what its reader has chosen, and says what; less does not', async () => {
    const always = { from: '00:00', to: '23:59' };
    api.setNow(new Date('2026-11-22T12:00:00Z'));
    await put('/technicians/ANA', {
      preferences: {
        paused: true,
        ways: { whatsapp: false },
        quietHours: always,
        kinds: { 'alert.raised': false },
      },
    });
    await put('/technicians/BEN', { preferences: { quietHours: always } });
    await raise({ recipients: ['ANA', 'BEN'] });
    await raise({ externalId: 'A-2', severity: 'high', recipients: ['ANA', 'BEN'] });
    api.setNow(new Date());
    expect(await messages()).toEqual([
      'ANA alert.raised critical queued',
      'BEN alert.raised critical queued',
      'ANA alert.raised notification cancelled paused',
      'BEN alert.raised notification queued quiet-hours',
    ]);
    const paged = (await events()).filter(({ type }: { type: string }) => type === 'alert.paged');
    expect(paged.map(({ data }: { data: { overrode: string[] } }) => data.overrode)).toEqual([
      ['quiet-hours', 'paused', 'preference'],
      ['quiet-hours'],
      [],
    ]);
  });
});

describe('resolving', () => {
  const resolve = (body: unknown = {}, isEmpty = false) =>
    api.post('/alerts/A-1/resolve', isEmpty ? undefined : body, tenant);

  test('withdraws what did not leave, and tells nobody who was told nothing', async () => {
    await raise();
    const { status, body } = await resolve({ note: 'False alarm' });
    expect([status, body.state, body.responder]).toEqual([200, 'resolved', null]);
    expect(body.times.resolved).toMatch(/Z$/);
    expect(await messages()).toEqual(['ANA alert.raised critical cancelled order-moved-on']);
    expect((await events()).at(-1)).toMatchObject({ type: 'alert.resolved', data: { note: 'False alarm' } });
    expect((await resolve()).body).toEqual(body);
    expect(await events()).toHaveLength(3);
    expect((await raise()).body).toEqual(body);
  });

  test('needs no body', async () => {
    await raise();
    const { status, body } = await resolve(undefined, true);
    expect([status, body.state]).toEqual([200, 'resolved']);
  });

  test('names what is wrong with it, and knows no other alert', async () => {
    await raise();
    expect((await resolve({ note: 7, why: '' })).body.errors).toHaveLength(2);
    expect((await api.post('/alerts/A-9/resolve', {}, tenant)).status).toBe(404);
    const other = await createTenant(api.store);
    expect((await api.post('/alerts/A-1/resolve', {}, other)).status).toBe(404);
    expect((await api.get('/alerts/A-1', other)).status).toBe(404);
  });
});

test('alerts are listed by external id, and messages found by each alert they are about', async () => {
  for (const externalId of ['A-3', 'A-1', 'A-2']) await raise({ externalId });
  const first = await get('/alerts?limit=2');
  expect(first.items.map(({ externalId }: { externalId: string }) => externalId)).toEqual(['A-1', 'A-2']);
  const rest = await get(`/alerts?limit=2&after=${first.next}`);
  expect([rest.items.length, rest.items[0].externalId, rest.next]).toEqual([1, 'A-3', null]);
  // One message waits for Ana, and tells of all three.
  expect(await messages()).toHaveLength(1);
  for (const id of ['A-1', 'A-2', 'A-3']) expect(await messages(`&alert=${id}`)).toHaveLength(1);
  expect(await messages('&alert=A-9')).toEqual([]);
});

test('the queue raises and resolves as well, with its expiry', async () => {
  const job = (name: string, data: Record<string, unknown>) =>
    api.post(
      '/notifications',
      { name, data: { schemaVersion: 1, idempotencyKey: `${name}-1`, ...data } },
      tenant,
    );
  const wrong = await job('alert.raised', { alert: { ...given(), asset: 'NONE', severity: 'x' } });
  expect(wrong.body.errors.map(({ pointer }: { pointer: string }) => pointer).sort()).toEqual([
    '/data/alert/asset',
    '/data/alert/severity',
  ]);
  const expiresAt = '2099-01-01T00:00:00.000Z';
  expect((await job('alert.raised', { alert: given(), expiresAt })).status).toBe(202);
  const { messages: ids } = await get('/notifications/alert.raised-1');
  expect(ids).toEqual((await get('/alerts/A-1')).pages);
  expect((await get(`/messages/${ids[0]}`)).expiresAt).toBe(expiresAt);
  expect((await job('alert.resolved', { externalId: 'A-9' })).body.errors).toHaveLength(1);
  expect((await job('alert.resolved', { externalId: 'A-1', note: 'Cooled down' })).status).toBe(202);
  expect((await get('/alerts/A-1')).state).toBe('resolved');
});
