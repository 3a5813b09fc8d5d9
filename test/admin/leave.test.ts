import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { beforeAll, expect, test } from 'vitest';
import { inbound } from '../../jobs/inbound.ts';
import { keyOf } from '../../src/attachments/files.ts';
import { eraseTechnician, goOnErasing } from '../../src/cmms/erase-technician.ts';
import { readFacts } from '../../src/cmms/facts.ts';
import { collectFaults } from '../../src/cmms/faults.ts';
import type { TechnicianFields } from '../../src/cmms/fields.ts';
import { resend } from '../../src/cmms/resend.ts';
import { saveTechnician } from '../../src/cmms/save-technician.ts';
import { saveWorkOrder } from '../../src/cmms/save-work-order.ts';
import { sha256 } from '../../src/crypto.ts';
import { follow } from '../../src/messaging/next-way.ts';
import { phoneAt } from '../support/phone.ts';
import { createTenant, type TestTenant } from '../support/tenant.ts';
import { usePanel } from './panel.ts';

const panel = usePanel();
let tenant: TestTenant;
let client: pg.Client;
beforeAll(async () => {
  tenant = await createTenant(panel.deps.store, { slug: 'leavers' });
  client = new pg.Client({ connectionString: panel.databaseUrl });
  // The panel's database goes before it.
  client.on('error', () => {});
  await client.connect();
  await client.query("SELECT set_config('app.tenant_id', $1, false)", [tenant.tenantId]);
  return () => client.end();
});

const put = (externalId: string, fields: TechnicianFields) =>
  panel.deps.store.tenant(tenant.tenantId, async (tx) => {
    const facts = await readFacts(tx, panel.deps, { kind: 'cmms', id: null });
    await saveTechnician(tx, externalId, fields, facts, collectFaults());
    return (await tx.technicians.find(externalId))!;
  });
const order = (number: string, fields: Record<string, unknown>) =>
  panel.deps.store.tenant(tenant.tenantId, async (tx) => {
    const facts = await readFacts(tx, panel.deps, { kind: 'cmms', id: null });
    await saveWorkOrder(tx, number, fields as never, facts, collectFaults());
  });

test('somebody whose id begins and ends with a space is erased as anybody', async () => {
  const path = `/admin/technicians/${encodeURIComponent(' z 9 ')}`;
  await put(' z 9 ', { name: 'Zed Nine', active: false });
  const browser = await panel.signedIn('administrator', tenant);
  expect((await browser.post(`${path}/erase`, { confirm: 'z9' })).status).toBe(422);
  const { location } = await browser.post(`${path}/erase`, { confirm: ' z 9 ' });
  expect(location).toBe(`${path}?done=erased`);
});

/** Every row of the tenant's, in every table, as text. */
const everything = async (): Promise<string[]> => {
  const { rows: tables } = await client.query<{ table_name: string }>(
    "SELECT table_name FROM information_schema.columns WHERE table_schema = 'public' AND column_name = 'tenant_id'",
  );
  const found: string[] = [];
  for (const { table_name } of tables) {
    const { rows } = await client.query(`SELECT t.* FROM ${table_name} t WHERE tenant_id = $1`, [
      tenant.tenantId,
    ]);
    for (const row of rows) {
      const columns = Object.entries(row).map(([name, value]) =>
        Buffer.isBuffer(value) ? `${name}: ${value.toString('latin1')}` : `${name}: ${JSON.stringify(value)}`,
      );
      found.push(`${table_name} ${columns.join(', ')}`);
    }
  }
  return found;
};

