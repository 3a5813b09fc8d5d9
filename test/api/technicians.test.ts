import { randomUUID } from 'node:crypto';
import { beforeEach, expect, test } from 'vitest';
import { useApi } from '../support/api.ts';
import { createTenant, type TestTenant } from '../support/tenant.ts';

const api = useApi();
let tenant: TestTenant;
beforeEach(async () => {
  tenant = await createTenant(api.store);
});

const put = (id: string, body: unknown) => api.put(`/technicians/${encodeURIComponent(id)}`, body, tenant);
const get = (id: string) => api.get(`/technicians/${encodeURIComponent(id)}`, tenant);

test('PUT creates, then changes: what is left out stays, null clears', async () => {
  await put('S-1', { name: 'Grace', role: 'supervisor' });
  const created = await put('T-1', {
    name: 'Maria Santos',
    phone: '(500) 555-0101',
    email: 'maria@example.com',
    locale: 'pt-br',
    timeZone: 'America/Sao_Paulo',
    supervisor: 'S-1',
  });
  expect(created.status).toBe(201);
  expect(created.body).toEqual({
    externalId: 'T-1',
    name: 'Maria Santos',
    phone: '+15005550101',
    email: 'maria@example.com',
    addresses: [
      { kind: 'sms', value: '+15005550101', active: true },
      { kind: 'whatsapp', value: '+15005550101', active: true },
    ],
    role: 'technician',
    locale: 'pt-BR',
    timeZone: 'America/Sao_Paulo',
    supervisor: 'S-1',
    active: true,
    preferences: {
      paused: false,
      kinds: {},
      ways: { whatsapp: true, sms: true, email: true },
      quietHours: null,
    },
    windowOpenUntil: null,
    lastSeenAt: null,
  });

  const renamed = await put('T-1', { name: 'Maria S.' });
  expect([renamed.status, renamed.body]).toEqual([200, { ...created.body, name: 'Maria S.' }]);

  const cleared = await put('T-1', {
    phone: null,
    email: null,
    locale: null,
    timeZone: null,
    supervisor: null,
  });
  expect(cleared.body).toMatchObject({
    phone: null,
    email: null,
    locale: null,
    timeZone: null,
    supervisor: null,
  });
  expect(cleared.body.addresses).toEqual([]);
  expect(await get('T-1')).toMatchObject({ status: 200, body: cleared.body });
});

test('all faults are named at once, references to unknown people included', async () => {
  const answer = await put('T-1', {
    phone: '12',
    email: 'nobody',
    role: 'boss',
    locale: 'not a language',
    timeZone: '+03:00',
    supervisor: 'S-9',
    active: null,
    addresses: [
      { kind: 'whatsapp', value: 'x' },
      { kind: 'whatsapp-user-id', value: 'US-1' },
      { kind: 'sms', value: '+15005550101' },
      { kind: 'sms', value: '+1 500 555 0101' },
      { kind: 'sms', value: '+15005550102', primary: true },
    ],
    preferences: {
      kinds: { 'nothing.such': true },
      ways: { fax: true },
      quietHours: { from: '25:00', to: '6' },
    },
    favourite: 'blue',
    'a/b~c': 1,
  });
  expect(answer.status).toBe(422);
  expect(answer.body.type).toBe('urn:rbm:problem:invalid');
  expect(answer.body.errors.map(({ pointer }: { pointer: string }) => pointer).sort()).toEqual(
    [
      '/a~1b~0c',
      '/active',
      '/addresses/0/value',
      '/addresses/1/value',
      '/addresses/3',
      '/addresses/4/primary',
      '/email',
      '/favourite',
      '/locale',
      '/name',
      '/phone',
      '/preferences/kinds/nothing.such',
      '/preferences/quietHours/from',
      '/preferences/quietHours/to',
      '/preferences/ways/fax',
      '/role',
      '/supervisor',
      '/timeZone',
    ].sort(),
  );
  expect((await get('T-1')).status).toBe(404);
});

test('text that Postgres cannot keep is a fault with its place', async () => {
  for (const name of ['Ma\u0000ria', 'Ma\ud800ria', '   ', 'x'.repeat(201)]) {
    const answer = await put('T-1', { name });
    expect([answer.status, answer.body.errors[0].pointer]).toEqual([422, '/name']);
  }
  const answer = await put('T-1', { name: 'Maria', '\u0000\ud800': 1 });
  expect([answer.status, answer.body.errors[0].pointer]).toEqual([422, '/\ufffd\ufffd']);
  // 200 characters, as people count them.
  expect((await put('T-1', { name: '👷'.repeat(200) })).status).toBe(201);
});

