import { expect, test } from 'vitest';
import { useApi } from '../support/api.ts';
import { createTenant } from '../support/tenant.ts';

const api = useApi();
const pointers = (body: { errors: { pointer: string }[] }) =>
  body.errors.map(({ pointer }) => pointer).sort();

test('settings have defaults, keep what is left out and go back to the default with null', async () => {
  const tenant = await createTenant(api.store, { timeZone: 'Europe/Berlin' });
  const first = await api.get('/settings', tenant);
  expect(first.body).toMatchObject({
    ...{ enabled: true, timeZone: 'Europe/Berlin', locale: 'en', quietHours: null, onCall: [] },
    reminders: [
      { id: 'two-days-before', days: 2, at: '08:00', priorities: null },
      { id: 'one-day-before', days: 1 },
      { id: 'on-the-day', days: 0 },
      { id: 'overdue-daily', days: -1 },
    ],
    escalation: { low: [], medium: [] },
  });
  // What was read may be sent back.
  expect((await api.put('/settings', first.body, tenant)).body).toEqual(first.body);

  await api.put('/technicians/T-1', { name: 'Otto' }, tenant);
  const reminders = [{ id: 'early', days: 3, at: '06:30', priorities: ['critical'] }];
  const changed = await api.put(
    '/settings',
    {
      ...{ enabled: false, timeZone: 'Asia/Tokyo', locale: 'pt-br', fallbackSeconds: 60, retentionDays: 30 },
      ...{ quietHours: { from: '22:00', to: '06:00' }, reminders, onCall: ['T-1'] },
      escalation: { low: [{ waitSeconds: 5, notify: ['T-1', 'supervisor', 'responsible', 'on-call'] }] },
    },
    tenant,
  );
  expect(changed.status).toBe(200);
  expect(changed.body).toMatchObject({
    ...{ enabled: false, timeZone: 'Asia/Tokyo', locale: 'pt-BR', onCall: ['T-1'], reminders },
  });
  expect(changed.body.escalation.low).toEqual([
    { waitSeconds: 5, notify: ['T-1', 'supervisor', 'responsible', 'on-call'], ways: ['whatsapp', 'sms'] },
  ]);
  expect(changed.body.escalation.critical).toEqual(first.body.escalation.critical);

  const back = await api.put(
    '/settings',
    { enabled: true, quietHours: null, reminders: null, onCall: null, escalation: { low: null } },
    tenant,
  );
  expect(back.body).toMatchObject({ timeZone: 'Asia/Tokyo', fallbackSeconds: 60, retentionDays: 30 });
  for (const name of ['enabled', 'quietHours', 'reminders', 'onCall', 'escalation'])
    expect(back.body[name]).toEqual(first.body[name]);
  expect((await api.get('/settings', tenant)).body).toEqual(back.body);
  expect((await api.get('/settings')).body.timeZone).toBe('UTC');
});

test("the tenant's language is one that there is, whether texts come in it or not", async () => {
  const tenant = await createTenant(api.store);
  for (const locale of ['xx', 'english', 'e_n']) {
    const { status, body } = await api.put('/settings', { locale }, tenant);
    expect([locale, status, ...pointers(body)]).toEqual([locale, 422, '/locale']);
  }
  for (const locale of ['fr', 'es-MX', 'zh-Hant-TW']) {
    expect((await api.put('/settings', { locale }, tenant)).body).toMatchObject({ locale });
  }
});

test('every fault of settings is named at once, people nobody knows included', async () => {
  const other = await createTenant(api.store);
  await api.put('/technicians/OTHERS', { name: 'Somebody else’s' }, other);
  await api.put('/technicians/KNOWN', { name: 'Known' });
  const before = (await api.get('/settings')).body;
  const refused = await api.put('/settings', {
    ...{ enabled: 'yes', timeZone: '+01:00', locale: null, fallbackSeconds: 1, retentionDays: 0.5, extra: 1 },
    quietHours: { from: '22:00', to: '22:00' },
    reminders: [
      { id: 'a', days: 1, at: '8:00' },
      { id: 'a', days: 1, at: '08:00' },
    ],
    onCall: ['KNOWN', 'OTHERS', 'KNOWN'],
    escalation: { high: [{ waitSeconds: 0, notify: ['on-call', 'NOBODY'], ways: ['email'] }] },
  });
  expect(refused.status).toBe(422);
  expect(pointers(refused.body)).toEqual(
    [
      ...['/enabled', '/timeZone', '/locale', '/fallbackSeconds', '/retentionDays', '/extra', '/quietHours'],
      ...['/reminders/0/at', '/reminders/1/id', '/onCall/1', '/onCall/2', '/escalation/high/0/notify/1'],
    ].sort(),
  );
  const more = await api.put('/settings', {
    reminders: [
      { id: 'a', days: 1, at: '08:00' },
      { id: 'b', days: 1, at: '08:00', often: true },
    ],
    escalation: { urgent: [], low: [{ waitSeconds: 1, notify: [], ways: ['sms', 'sms'] }] },
  });
  expect(pointers(more.body)).toEqual([
    ...['/escalation/low/0/notify', '/escalation/low/0/ways', '/escalation/urgent', '/reminders/1/often'],
  ]);
  const twice = [1, 2].map((days) => ({ id: 'a', days, at: '08:00' }));
  expect(pointers((await api.put('/settings', { reminders: twice })).body)).toEqual(['/reminders/1/id']);
  expect((await api.get('/settings')).body).toEqual(before);
});