test('who leaves is locked at once, and who is erased leaves no trace but under the external id', async () => {
  const name = 'Zoë "Zip" Quintero';
  await put('boss', { name: 'Eva Mora', role: 'supervisor', phone: '+12025550142' });
  const zoe = await put('zoe-1', {
    ...{ name, phone: '+12025550177', email: 'zoe.q@example.com', supervisor: 'boss', locale: 'es' },
  });
  await put('ben', { name: 'Ben Ortiz', phone: '+12025550143' });
  const phone = phoneAt(panel.deps, tenant, 'whatsapp:+12025550177', 'whatsapp:US.998877');
  await order('WO-1', { title: 'Pump', assignee: 'zoe-1', status: 'in_progress' });
  await order('WO-2', { title: 'Fan', assignee: 'zoe-1' });
  await phone.says('nota caracola rota');
  await phone.says('demorar espero caracola');
  await phone.says('escalar caracola');
  await phone.says('necesito caracola');
  await phone.says('estado');
  await order('WO-2', { assignee: 'ben' });
  const photo = randomUUID();
  await panel.deps.store.tenant(tenant.tenantId, async (tx) => {
    const [message] = await tx.messages.list({
      before: null,
      limit: 1,
      technicianId: zoe.id,
      direction: 'in',
    });
    await tx.attachments.add({
      ...{ id: photo, messageId: message!.id, channelId: tenant.channelId!, technicianId: zoe.id },
      ...{ workOrderId: null, kind: 'image', caption: 'caracola', declaredType: 'image/png', place: null },
      ...{ sourceUrl: 'https://example.com/caracola', receivedAt: new Date() },
    });
    const [notice] = await tx.messages.list({
      before: null,
      limit: 1,
      technicianId: zoe.id,
      direction: 'out',
    });
    const attempt = randomUUID();
    await client.query(
      `INSERT INTO attempt (tenant_id, id, message_id, channel_id, reason, address, text, state, status, error_text, sending_at)
       VALUES ($1, $2, $3, $4, 'first', 'whatsapp:+12025550177', 'caracola', 'accepted', 'failed', 'no +12025550177', now())`,
      [tenant.tenantId, attempt, notice!.id, tenant.channelId],
    );
    await panel.deps.store.gate.storeInbound([
      {
        ...{ kind: 'status', tenantId: tenant.tenantId, channelId: tenant.channelId!, id: randomUUID() },
        ...{ key: sha256('a callback'), raw: Buffer.from('To=whatsapp%3A%2B12025550177'), source: 'webhook' },
        ...{ status: 'received', receivedAt: new Date(), way: 'whatsapp', address: null, userId: null },
        ...{ providerId: 'SM1', attemptId: attempt },
      } as never,
    ]);
  });
  const before = await everything();
  const traces = /Zo[eë] |Quintero|2025550177|zoe\.q|998877|caracola/i;
  expect(new Set(before.filter((row) => traces.test(row)).map((row) => row.split(' ')[0]))).toEqual(
    new Set([
      ...['attachment', 'attempt', 'chain', 'conversation', 'conversation_address', 'event', 'message'],
      ...['status_callback', 'technician', 'technician_address'],
    ]),
  );

  const browser = await panel.signedIn('administrator', tenant);
  const erase = (confirm: string) => browser.post('/admin/technicians/zoe-1/erase', { confirm });
  expect((await browser.get('/admin/technicians/zoe-1')).text).not.toContain('Erase for good');
  expect((await erase('zoe-1')).text).toContain('note first that they left');
  const left = await browser.post('/admin/technicians/zoe-1/leave');
  expect(left.location).toBe('/admin/technicians/zoe-1?done=left');
  const page = (await browser.get('/admin/technicians/zoe-1')).text;
  expect(page).toMatch(/give each to somebody else[\s\S]*href="\/admin\/work-orders\/WO-1"/);
  expect(page).not.toContain('WO-2');
  expect(await phone.says('estado')).toMatch(/registered technicians/);
  expect(await phone.says('estado')).toBeNull();

  // What still waits goes its way first: here nobody sends anything.
  expect((await erase('zoe-1')).text).toContain('still to be read or sent');
  await client.query("UPDATE message SET status = 'unknown', due_at = NULL WHERE status = 'queued'");
  await client.query('UPDATE attempt SET look_at = now()');
  expect((await erase('zoe-1')).text).toContain('still to be read or sent');
  // How it ended nobody will know.
  await client.query('UPDATE attempt SET look_at = NULL');
  const planner = await panel.signedIn('planner', tenant);
  expect((await planner.post('/admin/technicians/zoe-1/erase', { confirm: 'zoe-1' })).status).toBe(403);
  expect((await erase('zoe')).text).toContain('type the external id exactly');
  expect((await everything()).join('\n')).toMatch(traces);
  const files = panel.files;
  await files.put(keyOf(tenant.tenantId, photo), Buffer.from('caracola'));
  expect((await erase(' zoe-1 ')).location).toBe('/admin/technicians/zoe-1?done=erased');

  const after = await everything();
  expect(after.filter((row) => traces.test(row))).toEqual([]);
  expect(await files.open(keyOf(tenant.tenantId, photo))).toBeNull();
  // Facts, keys and other people's stay.
  const count = (rows: string[], table: string) => rows.filter((row) => row.startsWith(`${table} `)).length;
  for (const table of [
    'message',
    'event',
    'inbound_key',
    'attempt',
    'status_callback',
    'attachment',
    'chain',
  ]) {
    expect([table, count(after, table)]).toEqual([
      table,
      Math.max(count(before, table), count(after, table)),
    ]);
  }
  expect(after.join('\n')).toMatch(/event .*work_order\.noted.*zoe-1/);
  expect(after.filter((row) => row.includes('Ben Ortiz'))).not.toEqual([]);
  expect((await browser.get('/admin/technicians/zoe-1')).text).toContain('Erased technician');
  expect((await browser.get('/admin/audit')).text).toContain('personal data: zoe-1');

  // The phone's next owner is a stranger, and the CMMS may begin anew with the key.
  expect(await phone.says('hola')).toMatch(/registered technicians/);
  await put('zoe-1', { name: 'Zoë again', active: true });
  expect((await browser.get('/admin/technicians')).text).toContain('Zoë again');
});