test('a key is 1 to 64 characters that an address can hold', async () => {
  for (const id of ['T/1', 'T 1', 'Т-1', '100%', 'a.b', '👷'.repeat(64), "o'neill", '__proto__']) {
    expect([id, (await put(id, { name: 'x' })).status]).toEqual([id, 201]);
    expect((await get(id)).body.externalId).toBe(id);
  }
  for (const id of ['👷'.repeat(65), ' ', 'a\nb', 'a\u0000']) {
    const answer = await put(id, { name: 'x' });
    expect([id, answer.status, answer.body.errors[0].pointer]).toEqual([id, 422, '/externalId']);
  }
});

test('a phone is known in any spelling and belongs to one person of the tenant', async () => {
  expect((await put('T-1', { name: 'Maria', phone: '+1 (500) 555-0101' })).status).toBe(201);
  for (const phone of ['500.555.0101', '１５００５５５０１０１', '001 500 555 0101'.replace('001', '+1')]) {
    const taken = await put('T-2', { name: 'James', phone });
    expect([taken.status, taken.body.type]).toEqual([409, 'urn:rbm:problem:conflict']);
    expect(taken.body.errors).toEqual([{ pointer: '/phone', detail: "is another technician's" }]);
  }
  expect((await get('T-2')).status).toBe(404);
  const asAddress = await put('T-2', {
    name: 'James',
    phone: '+15005550102',
    addresses: [
      { kind: 'whatsapp-user-id', value: 'US.1' },
      { kind: 'whatsapp', value: '5005550101' },
    ],
  });
  expect([asAddress.status, asAddress.body.errors[0].pointer]).toEqual([409, '/addresses/1']);
  expect((await put('T-1', { phone: '5005550101' })).status).toBe(200);

  // Free again once the first one gives it up.
  await put('T-1', { phone: '+15005550103' });
  expect((await put('T-2', { name: 'James', phone: '5005550101' })).status).toBe(201);
});

test('two PUTs of one phone at once: one gets it, the other 409, none 500', async () => {
  for (let round = 0; round < 5; round++) {
    const phone = `+1500555020${round}`;
    const answers = await Promise.all(
      ['a', 'b', 'c'].map((id) => put(`${id}-${round}`, { name: 'x', phone })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409]);
  }
});

test('two PUTs of one new key at once: one creates, the others change', async () => {
  const answers = await Promise.all(Array.from({ length: 4 }, (_, n) => put('T-race', { name: `n${n}` })));
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 200, 201]);
});

test("addresses beyond the phone are replaced as a whole; the phone's come and go with it", async () => {
  const own = (value: string, active = true) => [
    { kind: 'sms', value, active },
    { kind: 'whatsapp', value, active },
  ];
  const userId = { kind: 'whatsapp-user-id', value: 'US.13491208655302741918', active: true };
  const second = { kind: 'whatsapp', value: '+15005550109', active: true };
  await put('T-1', { name: 'Maria', phone: '+15005550101' });
  const more = await put('T-1', {
    addresses: [
      { kind: userId.kind, value: userId.value },
      { kind: 'whatsapp', value: '500 555 0109' },
    ],
  });
  expect(more.body.addresses).toEqual([...own('+15005550101'), second, userId]);
  const moved = await put('T-1', { phone: '+15005550102' });
  expect(moved.body.addresses).toEqual([...own('+15005550102'), second, userId]);
  // An address of the phone can be switched off, and stays off.
  const off = await put('T-1', { addresses: [{ kind: 'whatsapp', value: '+15005550102', active: false }] });
  expect(off.body.addresses).toEqual([
    { kind: 'sms', value: '+15005550102', active: true },
    { kind: 'whatsapp', value: '+15005550102', active: false },
  ]);
  expect((await put('T-1', { name: 'Maria S.' })).body.addresses).toEqual(off.body.addresses);
  expect((await put('T-1', { addresses: null })).body.addresses).toEqual(own('+15005550102'));
});

