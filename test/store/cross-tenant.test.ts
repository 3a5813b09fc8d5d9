import { randomBytes, randomInt, randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { sha256 } from '../../src/crypto.ts';
import { toldBefore } from '../../src/domain/needs-someone.ts';
import { groupings } from '../../src/domain/response-times.ts';
import { approvalStatuses } from '../../src/domain/template.ts';
import type { WorkOrder } from '../../src/domain/work-order.ts';
import { queueNames } from '../../src/queues.ts';
import type { NewAlert } from '../../src/store/alerts.ts';
import type { NewAttachment } from '../../src/store/attachments.ts';
import type { AuthModel, AuthRecord } from '../../src/store/auth-records.ts';
import type { NewChain, NewPage } from '../../src/store/chains.ts';
import type { InboundRow } from '../../src/store/gate.ts';
import type { NewMessage } from '../../src/store/outbox.ts';
import { createStore, type Store, type Tx } from '../../src/store/store.ts';
import type { Technician } from '../../src/store/technicians.ts';
import type { Threshold } from '../../src/store/thresholds.ts';
import type { WebhookEndpoint } from '../../src/store/webhook-endpoints.ts';
import { createTestDatabase, type TestDatabase, withDatabase } from '../support/postgres.ts';

let database: TestDatabase;
let superuser: pg.Client;
let store: Store;
/** Whose rows nobody else may see or change. */
let a: Furnished;

beforeAll(async () => {
  database = await createTestDatabase();
  superuser = new pg.Client({ connectionString: withDatabase(inject('postgresUrl'), database.name) });
  await superuser.connect();
  store = createStore({ url: database.appUrl });
  a = await furnish();
});
afterAll(async () => {
  await store.close();
  await superuser.end();
  await database.drop();
});

// What both tenants have alike: only row-level security keeps these apart.
const phone = '+12025550101';
const userId = 'US.4102030405060708';
const sidIn = 'SM00000000000000000000000000000001';
const sidOut = 'SM00000000000000000000000000000002';

/** Two requests with a key: one still runs. */
const asked = { route: 'POST /alerts', key: 'asked-1' };
const askedAndAnswered = { route: 'POST /alerts', key: 'asked-2' };
const sealedAnswer = { route: 'POST /api-keys', key: 'asked-3' };

type Furnished = Awaited<ReturnType<typeof furnish>>;

/** A tenant with at least a row in every table, marked so that its texts can be told from any other's. */
const furnish = async ({ apiKey = true } = {}) => {
  const own = {
    mark: `of-${randomBytes(6).toString('hex')}`,
    address: `whatsapp:+1415${randomInt(1_000_000, 9_999_999)}`,
    apiKeyHash: randomBytes(32),
    ids: {
      tenant: randomUUID(),
      apiKey: randomUUID(),
      channel: randomUUID(),
      technician: randomUUID(),
      supervisor: randomUUID(),
      asset: randomUUID(),
      /** Assigned, and told by a notice that waits. */
      order: randomUUID(),
      /** Assigned, and told by a notice that was accepted. */
      toldOrder: randomUUID(),
      conversation: randomUUID(),
      supervisorsConversation: randomUUID(),
      unread: randomUUID(),
      read: randomUUID(),
      notice: randomUUID(),
      acceptedNotice: randomUUID(),
      accepted: randomUUID(),
      /** Told the supervisor of the technician's change, and held back meanwhile. */
      news: randomUUID(),
      escalation: randomUUID(),
      /** Waits for the end of quiet hours. */
      waiting: randomUUID(),
      escalatedOrder: randomUUID(),
      /** Maintenance that waits for its confirmation. */
      scheduledOrder: randomUUID(),
      /** Reminders of several orders, which have left. */
      digest: randomUUID(),
      /** A message, and its attempt, of which nobody knows how it ended. */
      openMessage: randomUUID(),
      open: randomUUID(),
      callback: randomUUID(),
      holder: randomUUID(),
      event: randomUUID(),
      notification: randomUUID(),
      claim: randomUUID(),
      attachment: randomUUID(),
      location: randomUUID(),
      endpoint: randomUUID(),
      /** Open, and the technician was paged for it by a message that was accepted. */
      alert: randomUUID(),
      /** The technician goes to it. */
      claimedAlert: randomUUID(),
      chain: randomUUID(),
      /** Of a call for help about the escalated order. */
      call: randomUUID(),
      page: randomUUID(),
      /** One that somebody has taken. */
      takenCall: randomUUID(),
      /** Pages of the supervisor: one waits, one has left. */
      waitingPage: randomUUID(),
      sentPage: randomUUID(),
      panelUser: randomUUID(),
      panelAccount: randomUUID(),
      panelSession: randomUUID(),
      panelLink: randomUUID(),
      secondFactor: randomUUID(),
      attempt: randomUUID(),
      audited: randomUUID(),
      /** A code that waits, and one that came from the phone of somebody else. */
      enrolment: randomUUID(),
      disputedEnrolment: randomUUID(),
      selfTest: randomUUID(),
    },
    sessionToken: randomBytes(32),
  };
  const { mark, ids } = own;
  const inbound = (fields: Partial<InboundRow>): InboundRow => ({
    ...{ kind: 'message', tenantId: ids.tenant, channelId: ids.channel, id: ids.unread, key: sha256(sidIn) },
    ...{ raw: Buffer.from(`Body=${mark}`), source: 'webhook', status: 'received', receivedAt: null },
    ...{ way: 'whatsapp', address: `whatsapp:${phone}`, userId: `whatsapp:${userId}`, providerId: sidIn },
    attemptId: null,
    ...fields,
  });

  await store.tenant(ids.tenant, async (tx) => {
    await tx.tenants.create({
      ...{ id: ids.tenant, slug: mark, name: mark, timeZone: 'UTC', locale: 'en', defaultCountry: 'US' },
      enabled: true,
    });
    if (apiKey) await tx.apiKeys.add({ id: ids.apiKey, label: mark, hash: own.apiKeyHash });
    await tx.channels.save(channelOf(own), new Date());
    await tx.technicians.insert({
      ...technicianOf(own),
      id: ids.supervisor,
      externalId: 'boss-1',
      phone: null,
      timeZone: own.mark,
    });
    await tx.technicians.insert({ ...technicianOf(own), supervisorId: ids.supervisor });
    await tx.technicians.setAddresses(ids.technician, [
      { kind: 'whatsapp', value: phone, active: true },
      { kind: 'whatsapp-user-id', value: userId, active: true },
    ]);
    await tx.technicians.disputeUserId(userId, ids.supervisor);
    await tx.enrolments.add({ ...enrolmentOf(own), id: ids.disputedEnrolment });
    await tx.enrolments.take([sha256('a code')], new Date());
    await tx.enrolments.cameFrom(ids.disputedEnrolment, {
      ...{ kind: 'whatsapp', value: mark, conflictWith: ids.supervisor },
    });
    await tx.enrolments.add(enrolmentOf(own));
    await tx.assets.insert({ id: ids.asset, code: 'PUMP-3', name: mark, location: mark });
    await tx.assets.setResponsible(ids.asset, [ids.technician]);
    await tx.thresholds.replace(ids.asset, [thresholdOf(own)]);
    await tx.workOrders.insert(orderOf(own));
    await tx.workOrders.insert({ ...orderOf(own), id: ids.toldOrder, number: apiKey ? 'P-00002' : 'WO-2' });
    await tx.workOrders.insert({
      ...{ ...orderOf(own), id: ids.escalatedOrder, number: 'WO-3', escalated: true },
    });
    await tx.workOrders.insert({
      ...{ ...orderOf(own), id: ids.scheduledOrder, number: 'WO-4', kind: 'preventive', due: null },
      scheduled: { on: '2026-12-25' },
    });
    if (apiKey) {
      await tx.panelUsers.add(panelUserOf(own));
      await tx.panelUsers.addPassword({ id: ids.panelAccount, userId: ids.panelUser, hash: mark });
      for (const [model, record] of authRecordsOf(own)) await tx.authRecords.create(model, record);
      await tx.panelAttempts.add({ id: ids.attempt, ...triedPlace });
      await tx.audit.add(auditOf(own));
    }
    await tx.selfTests.start(ids.selfTest);
    await tx.selfTests.note(ids.selfTest, 'database', [{ isOk: true, text: mark, todo: null }]);
    await tx.selfTests.finish(ids.selfTest);
    await tx.reminders.stopFor(ids.supervisor, new Date());
    await tx.events.add({ ...eventOf(own), id: randomUUID(), type: 'work_order.assigned', messageId: null });
    await tx.reminders.mark([markOf(own)]);
    await tx.notifications.save(notificationOf(own));
    await tx.notifications.save(refusedOf(own));
    for (const place of [asked, askedAndAnswered, sealedAnswer]) {
      await tx.idempotency.claim(place, { hash: sha256(mark), claim: ids.claim }, 60_000);
    }
    await tx.idempotency.answered(askedAndAnswered, ids.claim, answerOf(own));
    await tx.idempotency.answered(sealedAnswer, ids.claim, {
      ...answerOf(own),
      body: Buffer.from(`v1.${mark}`),
    });
    await tx.settings.save({ mark, onCall: ['boss-1'] });
    await tx.templates.save({ kind: 'message.send', locale: 'en', contentSid: `HX-${mark}`, variables: [] });
    const askedTemplate = { kind: 'work-order.assigned', locale: 'en', contentSid: `HX-${mark}` };
    await tx.templates.save({ ...askedTemplate, variables: [] });
    await tx.templates.asked(
      askedTemplate,
      { status: 'approved', category: null, rejectionReason: null, checkedAt: new Date(0) },
      null,
    );
    const rejected = { kind: 'work-order.reminder', locale: 'en', contentSid: `HX-${mark}` };
    await tx.templates.save({ ...rejected, variables: [] });
    await tx.templates.asked(
      rejected,
      { status: 'rejected', category: null, rejectionReason: mark, checkedAt: new Date(0) },
      null,
    );
    await tx.templates.keepGaps([{ kind: 'message.send', locale: mark }]);
    await tx.notReached.tell(mark, [ids.supervisor]);
    await tx.events.add(eventOf(own));
    await tx.conversations.open(ids.channel, ids.technician, `whatsapp:${phone}`, () => ids.conversation);
    await tx.conversations.heard(ids.conversation, new Date(0), {
      ...{ technicianId: ids.technician, heard: null, talk: { hadList: true } },
    });
    await tx.conversations.open(
      ids.channel,
      ids.supervisor,
      'whatsapp:+12025550100',
      () => ids.supervisorsConversation,
    );
  });
  await store.gate.storeInbound([
    inbound({ id: ids.read, key: sha256('SM-read'), providerId: 'SM-read' }),
    inbound({}),
    inbound({ kind: 'status', id: ids.callback, key: sha256(sidOut), address: null, providerId: sidOut }),
  ]);
  await store.tenant(ids.tenant, async (tx) => {
    await tx.inbox.finish(ids.read, {
      ...{ status: 'processed', technicianId: ids.technician, text: mark, answeredBy: null },
      workOrderIds: [],
    });
    await tx.attachments.add(attachmentOf(own));
    await tx.attachments.add({
      ...{
        ...attachmentOf(own),
        id: ids.location,
        kind: 'location',
        sourceUrl: null,
        workOrderId: ids.order,
      },
      place: { latitude: 1, longitude: 2, label: mark, address: mark },
    });
    const add = async (id: string, fields: Partial<NewMessage>) => {
      await tx.outbox.add({ ...messageOf(own), id, ...fields });
    };
    await add(ids.notice, { about: { workOrderId: ids.order, assignmentNo: 1, dueDay: null } });
    await add(ids.acceptedNotice, {
      about: { workOrderId: ids.toldOrder, assignmentNo: 1, dueDay: null },
      // Overdue as soon as it is accepted.
      fallbackSeconds: 0,
    });
    await add(ids.digest, {
      ...{ kind: 'work-order.digest', lane: 'digest', workOrderIds: [ids.order, ids.toldOrder] },
      dueDays: ['2026-12-25', '2026-12-25'],
    });
    await tx.messages.moveTo(ids.digest, 'accepted');
    await tx.outbox.stop(ids.digest, {});
    await add(ids.openMessage, { conversationId: ids.supervisorsConversation, causedBy: ids.read });
    const about = { assignmentNo: null, dueDay: null };
    await add(ids.news, {
      ...{ technicianId: ids.supervisor, causedBy: ids.read, heldBack: 'paused' },
      about: { workOrderId: ids.order, ...about, assignmentNo: 2 },
    });
    await add(ids.escalation, {
      ...{ technicianId: ids.supervisor, kind: 'work-order.escalated', causedBy: ids.read },
      about: { workOrderId: ids.escalatedOrder, ...about },
    });
    await tx.alerts.add(alertOf(own));
    await tx.alerts.add({ ...alertOf(own), id: ids.claimedAlert, externalId: 'A-2' });
    await tx.alerts.claim(ids.claimedAlert, ids.technician);
    const paged = { technicianId: ids.supervisor, kind: 'alert.raised' as const, lane: 'critical' as const };
    await add(ids.waitingPage, { ...paged, alertIds: [ids.alert] });
    await add(ids.sentPage, { ...paged, alertIds: [ids.alert] });
    await add(ids.waiting, {
      ...{ waitsFor: 'quiet-hours', dueAt: new Date(Date.now() + 3_600_000) },
      fallbackOf: ids.acceptedNotice,
    });
    await tx.outbox.sending([
      { id: ids.acceptedNotice, conversationId: ids.conversation },
      { id: ids.openMessage, conversationId: ids.supervisorsConversation },
    ]);
    await tx.attempts.begin(
      [
        { ...attemptOf(own), id: ids.accepted, messageId: ids.acceptedNotice },
        { ...attemptOf(own), id: ids.open, messageId: ids.openMessage },
        { ...attemptOf(own), messageId: ids.sentPage },
      ],
      0,
    );
    await tx.attempts.accepted(ids.accepted, sidOut, 'answer');
    await tx.messages.moveTo(ids.acceptedNotice, 'accepted');
    await tx.messages.moveTo(ids.sentPage, 'accepted');
    await tx.chains.add(chainOf(own), 0, null);
    const call = {
      ...{ kind: 'work-order.escalated' as const, alertId: null, workOrderId: ids.escalatedOrder },
      causedBy: ids.read,
    };
    await tx.chains.add({ ...chainOf(own), ...call, id: ids.call, callerId: ids.technician }, 60, null);
    await tx.chains.addPage(pageOf(own));
    await tx.chains.addPage({ ...pageOf(own), id: randomUUID(), chainId: ids.call });
    await tx.chains.add(
      { ...chainOf(own), ...call, id: ids.takenCall, workOrderId: null, callerId: ids.technician },
      60,
      null,
    );
    const takenPage = { id: randomUUID(), chainId: ids.takenCall, messageId: ids.digest };
    await tx.chains.addPage({ ...pageOf(own), ...takenPage });
    await tx.calls.take([ids.takenCall], ids.supervisor, ids.read);
    await tx.events.add({
      ...{ ...eventOf(own), id: randomUUID(), type: 'alert.resolved', workOrderId: null },
      ...{ alertId: ids.alert, data: { note: mark } },
    });
    await tx.alerts.addToMessage(ids.acceptedNotice, ids.alert);
    await tx.quickReplies.want(ids.channel, [
      { shape, definition: definitionOf(own) },
      { shape: sha256('wanted').toString('hex'), definition: definitionOf(own) },
    ]);
    await tx.quickReplies.made(
      { accountSid: `AC-${mark}`, shape, definition: definitionOf(own) },
      `HX-${mark}`,
    );
    await tx.leases.acquire(ids.channel, ids.holder, 60_000);
    await tx.webhookEndpoints.insert(endpointOf(own), 0);
    await tx.webhookEndpoints.acquire(ids.endpoint, ids.holder, 60_000);
    await tx.webhookEndpoints.failed(endpointOf(own), ids.holder, {
      reason: mark,
      afterMs: 0,
      countedGapMs: 1000,
    });
    await tx.webhookEndpoints.insert({ ...endpointOf(own), id: randomUUID(), key: mark }, 0);
    const failed = randomUUID();
    await add(failed, { kind: 'message.send', workOrderIds: [] });
    await tx.messages.moveTo(failed, 'failed');
    await tx.outbox.stop(failed, { reason: 'provider' });
    await tx.leases.reserveSlots(ids.channel, ids.holder, 60, 1000);
    // The provider has refused its credentials, and may be asked again.
    await tx.leases.pause(ids.channel, 0);
  });
  // As if nothing had been taken since yesterday.
  await superuser.query(
    "UPDATE channel_lease SET failing_since = now() - interval '1 day' WHERE channel_id = $1",
    [ids.channel],
  );
  // As if it had been given up.
  await superuser.query('UPDATE webhook_endpoint SET switched_off_at = now() WHERE key = $1', [mark]);
  // As if the technician had written since.
  await superuser.query("UPDATE attempt SET sending_at = sending_at - interval '1 hour' WHERE id = $1", [
    ids.accepted,
  ]);
  // As if somebody were being erased, to whom nothing of these belongs.
  await superuser.query(
    "INSERT INTO erasure (tenant_id, technician_id, mention, digits, at) VALUES ($1, $2, $3, '{}', '2000-01-01')",
    [ids.tenant, ids.technician, mark],
  );
  await superuser.query('UPDATE technician SET erased_at = now() WHERE id = $1', [ids.technician]);
  return own;
};

type Own = Pick<Furnished, 'mark' | 'address' | 'ids' | 'sessionToken'>;

const channelOf = ({ ids, mark, address }: Own) => ({
  ...{
    id: ids.channel,
    way: 'whatsapp' as const,
    provider: 'twilio' as const,
    address,
    accountSid: `AC-${mark}`,
  },
  ...{ credentials: mark, messagingServiceSid: mark, messagesPerSecond: 80 },
});

const technicianOf = ({ ids, mark }: Own): Technician => ({
  ...{ id: ids.technician, externalId: 'tech-1', name: mark, phone, email: `${mark}@example.com` },
  ...{ role: 'technician', locale: mark, timeZone: 'Europe/Madrid', supervisorId: null, active: true },
  ...{ preferences: { mark }, lastSeenAt: null },
});

const orderOf = ({ ids, mark }: Own): WorkOrder => ({
  ...{ id: ids.order, number: 'WO-1', title: mark, description: mark, priority: 'high', kind: 'corrective' },
  asset: { id: ids.asset, code: 'PUMP-3', name: mark, location: mark },
  ...{ assigneeId: ids.technician, plannerId: ids.supervisor, due: { on: '2026-12-25' }, scheduled: null },
  ...{ status: 'assigned', escalated: false, version: 1, assignmentNo: 1, assignedAt: new Date() },
  ...{ acknowledgedAt: null, startedAt: null, completedAt: null, confirmedAt: null, closedAt: null },
});

const thresholdOf = ({ mark }: Pick<Own, 'mark'>): Threshold => ({
  ...{ metric: mark, high: 80, low: null, clear: 75, severity: 'low' },
});
const metricOf = ({ ids, mark }: Own) => ({ assetId: ids.asset, metric: mark });

const notificationOf = ({ mark, ids }: Own) => ({
  ...{
    id: ids.notification,
    idempotencyKey: 'told-1',
    contentHash: sha256(mark),
    name: 'work-order.assigned',
  },
  ...{ state: 'done' as const, faults: [], messageIds: [ids.notice] },
});

const refusedOf = (own: Own) => ({
  ...{ ...notificationOf(own), id: randomUUID(), idempotencyKey: 'refused-1', messageIds: [] },
  ...{ state: 'invalid' as const, faults: [{ pointer: '/assignee', detail: own.mark }] },
});

const eventOf = ({ ids, mark }: Own) => ({
  ...{
    id: ids.event,
    type: 'work_order.noted',
    at: new Date(),
    workOrderId: ids.order,
    messageId: ids.read,
  },
  ...{ actor: { kind: 'technician' as const, id: 'tech-1' }, data: { text: mark } },
});

const markOf = ({ ids }: Own) => ({
  ...{ workOrderId: ids.order, rule: 'two-days', dueOn: '2026-12-25', sentOn: '2026-12-23' },
  zone: 'Europe/Madrid',
});

/** What is due on the day of everybody's orders, and on that of their maintenance. */
const windows = [
  {
    ...{ zone: 'Europe/Madrid', rule: 'on-the-day', priorities: null, sentOn: '2026-12-25' },
    ...{ fromOn: '2026-12-25', toOn: '2026-12-26' },
    ...{ fromAt: new Date('2026-12-24T23:00:00Z'), toAt: new Date('2026-12-25T23:00:00Z') },
  },
];
const scheduledWindows = [{ ...windows[0]!, fromAt: new Date('2100-01-01T00:00:00Z') }];

const answerOf = ({ mark }: Own) => ({ status: 202, headers: { mark }, body: Buffer.from(mark) });

const attachmentOf = ({ ids, mark }: Own): NewAttachment => ({
  ...{ id: ids.attachment, messageId: ids.read, channelId: ids.channel, technicianId: ids.technician },
  ...{
    workOrderId: null,
    kind: 'image',
    caption: mark,
    sourceUrl: `https://${mark}/`,
    declaredType: 'image/png',
  },
  ...{ place: null, receivedAt: new Date() },
});

const messageOf = ({ ids, mark }: Own): NewMessage => ({
  ...{ id: randomUUID(), technicianId: ids.technician, way: 'whatsapp', channelId: ids.channel },
  ...{ conversationId: ids.conversation, kind: 'work-order.assigned', lane: 'notification', text: mark },
  ...{ inReplyTo: null, workOrderIds: [ids.order], about: null, dueAt: new Date(0), heldBack: null },
  expiresAt: new Date(Date.now() + 3_600_000),
});

const endpointOf = ({ ids, mark }: Own): WebhookEndpoint => ({
  ...{ id: ids.endpoint, key: 'EP-1', url: `https://${mark}.example.com`, types: null, active: true },
  ...{ secrets: [{ sealed: mark, until: null }], feedNo: 0, failingSince: null, tries: 0, reason: null },
  switchedOffAt: null,
});

const alertOf = ({ ids, mark }: Own): NewAlert => ({
  ...{ id: ids.alert, externalId: 'A-1', assetId: ids.asset, message: mark, severity: 'critical' },
  ...{ recipients: [ids.technician], raisedAt: new Date(), expiresAt: null },
});

const chainOf = ({ ids, mark }: Own): NewChain => ({
  ...{ id: ids.chain, kind: 'alert.raised', lane: 'critical', alertId: ids.alert, workOrderId: null },
  ...{ callerId: null, reason: mark, causedBy: null, expiresAt: null },
  steps: [{ waitSeconds: 60, notify: ['supervisor'], ways: ['whatsapp'] }],
});

const pageOf = ({ ids }: Own): NewPage => ({
  ...{ id: ids.page, chainId: ids.chain, technicianId: ids.technician, step: 0, turn: 0 },
  ...{ messageId: ids.acceptedNotice, askedBy: ids.supervisor },
});

const shape = sha256('shape').toString('hex');
const definitionOf = ({ mark }: Own) => ({
  body: '{{1}}',
  buttons: [{ title: mark, id: '{{2}}' }],
  variableCount: 2,
});

const attemptOf = ({ ids, mark }: Own) => ({
  ...{ id: randomUUID(), messageId: ids.notice, channelId: ids.channel, reason: 'first' },
  ...{ address: `whatsapp:${phone}`, text: mark },
});

const panelEmail = 'boss@example.com';
const triedPlace = { account: sha256(panelEmail), address: '203.0.113.7' };
const panelUserOf = ({ ids, mark }: Own) => ({
  ...{ id: ids.panelUser, email: panelEmail, name: mark, role: 'administrator' as const },
});
const authRecordsOf = ({ ids, mark, sessionToken }: Own): [AuthModel, AuthRecord][] => [
  [
    'session',
    {
      ...{ id: ids.panelSession, userId: ids.panelUser, token: sessionToken, expiresAt: soon() },
      ...{ ipAddress: '203.0.113.7', userAgent: mark },
    },
  ],
  ['verification', { id: ids.panelLink, identifier: mark, value: ids.panelUser, expiresAt: new Date(0) }],
  ['twoFactor', { id: ids.secondFactor, userId: ids.panelUser, secret: mark, backupCodes: mark }],
  ['account', { id: randomUUID(), userId: ids.panelUser, providerId: 'openid', accountId: mark }],
];
const enrolmentOf = ({ ids }: Own) => ({
  ...{ id: ids.enrolment, technicianId: ids.technician, codeHash: sha256('a code') },
  ...{ createdAt: new Date(), expiresAt: soon() },
});

const auditOf = ({ ids, mark }: Own) => ({
  ...{ id: ids.audited, userId: ids.panelUser, userName: mark, action: 'user.added', subject: mark },
  ...{ details: { mark }, address: '203.0.113.7' },
});
/** As better-auth asks for a record. */
const byId = (id: string) => [{ field: 'id', value: id }];
const anyRecord = [{ field: 'id', operator: 'ne', value: randomUUID() }];

/** One call with the ids and keys of `its` rows. Whatever it answers is looked through. */
type Case = (tx: Tx, its: Furnished) => Promise<unknown>;
type Cases = {
  [Group in keyof Tx as Tx[Group] extends string ? never : Group]: {
    [Name in keyof Tx[Group]]: Case | Case[];
  };
};

const soon = () => new Date(Date.now() + 60_000);
const all = { after: null, limit: 200 };
const newest = { before: null, limit: 10 };

const cases: Cases = {
  alerts: {
    add: (tx, its) => tx.alerts.add({ ...alertOf(its), id: randomUUID(), externalId: 'A-9' }),
    find: (tx) => tx.alerts.find('A-1'),
    detail: (tx) => tx.alerts.detail('A-1'),
    list: (tx) => tx.alerts.list(all),
    search: (tx) => tx.alerts.search({}, all),
    getMany: (tx, its) => tx.alerts.getMany([its.ids.alert]),
    toldOf: (tx, its) => tx.alerts.toldOf(its.ids.alert, ['work-order.assigned']),
    withdraw: (tx, its) => tx.alerts.withdraw(its.ids.alert, ['work-order.assigned'], 'alert-claimed'),
    lockPagesToJoin: (tx, its) => tx.alerts.lockPagesToJoin([its.ids.supervisor], 'critical', null),
    pagesLately: (tx, its) => tx.alerts.pagesLately([its.ids.supervisor], 86_400),
    rewrite: (tx, its) => tx.alerts.rewrite(its.ids.acceptedNotice, [its.ids.alert], 'shortened'),
    expireLater: (tx, its) => tx.alerts.expireLater(its.ids.notice, new Date('2100-01-01')),
    lock: (tx, its) => tx.alerts.lock([its.ids.alert]),
    keep: (tx, its) => tx.alerts.keep([its.ids.alert]),
    claim: (tx, its) => tx.alerts.claim(its.ids.alert, its.ids.technician),
    release: (tx, its) => tx.alerts.release(its.ids.claimedAlert),
    resolve: (tx, its) => tx.alerts.resolve(its.ids.alert),
    restore: (tx, its) =>
      tx.alerts.restore(its.ids.claimedAlert, {
        ...{ version: 1, state: 'open', responderId: null, claimedAt: null },
      }),
    toldTo: (tx, its) =>
      tx.alerts.toldTo(its.ids.supervisor, {
        until: new Date(),
        resolvedSince: new Date(0),
        now: new Date(),
      }),
    peopleTold: (tx, its) => tx.alerts.peopleTold([its.ids.alert]),
    respondedBy: (tx, its) => tx.alerts.respondedBy(its.ids.technician),
    ofMessages: (tx, its) => tx.alerts.ofMessages([its.ids.acceptedNotice]),
    addToMessage: (tx, its) => tx.alerts.addToMessage(its.ids.notice, its.ids.alert),
  },
  chains: {
    add: (tx, its) =>
      tx.chains.add({ ...chainOf(its), id: randomUUID(), alertId: its.ids.claimedAlert }, 60, null),
    get: (tx, its) => tx.chains.get(its.ids.chain),
    lock: (tx, its) => tx.chains.lock(its.ids.chain),
    lockOfAlert: (tx, its) => tx.chains.lockOfAlert(its.ids.alert),
    lockOfOrder: (tx, its) => tx.chains.lockOfOrder(its.ids.escalatedOrder),
    ofAlerts: (tx, its) => tx.chains.ofAlerts([its.ids.alert]),
    isDue: (tx, its) => tx.chains.isDue(its.ids.chain),
    dueInMs: (tx, its) => tx.chains.dueInMs(its.ids.chain),
    seen: (tx, its) => tx.chains.seen(its.ids.acceptedNotice),
    start: (tx, its) => tx.chains.start(its.ids.chain, 1, { waitSeconds: 60 }, false),
    end: (tx, its) => tx.chains.end(its.ids.chain, 'claimed'),
    goOn: (tx, its) => tx.chains.goOn(its.ids.chain, 60),
    beginAgain: async (tx, its) => {
      await tx.chains.end(its.ids.chain, 'no-steps');
      await tx.chains.beginAgain([its.ids.acceptedNotice], 60);
    },
    addPage: (tx, its) => tx.chains.addPage({ ...pageOf(its), id: randomUUID(), turn: 1 }),
    untold: (tx, its) => tx.chains.untold(its.ids.call, ['alert-claimed']),
    pages: (tx, its) => tx.chains.pages(its.ids.chain),
  },
  apiKeys: {
    add: [
      (tx, its) => tx.apiKeys.add({ id: its.ids.apiKey, label: 'stolen', hash: randomBytes(32) }),
      (tx, its) => tx.apiKeys.add({ id: randomUUID(), label: 'stolen', hash: its.apiKeyHash }),
    ],
    any: (tx) => tx.apiKeys.any(),
    label: (tx, its) => tx.apiKeys.label(its.ids.apiKey),
    get: (tx, its) => tx.apiKeys.get(its.ids.apiKey),
    list: (tx) => tx.apiKeys.list(all),
    anyUsableBut: (tx) => tx.apiKeys.anyUsableBut(randomUUID()),
    revoke: (tx, its) => tx.apiKeys.revoke(its.ids.apiKey, new Date()),
  },
  assets: {
    find: (tx) => tx.assets.find('PUMP-3'),
    idsOf: (tx) => tx.assets.idsOf(['PUMP-3']),
    lock: (tx) => tx.assets.lock('PUMP-3'),
    detail: (tx) => tx.assets.detail('PUMP-3'),
    list: (tx) => tx.assets.list(all),
    toChoose: (tx) => tx.assets.toChoose(10),
    insert: (tx, its) =>
      tx.assets.insert({ id: its.ids.asset, code: 'PUMP-9', name: 'Pump', location: null }),
    update: (tx, its) =>
      tx.assets.update({ id: its.ids.asset, code: 'PUMP-3', name: 'Pump', location: null }),
    setResponsible: [
      (tx, its) => tx.assets.setResponsible(its.ids.asset, []),
      (tx, its) => tx.assets.setResponsible(its.ids.asset, [its.ids.supervisor]),
    ],
  },
  attachments: {
    add: [
      (tx, its) => tx.attachments.add(attachmentOf(its)),
      (tx, its) => tx.attachments.add({ ...attachmentOf(its), id: randomUUID() }),
    ],
    assign: (tx, its) => tx.attachments.assign([its.ids.attachment], its.ids.toldOrder),
    getMany: (tx, its) => tx.attachments.getMany([its.ids.attachment]),
    ofOrder: (tx, its) => tx.attachments.ofOrder(its.ids.order, 10),
    get: [
      (tx, its) => tx.attachments.get(its.ids.attachment),
      (tx, its) => tx.attachments.get(its.ids.location),
    ],
    ofMessage: (tx, its) => tx.attachments.ofMessage(its.ids.read),
    take: (tx, its) => tx.attachments.take(its.ids.channel, 10, 60_000),
    stored: (tx, its) =>
      tx.attachments.stored(its.ids.attachment, {
        ...{ contentType: 'image/png', sizeBytes: 1, sha256: sha256('x') },
      }),
    again: (tx, its) => tx.attachments.again(its.ids.attachment, 60_000),
    refused: (tx, its) => tx.attachments.refused(its.ids.attachment, 'too big'),
    lost: (tx, its) => tx.attachments.lost(its.ids.attachment, 'gone'),
    nextDueInMs: (tx, its) => tx.attachments.nextDueInMs(its.ids.channel),
  },
  attempts: {
    begin: (tx, its) => tx.attempts.begin([{ ...attemptOf(its), reason: 'retry:2' }], 1000),
    withContent: (tx, its) => tx.attempts.withContent([{ id: its.ids.open, contentSid: 'HX-stolen' }]),
    asTemplate: (tx, its) => tx.attempts.asTemplate([{ id: its.ids.open, template: 'stolen' }]),
    ofMessage: (tx, its) => tx.attempts.ofMessage(its.ids.acceptedNotice),
    get: (tx, its) => tx.attempts.get(its.ids.accepted),
    lock: (tx, its) => tx.attempts.lock(its.ids.accepted),
    lockByProviderId: (tx, its) => tx.attempts.lockByProviderId(its.ids.channel, sidOut),
    toLookAt: (tx, its) => tx.attempts.toLookAt(its.ids.channel, 10),
    held: (tx, its) => tx.attempts.held(its.ids.channel, [sidOut]),
    accepted: (tx, its) => tx.attempts.accepted(its.ids.open, 'SM-stolen', 'callback'),
    acceptedTogether: (tx, its) =>
      tx.attempts.acceptedTogether(its.ids.channel, [{ attemptId: its.ids.open, providerId: 'SM-stolen' }]),
    disown: (tx, its) => tx.attempts.disown(its.ids.accepted, 1000),
    refused: (tx, its) => tx.attempts.refused(its.ids.open, { code: '63024', text: 'refused' }),
    unclear: (tx, its) => tx.attempts.unclear(its.ids.open, 'reset'),
    looked: (tx, its) => tx.attempts.looked(its.ids.open, 1, null),
    setStatus: (tx, its) => tx.attempts.setStatus(its.ids.accepted, 'read', { code: '1', text: 'read' }),
    anyOpen: (tx, its) => tx.attempts.anyOpen(its.ids.openMessage),
  },
  callbacks: {
    next: (tx, its) => tx.callbacks.next(its.ids.channel, 10),
    applied: (tx, its) => tx.callbacks.applied(its.ids.callback, its.ids.accepted, 'delivered', true),
    park: (tx, its) => tx.callbacks.park(its.ids.callback, null),
    wake: (tx, its) => tx.callbacks.wake(its.ids.channel, sidOut),
  },
  calls: {
    toldTo: (tx, its) => tx.calls.toldTo(its.ids.technician, new Date(), new Date()),
    ordersOf: (tx, its) => tx.calls.ordersOf([its.ids.call]),
    lock: (tx, its) => tx.calls.lock([its.ids.call]),
    lockOpen: (tx, its) => tx.calls.lockOpen([its.ids.escalatedOrder], its.ids.technician),
    take: (tx, its) => tx.calls.take([its.ids.call], its.ids.supervisor, its.ids.read),
    withdraw: (tx, its) => tx.calls.withdraw([its.ids.call], null),
    lockOfMessage: (tx, its) => tx.calls.lockOfMessage(its.ids.read),
    untake: (tx, its) => tx.calls.untake(its.ids.takenCall),
    countTurn: (tx, its) => tx.calls.countTurn(its.ids.call),
    goOnFrom: (tx, its) => tx.calls.goOnFrom(its.ids.call, its.ids.chain),
    setReason: (tx, its) => tx.calls.setReason(its.ids.call, 'stolen'),
    lockTold: (tx, its) => tx.calls.lockTold([its.ids.call]),
    withdrawPages: (tx, its) => tx.calls.withdrawPages([its.ids.call]),
    keepOver: (tx, its) => tx.calls.keepOver([its.ids.digest]),
    isOver: (tx, its) => tx.calls.isOver(its.ids.digest),
  },
  audit: {
    add: (tx, its) => tx.audit.add(auditOf(its)),
    last: (tx) => tx.audit.last('user.added'),
    about: (tx, its) => tx.audit.about(its.mark, ['user.added'], newest),
    list: [
      (tx) => tx.audit.list({}, { before: null, limit: 200 }),
      (tx, its) => tx.audit.list({ userId: its.ids.panelUser }, { before: null, limit: 200 }),
    ],
  },
  authRecords: {
    create: [0, 1, 2].map(
      (index): Case =>
        async (tx, its) => {
          const [model, record] = authRecordsOf(its)[index]!;
          await tx.authRecords.create(model, record);
        },
    ),
    find: [
      (tx) => tx.authRecords.find('user', anyRecord, { limit: 100 }),
      (tx, its) =>
        tx.authRecords.find('session', [{ field: 'token', value: its.sessionToken }], { limit: 1 }),
      (tx, its) => tx.authRecords.find('account', byId(its.ids.panelAccount), { limit: 1 }),
    ],
    count: (tx) => tx.authRecords.count('user', anyRecord),
    update: [
      (tx, its) => tx.authRecords.update('user', byId(its.ids.panelUser), { name: 'stolen' }),
      (tx, its) => tx.authRecords.update('account', byId(its.ids.panelAccount), { password: 'stolen' }),
    ],
    remove: [
      (tx, its) => tx.authRecords.remove('session', byId(its.ids.panelSession)),
      (tx, its) => tx.authRecords.remove('verification', [{ field: 'identifier', value: its.mark }]),
    ],
    increment: (tx, its) =>
      tx.authRecords.increment(
        'twoFactor',
        byId(its.ids.secondFactor),
        { failedVerificationCount: 1 },
        { secret: 'stolen' },
      ),
  },
  channels: {
    list: (tx) => tx.channels.list(),
    get: (tx, its) => tx.channels.get(its.ids.channel),
    save: (tx, its) => tx.channels.save({ ...channelOf(its), credentials: 'stolen' }, new Date()),
    reseal: (tx, its) => tx.channels.reseal(its.ids.channel, channelOf(its).credentials, 'stolen'),
    retire: (tx, its) => tx.channels.retire(its.ids.channel, new Date()),
  },
  conversations: {
    lock: (tx, its) => tx.conversations.lock(its.ids.conversation),
    open: (tx, its) =>
      tx.conversations.open(its.ids.channel, its.ids.technician, `whatsapp:${phone}`, randomUUID),
    openAnew: (tx, its) =>
      tx.conversations.openAnew(
        its.ids.channel,
        `whatsapp:${phone}`,
        its.ids.supervisorsConversation,
        randomUUID,
      ),
    lead: (tx, its) =>
      tx.conversations.lead(its.ids.channel, `whatsapp:${phone}`, its.ids.supervisorsConversation),
    heard: [
      (tx, its) =>
        tx.conversations.heard(its.ids.conversation, soon(), {
          ...{ technicianId: its.ids.supervisor, heard: null, talk: null },
        }),
      (tx, its) =>
        tx.conversations.heard(its.ids.conversation, soon(), {
          ...{ technicianId: null, heard: { on: phone, as: `whatsapp:${phone}` }, talk: {} },
        }),
    ],
    addresses: (tx, its) => tx.conversations.addresses([its.ids.conversation]),
    strangerAnswered: (tx, its) => tx.conversations.strangerAnswered(its.ids.conversation, new Date()),
    codeTried: (tx, its) => tx.conversations.codeTried(its.ids.conversation, { count: 1, since: new Date() }),
    end: (tx, its) => tx.conversations.end(its.ids.technician),
    windows: (tx, its) => tx.conversations.windows([its.ids.conversation]),
    windowRefusedFor: (tx, its) => tx.conversations.windowRefusedFor(its.ids.notice, new Date()),
  },
  enrolments: {
    add: (tx, its) => tx.enrolments.add({ ...enrolmentOf(its), id: randomUUID(), codeHash: sha256('new') }),
    dropOpen: (tx, its) => tx.enrolments.dropOpen(its.ids.technician),
    latest: (tx, its) => tx.enrolments.latest(its.ids.technician),
    get: (tx, its) => tx.enrolments.get(its.ids.enrolment),
    take: (tx) => tx.enrolments.take([sha256('a code')], new Date()),
    cameFrom: (tx, its) =>
      tx.enrolments.cameFrom(its.ids.enrolment, { kind: 'sms', value: phone, conflictWith: null }),
    conflicts: (tx) => tx.enrolments.conflicts(),
    settle: (tx, its) => tx.enrolments.settle(its.ids.disputedEnrolment, { isGiven: false }),
    dropConflicts: (tx, its) => tx.enrolments.dropConflicts(its.ids.supervisor),
  },
  erasure: {
    lockConversations: (tx, its) => tx.erasure.lockConversations(its.ids.technician),
    isUnderWay: (tx, its) => tx.erasure.isUnderWay(its.ids.technician, [its.ids.conversation]),
    begin: (tx, its) =>
      tx.erasure.begin(its.ids.technician, {
        ...{ conversations: [], mention: its.mark, digits: [phone.slice(1)], at: new Date(0) },
      }),
    isErased: (tx, its) => tx.erasure.isErased(its.ids.technician),
    goesOn: (tx, its) => tx.erasure.goesOn(its.ids.technician),
    goOn: (tx) => tx.erasure.goOn(1000),
  },
  events: {
    add: (tx, its) => tx.events.add({ ...eventOf(its), id: randomUUID() }),
    get: (tx, its) => tx.events.get(its.ids.event),
    about: (tx, its) => tx.events.about({ workOrderId: its.ids.order }, newest),
    feed: [
      async (tx) => {
        await tx.events.publish(10);
        return tx.events.feed({ after: 0, limit: 10 });
      },
      (tx, its) => tx.events.feed({ after: 0, limit: 10, workOrderId: its.ids.order }),
    ],
    lastChanges: (tx, its) => tx.events.lastChanges(its.ids.technician, 'tech-1', new Date(0)),
    end: async (tx) => {
      await tx.events.publish(10);
      return tx.events.end();
    },
    newest: async (tx) => {
      await tx.events.publish(10);
      return tx.events.newest(10);
    },
    publish: (tx) => tx.events.publish(10),
    noteOnResolved: (tx, its) => tx.events.noteOnResolved(its.ids.alert),
  },
  idempotency: {
    claim: [
      (tx, its) => tx.idempotency.claim(asked, { hash: sha256(its.mark), claim: randomUUID() }, -1000),
      (tx, its) =>
        tx.idempotency.claim(askedAndAnswered, { hash: sha256(its.mark), claim: its.ids.claim }, 60_000),
    ],
    answered: (tx, its) => tx.idempotency.answered(asked, its.ids.claim, answerOf(its)),
    sealed: (tx) => tx.idempotency.sealed({ after: null, limit: 10 }),
    reseal: (tx, its) => tx.idempotency.reseal(sealedAnswer, `v1.${its.mark}`, 'v1.sealed-anew'),
    release: (tx, its) => tx.idempotency.release(asked, its.ids.claim),
  },
  inbox: {
    newestUnread: (tx, its) => tx.inbox.newestUnread(its.ids.conversation),
    takeNext: (tx, its) => tx.inbox.takeNext(its.ids.conversation),
    unread: (tx, its) => tx.inbox.unread(its.ids.conversation),
    move: (tx, its) => tx.inbox.move([its.ids.unread], its.ids.supervisorsConversation),
    finish: (tx, its) =>
      tx.inbox.finish(its.ids.unread, {
        status: 'processed',
        technicianId: null,
        text: null,
        answeredBy: null,
        workOrderIds: [its.ids.order],
      }),
    failed: (tx, its) => tx.inbox.failed(its.ids.unread),
    laterWasProcessed: (tx, its) => tx.inbox.laterWasProcessed(its.ids.conversation, new Date(0)),
    unknownKeys: (tx, its) => tx.inbox.unknownKeys(its.ids.channel, [sha256(sidIn)]),
  },
  leases: {
    acquire: (tx, its) => tx.leases.acquire(its.ids.channel, its.ids.holder, 90_000),
    reserveSlots: (tx, its) => tx.leases.reserveSlots(its.ids.channel, its.ids.holder, 1, 1000),
    nextSlotInMs: (tx, its) => tx.leases.nextSlotInMs(its.ids.channel),
    release: (tx, its) => tx.leases.release(its.ids.channel, its.ids.holder),
    pause: (tx, its) => tx.leases.pause(its.ids.channel, 60_000),
    works: (tx, its) => tx.leases.works(its.ids.channel),
    fails: (tx, its) => tx.leases.fails(its.ids.channel),
  },
  messages: {
    get: (tx, its) => tx.messages.get(its.ids.acceptedNotice),
    about: [
      (tx, its) => tx.messages.about({ workOrderId: its.ids.order }, newest),
      (tx, its) => tx.messages.about({ alertId: its.ids.alert }, newest),
    ],
    detail: (tx, its) => tx.messages.detail(its.ids.acceptedNotice),
    search: [
      (tx, its) => tx.messages.search({ technicianId: its.ids.technician }, { before: null, limit: 200 }),
      (tx, its) => tx.messages.search({ workOrderId: its.ids.order }, { before: null, limit: 200 }),
      (tx, its) => tx.messages.search({ alertId: its.ids.alert }, { before: null, limit: 200 }),
      (tx) => tx.messages.search({ since: new Date(0), until: new Date() }, { before: null, limit: 200 }),
    ],
    list: [
      (tx) => tx.messages.list({ before: null, limit: 200 }),
      (tx, its) => tx.messages.list({ before: null, limit: 200, technicianId: its.ids.technician }),
      (tx, its) => tx.messages.list({ before: null, limit: 200, workOrderId: its.ids.order }),
    ],
    moveTo: (tx, its) => tx.messages.moveTo(its.ids.acceptedNotice, 'delivered'),
    ofAssignment: (tx, its) => tx.messages.ofAssignment(its.ids.order, 1),
    rewriteQueuedNotice: (tx, its) =>
      tx.messages.rewriteQueuedNotice(its.ids.order, 1, {
        ...{ kind: 'work-order.assigned', buttons: null },
        texts: { whatsapp: 'rewritten', sms: 'rewritten', email: 'rewritten' },
      }),
    byProviderId: [
      (tx, its) => tx.messages.byProviderId(its.ids.channel, sidOut),
      (tx, its) => tx.messages.byProviderId(its.ids.channel, sidIn),
    ],
    missed: (tx, its) => tx.messages.missed(its.ids.supervisor, 'boss-1', new Date(0)),
    noticesAccepted: (tx, its) => tx.messages.noticesAccepted(its.ids.technician),
  },
  notifications: {
    lock: (tx) => tx.notifications.lock('told-1'),
    get: (tx) => tx.notifications.get('told-1'),
    refused: [
      (tx) => tx.notifications.refused({ before: null, limit: 100 }),
      (tx) => tx.notifications.refused({ before: { at: soon(), id: randomUUID() }, limit: 100 }),
    ],
    save: (tx, its) => tx.notifications.save({ ...notificationOf(its), state: 'invalid' }),
  },
  outbox: {
    add: (tx, its) => tx.outbox.add(messageOf(its)),
    due: (tx, its) => tx.outbox.due(its.ids.channel, 10),
    lockDue: (tx, its) => tx.outbox.lockDue([its.ids.notice]),
    get: (tx, its) => tx.outbox.get(its.ids.notice),
    sending: (tx, its) => tx.outbox.sending([{ id: its.ids.notice, conversationId: its.ids.conversation }]),
    sendAgain: (tx, its) => tx.outbox.sendAgain(its.ids.acceptedNotice, 0, 'retry:2'),
    withdrawRetry: (tx, its) => tx.outbox.withdrawRetry(its.ids.notice),
    stop: (tx, its) => tx.outbox.stop(its.ids.notice, { reason: 'expired' }),
    freeAssignment: (tx, its) => tx.outbox.freeAssignment(its.ids.news),
    withdrawAssignment: (tx, its) => tx.outbox.withdrawAssignment(its.ids.order, 1),
    rewriteReply: (tx, its) => tx.outbox.rewriteReply(its.ids.notice, 'rewritten'),
    lockCausedBy: (tx, its) => tx.outbox.lockCausedBy(its.ids.read),
    withdrawCausedBy: (tx, its) => tx.outbox.withdrawCausedBy(its.ids.read),
    holdBack: (tx, its) => tx.outbox.holdBack(its.ids.technician),
    overdue: (tx, its) => tx.outbox.overdue(its.ids.channel, 10),
    lockForNextWay: (tx, its) => tx.outbox.lockForNextWay(its.ids.acceptedNotice),
    stopWaiting: (tx, its) => tx.outbox.stopWaiting(its.ids.acceptedNotice),
    useChannel: (tx, its) =>
      tx.outbox.useChannel(its.ids.notice, {
        channelId: its.ids.channel,
        conversationId: its.ids.supervisorsConversation,
      }),
    saidOtherwise: (tx, its) => tx.outbox.saidOtherwise([its.ids.waiting]),
    waitLonger: (tx, its) => tx.outbox.waitLonger(its.ids.acceptedNotice, 60_000),
    answeredSince: (tx, its) =>
      tx.outbox.answeredSince(its.ids.technician, [its.ids.acceptedNotice, its.ids.notice]),
    waitForQuietEnd: (tx, its) => tx.outbox.waitForQuietEnd([{ id: its.ids.notice, forMs: 60_000 }]),
    endWaiting: [(tx) => tx.outbox.endWaiting(null), (tx, its) => tx.outbox.endWaiting(its.ids.technician)],
    nextDueAt: (tx, its) => tx.outbox.nextDueAt(its.ids.channel),
  },
  overview: {
    orders: (tx) =>
      tx.overview.orders({
        ...{ now: new Date('2100-01-01'), today: '2100-01-01', toldSince: new Date(0) },
        ...{ days: new Map(), toldBefore: toldBefore(new Date('2100-01-01')) },
      }),
    failed: (tx) => tx.overview.failed(new Date(0), soon()),
    alerts: (tx) => tx.overview.alerts(new Date(), soon(), new Date(0)),
    calls: (tx) => tx.overview.calls(soon(), new Date(0)),
    unanswered: (tx) => tx.overview.unanswered(soon(), new Date(0)),
    channels: (tx) => tx.overview.channels(new Date()),
    templates: (tx) => tx.overview.templates(),
    gaps: (tx) => tx.overview.gaps(),
    endpoints: (tx) => tx.overview.endpoints(),
    people: (tx) => tx.overview.people(50),
    today: (tx) => tx.overview.today(new Date(0)),
  },
  panelAttempts: {
    count: (tx) => tx.panelAttempts.count(triedPlace, 0),
    add: (tx, its) => tx.panelAttempts.add({ id: its.ids.attempt, ...triedPlace }),
    forget: (tx) => tx.panelAttempts.forget(triedPlace),
    forgetAccount: (tx) => tx.panelAttempts.forgetAccount(triedPlace.account),
  },
  panelUsers: {
    any: (tx) => tx.panelUsers.any(),
    get: (tx, its) => tx.panelUsers.get(its.ids.panelUser),
    byEmail: (tx) => tx.panelUsers.byEmail(panelEmail),
    list: (tx) => tx.panelUsers.list(all),
    add: [
      (tx, its) => tx.panelUsers.add(panelUserOf(its)),
      (tx, its) => tx.panelUsers.add({ ...panelUserOf(its), email: 'other@example.com' }),
    ],
    addPassword: (tx, its) =>
      tx.panelUsers.addPassword({ id: randomUUID(), userId: its.ids.panelUser, hash: 'stolen' }),
    passwordHash: (tx) => tx.panelUsers.passwordHash(panelEmail),
    setRole: (tx, its) => tx.panelUsers.setRole(its.ids.panelUser, 'auditor'),
    setDisabled: (tx, its) => tx.panelUsers.setDisabled(its.ids.panelUser, true),
    anyAdministratorBut: (tx) => tx.panelUsers.anyAdministratorBut(randomUUID()),
    removeSecondFactor: (tx, its) => tx.panelUsers.removeSecondFactor(its.ids.panelUser),
    forgetLinks: (tx, its) => tx.panelUsers.forgetLinks(its.ids.panelUser),
    forgetOpenId: (tx, its) => tx.panelUsers.forgetOpenId(its.ids.panelUser),
    sessions: (tx, its) => tx.panelUsers.sessions(its.ids.panelUser),
    endSession: (tx, its) => tx.panelUsers.endSession(its.ids.panelUser, its.ids.panelSession),
    endSessions: (tx, its) => tx.panelUsers.endSessions(its.ids.panelUser),
    forgetExpired: (tx) => tx.panelUsers.forgetExpired(),
    sealedSecrets: (tx) => tx.panelUsers.sealedSecrets(),
    reseal: (tx, its) =>
      tx.panelUsers.reseal(
        { id: its.ids.secondFactor, secret: its.mark, backupCodes: its.mark },
        { secret: 'stolen', backupCodes: 'stolen' },
      ),
  },
  quickReplies: {
    find: (tx, its) => tx.quickReplies.find(its.ids.channel, [shape]),
    want: (tx, its) =>
      tx.quickReplies.want(its.ids.channel, [
        { shape: sha256('other').toString('hex'), definition: definitionOf(its) },
      ]),
    takeNext: (tx, its) => tx.quickReplies.takeNext(its.ids.channel),
    made: (tx, its) =>
      tx.quickReplies.made(
        { accountSid: `AC-${its.mark}`, shape, definition: definitionOf(its) },
        'HX-stolen',
      ),
    refused: (tx, its) => tx.quickReplies.refused(its.ids.channel, `HX-${its.mark}`),
  },
  reminders: {
    zones: (tx) => tx.reminders.zones(),
    peopleToRemind: (tx) => tx.reminders.peopleToRemind(windows, 'UTC'),
    unconfirmed: (tx) => tx.reminders.unconfirmed(scheduledWindows, 'UTC'),
    mark: (tx, its) => tx.reminders.mark([{ ...markOf(its), rule: 'late' }]),
    marksOf: (tx, its) => tx.reminders.marksOf([its.ids.order], ['two-days']),
    last: (tx, its) => tx.reminders.last([its.ids.technician], 3),
    stopFor: (tx, its) => tx.reminders.stopFor(its.ids.technician, new Date()),
    goOnFor: (tx, its) => tx.reminders.goOnFor([its.ids.supervisor]),
    ofDigests: (tx, its) => tx.reminders.ofDigests([its.ids.digest]),
    rewrite: (tx, its) => tx.reminders.rewrite(its.ids.digest, [its.ids.order], 'shortened'),
  },
  notReached: {
    tell: [
      (tx, its) => tx.notReached.tell(its.mark, [its.ids.supervisor]),
      (tx, its) => tx.notReached.tell('fault', [its.ids.supervisor]),
    ],
  },
  selfTests: {
    get: (tx) => tx.selfTests.get(),
    start: (tx, its) => tx.selfTests.start(its.ids.selfTest),
    note: (tx, its) => tx.selfTests.note(its.ids.selfTest, 'queue', [{ isOk: true, text: 'x', todo: null }]),
    finish: (tx, its) => tx.selfTests.finish(its.ids.selfTest),
  },
  settings: {
    get: (tx) => tx.settings.get(),
    save: (tx) => tx.settings.save({ onCall: [] }),
    onCall: (tx) => tx.settings.onCall(),
  },
  technicians: {
    get: (tx, its) => tx.technicians.get(its.ids.technician),
    locales: (tx) => tx.technicians.locales(),
    named: (tx) => tx.technicians.named('of-', 200),
    find: (tx) => tx.technicians.find('tech-1'),
    lock: (tx) => tx.technicians.lock('tech-1'),
    findMany: (tx) => tx.technicians.findMany(['tech-1', 'boss-1']),
    phoneOwners: (tx) => tx.technicians.phoneOwners([phone]),
    toChoose: (tx) => tx.technicians.toChoose(10),
    toTell: (tx, its) => tx.technicians.toTell(its.ids.supervisor, [its.ids.technician]),
    getMany: (tx, its) => tx.technicians.getMany([its.ids.technician]),
    inRole: (tx) => tx.technicians.inRole('technician'),
    responsibleFor: (tx) => tx.technicians.responsibleFor('PUMP-3'),
    names: (tx, its) => tx.technicians.names([its.ids.technician]),
    setPaused: (tx, its) => tx.technicians.setPaused(its.ids.technician, true),
    whenTold: (tx, its) => tx.technicians.whenTold([its.ids.technician]),
    detail: (tx) => tx.technicians.detail('tech-1'),
    list: (tx) => tx.technicians.list(all),
    search: (tx) =>
      tx.technicians.search({ text: 'tech', digits: null, ids: [], role: null, active: null }, all),
    troubles: (tx, its) => tx.technicians.troubles([its.ids.technician]),
    insert: (tx, its) =>
      tx.technicians.insert({
        ...technicianOf(its),
        ...{ id: randomUUID(), externalId: 'tech-9', phone: null, supervisorId: its.ids.supervisor },
      }),
    everybody: (tx) => tx.technicians.everybody({ lock: ['tech-1'] }),
    insertMany: (tx, its) =>
      tx.technicians.insertMany([
        { ...technicianOf(its), id: randomUUID(), externalId: 'tech-9', phone: null, supervisorId: null },
      ]),
    setPhones: (tx, its) => tx.technicians.setPhones([{ id: its.ids.technician, phone: '+12025550187' }]),
    addAddresses: (tx, its) =>
      tx.technicians.addAddresses([
        { technicianId: its.ids.technician, kind: 'sms', value: '+12025550188', active: true },
      ]),
    update: (tx, its) => tx.technicians.update({ ...technicianOf(its), name: 'renamed' }),
    seen: (tx, its) => tx.technicians.seen(its.ids.technician, new Date()),
    addresses: (tx, its) => tx.technicians.addresses(its.ids.technician),
    knownBy: (tx) =>
      tx.technicians.knownBy([
        { kind: 'whatsapp', value: phone },
        { kind: 'whatsapp-user-id', value: userId },
      ]),
    addressOwners: (tx) => tx.technicians.addressOwners('whatsapp', [phone]),
    learnUserId: (tx, its) =>
      tx.technicians.learnUserId({
        ...{ technicianId: its.ids.technician, phone, userId: 'US.99', account: 'AC', replaces: [userId] },
        at: new Date(),
      }),
    takeAway: (tx, its) => tx.technicians.takeAway(its.ids.technician, [phone]),
    disputeUserId: (tx, its) => tx.technicians.disputeUserId(userId, its.ids.technician),
    doubts: (tx) => tx.technicians.doubts(),
    settleDispute: (tx) => tx.technicians.settleDispute(userId),
    optedOut: [
      (tx) => tx.technicians.optedOut('whatsapp', phone, new Date()),
      (tx) => tx.technicians.optedOut('whatsapp-user-id', userId, new Date()),
    ],
    optedIn: (tx) => tx.technicians.optedIn('whatsapp', phone, new Date()),
    setAddresses: [
      (tx, its) => tx.technicians.setAddresses(its.ids.technician, []),
      (tx, its) =>
        tx.technicians.setAddresses(its.ids.technician, [
          { kind: 'sms', value: '+12025550177', active: true },
        ]),
    ],
  },
  templates: {
    get: (tx) => tx.templates.get('message.send', 'en'),
    list: (tx) => tx.templates.list(),
    toAsk: (tx) => tx.templates.toAsk(),
    askedInVain: (tx, its) =>
      tx.templates.askedInVain([{ kind: 'message.send', locale: 'en', contentSid: `HX-${its.mark}` }]),
    asked: (tx, its) =>
      tx.templates.asked(
        { kind: 'message.send', locale: 'en', contentSid: `HX-${its.mark}` },
        { status: 'approved', category: null, rejectionReason: 'stolen', checkedAt: new Date() },
        null,
      ),
    askAgain: (tx, its) =>
      tx.templates.askAgain({ kind: 'work-order.assigned', locale: 'en', contentSid: `HX-${its.mark}` }),
    keepGaps: (tx) => tx.templates.keepGaps([]),
    remove: (tx) => tx.templates.remove('message.send', 'en'),
    save: (tx) =>
      tx.templates.save({ kind: 'message.send', locale: 'en', contentSid: 'stolen', variables: [] }),
  },
  tenants: {
    get: (tx) => tx.tenants.get(),
    create: (tx, its) =>
      tx.tenants.create({
        ...{ id: its.ids.tenant, slug: 'stolen', name: 'stolen', timeZone: 'UTC', locale: 'en' },
        ...{ defaultCountry: 'US', enabled: false },
      }),
    update: (tx) =>
      tx.tenants.update({
        ...{ name: 'stolen', timeZone: 'UTC', locale: 'en', defaultCountry: 'DE', enabled: false },
      }),
    setDefaultCountry: (tx) => tx.tenants.setDefaultCountry('DE'),
    lock: async (tx, its) => {
      const [locked, lock] = signal();
      const [over, end] = signal();
      const holding = store.tenant(its.ids.tenant, async (own) => {
        await own.tenants.lock('people');
        lock();
        await over;
      });
      await locked;
      let isTaken = false;
      const taken = tx.tenants.lock('people').then(() => {
        isTaken = true;
        return 'taken';
      });
      const outcome = await Promise.race([taken, someoneWaits(() => isTaken)]);
      end();
      await Promise.all([holding, taken]);
      return outcome;
    },
  },
  thresholds: {
    list: (tx, its) => tx.thresholds.list(its.ids.asset),
    replace: [
      (tx, its) => tx.thresholds.replace(its.ids.asset, []),
      (tx, its) => tx.thresholds.replace(its.ids.asset, [{ ...thresholdOf(its), high: 1 }]),
    ],
    lock: (tx, its) => tx.thresholds.lock([metricOf(its)]),
    follow: (tx, its) => tx.thresholds.follow([{ ...metricOf(its), lastAt: new Date(0), excursion: null }]),
  },
  times: {
    ofAlerts: (tx, its) => tx.times.ofAlerts([its.ids.alert, its.ids.claimedAlert]),
    ofPages: (tx, its) => tx.times.ofPages(its.ids.alert, { after: 0, limit: 200 }),
    newestPages: (tx, its) => tx.times.newestPages(its.ids.alert, 10),
    report: groupings.map(
      (by): Case =>
        (tx) =>
          tx.times.report({ from: new Date(0), to: soon() }, { by, severity: null, after: null, limit: 200 }),
    ),
  },
  webhookEndpoints: {
    find: (tx) => tx.webhookEndpoints.find('EP-1'),
    lock: (tx) => tx.webhookEndpoints.lock('EP-1'),
    list: (tx) => tx.webhookEndpoints.list(all),
    activeIds: (tx) => tx.webhookEndpoints.activeIds(),
    insert: (tx, its) => tx.webhookEndpoints.insert({ ...endpointOf(its), key: 'EP-9' }, 0),
    update: (tx, its) =>
      tx.webhookEndpoints.update({ ...endpointOf(its), url: 'https://stolen.example.com' }),
    startAgain: (tx, its) => tx.webhookEndpoints.startAgain(its.ids.endpoint),
    acquire: (tx, its) => tx.webhookEndpoints.acquire(its.ids.endpoint, its.ids.holder, 90_000),
    delivered: (tx, its) => tx.webhookEndpoints.delivered(its.ids.endpoint, 5),
    passBy: (tx, its) => tx.webhookEndpoints.passBy(its.ids.endpoint, 5),
    failed: (tx, its) =>
      tx.webhookEndpoints.failed(endpointOf(its), its.ids.holder, {
        ...{ reason: 'status 500', afterMs: 5000, countedGapMs: 1000 },
      }),
    putOff: (tx, its) =>
      tx.webhookEndpoints.putOff(endpointOf(its), its.ids.holder, { reason: 'no key', afterMs: 5000 }),
    switchOff: (tx, its) => tx.webhookEndpoints.switchOff(endpointOf(its), its.ids.holder),
    release: (tx, its) => tx.webhookEndpoints.release(its.ids.endpoint, its.ids.holder),
  },
  workOrders: {
    openOf: (tx, its) => tx.workOrders.openOf(its.ids.technician, 10),
    get: (tx, its) => tx.workOrders.get(its.ids.order),
    find: (tx) => tx.workOrders.find('WO-1'),
    lockByNumber: (tx) => tx.workOrders.lockByNumber('WO-1'),
    lock: (tx, its) => tx.workOrders.lock(its.ids.order),
    lockMany: (tx, its) => tx.workOrders.lockMany([its.ids.order]),
    lockOf: [
      (tx, its) => tx.workOrders.lockOf(its.ids.technician, new Date(0), []),
      (tx, its) => tx.workOrders.lockOf(randomUUID(), new Date(0), [its.ids.order]),
    ],
    getMany: (tx, its) => tx.workOrders.getMany([its.ids.order]),
    lastMoves: (tx, its) => tx.workOrders.lastMoves([its.ids.order]),
    detail: (tx) => tx.workOrders.detail('WO-1'),
    search: (tx) => tx.workOrders.search({}, all),
    lastOfPanel: (tx) => tx.workOrders.lastOfPanel(),
    list: [
      (tx) => tx.workOrders.list(all),
      (tx, its) => tx.workOrders.list({ ...all, assigneeId: its.ids.technician }),
    ],
    insert: (tx, its) => tx.workOrders.insert({ ...orderOf(its), id: randomUUID(), number: 'WO-9' }),
    update: (tx, its) => tx.workOrders.update({ ...orderOf(its), title: 'renamed' }),
    apply: (tx, its) =>
      tx.workOrders.apply(
        [
          {
            ...{ orderId: its.ids.order, set: { status: 'completed' }, before: null },
            event: { type: 'work_order.completed' },
          },
        ],
        { actor: { kind: 'system', id: null }, at: new Date(), newId: randomUUID },
      ),
  },
};

/** Resolves once somebody waits for a lock that another transaction holds, or when it is over. */
async function someoneWaits(isOver: () => boolean): Promise<'waits'> {
  while (!isOver()) {
    const { rows } = await superuser.query(
      "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
    );
    if (rows.length > 0) break;
    await new Promise((done) => setTimeout(done, 20));
  }
  return 'waits';
}

/** What happens, and what makes it happen. */
function signal(): [Promise<void>, () => void] {
  let happen = () => {};
  const happened = new Promise<void>((resolve) => {
    happen = resolve;
  });
  return [happened, happen];
}

const namesOf = (groups: object): string[] =>
  Object.entries(groups)
    .filter(([, group]) => typeof group === 'object' && group !== null)
    .flatMap(([group, functions]) => Object.keys(functions).map((name) => `${group}.${name}`))
    .sort();

test('every function of the store has a case here', async () => {
  const there = await store.tenant(a.ids.tenant, async (tx) => namesOf(tx));
  expect(there.length).toBeGreaterThan(90);
  expect(namesOf(cases)).toEqual(there);
});

describe.each(namesOf(cases))('%s', (name) => {
  const [group, method] = name.split('.') as [keyof Cases, never];
  const calls: Case[] = [cases[group][method]].flat();

  test("neither shows nor changes another tenant's rows, though it would its own", async () => {
    const before = await snapshot(a.ids.tenant);
    const b = await furnish({ apiKey: false });
    const tried: Outcome[] = [];
    for (const call of calls) {
      const outcome = await outcomeOf(b.ids.tenant, call, a);
      expect(JSON.stringify(outcome)).not.toMatch(tracesOf(a));
      expect(await snapshot(a.ids.tenant)).toEqual(before);
      tried.push(outcome);
    }

    // The same calls by who may make them, or there would be nothing to keep apart.
    const c = await furnish();
    const own = await snapshot(c.ids.tenant);
    const effects: boolean[] = [];
    for (const [index, call] of calls.entries()) {
      const outcome = await outcomeOf(c.ids.tenant, call, c);
      const isDifferent = JSON.stringify(outcome) !== JSON.stringify(tried[index]);
      effects.push(isDifferent || JSON.stringify(await snapshot(c.ids.tenant)) !== JSON.stringify(own));
    }
    expect(effects).toContain(true);
  });
});

type Outcome = { gave: unknown } | { refused: string };

const outcomeOf = async (tenantId: string, call: Case, its: Furnished): Promise<Outcome> => {
  try {
    return { gave: plain(await store.tenant(tenantId, (tx) => call(tx, its))) };
  } catch (error) {
    const { code } = error as { code?: string };
    // A foreign key, a unique one, or row-level security itself: anything else would be a mistake of the case.
    if (!['23503', '23505', '42501'].includes(code ?? '')) throw error;
    return { refused: code! };
  }
};

/** With the contents of what JSON leaves out. */
const plain = (value: unknown): unknown => {
  if (Buffer.isBuffer(value)) return [value.toString('hex'), value.toString('latin1')];
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Map || value instanceof Set) return [...value].map(plain);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, plain(each)]));
  }
  return value ?? null;
};