test('a template is kept per kind and language', async () => {
  const contentSid = `HX${'a'.repeat(32)}`;
  const path = '/templates/work-order.assigned/pt-BR';
  expect((await api.get(path)).status).toBe(404);
  expect(pointers((await api.put(path, {})).body)).toEqual(['/contentSid']);
  const made = await api.put(path, { contentSid, variables: ['number', 'title'] });
  expect(made).toMatchObject({ status: 201 });
  expect(made.body).toEqual({
    ...{ kind: 'work-order.assigned', locale: 'pt-BR', contentSid, approval: null },
    variables: ['number', 'title'],
  });
  const changed = await api.put('/templates/work-order.assigned/pt-br', { ...made.body, locale: 'pt-br' });
  expect(changed).toMatchObject({ status: 200, body: made.body });
  expect((await api.put(path, { variables: null })).body).toMatchObject({ contentSid, variables: [] });
  expect((await api.get('/templates/work-order.assigned/PT-BR')).status).toBe(200);
  expect((await api.get(path, await createTenant(api.store))).status).toBe(404);
  expect((await api.get('/templates/work-order.assigned/en')).status).toBe(404);
  expect((await api.get('/templates/nonsense/en')).status).toBe(404);
});

test('a template is taken away by null, whatever language it was said to be in', async () => {
  for (const locale of ['english', 'eo']) {
    const path = `/templates/message.send/${locale}`;
    const gone = { kind: 'message.send', locale, contentSid: null, variables: [], approval: null };
    const made = await api.put(path, { contentSid: `HX${'b'.repeat(32)}`, variables: ['text'] });
    expect(made.status).toBe(201);
    const faulty = await api.put(path, { contentSid: null, variables: ['number'] });
    expect([faulty.status, ...pointers(faulty.body)]).toEqual([422, '/variables/0']);
    expect(await api.put(path, { contentSid: null, variables: [] })).toMatchObject({
      status: 200,
      body: gone,
    });
    expect((await api.get(path)).status).toBe(404);
    expect(await api.put(path, { contentSid: null })).toMatchObject({ status: 200, body: gone });
    expect((await api.put(path, { contentSid: made.body.contentSid })).status).toBe(201);
    await api.put(path, { contentSid: null });
  }
});

test('a template shows what the provider said of it, until it has another content', async () => {
  const path = '/templates/message.send/es';
  const template = { kind: 'message.send', locale: 'es', contentSid: `HX${'c'.repeat(32)}` };
  expect((await api.put(path, { contentSid: template.contentSid, variables: ['text'] })).status).toBe(201);
  const checkedAt = new Date();
  await api.store.tenant(api.tenant.tenantId, (tx) =>
    tx.templates.asked(
      template,
      { status: 'rejected', category: 'UTILITY', rejectionReason: 'INVALID_FORMAT', checkedAt },
      { body: 'Hola {{1}} y adiós', buttons: [] },
    ),
  );
  const approval = {
    ...{ status: 'rejected', category: 'UTILITY', rejectionReason: 'INVALID_FORMAT' },
    checkedAt: checkedAt.toISOString(),
  };
  expect((await api.get(path)).body).toMatchObject({ approval });
  const buttons = await api.put(path, { variables: ['text', 'button:STATUS'] });
  expect(buttons.body).toMatchObject({ variables: ['text', 'button:STATUS'], approval });
  api.rung.length = 0;
  const other = await api.put(path, { contentSid: `HX${'d'.repeat(32)}` });
  expect(other.body).toMatchObject({ approval: null });
  // Whose run asks about it.
  expect(api.rung).toEqual([`outbound ${api.tenant.channelId}`]);
});

test('every fault of a template is named at once', async () => {
  const { status, body } = await api.put('/templates/message.send/en', {
    ...{ contentSid: 'HX1', variables: ['text', 'number'], approval: 'approved', extra: 1 },
  });
  expect([status, ...pointers(body)]).toEqual([422, '/contentSid', '/extra', '/variables/1']);
  const nowhere = await api.put('/templates/nonsense/e_n', { contentSid: 'HX1' });
  expect([nowhere.status, ...pointers(nowhere.body)]).toEqual([422, '/contentSid', '/kind', '/locale']);
});

test('one bad element of a list hides nothing about its neighbours', async () => {
  const { body } = await api.put('/settings', {
    onCall: ['nobody', 7, 'nobody'],
    escalation: {
      high: [{ waitSeconds: -1, notify: ['nobody', 8, 'supervisor'] }, 'soon'],
      low: 'never',
      critical: [{ waitSeconds: 60, notify: ['none'], colour: 'red' }],
    },
  });
  expect(body.errors.map(({ pointer }: { pointer: string }) => pointer).sort()).toEqual([
    '/escalation/critical/0/colour',
    '/escalation/critical/0/notify/0',
    '/escalation/high/0/notify/0',
    '/escalation/high/0/notify/1',
    '/escalation/high/0/waitSeconds',
    '/escalation/high/1',
    '/escalation/low',
    '/onCall/0',
    '/onCall/1',
    '/onCall/2',
    '/onCall/2',
  ]);
});