test('preferences are merged: what is left out stays, null goes back to the default', async () => {
  const first = await put('T-1', {
    name: 'Maria',
    preferences: {
      paused: true,
      kinds: { 'work-order.reminder': false, 'message.send': true },
      ways: { sms: false },
      quietHours: { from: '22:00', to: '06:00' },
    },
  });
  expect(first.body.preferences).toEqual({
    paused: true,
    kinds: { 'work-order.reminder': false, 'message.send': true },
    ways: { whatsapp: true, sms: false, email: true },
    quietHours: { from: '22:00', to: '06:00' },
  });
  const second = await put('T-1', {
    preferences: { paused: null, kinds: { 'message.send': null }, ways: { email: false } },
  });
  expect(second.body.preferences).toEqual({
    paused: false,
    kinds: { 'work-order.reminder': false },
    ways: { whatsapp: true, sms: false, email: false },
    quietHours: { from: '22:00', to: '06:00' },
  });
  const third = await put('T-1', { preferences: null });
  expect(third.body.preferences).toMatchObject({ paused: false, kinds: {}, quietHours: null });
});

test('what was read can be sent back; what only the service sets cannot be changed', async () => {
  const { body } = await put('T-1', { name: 'Maria', phone: '+15005550101' });
  const back = await put('T-1', { ...body, name: 'Ana' });
  expect([back.status, back.body]).toEqual([200, { ...body, name: 'Ana' }]);
  const other = await put('T-1', { externalId: 'T-2' });
  expect([other.status, other.body.errors[0].pointer]).toEqual([422, '/externalId']);
});

test('a whole technician sent back with another phone is no longer reached at the old one', async () => {
  const addresses = [{ kind: 'sms', value: '+1 500 555 0199' }];
  const { body: read } = await put('T-1', { name: 'Ana', phone: '+15005550101', addresses });
  const { body } = await put('T-1', { ...read, phone: '+15005550102' });
  expect(body.addresses).toEqual([
    { kind: 'sms', value: '+15005550102', active: true },
    { kind: 'sms', value: '+15005550199', active: true },
    { kind: 'whatsapp', value: '+15005550102', active: true },
  ]);
  expect((await put('T-2', { name: 'Ben', phone: '+15005550101' })).status).toBe(201);
  const { body: without } = await put('T-1', { ...body, phone: null });
  expect(without.addresses).toEqual([{ kind: 'sms', value: '+15005550199', active: true }]);
  // Named without a change of the phone, it stays.
  expect((await put('T-1', { ...without, addresses: body.addresses })).body.addresses).toEqual(
    body.addresses,
  );
});

test('nobody is his own supervisor', async () => {
  await put('T-1', { name: 'Maria' });
  const answer = await put('T-1', { supervisor: 'T-1' });
  expect([answer.status, answer.body.errors[0].pointer]).toEqual([422, '/supervisor']);
});

test('the window is open for 23 h 50 min after the last message, unless the provider said otherwise since', async () => {
  await put('T-1', { name: 'Maria', phone: '+15005550101' });
  const heardAt = new Date('2026-11-22T12:00:00.000Z');
  await api.store.tenant(tenant.tenantId, async (tx) => {
    const { id } = (await tx.technicians.find('T-1'))!;
    const conversation = await tx.conversations.open(
      tenant.channelId!,
      id,
      'whatsapp:+15005550101',
      randomUUID,
    );
    await tx.conversations.heard(conversation, heardAt, {
      ...{ technicianId: id, heard: null, talk: null },
    });
  });
  const windowAt = async (moment: string) => {
    api.setNow(new Date(moment));
    return (await get('T-1')).body.windowOpenUntil;
  };
  expect(await windowAt('2026-11-22T12:00:00.000Z')).toBe('2026-11-23T11:50:00.000Z');
  expect(await windowAt('2026-11-23T11:49:59.999Z')).toBe('2026-11-23T11:50:00.000Z');
  expect(await windowAt('2026-11-23T11:50:00.000Z')).toBeNull();

  await api.put('/work-orders/WO-1', { title: 'Seal', assignee: 'T-1' }, tenant);
  const [message] = (await api.get('/messages', tenant)).body.items;
  const refuse = (at: string) =>
    api.store.tenant(tenant.tenantId, (tx) => tx.conversations.windowRefusedFor(message.id, new Date(at)));
  await refuse('2026-11-22T11:59:59.000Z');
  expect(await windowAt('2026-11-22T13:00:00.000Z')).toBe('2026-11-23T11:50:00.000Z');
  await refuse('2026-11-22T12:30:00.000Z');
  expect(await windowAt('2026-11-22T13:00:00.000Z')).toBeNull();
});