const tracesOf = ({ mark, address, ids }: Furnished): RegExp =>
  new RegExp([mark, address.replace('+', '\\+'), ...Object.values(ids)].join('|'));

let tenantTables: { name: string; column: string }[] = [];

beforeAll(async () => {
  const { rows } = await superuser.query(`
    SELECT c.relname AS name, a.attname AS column FROM pg_class c
    JOIN pg_attribute a ON a.attrelid = c.oid AND NOT a.attisdropped
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
      AND (a.attname = 'tenant_id' OR (c.relname = 'tenant' AND a.attname = 'id'))
    ORDER BY c.relname`);
  tenantTables = rows;
});

/** Every row of the tenant, as nobody but a superuser sees them. */
const snapshot = async (tenantId: string): Promise<Record<string, unknown[]>> => {
  const { rows } = await superuser.query({
    // Asked for hundreds of times, and longer to plan than to answer.
    name: 'snapshot',
    text: tenantTables
      .map(
        ({ name, column }) =>
          `SELECT '${name}' AS name, (SELECT jsonb_agg(to_jsonb(t) ORDER BY to_jsonb(t)::text)
             FROM ${name} t WHERE ${column} = $1) AS found`,
      )
      .join(' UNION ALL '),
    values: [tenantId],
  });
  return Object.fromEntries(rows.map(({ name, found }) => [name, found ?? []]));
};