test('who was taken back is known as before', async () => {
  await put('cy', { name: 'Cy', phone: '+12025550188' });
  const phone = phoneAt(panel.deps, tenant, 'whatsapp:+12025550188');
  const browser = await panel.signedIn('planner', tenant);
  await browser.post('/admin/technicians/cy/leave');
  expect(await phone.says('help')).toMatch(/registered technicians/);
  expect((await browser.get('/admin/technicians/cy')).text).not.toContain('Erase');
  await browser.post('/admin/technicians/cy/return');
  expect(await phone.says('help')).toContain('MY WORK');
});

/** An event of the CMMS's, as it stands there after somebody was erased. */
const addEvent = async (data: Record<string, unknown>) => {
  const id = randomUUID();
  await client.query(
    `INSERT INTO event (tenant_id, id, type, at, actor_kind, data) VALUES ($1, $2, 'alert.raised', now(), 'cmms', $3)`,
    [tenant.tenantId, id, JSON.stringify(data)],
  );
  return async () => (await client.query('SELECT data FROM event WHERE id = $1', [id])).rows[0].data;
};

test('a name is taken out of what people wrote, and out of no id and no key', async () => {
  await put('ada', { name: 'Ada' });
  await put('key', { name: 'Message' });
  const place = { latitude: 1, longitude: 2, label: "Ada's yard", address: null };
  const event = await addEvent({
    ...{
      asset: 'Ada',
      message: 'Ada, the ada-2 of Ada.',
      told: ['ada', 'ada-2'],
      severity: 'Message',
      place,
    },
  });
  const { rows } = await client.query(
    `INSERT INTO message (tenant_id, id, direction, way, status, text, other_texts)
     VALUES ($1, $2, 'out', 'email', 'sent', 'ada.b and Ada: a message', '{"ada": "Ask \\"Ada\\"", "sms": "ada"}')
     RETURNING id`,
    [tenant.tenantId, randomUUID()],
  );
  const browser = await panel.signedIn('administrator', tenant);
  for (const id of ['ada', 'key']) {
    await browser.post(`/admin/technicians/${id}/leave`);
    const { location } = await browser.post(`/admin/technicians/${id}/erase`, { confirm: id });
    expect(location).toBe(`/admin/technicians/${id}?done=erased`);
  }
  expect(await event()).toEqual({
    ...{ asset: 'Ada', message: '[erased], the ada-2 of [erased].', told: ['ada', 'ada-2'] },
    ...{ severity: 'Message', place: { ...place, label: "[erased]'s yard" } },
  });
  const found = await client.query('SELECT text, other_texts FROM message WHERE id = $1', [rows[0].id]);
  expect(found.rows).toEqual([
    {
      text: 'ada.b and [erased]: a [erased]',
      other_texts: { ada: 'Ask "[erased]"', sms: '[erased]' },
    },
  ]);
});

