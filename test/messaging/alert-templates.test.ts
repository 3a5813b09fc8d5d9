import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { readButton } from '../../src/buttons.ts';
import type { MessageKind } from '../../src/domain/message.ts';
import type { Tx } from '../../src/store/store.ts';
import { readProposals } from '../../src/templates/files.ts';
import { es } from '../../src/texts/es.ts';
import { testSecretKey } from '../support/tenant.ts';
import { useOutbox } from './outbox-stage.ts';

const outbox = useOutbox();
const { proposals } = readProposals();
const sid = `HX${'a'.repeat(32)}`;
const raisedAt = new Date('2026-12-22T19:30:00Z');

type Reading = { locale?: string; status?: 'approved' | 'paused' };

/** A technician in New York, the proposed template of that kind, and alerts of one pump. */
const stage = async (kind: 'alert.raised' | 'alert.resolved', reading: Reading = {}) => {
  const { locale = 'en', status = 'approved' } = reading;
  const on = await outbox.channel();
  const ana = await on.technician({ timeZone: 'America/New_York' });
  await on.query('UPDATE technician SET locale = $2 WHERE id = $1', [ana.id, locale]);
  const inTenant = <T>(work: (tx: Tx) => Promise<T>) => on.store.tenant(on.tenantId, work);
  const { body, variables } = proposals.find((each) => each.kind === kind && each.locale === locale)!;
  on.provider.templates.has(sid, body);
  await inTenant(async (tx) => {
    const template = { kind, locale, contentSid: sid, variables: variables.map(({ field }) => field) };
    await tx.templates.save(template);
    const approval = { status, category: 'UTILITY', rejectionReason: null, checkedAt: new Date() };
    await tx.templates.asked(template, approval, { body, buttons: [] });
  });
  const assetId = randomUUID();
  await inTenant((tx) =>
    tx.assets.insert({ id: assetId, code: 'P-7', name: 'Feed pump 7', location: 'Boiler house' }),
  );
  const raise = async (externalId: string, message: string) => {
    const id = randomUUID();
    await inTenant((tx) =>
      tx.alerts.add({
        ...{ id, externalId, assetId, message, severity: 'critical', recipients: [], raisedAt },
        expiresAt: null,
      }),
    );
    return id;
  };
  const tell = async (alertIds: string[], fields = {}) => {
    const messageId = await on.queue(ana, 'as text', {
      kind: kind as MessageKind,
      lane: 'critical',
      ...fields,
    });
    await inTenant(async (tx) => {
      for (const id of alertIds) await tx.alerts.addToMessage(messageId, id);
    });
    return messageId;
  };
  const heardFrom = () =>
    inTenant((tx) =>
      tx.conversations.heard(ana.conversationId, new Date(), {
        ...{ technicianId: ana.id, heard: null, talk: null },
      }),
    );
  const read = (payload: string) => readButton(payload, on.tenantId, [testSecretKey], new Date());
  return { ...on, ana, inTenant, raise, tell, heardFrom, read };
};

test.each([
  [
    'en',
    'Feed pump 7 (Boiler house)',
    'Bearing 96 °C, limit 85 °C',
    '14:30 Dec 22',
    'CRITICAL EQUIPMENT ALERT',
  ],
  [
    'es',
    'Feed pump 7 (Boiler house)',
    'Bearing 96 °C, limit 85 °C',
    '14:30 22 dic',
    'ALERTA CRÍTICA DE EQUIPO',
  ],
])(
  'outside the window a page goes as its template in %s, with buttons signed for the alert',
  async (locale, ...said) => {
    const on = await stage('alert.raised', { locale });
    const alertId = await on.raise('A-1', 'Bearing 96 °C,\n limit 85 °C');
    const id = await on.tell([alertId]);
    await on.run();
    const [sent] = on.provider.sent;
    for (const each of said) expect(sent!.text).toContain(each);
    const [asset, message, at] = said;
    expect(sent!.content).toMatchObject({ sid, variables: { 1: asset, 2: message, 3: at } });
    const { 4: responding, 5: escalate } = sent!.content!.variables;
    expect(on.read(responding!)).toMatchObject({ kind: 'valid', action: 'RESPONDING', alertId });
    expect(on.read(escalate!)).toMatchObject({ kind: 'valid', action: 'ESCALATE', alertId });
    expect(await on.message(id)).toMatchObject({ attempts: [{ template: `alert.raised/${locale}/${sid}` }] });
  },
);

test.each([
  ['en', '(and 2 more)'],
  ['es', '(y 2 más)'],
])(
  'a page of several alerts tells the first in %s and how many more; a tap asks which',
  async (locale, more) => {
    const on = await stage('alert.raised', { locale });
    const ids = [
      await on.raise('A-1', 'Bearing hot'),
      await on.raise('A-2', 'Seal leaks'),
      await on.raise('A-3', 'Flow low'),
    ];
    await on.tell(ids);
    await on.run();
    const { content, text } = on.provider.sent[0]!;
    expect(text).toContain(`Bearing hot ${more}\n`);
    expect(content!.variables).toMatchObject({ 4: 'RESPONDING', 5: 'ESCALATE' });
  },
);