test('a furnished tenant has rows in every table, so that no table goes untried', async () => {
  const empty = Object.entries(await snapshot(a.ids.tenant)).filter(([, rows]) => rows.length === 0);
  expect(empty).toEqual([]);
});

describe('what runs before the tenant is known', () => {
  const gateCases: Record<keyof Store['gate'], ((gate: Store['gate']) => Promise<unknown>) | null> = {
    storeInbound: (gate) => gate.storeInbound([inboundOf(a, sha256(randomUUID()))]),
    route: async (gate) => [await gate.route(a.address), await gate.route(null)],
    keyTenant: (gate) => gate.keyTenant(a.apiKeyHash),
    sessionTenant: (gate) => gate.sessionTenant(a.sessionToken),
    tenantIds: async (gate) => [await gate.tenantIds(), await gate.tenantIds(a.mark)],
    dueWork: (gate) => gate.dueWork(0, 100),
    inboxAge: (gate) => gate.inboxAge(),
    withLock: (gate) => gate.withLock('cross-tenant', async () => {}),
    workerSeen: (gate) => gate.workerSeen(randomUUID()),
    workerGone: (gate) => gate.workerGone(randomUUID()),
    templateStates: (gate) => gate.templateStates(),
    channelsStuck: (gate) => gate.channelsStuck(),
    workerCount: (gate) => gate.workerCount(),
    ping: (gate) => gate.ping(),
    // Ends all of them.
    close: null,
  };
  const inboundOf = ({ ids }: Furnished, key: Buffer): InboundRow => ({
    ...{ kind: 'message', tenantId: ids.tenant, channelId: ids.channel, id: randomUUID(), key },
    ...{ raw: Buffer.from('Body=hello'), source: 'webhook', status: 'received', receivedAt: null },
    ...{
      way: 'whatsapp',
      address: 'whatsapp:+12025550199',
      userId: null,
      providerId: sidIn,
      attemptId: null,
    },
  });

  test('every function of the gate has a case here', () => {
    expect(new Set(Object.keys(gateCases))).toEqual(new Set(Object.keys(store.gate)));
  });

  test.each(Object.entries(gateCases))('%s answers with ids, times and counts only', async (name, call) => {
    if (!call) return;
    const leaves: unknown[] = [];
    const collect = (value: unknown): void => {
      if (typeof value === 'object' && value !== null && !(value instanceof Date)) {
        for (const each of Buffer.isBuffer(value) ? [value.toString('hex')] : Object.values(value))
          collect(each);
      } else leaves.push(value);
    };
    collect(await call(store.gate));
    const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
    const texts = leaves.filter((leaf) => typeof leaf === 'string').filter((text) => !uuid.test(text));
    const plain: readonly string[] = [...queueNames, ...approvalStatuses, 'not-asked', 'lacking'];
    expect(texts.filter((text) => !plain.includes(text))).toEqual([]);
    if (['storeInbound', 'route', 'keyTenant', 'sessionTenant', 'tenantIds', 'dueWork'].includes(name)) {
      expect(leaves.length).toBeGreaterThan(texts.length);
    }
  });

  test("storing a webhook under one tenant leaves another's message with the same id alone", async () => {
    const before = await snapshot(a.ids.tenant);
    const [stored] = await store.gate.storeInbound([inboundOf(await furnish(), sha256(sidOut))]);
    expect(stored?.stored).toBe(true);
    expect(await snapshot(a.ids.tenant)).toEqual(before);
  });

  test("a webhook for one tenant under another's channel is refused", async () => {
    const before = await snapshot(a.ids.tenant);
    const b = await furnish();
    const mixed = { ...inboundOf(b, sha256(randomUUID())), channelId: a.ids.channel };
    await expect(store.gate.storeInbound([mixed])).rejects.toMatchObject({ code: '23503' });
    await expect(store.gate.storeInbound([{ ...mixed, kind: 'status' }])).rejects.toMatchObject({
      code: '23503',
    });
    expect(await snapshot(a.ids.tenant)).toEqual(before);
  });

  test('its functions belong to a role of their own, name no schema but ours, and show ids only', async () => {
    const { rows } = await superuser.query(`
      SELECT p.proname AS name, r.rolname = i.gate_role AS own, r.rolcanlogin AS logs_in,
        r.rolsuper OR r.rolbypassrls AS unrestricted, p.proconfig AS settings,
        has_function_privilege('public', p.oid, 'EXECUTE') AS open_to_all,
        (SELECT array_agg(DISTINCT t::regtype::text) FROM unnest(p.proallargtypes, p.proargmodes) AS x(t, mode)
          WHERE mode = 't' AND t <> 'text'::regtype) AS types,
        (SELECT array_agg(n) FROM unnest(p.proargnames, p.proallargtypes, p.proargmodes) AS x(n, t, mode)
          WHERE mode = 't' AND t = 'text'::regtype) AS texts
      FROM pg_proc p JOIN pg_roles r ON r.oid = p.proowner, installation i
      WHERE p.pronamespace = 'public'::regnamespace AND p.prosecdef ORDER BY p.proname`);
    expect(rows.map(({ name }) => name)).toEqual([
      ...[
        'channels_stuck',
        'due_work',
        'inbox_age',
        'key_tenant',
        'route',
        'session_tenant',
        'store_inbound',
        'template_states',
      ],
      'tenants',
    ]);
    for (const row of rows) {
      expect(row, row.name).toMatchObject({
        ...{ own: true, logs_in: false, unrestricted: false, open_to_all: false },
        settings: ['search_path=public, pg_temp'],
        texts: { due_work: ['queue'], template_states: ['state'] }[row.name as string] ?? null,
      });
      const harmless = ['uuid', 'boolean', 'bigint', 'timestamp with time zone'];
      expect(
        row.types.filter((type: string) => !harmless.includes(type)),
        row.name,
      ).toEqual([]);
    }
  });
});