test('nobody is erased while a message of their conversation waits that carries no technician', async () => {
  const phone = phoneAt(panel.deps, tenant, 'whatsapp:+12025550161');
  expect(await phone.says('hola caracol')).toMatch(/registered technicians/);
  await put('eli', { name: 'Eli', phone: '+12025550161', active: false });
  const ofConversation = `tenant_id = '${tenant.tenantId}' AND technician_id IS NULL AND conversation_id IN (
    SELECT conversation_id FROM conversation_address WHERE address = 'whatsapp:+12025550161')`;
  const browser = await panel.signedIn('administrator', tenant);
  const erase = () => browser.post('/admin/technicians/eli/erase', { confirm: 'eli' });
  expect((await erase()).text).toContain('still to be read or sent');
  const answer = `UPDATE message SET status = $1, due_at = NULL WHERE ${ofConversation} AND direction = 'out'`;
  await client.query(answer, ['sent']);
  const word = `UPDATE message SET status = $1 WHERE ${ofConversation} AND direction = 'in'`;
  await client.query(word, ['received']);
  expect((await erase()).text).toContain('still to be read or sent');
  await client.query(word, ['processed']);
  expect((await erase()).location).toBe('/admin/technicians/eli?done=erased');
  expect((await everything()).filter((row) => /caracol|2025550161/.test(row))).toEqual([]);
});

test('the name goes out of a long log piece by piece, and the page says so until it is done', async () => {
  await put('ida', { name: 'Ida Krull', active: false });
  const events: Awaited<ReturnType<typeof addEvent>>[] = [];
  for (let n = 0; n < 5; n++) events.push(await addEvent({ message: `${n} Ida Krull` }));
  const own = await addEvent({ technician: 'ida', text: 'secreto' });
  const { store } = panel.deps;
  // Postgres's moments are finer than ours: what was written within this millisecond would be later.
  const refused = store.tenant(tenant.tenantId, (tx) =>
    eraseTechnician(tx, 'ida', { now: new Date(Date.now() + 1000) }),
  );
  expect(await refused).toBeNull();
  const later = await addEvent({ technician: 'ida', text: 'whose id it is now' });
  await client.query("UPDATE event SET at = now() + interval '1 hour' WHERE data->>'text' LIKE 'whose%'");
  const browser = await panel.signedIn('administrator', tenant);
  const page = async () => (await browser.get('/admin/technicians/ida')).text;
  const left = async () => {
    const messages: string[] = [];
    for (const data of events) messages.push((await data()).message);
    return messages;
  };
  expect(await page()).toMatch(/still\s+being taken out/);

  const sizes = new Set<number>();
  while ((await store.tenant(tenant.tenantId, (tx) => tx.erasure.goOn(2))).isMore) {
    sizes.add((await left()).filter((message) => message.includes('Ida')).length);
  }
  // The last piece may hold some, too.
  expect(sizes.size).toBeGreaterThan(1);
  expect(await left()).toEqual(events.map((_, n) => `${n} [erased]`));
  expect(await own()).toEqual({ technician: 'ida' });
  expect(await later()).toEqual({ technician: 'ida', text: 'whose id it is now' });
  expect(await page()).not.toMatch(/still\s+being taken out/);
  expect(await goOnErasing({ ...panel.deps, files: panel.files }, tenant.tenantId, 0)).toBe('done');
  expect((await everything()).filter((row) => /Krull/.test(row))).toEqual([]);
});

/** Where the person is erased, up to what the page itself would do next. */
const begin = (externalId: string, meanwhile: () => Promise<unknown> = async () => {}) =>
  panel.deps.store.tenant(tenant.tenantId, async (tx) => {
    const refused = await eraseTechnician(tx, externalId, { now: new Date() });
    await meanwhile();
    return refused;
  });
const goOn = () => goOnErasing({ ...panel.deps, files: panel.files }, tenant.tenantId, 60_000);