test('what was written by text message, or to a sender that is no longer used, opens no window', async () => {
  await put('T-1', { name: 'Maria', phone: '+15005550101' });
  const heardAt = new Date('2026-11-22T12:00:00.000Z');
  const before = randomUUID();
  const ofChannel = { provider: 'simulator', accountSid: 'AC1', credentials: '' } as const;
  await api.store.tenant(tenant.tenantId, async (tx) => {
    const { id } = (await tx.technicians.find('T-1'))!;
    const more = { ...ofChannel, messagingServiceSid: null, messagesPerSecond: 1 };
    const text = { ...more, id: randomUUID(), way: 'sms' as const, address: `+1415${tenant.slug}` };
    const retired = {
      ...more,
      id: before,
      way: 'whatsapp' as const,
      address: `whatsapp:+1415${tenant.slug}`,
    };
    for (const channel of [text, retired]) {
      await tx.channels.save(channel, heardAt);
      const conversation = await tx.conversations.open(channel.id, id, '+15005550101', randomUUID);
      await tx.conversations.heard(conversation, heardAt, { technicianId: id, heard: null, talk: null });
    }
  });
  const window = async () => (await get('T-1')).body.windowOpenUntil;
  api.setNow(heardAt);
  expect(await window()).toBe('2026-11-23T11:50:00.000Z');
  await api.store.tenant(tenant.tenantId, (tx) => tx.channels.retire(before, heardAt));
  expect(await window()).toBeNull();
});

test('who wrote before being registered goes on in the same conversation', async () => {
  const stranger = 'whatsapp:+15005550177';
  const [stored] = await api.store.gate.storeInbound([
    {
      kind: 'message',
      tenantId: tenant.tenantId,
      channelId: tenant.channelId!,
      id: randomUUID(),
      key: Buffer.from('SM1'),
      raw: Buffer.from('Body=hello'),
      source: 'webhook',
      status: 'received',
      receivedAt: null,
      way: 'whatsapp',
      address: stranger,
      userId: null,
      providerId: 'SM1',
      attemptId: null,
    },
  ]);
  await put('T-1', { name: 'Maria', phone: '+15005550177' });
  const conversation = await api.store.tenant(tenant.tenantId, async (tx) => {
    const { id } = (await tx.technicians.find('T-1'))!;
    return {
      opened: await tx.conversations.open(tenant.channelId!, id, stranger, randomUUID),
      locked: await tx.conversations.lock(stored!.conversationId!),
      id,
    };
  });
  expect(conversation.opened).toBe(stored!.conversationId);
  expect(conversation.locked!.technicianId).toBe(conversation.id);
});

test('pausing, switching off and back are events; what changes neither is none', async () => {
  const events = async () => {
    await api.store.tenant(tenant.tenantId, (tx) => tx.events.publish(10));
    return (await api.get('/events', tenant)).body.items;
  };
  const rings = () => api.rung.filter((bell) => bell === `cmms-events ${tenant.tenantId}`).length;
  await put('T-1', { name: 'Maria', preferences: { paused: false } });
  await put('T-1', { name: 'Maria S.', active: true });
  expect([await events(), rings()]).toEqual([[], 0]);

  await put('T-1', { preferences: { paused: true } });
  await put('T-1', { preferences: { paused: true } });
  await put('T-1', { preferences: null });
  await put('T-1', { active: false });
  await put('T-1', { active: true });
  await put('T-1', { active: false, preferences: { paused: true } });
  const found = await events();
  expect(found.map(({ type }: { type: string }) => type.replace('technician.', ''))).toEqual([
    ...['paused', 'resumed', 'paused', 'resumed', 'paused'],
  ]);
  expect(found[2]).toMatchObject({
    ...{ actor: { kind: 'cmms', id: 'test key' }, workOrder: null },
    data: { technician: 'T-1', active: false, paused: false },
  });
  expect(rings()).toBe(5);
});

test('one bad address hides nothing about the others', async () => {
  await put('T-1', { name: 'Ana', phone: '+15005550101' });
  const { body } = await put('T-2', {
    name: 'Ben',
    addresses: [
      { kind: 'sms', value: 'no phone' },
      { kind: 'pigeon', value: 'US.1349' },
      7,
      { kind: 'sms', value: '+15005550101', colour: 'red' },
    ],
  });
  expect(body.errors.map(({ pointer }: { pointer: string }) => pointer).sort()).toEqual([
    ...['/addresses/0/value', '/addresses/1/kind', '/addresses/2', '/addresses/3', '/addresses/3/colour'],
  ]);
});