describe("the service's role", () => {
  let service: pg.Client;
  let owner: pg.Client;
  beforeAll(async () => {
    service = new pg.Client({ connectionString: database.appUrl });
    owner = new pg.Client({ connectionString: database.ownerUrl });
    await Promise.all([service.connect(), owner.connect()]);
  });
  afterAll(() => Promise.all([service.end(), owner.end()]));

  const visible = async (client: pg.Client): Promise<string[]> => {
    const seen: string[] = [];
    for (const { name } of tenantTables) {
      const { rows } = await client.query(`SELECT count(*)::int AS count FROM ${name}`);
      if (rows[0].count > 0) seen.push(name);
    }
    return seen;
  };

  test('sees no row of any tenant before it names one, nor after a transaction that named one', async () => {
    expect(await visible(service)).toEqual([]);
    await service.query('BEGIN');
    await service.query("SELECT set_config('app.tenant_id', $1, true)", [a.ids.tenant]);
    expect(await visible(service)).toEqual(tenantTables.map(({ name }) => name));
    await service.query('COMMIT');
    expect(await visible(service)).toEqual([]);
  });

  test('and the owner of the tables, are bound alike', async () => {
    expect(await visible(owner)).toEqual([]);
  });

  test('reaches no row of another tenant, and makes none in its name', async () => {
    const before = await snapshot(a.ids.tenant);
    const b = await furnish();
    const { ids } = a;
    const asB = async (text: string, values: unknown[] = []) => {
      await service.query('BEGIN');
      try {
        await service.query("SELECT set_config('app.tenant_id', $1, true)", [b.ids.tenant]);
        return (await service.query(text, values)).rowCount;
      } finally {
        await service.query('COMMIT');
      }
    };
    for (const { name, column } of tenantTables) {
      expect(await asB(`SELECT FROM ${name} WHERE ${column} = $1`, [ids.tenant]), name).toBe(0);
    }
    expect(await asB("UPDATE message SET status = 'failed' WHERE id = $1", [ids.notice])).toBe(0);
    expect(await asB('UPDATE work_order SET title = $1', ['stolen'])).toBe(4);
    expect(await asB('DELETE FROM technician_address WHERE technician_id = $1', [ids.technician])).toBe(0);
    for (const [text, values] of [
      ['UPDATE technician SET tenant_id = $1', [ids.tenant]],
      ['UPDATE tenant SET id = $1', [ids.tenant]],
      ["INSERT INTO asset (tenant_id, id, code, name) VALUES ($1, $2, 'X', 'X')", [ids.tenant, randomUUID()]],
      ["INSERT INTO reminder_mark VALUES ($1, $2, 'r', '2026-12-25', '2026-12-24')", [ids.tenant, ids.order]],
    ] as const) {
      await expect(asB(text, [...values]), text).rejects.toMatchObject({ code: '42501' });
    }
    expect(await snapshot(ids.tenant)).toEqual(before);
  });

  test.each([
    'SET ROLE "<gate>"',
    'SET ROLE rbm_owner',
    'SET ROLE "<superuser>"',
    'SET SESSION AUTHORIZATION rbm_owner',
    'GRANT "<gate>" TO CURRENT_USER',
    'ALTER ROLE CURRENT_USER BYPASSRLS',
    'CREATE ROLE intruder',
    'ALTER TABLE message DISABLE ROW LEVEL SECURITY',
    'ALTER TABLE message NO FORCE ROW LEVEL SECURITY',
    'ALTER TABLE message ADD COLUMN x int',
    'ALTER TABLE message OWNER TO CURRENT_USER',
    'CREATE POLICY open ON message USING (true)',
    'DROP POLICY tenant ON message',
    'DROP TABLE message',
    'TRUNCATE message CASCADE',
    'TRUNCATE inbound_key',
    'DELETE FROM message',
    'DELETE FROM inbound_key',
    'UPDATE inbound_key SET key = key',
    'DELETE FROM event',
    'DELETE FROM tenant',
    'UPDATE installation SET gate_role = current_user',
    'CREATE TABLE public.intruder (x int)',
    "CREATE FUNCTION public.intruder() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    'CREATE SCHEMA intruder',
    "CREATE OR REPLACE FUNCTION route(p_to text) RETURNS TABLE (tenant_id uuid, channel_id uuid, updated_at timestamptz) LANGUAGE sql AS 'SELECT NULL::uuid, NULL::uuid, now()'",
    'ALTER FUNCTION route(text) SECURITY INVOKER',
    'DROP FUNCTION route(text)',
    'CREATE TRIGGER intruder BEFORE INSERT ON message FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()',
    'ALTER TABLE message DISABLE TRIGGER ALL',
    'SET session_replication_role = replica',
    'SET row_security = off; SELECT * FROM message',
    "COPY message TO '/tmp/message.csv'",
    "COPY installation FROM PROGRAM 'id'",
    "SELECT pg_read_file('/etc/passwd')",
    'SELECT * FROM pg_authid',
    'INSERT INTO knex_migrations (name) VALUES (current_user)',
  ])('may not: %s', async (statement) => {
    const { rows } = await superuser.query('SELECT gate_role AS gate, current_user AS me FROM installation');
    const text = statement.replace('<gate>', rows[0].gate).replace('<superuser>', rows[0].me);
    await service.query('BEGIN');
    try {
      await expect(service.query(text)).rejects.toMatchObject({ code: '42501' });
    } finally {
      await service.query('ROLLBACK');
    }
  });

  test('has no rights on the tables beyond reading and writing rows', async () => {
    const { rows } = await superuser.query(`
      SELECT DISTINCT g.privilege_type AS right FROM information_schema.role_table_grants g, installation i
      WHERE g.table_schema = 'public' AND g.grantee IN (i.app_role, i.gate_role, 'PUBLIC') ORDER BY 1`);
    expect(rows.map((row) => row.right)).toEqual(['DELETE', 'INSERT', 'SELECT', 'UPDATE']);
  });

  test('is what the store insists on', async () => {
    await store.assertRestricted();
    const unrestricted = createStore({ url: withDatabase(inject('postgresUrl'), database.name) });
    try {
      await expect(unrestricted.assertRestricted()).rejects.toThrow('can pass row-level security');
    } finally {
      await unrestricted.close();
    }
  });
});