test('what comes in while somebody is erased is a stranger’s, and nothing of it is theirs', async () => {
  const noa = await put('noa', { name: 'Noa Brandt', phone: '+12025550155' });
  const phone = phoneAt(panel.deps, tenant, 'whatsapp:+12025550155', 'whatsapp:US.554433');
  await phone.says('help');
  const ofNoa = () =>
    client.query(
      `SELECT c.id, a.address, c.heard_on, c.heard_from FROM conversation c
       LEFT JOIN conversation_address a ON a.tenant_id = c.tenant_id AND a.conversation_id = c.id
       WHERE c.technician_id = $1`,
      [noa.id],
    );
  const [before] = (await ofNoa()).rows;
  await client.query("UPDATE message SET status = 'sent', due_at = NULL WHERE status = 'queued'");
  await put('noa', { active: false });
  let arrived!: Awaited<ReturnType<typeof phone.sends>>;
  const refused = await begin('noa', async () => {
    // Its conversation was known a moment ago.
    arrived = await phone.sends('caracol');
  });
  expect(refused).toBeNull();
  const where = async () =>
    (
      await client.query('SELECT conversation_id AS id, technician_id FROM message WHERE id = $1', [
        arrived.id,
      ])
    ).rows[0];
  expect(await where()).toEqual({ id: before.id, technician_id: null });
  await goOn();
  await arrived.work();
  const { id } = await where();
  expect(id).not.toBe(before.id);
  expect((await ofNoa()).rows).toEqual([{ id: before.id, address: null, heard_on: null, heard_from: null }]);
  // There it waits for its own turn, as a stranger's.
  await inbound({ ...panel.deps, mustWaitForSpill: async () => false })({ tenantId: tenant.tenantId, id });
  const { answered_by: answer } = (
    await client.query('SELECT answered_by FROM message WHERE id = $1', [arrived.id])
  ).rows[0];
  const { rows: said } = await client.query(
    'SELECT conversation_id AS id, technician_id, text FROM message WHERE id = $1',
    [answer],
  );
  expect(said).toEqual([{ id, technician_id: null, text: expect.stringMatching(/registered technicians/) }]);
  const later = await phone.sends('otra');
  await later.work();
  const found = await client.query('SELECT conversation_id AS id FROM message WHERE id = $1', [later.id]);
  expect(found.rows).toEqual([{ id }]);
  expect((await everything()).filter((row) => row.includes(noa.id) && /2025550155|554433/.test(row))).toEqual(
    [],
  );
});

test('what others were told in the words of somebody erased is said by no further way, and not again', async () => {
  const kai = await put('kai', { name: 'Kai', phone: '+12025550168' });
  const boss = await put('kais-boss', { name: 'Ben', phone: '+12025550169' });
  const { rows } = await client.query(
    `WITH own AS (
       INSERT INTO message (tenant_id, id, direction, way, kind, status, technician_id, text, received_at)
       VALUES ($1, gen_random_uuid(), 'in', 'whatsapp', 'command', 'processed', $2, 'caracola', now()) RETURNING id
     )
     INSERT INTO message (tenant_id, id, direction, way, channel_id, kind, lane, status, technician_id, text, caused_by,
       expires_at)
     SELECT $1, gen_random_uuid(), 'out', 'whatsapp', $4, 'message.send', 'notification', 'failed', $3, 'caracola', id,
       now() + interval '1 hour' FROM own RETURNING id`,
    [tenant.tenantId, kai.id, boss.id, tenant.channelId],
  );
  await put('kai', { active: false });
  expect(await begin('kai')).toBeNull();
  const sayAgain = () =>
    panel.deps.store.tenant(tenant.tenantId, async (tx) => {
      const facts = await readFacts(tx, panel.deps, { kind: 'admin', id: null });
      return [
        await follow(tx, panel.deps, (await tx.outbox.lockForNextWay(rows[0].id))!),
        await resend(tx, rows[0].id, 'whatsapp', facts),
      ];
    });
  const refused = [null, { kind: 'refused', why: 'erased' }];
  expect(await sayAgain()).toEqual(refused);
  await goOn();
  expect(await sayAgain()).toEqual(refused);
  expect((await everything()).filter((row) => row.includes('caracola'))).toEqual([]);
});

