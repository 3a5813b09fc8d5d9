import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import type { Outcome } from '../../src/messaging/provider.ts';
import type { Tx } from '../../src/store/store.ts';
import { newSid, refused, unclear, useOutbox } from './outbox-stage.ts';

const outbox = useOutbox();
type On = Awaited<ReturnType<typeof outbox.channel>>;
type Ana = Awaited<ReturnType<On['technician']>>;

const notice = { kind: 'work-order.reminder', lane: 'notification' } as const;
const inTenant = (on: On, work: (tx: Tx) => Promise<unknown>) => on.store.tenant(on.tenantId, work);

const sends = async (on: On, ana: Ana, ...outcomes: Outcome[]) => {
  on.provider.will(...outcomes);
  const id = await on.queue(ana, 'Hello', notice);
  await on.run();
  return id;
};
const callsBack = async (on: On, id: string, ...statuses: [status: string, code?: string][]) => {
  const attempt = (await on.attempts(id)).at(-1)!;
  for (const [status, errorCode] of statuses) {
    await on.callback({
      ...{ attemptId: attempt.id, providerId: attempt.providerId!, status },
      ...(errorCode ? { errorCode } : {}),
    });
    await on.applyCallbacks();
  }
};
const looksInVain = async (on: On) => {
  for (const seconds of [15, 45, 120]) {
    await on.pass(seconds);
    await on.run();
  }
};

/** Each way a message can end, and what its timeline then says. */
const ways: Record<string, [(on: On, ana: Ana) => Promise<string>, string]> = {
  accepted: [(on, ana) => sends(on, ana), 'queued sending accepted'],
  'a mail that is sent': [
    (on, ana) => sends(on, ana, { kind: 'accepted', id: newSid(), status: 'sent' }),
    'queued sending accepted sent',
  ],
  read: [
    async (on, ana) => {
      const id = await sends(on, ana);
      await callsBack(on, id, ['sent'], ['delivered'], ['read']);
      return id;
    },
    'queued sending accepted sent delivered read',
  ],
  'told backwards': [
    async (on, ana) => {
      const id = await sends(on, ana);
      await callsBack(on, id, ['read'], ['delivered'], ['sent']);
      return id;
    },
    'queued sending accepted sent delivered read',
  ],
  'refused for good': [(on, ana) => sends(on, ana, refused('63007', 'fix')), 'queued sending failed'],
  'failed by a callback': [
    async (on, ana) => {
      const id = await sends(on, ana);
      await callsBack(on, id, ['sent'], ['undelivered', '63007']);
      return id;
    },
    'queued sending accepted sent failed',
  ],
  'refused for now, then taken': [
    async (on, ana) => {
      const id = await sends(on, ana, refused('20429', 'retry'));
      await on.pass(30);
      await on.run();
      return id;
    },
    'queued sending sending accepted',
  ],
  'a retry that comes too late': [
    async (on, ana) => {
      const id = await sends(on, ana, refused('20429', 'retry'));
      await on.pass(30);
      await on.run({ now: () => new Date(Date.now() + 3 * 60 * 60 * 1000) });
      return id;
    },
    'queued sending expired',
  ],
  'never known': [
    async (on, ana) => {
      const id = await sends(on, ana, unclear, unclear);
      await looksInVain(on);
      await looksInVain(on);
      return id;
    },
    'queued sending unknown sending unknown',
  ],
  'paused before it left': [
    async (on, ana) => {
      const id = await on.queue(ana, 'Hello', notice);
      await inTenant(on, (tx) => tx.outbox.holdBack(ana.id));
      return id;
    },
    'queued cancelled',
  ],
  'switched off': [
    async (on, ana) => {
      const id = await on.queue(ana, 'Hello', notice);
      await on.run({ enabled: false });
      return id;
    },
    'queued cancelled',
  ],
  'withdrawn with its cause': [
    async (on, ana) => {
      const causedBy = randomUUID();
      const id = await on.queue(ana, 'Hello', { ...notice, causedBy });
      await inTenant(on, (tx) => tx.outbox.withdrawCausedBy(causedBy));
      return id;
    },
    'queued cancelled',
  ],
  'withdrawn with its assignment': [
    async (on, ana) => {
      const order = await on.order({ assigneeId: ana.id, status: 'assigned', assignmentNo: 3 });
      const about = { workOrderId: order.id, assignmentNo: 3, dueDay: null };
      const id = await on.queue(ana, 'Hello', { kind: 'work-order.assigned', lane: 'notification', about });
      await inTenant(on, (tx) => tx.outbox.withdrawAssignment(order.id, 3));
      return id;
    },
    'queued cancelled',
  ],
  'held back at once': [
    async (on, ana) => {
      const id = randomUUID();
      await inTenant(on, (tx) =>
        tx.outbox.add({
          ...{ id, technicianId: ana.id, way: 'whatsapp', channelId: null, conversationId: null },
          ...{ ...notice, text: 'Hello', inReplyTo: null, workOrderIds: [], about: null },
          ...{ dueAt: new Date(), expiresAt: new Date(Date.now() + 60_000), heldBack: 'paused' },
        }),
      );
      return id;
    },
    'queued cancelled',
  ],
};

test.each(Object.entries(ways))('%s: the timeline ends with the status, by time', async (_, [way, told]) => {
  const on = await outbox.channel();
  const id = await way(on, await on.technician());
  const { status, timeline } = await on.message(id);
  expect(timeline.map((entry) => entry.status).join(' ')).toBe(told);
  expect(timeline.at(-1)).toMatchObject({ status });
  expect(timeline).toEqual(timeline.toSorted((a, b) => a.at.getTime() - b.at.getTime()));
});

test('an inbound message says when it was dealt with', async () => {
  const on = await outbox.channel();
  const ana = await on.technician();
  const id = randomUUID();
  await on.query(
    `INSERT INTO message (tenant_id, id, direction, channel_id, conversation_id, way, status, raw, source, received_at)
     VALUES ($1, $2, 'in', $3, $4, 'whatsapp', 'received', '', 'webhook', now() - interval '1 minute')`,
    [on.tenantId, id, on.channelId, ana.conversationId],
  );
  const outcome = { technicianId: ana.id, text: 'HELP', answeredBy: null, workOrderIds: [] };
  await inTenant(on, (tx) => tx.inbox.finish(id, { status: 'processed', ...outcome }));
  const { createdAt, timeline } = await on.message(id);
  expect(timeline).toEqual([
    { status: 'received', at: createdAt, source: 'us' },
    { status: 'processed', at: expect.any(Date), source: 'us' },
  ]);
  expect(timeline[1]!.at.getTime()).toBeGreaterThan(createdAt.getTime() + 50_000);
});