describe('every table of a tenant', () => {
  const catalog = async (text: string): Promise<Record<string, unknown>[]> =>
    (await superuser.query(text)).rows;

  test('has a tenant_id, but for the tenant itself and what belongs to none', async () => {
    const rows = await catalog(`
      SELECT relname AS name, relkind AS kind FROM pg_class c
      WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'f')
        AND NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = c.oid AND attname = 'tenant_id' AND attnotnull)
      ORDER BY relname`);
    expect(rows.map(({ name, kind }) => `${kind} ${name}`)).toEqual([
      ...['r installation', 'r knex_migrations', 'r knex_migrations_lock', 'r tenant', 'r worker'],
    ]);
  });

  test('is behind row-level security that binds its owner too', async () => {
    const open = await catalog(`
      SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
        AND relname NOT IN ('installation', 'knex_migrations', 'knex_migrations_lock', 'worker')
        AND NOT (relrowsecurity AND relforcerowsecurity)`);
    expect(open).toEqual([]);
    expect(tenantTables.length).toBeGreaterThan(15);
  });

  test('has one policy for its tenant, and at most one more, for the gate', async () => {
    const policies = await catalog(`
      SELECT p.tablename AS name, p.policyname AS policy, p.cmd, p.permissive, p.qual, p.with_check,
        p.roles = ARRAY['public']::name[] AS for_all, p.roles = ARRAY[i.gate_role]::name[] AS for_gate
      FROM pg_policies p, installation i WHERE p.schemaname = 'public' ORDER BY 1, 2`);
    const ofTenant = policies.filter(({ policy }) => policy === 'tenant');
    expect(ofTenant.map(({ name }) => name)).toEqual(tenantTables.map(({ name }) => name));
    for (const { name, cmd, for_all, qual, with_check } of ofTenant) {
      const { column } = tenantTables.find((table) => table.name === name)!;
      expect({ cmd, for_all, with_check }).toEqual({ cmd: 'ALL', for_all: true, with_check: null });
      expect(qual).toMatch(new RegExp(`^\\(${column} = \\(.*app\\.tenant_id.*\\)`, 's'));
    }
    const others = policies.filter(({ policy }) => policy !== 'tenant');
    expect(others.filter(({ policy, for_gate }) => policy !== 'gate' || !for_gate)).toEqual([]);
  });

  test('has the tenant in every unique key, but for what is looked up before the tenant is known', async () => {
    const keys = await catalog(`
      SELECT c.relname AS name, k.relname AS key FROM pg_index i
      JOIN pg_class c ON c.oid = i.indrelid JOIN pg_class k ON k.oid = i.indexrelid
      WHERE c.relnamespace = 'public'::regnamespace AND i.indisunique
        AND NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'tenant_id'
          AND a.attnum = ANY(i.indkey[0:i.indnkeyatts - 1]))
        AND c.relname NOT IN ('installation', 'knex_migrations', 'knex_migrations_lock', 'worker')
      ORDER BY 1, 2`);
    expect(keys.map(({ key }) => key)).toEqual([
      ...[
        'admin_session_token_key',
        'api_key_hash_key',
        'channel_address_key',
        'tenant_pkey',
        'tenant_slug_key',
      ],
    ]);
  });

  test('has the tenant in every foreign key, on both sides', async () => {
    const keys = await catalog(`
      SELECT conrelid::regclass::text AS name, conname AS key, EXISTS (
        SELECT FROM unnest(k.conkey, k.confkey) AS pair(ours, theirs)
        JOIN pg_attribute o ON o.attrelid = k.conrelid AND o.attnum = pair.ours
        JOIN pg_attribute t ON t.attrelid = k.confrelid AND t.attnum = pair.theirs
        WHERE o.attname = 'tenant_id'
          AND t.attname = CASE WHEN k.confrelid = 'tenant'::regclass THEN 'id' ELSE 'tenant_id' END) AS holds
      FROM pg_constraint k WHERE k.contype = 'f' AND k.connamespace = 'public'::regnamespace`);
    expect(keys.length).toBeGreaterThan(20);
    expect(keys.filter(({ holds }) => !holds)).toEqual([]);
  });
});