test.each([
  ['what was said with the last resolution', 'Bearing replaced'],
  ['nothing, where nothing was said', null],
])('the all-clear as a template says %s', async (_, note) => {
  const on = await stage('alert.resolved');
  const alertId = await on.raise('A-1', 'Bearing hot');
  await on.inTenant(async (tx) => {
    for (const said of ['Taken back since', note]) {
      await tx.events.add({
        ...{ id: randomUUID(), type: 'alert.resolved', at: new Date(), workOrderId: null, messageId: null },
        ...{ actor: { kind: 'cmms', id: null }, alertId, data: said === null ? {} : { note: said } },
      });
    }
    await tx.alerts.resolve(alertId);
  });
  await on.tell([alertId], { lane: 'notification' });
  await on.run();
  expect(on.provider.texts()).toEqual([expect.stringContaining(`*Note:* ${note ?? '-'}\n`)]);
});

test('the all-clear of several alerts tells the first of those that are still resolved, and how many more', async () => {
  const on = await stage('alert.resolved');
  const ids: string[] = [];
  for (const n of [1, 2, 3, 4]) ids.push(await on.raise(`A-${n}`, `Fault ${n}`));
  await on.inTenant((tx) => Promise.all(ids.slice(1).map(tx.alerts.resolve)));
  await on.tell(ids);
  await on.run();
  expect(on.provider.sent[0]!.text).toContain('Fault 2 (and 2 more)');
});

test('every field of an alert can be shown, in the language of the template', async () => {
  const on = await stage('alert.raised', { locale: 'es' });
  const variables = ['externalId', 'severity', 'technician', 'raisedAt'];
  await on.inTenant((tx) =>
    tx.templates.save({ kind: 'alert.raised', locale: 'es', contentSid: sid, variables }),
  );
  await on.query("UPDATE technician SET locale = 'es-MX' WHERE id = $1", [on.ana.id]);
  await on.tell([await on.raise('A-1', 'Bearing hot')]);
  await on.run();
  expect(on.provider.sent[0]!.content!.variables).toEqual({
    ...{ 1: 'A-1', 2: es.priorities.critical, 3: 'Ana', 4: '14:30 22 dic' },
  });
});

test('a page that is not critical does not go as a template that calls it so, if there is another', async () => {
  const on = await stage('alert.raised');
  const alertId = await on.raise('A-1', 'Bearing warm');
  await on.query("UPDATE alert SET severity = 'low' WHERE id = $1", [alertId]);
  const general = `HX${'b'.repeat(32)}`;
  on.provider.templates.has(general, 'News for you: {{1}} (that is all)');
  const page = async () => {
    await on.tell([alertId], { lane: 'notification' });
    await on.run();
    return on.provider.sent.at(-1)!.content!.sid;
  };
  expect(await page()).toBe(sid);
  await on.inTenant((tx) =>
    tx.templates.save({ kind: 'message.send', locale: 'en', contentSid: general, variables: ['text'] }),
  );
  expect(await page()).toBe(general);
  await on.query("UPDATE template SET variables = $2 WHERE tenant_id = $1 AND kind = 'alert.raised'", [
    on.tenantId,
    JSON.stringify(['severity', 'message', 'raisedAt']),
  ]);
  expect(await page()).toBe(sid);
});

describe('in the window a page has quick replies', () => {
  const buttons = [
    { title: 'On my way', action: 'RESPONDING' },
    { title: 'Need supervisor', action: 'ESCALATE' },
  ];
  /** The ids behind the buttons of the last message: the last variables. */
  const payloads = ({ provider }: Awaited<ReturnType<typeof stage>>) =>
    Object.values(provider.sent.at(-1)!.content!.variables).slice(-buttons.length);

  test('signed for its alert; of several they are the words alone', async () => {
    const on = await stage('alert.raised');
    await on.heardFrom();
    const [first, second] = [await on.raise('A-1', 'Bearing hot'), await on.raise('A-2', 'Seal leaks')];
    // The first of its form has the content made.
    for (const alertIds of [[first], [first], [first, second], [first, second]]) {
      await on.tell(alertIds, { buttons });
      await on.run();
      await on.run();
      if (on.provider.sent.length === 2)
        expect(payloads(on).map(on.read)).toMatchObject([
          { kind: 'valid', action: 'RESPONDING', alertId: first },
          { kind: 'valid', action: 'ESCALATE', alertId: first },
        ]);
    }
    expect(payloads(on)).toEqual(['RESPONDING', 'ESCALATE']);
  });
});

test('with a template that is paused a page goes by the next way at once, before any call, and somebody hears of it', async () => {
  const on = await stage('alert.raised', { status: 'paused' });
  await on.inTenant(async (tx) => {
    const channel = (await tx.channels.get(on.channelId))!;
    await tx.channels.save({ ...channel, id: randomUUID(), way: 'sms', address: '+14155550999' }, new Date());
    const sms = { kind: 'sms', value: on.ana.address.replace('whatsapp:', ''), active: true } as const;
    await tx.technicians.setAddresses(on.ana.id, [{ ...sms, kind: 'whatsapp' }, sms]);
  });
  const alertId = await on.raise('A-1', 'Bearing hot');
  const id = await on.tell([alertId]);
  await on.run();
  expect(on.provider.sent).toEqual([]);
  expect(await on.message(id)).toMatchObject({
    ...{ status: 'failed', reason: 'no-template', attempts: [] },
    error: { text: expect.stringMatching(/paused its template.*\(alert\.raised, en\)/) },
  });
  expect(on.logged).toContainEqual(expect.objectContaining({ event: 'message.failed', alarm: true }));
  expect(
    await on.query(
      `SELECT m.way, m.status, m.lane, x.alert_id FROM message m
       JOIN message_alert x ON x.tenant_id = m.tenant_id AND x.message_id = m.id WHERE m.fallback_of = $1`,
      [id],
    ),
  ).toEqual([{ way: 'sms', status: 'queued', lane: 'critical', alert_id: alertId }]);
});