test('somebody with very much is erased a piece at a time, and hidden from the first moment', async () => {
  const kim = await put('kim', { name: 'Kim Duarte', phone: '+12025550166' });
  const ben = await put('kims-boss', { name: 'Ben', phone: '+12025550167' });
  const { rows: made } = await client.query(
    `WITH own AS (
       INSERT INTO message (tenant_id, id, direction, way, kind, status, technician_id, text, raw, received_at)
       SELECT $1, gen_random_uuid(), 'in', 'whatsapp', 'command', 'processed', $2, 'caracola ' || n, 'caracola', now()
       FROM generate_series(1, 6000) n RETURNING id
     ), told AS (
       INSERT INTO message (tenant_id, id, direction, way, kind, status, technician_id, text, caused_by)
       SELECT $1, gen_random_uuid(), 'out', 'whatsapp', 'message.send', 'sent', $3, 'caracola', id FROM own LIMIT 600
       RETURNING id
     ), tried AS (
       INSERT INTO attempt (tenant_id, id, message_id, channel_id, reason, address, text, state, status, sending_at)
       SELECT $1, gen_random_uuid(), id, $4, 'first', 'whatsapp:+12025550167', 'caracola', 'accepted', 'sent', now()
       FROM told
     ), done AS (
       INSERT INTO event (tenant_id, id, type, at, actor_kind, actor_id, message_id, data)
       SELECT $1, gen_random_uuid(), 'work_order.noted', now(), 'technician', 'kim', id, '{"text": "caracola"}'
       FROM own LIMIT 600
     ), sent AS (
       INSERT INTO attachment (tenant_id, id, message_id, channel_id, technician_id, kind, caption, state, received_at)
       SELECT $1, gen_random_uuid(), id, $4, $2, 'image', 'caracola', 'stored', now() FROM own LIMIT 60
       RETURNING id
     )
     SELECT (SELECT min(id::text) FROM own) AS own, (SELECT min(id::text) FROM told) AS told,
       (SELECT array_agg(id) FROM sent) AS sent`,
    [tenant.tenantId, kim.id, ben.id, tenant.channelId],
  );
  await client.query('ANALYZE message');
  await put('kim', { active: false });
  const left = async (): Promise<number> =>
    (await client.query("SELECT count(*)::int AS n FROM message WHERE text LIKE 'caracola%'")).rows[0].n;
  const [{ own, told, sent }] = made;
  for (const id of sent) await panel.files.put(keyOf(tenant.tenantId, id), Buffer.from('caracola'));
  expect(await begin('kim')).toBeNull();
  // The first step is as small as if there were nothing.
  expect(await left()).toBe(6600);

  const browser = await panel.signedIn('administrator', tenant);
  const pages = [
    ...[`/messages/${own}`, `/messages/${told}`, '/messages', '/messages?text=caracola'],
    ...['/messages.csv?person=kim', '/technicians/kim', '/technicians?state=all', ''],
  ];
  const shown = async () => {
    for (const page of pages) {
      const { status, text } = await browser.get(`/admin${page}`);
      const found = /caracola|Duarte|2025550166/.exec(text.replace(/<[^>]*>/g, ' '));
      expect([page, status, found]).toEqual([page, 200, null]);
    }
    expect((await browser.get(`/admin/attachments/${sent[0]}`)).status).toBe(404);
    await panel.deps.store.tenant(tenant.tenantId, async (tx) => {
      await tx.events.publish(1000);
      const page = { before: null, limit: 200 };
      const read = [
        await tx.events.feed({ after: 0, limit: 1000 }),
        await tx.messages.list({ ...page, technicianId: kim.id }),
        await tx.messages.detail(told),
        await tx.attachments.getMany(sent),
      ];
      expect(JSON.stringify(read)).not.toMatch(/caracola|Duarte|2025550166/);
    });
  };
  await shown();
  const before: number[] = [];
  let isMore = true;
  while (isMore) {
    const count = await left();
    ({ isMore } = await panel.deps.store.tenant(tenant.tenantId, async (tx) => {
      const piece = await tx.erasure.goOn(500);
      for (const id of piece.attachments) await panel.files.delete(keyOf(tx.tenantId, id));
      expect(piece.attachments.length).toBeLessThanOrEqual(50);
      return piece;
    }));
    before.push(count - (await left()));
    if (before.length === 8) await shown();
  }
  expect(Math.max(...before)).toBeLessThanOrEqual(500);
  expect(await left()).toBe(0);
  expect((await everything()).filter((row) => /caracola|Duarte|2025550166/.test(row))).toEqual([]);
  expect(await panel.files.open(keyOf(tenant.tenantId, sent[0]))).toBeNull();
});
