import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { describe, expect, inject, test } from 'vitest';
import { deliveryStatus } from '../../jobs/delivery-status.ts';
import { eraseTechnician, goOnErasing } from '../../src/cmms/erase-technician.ts';
import { settleUnclear } from '../../src/messaging/reconcile.ts';
import { newSid, refused, timing, unclear, useOutbox } from '../messaging/outbox-stage.ts';
import { withDatabase } from '../support/postgres.ts';

const outbox = useOutbox();

/** A message that the provider has taken, and what it may call back about it. */
const accepted = async () => {
  const on = await outbox.channel();
  const ana = await on.technician();
  const id = await on.queue(ana, 'Hello');
  await on.run();
  const [attempt] = await on.attempts(id);
  const ours = { attemptId: attempt!.id, providerId: attempt!.providerId! };
  const tells = (status: string, errorCode?: string) =>
    on.callback({ ...ours, status, ...(errorCode ? { errorCode } : {}) });
  return { on, ana, id, ours, tells };
};

/** When a message had come how far, and when each word of it came in. */
const timesOf = async (on: Awaited<ReturnType<typeof accepted>>['on'], id: string) => {
  const [times] = await on.query('SELECT sent_at, delivered_at, read_at FROM message WHERE id = $1', [id]);
  const callbacks = await on.query(
    `SELECT c.status, c.received_at FROM status_callback c JOIN attempt a ON a.id = c.applied_to
     WHERE a.message_id = $1 ORDER BY c.seq`,
    [id],
  );
  /** When the first word came that says one of these. */
  const told = (...statuses: string[]) =>
    callbacks.find(({ status }) => statuses.includes(status))?.received_at ?? null;
  return { times, told };
};

describe('callbacks move a message forward only', () => {
  test.each([
    ['sent', 'delivered', 'read'],
    ['sent', 'read', 'delivered'],
    ['delivered', 'sent', 'read'],
    ['delivered', 'read', 'sent'],
    ['read', 'sent', 'delivered'],
    ['read', 'delivered', 'sent'],
  ])('%s, %s, %s', async (...statuses) => {
    const { on, id, tells } = await accepted();
    const highest: string[] = [];
    for (const status of statuses) {
      await tells(status);
      await on.applyCallbacks();
      highest.push((await on.message(id)).status);
    }
    const ranks = ['accepted', 'sent', 'delivered', 'read'];
    expect(highest).toEqual(
      statuses.map(
        (_, index) => ranks[Math.max(...statuses.slice(0, index + 1).map((status) => ranks.indexOf(status)))],
      ),
    );
    // Each is kept, late ones where they belong.
    const { timeline, attempts } = await on.message(id);
    expect(timeline.filter(({ source }) => source === 'provider').map(({ status }) => status)).toEqual(ranks);
    expect(attempts).toMatchObject([{ status: 'read' }]);
    // Each was reached when the first callback came that says so.
    const { times, told } = await timesOf(on, id);
    expect(times).toEqual({
      sent_at: told('sent', 'delivered', 'read'),
      delivered_at: told('delivered', 'read'),
      read_at: told('read'),
    });
  });

  test('what is applied late counts from when it came', async () => {
    const { on, id, tells } = await accepted();
    const wait = (minutes: number) =>
      on.query(
        "UPDATE status_callback SET match_at = clock_timestamp() + $1 * interval '1 minute' WHERE tenant_id = $2",
        [minutes, on.tenantId],
      );
    await tells('delivered');
    await wait(1);
    await tells('read');
    await on.applyCallbacks();
    const before = await timesOf(on, id);
    expect(before.times.delivered_at).toEqual(before.told('read'));
    await wait(0);
    await on.applyCallbacks();
    const { times, told } = await timesOf(on, id);
    expect(times).toEqual({
      sent_at: told('delivered'),
      delivered_at: told('delivered'),
      read_at: told('read'),
    });
    expect(await on.message(id)).toMatchObject({ status: 'read' });
  });

  test('accepted is not sent; what was sent and then failed was sent', async () => {
    const { on, id, tells } = await accepted();
    await tells('queued');
    await on.applyCallbacks();
    const nothing = { sent_at: null, delivered_at: null, read_at: null };
    expect((await timesOf(on, id)).times).toEqual(nothing);
    for (const status of ['undelivered', 'sent'])
      await tells(status, status === 'sent' ? undefined : '63024');
    await on.applyCallbacks();
    const { times, told } = await timesOf(on, id);
    expect(times).toEqual({ ...nothing, sent_at: told('sent') });
    expect(await on.message(id)).toMatchObject({ status: 'failed' });
  });

  test('all at once, in whatever order they were stored', async () => {
    const { on, id, tells } = await accepted();
    for (const status of ['read', 'queued', 'sent', 'delivered', 'sending']) await tells(status);
    await on.applyCallbacks();
    expect(await on.message(id)).toMatchObject({ status: 'read', error: null, reason: null });
  });

  test('the same one twice is one', async () => {
    const { on, id, tells } = await accepted();
    expect([await tells('delivered'), await tells('delivered')]).toEqual([true, false]);
    await Promise.all([on.applyCallbacks(), on.applyCallbacks()]);
    await on.applyCallbacks();
    const { status, timeline } = await on.message(id);
    expect(status).toBe('delivered');
    expect(timeline.map((entry) => entry.status)).toEqual(['queued', 'sending', 'accepted', 'delivered']);
  });

  test.each(['received', 'partially_delivered', 'something new'])(
    '%s says nothing and is kept',
    async (word) => {
      const { on, id, tells } = await accepted();
      await tells(word);
      await on.applyCallbacks();
      expect(await on.message(id)).toMatchObject({ status: 'accepted' });
      expect(
        await on.query('SELECT match_at FROM status_callback WHERE tenant_id = $1', [on.tenantId]),
      ).toEqual([{ match_at: null }]);
    },
  );

  test('of several messages in the order of their ids, as whoever withdraws them locks them', async () => {
    const on = await outbox.channel();
    const people = [await on.technician(), await on.technician()];
    const ids: string[] = [];
    for (const [n, person] of people.entries()) ids.push(await on.queue(person, `Message ${n}`));
    await on.run();
    const [first, last] = ids.toSorted() as [string, string];
    for (const id of [last, first]) {
      const [attempt] = await on.attempts(id);
      await on.callback({ attemptId: attempt!.id, providerId: attempt!.providerId!, status: 'delivered' });
    }
    const other = new pg.Client({ connectionString: withDatabase(inject('postgresUrl'), on.databaseName) });
    await other.connect();
    try {
      await other.query('BEGIN');
      await other.query('SELECT FROM message WHERE id = $1 FOR UPDATE', [first]);
      const applying = on.applyCallbacks();
      const waits = "SELECT FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'";
      while ((await on.query(waits, [])).length === 0) await new Promise((done) => setTimeout(done, 10));
      await other.query('SELECT FROM message WHERE id = $1 FOR UPDATE NOWAIT', [last]);
      await other.query('COMMIT');
      await applying;
    } finally {
      await other.end();
    }
    for (const id of ids) expect(await on.message(id)).toMatchObject({ status: 'delivered' });
  });

  test('more than one batch of them is worked off in one run', async () => {
    const on = await outbox.channel();
    const ids: string[] = [];
    for (let n = 0; n < 60; n++) ids.push(await on.queue(await on.technician(), 'Hello'));
    await on.run();
    for (const id of ids) {
      const [attempt] = await on.attempts(id);
      await on.callback({ attemptId: attempt!.id, providerId: attempt!.providerId!, status: 'delivered' });
    }
    await on.applyCallbacks();
    const statuses = await on.query('SELECT DISTINCT status FROM message WHERE tenant_id = $1', [
      on.tenantId,
    ]);
    expect(statuses).toEqual([{ status: 'delivered' }]);
  });
});

describe('a callback that is faster than our own commit', () => {
  test.each([
    { ends: 'accepted', outcome: (id: string) => ({ kind: 'accepted', id }) as const },
    { ends: 'unclear', outcome: () => unclear },
    { ends: 'as if refused', outcome: () => refused('20429', 'retry') },
  ])('counts, whether the call then ends $ends', async ({ outcome }) => {
    const on = await outbox.channel();
    const id = await on.queue(await on.technician(), 'Hello');
    const finish = on.provider.holdsNext();
    const running = on.run();
    await on.provider.isAsked('Hello');
    const providerId = newSid();
    await on.callback({ attemptId: on.provider.sent[0]!.attemptId, providerId, status: 'delivered' });
    await on.applyCallbacks();
    expect(await on.message(id)).toMatchObject({ status: 'delivered', attempts: [{ providerId }] });

    finish(outcome(providerId));
    await running;
    await on.pass(600);
    await on.run();
    expect(await on.message(id)).toMatchObject({ status: 'delivered', possibleDuplicate: false });
    expect(await on.attempts(id)).toMatchObject([
      { state: 'accepted', status: 'delivered', lookAfterSeconds: null },
    ]);
    expect(on.provider.sent).toHaveLength(1);
    expect(on.provider.asked).toEqual([]);
  });

  test('settles a try whose end is unclear, so that nobody looks for it', async () => {
    const on = await outbox.channel();
    const id = await on.queue(await on.technician(), 'Hello');
    on.provider.will(unclear);
    await on.run();
    const providerId = newSid();
    await on.callback({ attemptId: on.provider.sent[0]!.attemptId, providerId, status: 'sent' });
    await on.applyCallbacks();
    await on.pass(600);
    await on.run();
    expect(await on.message(id)).toMatchObject({
      status: 'sent',
      attempts: [{ providerId, status: 'sent' }],
    });
    expect(await on.attempts(id)).toMatchObject([{ from: 'callback' }]);
    expect(on.provider.asked).toEqual([]);
  });

  test('without an attempt in its address it waits for the id to be known', async () => {
    const on = await outbox.channel();
    const id = await on.queue(await on.technician(), 'Hello');
    const providerId = newSid();
    await on.callback({ providerId, status: 'delivered' });
    await on.applyCallbacks();
    on.provider.will({ kind: 'accepted', id: providerId });
    await on.run();
    expect(on.bells).toContainEqual({ queue: 'delivery-status', id: on.channelId, afterMs: 0 });
    await on.applyCallbacks();
    expect(await on.message(id)).toMatchObject({ status: 'delivered' });
  });
});

describe('a callback of an unknown attempt', () => {
  const openCallbacks = (on: Awaited<ReturnType<typeof accepted>>['on']) =>
    on.query(
      'SELECT extract(epoch FROM match_at - clock_timestamp())::float8 AS "againInSeconds" FROM status_callback WHERE tenant_id = $1',
      [on.tenantId],
    );

  test('is kept and tried again every half minute, for a day', async () => {
    const { on, id } = await accepted();
    await on.callback({ attemptId: randomUUID(), providerId: newSid(), status: 'delivered' });
    await on.applyCallbacks();
    const [parked] = await openCallbacks(on);
    expect(parked!.againInSeconds).toBeGreaterThan(20);
    expect(parked!.againInSeconds).toBeLessThanOrEqual(30);
    expect(await on.message(id)).toMatchObject({ status: 'accepted' });

    await on.pass(23.9 * 3600);
    await on.applyCallbacks();
    expect((await openCallbacks(on))[0]!.againInSeconds).toBeGreaterThan(20);
    await on.pass(0.2 * 3600);
    await on.applyCallbacks();
    expect(await openCallbacks(on)).toEqual([{ againInSeconds: null }]);
  });

  test('is never applied to an attempt of another channel, of its tenant or not', async () => {
    const { id, ours, on } = await accepted();
    const stranger = await outbox.channel();
    await stranger.callback({ ...ours, status: 'failed', errorCode: '63007' });
    await stranger.applyCallbacks();

    const channelId = randomUUID();
    await on.store.tenant(on.tenantId, async (tx) => {
      const { createdAt: _createdAt, ...channel } = (await tx.channels.get(on.channelId))!;
      const address = `${channel.address}0`;
      await tx.channels.save({ ...channel, id: channelId, address }, new Date());
    });
    await on.callback({ ...ours, channelId, status: 'failed', errorCode: '63007' });
    await on.applyCallbacks(channelId);

    expect(await on.message(id)).toMatchObject({ status: 'accepted' });
    for (const each of [stranger, on]) {
      expect((await openCallbacks(each))[0]!.againInSeconds).toBeGreaterThan(20);
    }
  });

  test.each(['', 'MessageSid=SM1', '\0\uFFFD&&=&'])(
    'that cannot be read (%j) is given up at once',
    async (raw) => {
      const { on, id, ours } = await accepted();
      await on.callback({ ...ours, status: 'delivered', raw });
      await on.applyCallbacks();
      expect(await openCallbacks(on)).toEqual([{ againInSeconds: null }]);
      expect(await on.message(id)).toMatchObject({ status: 'accepted' });
    },
  );
});

describe('a failure', () => {
  test.each([
    { code: '63007', reason: 'provider', alarm: true },
    { code: '63024', reason: 'provider', alarm: false },
    { code: '21610', reason: 'opted-out', alarm: false },
    { code: '63999', reason: 'provider', alarm: true },
  ])('with $code ends the message, and the CMMS is told once', async ({ code, reason, alarm }) => {
    const { on, ana, id, tells } = await accepted();
    await tells('sent');
    await tells('undelivered', code);
    await on.applyCallbacks();
    await tells('failed', code);
    await on.applyCallbacks();
    await on.pass(3600);
    await on.run();

    expect(await on.message(id)).toMatchObject({ status: 'failed', reason, error: { code } });
    expect(await on.events()).toEqual([
      {
        type: 'message.failed',
        messageId: id,
        data: {
          technician: ana.externalId,
          code,
          text: expect.stringMatching(/\S+ \S+/),
          nextWay: null,
        },
      },
      ...(reason === 'opted-out'
        ? [
            {
              type: 'technician.unreachable',
              messageId: id,
              data: { technician: ana.externalId, reason, way: 'whatsapp' },
            },
          ]
        : []),
    ]);
    expect(on.provider.sent).toHaveLength(1);
    expect(on.logged.filter(({ event }) => event === 'message.failed').map((line) => line.alarm)).toEqual([
      alarm,
    ]);
    expect(on.bells.filter(({ queue }) => queue === 'cmms-events')).toHaveLength(1);
  });

  test.each([
    ['work-order.cancelled', true],
    ['work-order.cancelled', false],
    ['work-order.unassigned', true],
    ['work-order.unassigned', false],
  ] as const)(
    'of a notice of %s is told to the planner where its person works here: %s',
    async (kind, works) => {
      const on = await outbox.channel();
      const [ana, eva] = [await on.technician(), await on.technician()];
      await on.query("UPDATE technician SET role = 'planner' WHERE id = $1", [eva.id]);
      const id = await on.queue(ana, 'Not yours any more', { kind, lane: 'notification' });
      await on.run();
      const [attempt] = await on.attempts(id);
      await on.query('UPDATE technician SET active = $2 WHERE id = $1', [ana.id, works]);
      const ours = { attemptId: attempt!.id, providerId: attempt!.providerId! };
      await on.callback({ ...ours, status: 'undelivered', errorCode: '63024' });
      await on.applyCallbacks();
      expect(await on.message(id)).toMatchObject({ status: 'failed' });
      const told = await on.query('SELECT kind FROM message WHERE technician_id = $1', [eva.id]);
      expect([(await on.events()).map(({ type }) => type), told]).toEqual([
        ['message.failed', ...(works ? ['technician.unreachable'] : [])],
        works ? [{ kind: 'technician.not-reached' }] : [],
      ]);
    },
  );

  test('that may pass is tried once more, and not a third time', async () => {
    const { on, id, tells } = await accepted();
    await tells('sent');
    await tells('undelivered', '63012');
    await on.applyCallbacks();
    expect(on.bells.at(-1)).toEqual({ queue: 'outbound', id: on.channelId, afterMs: 0 });
    expect(await on.dueInSeconds(id)).toBeGreaterThan(1);
    expect(await on.dueInSeconds(id)).toBeLessThanOrEqual(10);
    expect(await on.message(id)).toMatchObject({ status: 'sent', reason: null });
    expect(await on.events()).toEqual([]);

    await on.pass(10);
    await on.run();
    const [, second] = await on.attempts(id);
    const { timeline } = await on.message(id);
    expect(timeline.map(({ at }) => at)).toEqual(
      timeline.map(({ at }) => at).toSorted((a, b) => a.getTime() - b.getTime()),
    );
    expect(second).toMatchObject({ reason: 'failed:63012', state: 'accepted' });
    await on.callback({
      attemptId: second!.id,
      providerId: second!.providerId!,
      status: 'undelivered',
      errorCode: '63012',
    });
    await on.applyCallbacks();
    await on.pass(3600);
    await on.run();
    expect(on.provider.sent).toHaveLength(2);
    expect(await on.message(id)).toMatchObject({
      status: 'failed',
      reason: 'provider',
      error: { code: '63012' },
    });
    expect(await on.events()).toHaveLength(1);
  });

  test.each([
    ['63012', 'goes on by another way'],
    ['63016', 'goes on by another way'],
    ['63012', 'has arrived by another way'],
  ])('leads to no other try of a message (%s) that %s', async (code, what) => {
    const on = await outbox.channel();
    const ana = await on.technician();
    const notice = { kind: 'message.send', lane: 'notification' } as const;
    const first = await on.queue(ana, 'by the first', notice);
    await on.run();
    const further = await on.queue(ana, 'by a further one', { ...notice, fallbackOf: first });
    await on.run();
    const isOn = what === 'goes on by another way';
    const [late, other] = isOn ? [first, further] : [further, first];
    if (!isOn) await on.store.tenant(on.tenantId, (tx) => tx.messages.moveTo(other, 'delivered'));
    const [attempt] = await on.attempts(late);
    await on.store.tenant(on.tenantId, (tx) =>
      tx.templates.save({
        ...{ kind: 'message.send', locale: 'en', contentSid: `HX${'0'.repeat(32)}`, variables: ['text'] },
      }),
    );
    await on.callback({
      ...{ attemptId: attempt!.id, providerId: attempt!.providerId!, status: 'undelivered', errorCode: code },
    });
    await on.applyCallbacks();
    await on.pass(60);
    await on.run();
    expect(on.provider.texts()).toEqual(['by the first', 'by a further one']);
    expect(await on.message(late)).toMatchObject({ status: 'failed', error: { code } });
    expect(await on.message(other)).toMatchObject({ status: isOn ? 'accepted' : 'delivered' });
    expect(await on.events()).toMatchObject([{ data: { nextWay: isOn ? 'whatsapp' : null } }]);
    const [{ refused: isRefused }] = await on.query(
      'SELECT window_refused_at IS NOT NULL AS refused FROM conversation WHERE id = $1',
      [ana.conversationId],
    );
    expect(isRefused).toBe(code === '63016');
  });

  test('of the first way, and the next one held back: the assignment can be told when it is asked for again', async () => {
    const on = await outbox.channel();
    const ana = await on.technician();
    const { id: workOrderId } = await on.order({ assigneeId: ana.id });
    await on.queue(ana, 'notice', {
      ...{ kind: 'work-order.assigned', lane: 'notification' },
      about: { workOrderId, assignmentNo: 1, dueDay: null },
    });
    await on.run();
    const notices = () =>
      on.query(
        'SELECT way, status, reason, assignment_no AS no FROM message WHERE work_order_id = $1 ORDER BY seq',
        [workOrderId],
      );
    expect(await notices()).toMatchObject([{ way: 'whatsapp', status: 'accepted', no: 1 }]);

    await on.store.tenant(on.tenantId, async (tx) => {
      await tx.technicians.setPaused(ana.id, true);
      const channel = (await tx.channels.get(on.channelId))!;
      await tx.channels.save(
        { ...channel, id: randomUUID(), way: 'sms', address: '+14155550100' },
        new Date(),
      );
      await tx.technicians.setAddresses(ana.id, [
        { kind: 'whatsapp', value: ana.address.replace('whatsapp:', ''), active: true },
        { kind: 'sms', value: ana.address.replace('whatsapp:', ''), active: true },
      ]);
    });
    const [sending] = on.provider.sent;
    await on.callback({
      ...{ attemptId: sending!.attemptId, providerId: newSid(), status: 'failed', errorCode: '63024' },
    });
    await on.applyCallbacks();
    expect(await notices()).toEqual([
      { way: 'whatsapp', status: 'failed', reason: 'provider', no: null },
      { way: 'sms', status: 'cancelled', reason: 'paused', no: null },
    ]);
  });

  /** The provider says of the latest try that it failed. */
  const latestFails = async ({ on, id }: Awaited<ReturnType<typeof accepted>>, errorCode: string) => {
    const { id: attemptId, providerId } = (await on.attempts(id)).at(-1)!;
    await on.callback({ attemptId, providerId: providerId!, status: 'undelivered', errorCode });
    await on.applyCallbacks();
  };
  const failures = (on: Awaited<ReturnType<typeof accepted>>['on']) =>
    on.logged.filter(({ event }) => event === 'message.failed').map(({ alarm }) => alarm);

  test('that takes its time to pass is tried later and later, until it would come too late', async () => {
    const its = await accepted();
    const { on, id } = its;
    for (const [tries, seconds] of [10, 60, 300, 900, 3600, 3600].entries()) {
      await latestFails(its, '63018');
      expect(await on.dueInSeconds(id)).toBeGreaterThan(seconds - 9);
      expect(await on.dueInSeconds(id)).toBeLessThanOrEqual(seconds);
      await on.pass(seconds);
      await on.run();
      expect(on.provider.sent).toHaveLength(tries + 2);
    }
    expect((await on.attempts(id)).map(({ reason }) => reason)).toEqual([
      'first',
      'failed:63018',
      ...[2, 3, 4, 5, 6].map((n) => `failed:63018:${n}`),
    ]);
    expect(failures(on)).toEqual([]);

    await on.query("UPDATE message SET expires_at = now() + interval '50 minutes' WHERE id = $1", [id]);
    await latestFails(its, '63018');
    expect(await on.message(id)).toMatchObject({ status: 'failed', error: { code: '63018' } });
    expect(await on.dueInSeconds(id)).toBeNull();
    expect(failures(on)).toEqual([true]);
  });

  test('is not tried again once the message has gone on by another way', async () => {
    const its = await accepted();
    const { on, ana, id } = its;
    const further = await on.queue(ana, 'Hello by text message');
    await on.query("UPDATE message SET fallback_of = $1, way = 'sms' WHERE id = $2", [id, further]);
    await on.query("UPDATE message SET kind = 'message.send' WHERE tenant_id = $1", [on.tenantId]);
    await latestFails(its, '63018');
    expect(await on.dueInSeconds(id)).toBeNull();
    expect(await on.message(id)).toMatchObject({ status: 'failed' });
    expect(await on.events()).toMatchObject([{ type: 'message.failed', data: { nextWay: 'sms' } }]);
    expect(failures(on)).toEqual([false]);
  });

  test.each(['63018', '63038'])('for a limit of the sender (%s) is an alarm, once an hour', async (code) => {
    const { on, tells } = await accepted();
    let nowMs = Date.now();
    const apply = deliveryStatus({ ...on.deps, now: () => new Date(nowMs) });
    const bell = { tenantId: on.tenantId, id: on.channelId };
    const alarms = () => on.logged.filter(({ event, alarm }) => event === 'channel.limited' && alarm);
    await tells('undelivered', code);
    await apply(bell);
    expect(alarms()).toMatchObject([
      { channelId: on.channelId, code, reason: expect.stringMatching(/limit/) },
    ]);
    const another = async () => {
      const id = await on.queue(await on.technician(), 'Hello');
      await on.run();
      const [attempt] = await on.attempts(id);
      const ids = { attemptId: attempt!.id, providerId: attempt!.providerId! };
      await on.callback({ ...ids, status: 'undelivered', errorCode: code });
      await apply(bell);
    };
    nowMs += 59 * 60_000;
    await another();
    expect(alarms()).toHaveLength(1);
    nowMs += 60_000;
    await another();
    expect(alarms()).toHaveLength(2);
  });

  test('told twice asks for one more try only', async () => {
    const { on, id, tells } = await accepted();
    await tells('undelivered', '63012');
    await on.applyCallbacks();
    await tells('failed', '63012');
    await on.applyCallbacks();
    await on.pass(10);
    await on.run();
    expect(on.provider.sent).toHaveLength(2);
    expect(await on.message(id)).not.toMatchObject({ status: 'failed' });
  });

  test('whose second try comes too late ends as expired, not as sent', async () => {
    const on = await outbox.channel();
    const id = await on.queue(await on.technician(), 'Hello', { expiresAt: new Date(Date.now() + 60_000) });
    await on.run();
    const [attempt] = await on.attempts(id);
    const ours = { attemptId: attempt!.id, providerId: attempt!.providerId! };
    await on.callback({ ...ours, status: 'sent' });
    await on.callback({ ...ours, status: 'undelivered', errorCode: '63012' });
    await on.applyCallbacks();
    await on.pass(10);
    await on.run({ now: () => new Date(Date.now() + 61_000) });
    expect(on.provider.sent).toHaveLength(1);
    expect(await on.message(id)).toMatchObject({ status: 'expired', reason: 'expired' });
  });

  test('outside the window: failed for want of a template, and the window counts as closed', async () => {
    const { on, ana, id, tells } = await accepted();
    await tells('undelivered', '63016');
    await on.applyCallbacks();
    expect(await on.message(id)).toMatchObject({
      status: 'failed',
      reason: 'no-template',
      error: { code: '63016' },
    });
    const [attempt] = await on.attempts(id);
    const [conversation] = await on.query('SELECT window_refused_at FROM conversation WHERE id = $1', [
      ana.conversationId,
    ]);
    expect(conversation!.window_refused_at).toEqual(attempt!.sendingAt);
    expect(on.logged).toContainEqual(expect.objectContaining({ event: 'message.failed', alarm: true }));
  });

  test.each(['63007', '63012', '63016'])('of an earlier try changes nothing (%s)', async (code) => {
    const on = await outbox.channel();
    const ana = await on.technician();
    const id = await on.queue(ana, 'Hello');
    on.provider.will(unclear);
    await on.run();
    for (const wait of [16, 45, 120]) {
      await on.pass(wait);
      await on.run();
    }
    const [first, second] = await on.attempts(id);
    expect(second).toMatchObject({ reason: 'possible-duplicate', state: 'accepted' });
    await on.callback({ attemptId: first!.id, providerId: newSid(), status: 'failed', errorCode: code });
    await on.applyCallbacks();
    expect(await on.message(id)).toMatchObject({ status: 'accepted', reason: null, error: null });
    expect(await on.dueInSeconds(id)).toBeNull();
    expect(await on.events()).toEqual([]);

    await on.callback({ attemptId: second!.id, providerId: second!.providerId!, status: 'read' });
    await on.applyCallbacks();
    expect(await on.message(id)).toMatchObject({ status: 'read' });
  });

  test('that is followed by its delivery after all has not happened', async () => {
    const { on, id, tells } = await accepted();
    await tells('undelivered', '63007');
    await on.applyCallbacks();
    expect(await on.message(id)).toMatchObject({ status: 'failed', error: { code: '63007' } });
    await tells('delivered');
    await on.applyCallbacks();
    const told = await on.message(id);
    expect(told).toMatchObject({ status: 'delivered', reason: null, error: null });
    // What was said in between can still be read.
    expect(told.timeline).toContainEqual(expect.objectContaining({ status: 'failed' }));
  });

  test('after the delivery is not believed', async () => {
    const { on, id, tells } = await accepted();
    await tells('delivered');
    await tells('undelivered', '63007');
    await on.applyCallbacks();
    expect(await on.message(id)).toMatchObject({ status: 'delivered', reason: null, error: null });
    expect(await on.events()).toEqual([]);
  });

  test('that may pass, after the delivery, sends nothing again', async () => {
    const { on, id, tells } = await accepted();
    await tells('delivered');
    await tells('undelivered', '63012');
    await on.applyCallbacks();
    await on.pass(60);
    await on.run();
    expect(on.provider.sent).toHaveLength(1);
    expect(await on.message(id)).toMatchObject({ status: 'delivered' });
  });

  test('that may pass, before the delivery was told, sends nothing again once it is', async () => {
    const { on, id, tells } = await accepted();
    await tells('undelivered', '63012');
    await on.applyCallbacks();
    await tells('delivered');
    await on.applyCallbacks();
    await on.pass(60);
    await on.run();
    expect(on.provider.sent).toHaveLength(1);
    expect(await on.message(id)).toMatchObject({ status: 'delivered' });
  });
});

test.each(['queued', 'sent', 'read'])(
  'a try that was given up as lost and then calls back (%s) is not sent once more',
  async (word) => {
    const on = await outbox.channel();
    const id = await on.queue(await on.technician(), 'Hello');
    on.provider.will(unclear);
    await on.run();
    const channel = (await on.store.tenant(on.tenantId, (tx) => tx.channels.get(on.channelId)))!;
    for (const wait of [16, 45, 120]) {
      await on.pass(wait);
      await settleUnclear(on.deps, on.tenantId, channel, on.provider.provider, timing);
    }
    expect(await on.message(id)).toMatchObject({ possibleDuplicate: true });
    await on.callback({ attemptId: on.provider.sent[0]!.attemptId, providerId: newSid(), status: word });
    await on.applyCallbacks();
    await on.run();
    expect(on.provider.sent).toHaveLength(1);
    const status = { queued: 'accepted', sent: 'sent', read: 'read' }[word];
    expect(await on.message(id)).toMatchObject({ status, possibleDuplicate: false });
  },
);

test('what a callback names overrides what was matched by its text', async () => {
  const on = await outbox.channel();
  const ana = await on.technician();
  const [first, second] = [await on.queue(ana, 'Hello'), await on.queue(ana, 'Hello')];
  on.provider.will(unclear, unclear);
  await on.run();
  const [wasLost, wasTaken] = on.provider.sent.map(({ attemptId }) => attemptId);
  // Only the second went through; by its text the first is taken for it.
  const taken = on.listed({ text: 'Hello', to: ana.address });
  on.provider.listed = [taken];
  await on.pass(16);
  await on.run();
  expect(await on.attempts(first)).toMatchObject([{ id: wasLost, providerId: taken.id, from: 'adopted' }]);

  await on.callback({ attemptId: wasTaken!, providerId: taken.id, status: 'delivered' });
  await on.applyCallbacks();
  expect(await on.attempts(second)).toMatchObject([
    { state: 'accepted', status: 'delivered', providerId: taken.id, from: 'callback' },
  ]);
  expect(await on.attempts(first)).toMatchObject([{ state: 'unclear', status: 'unknown', providerId: null }]);
  expect(await on.message(second)).toMatchObject({ status: 'delivered' });

  // The first one is looked for again, and once it cannot be found sent once more.
  for (const wait of [16, 60, 180]) {
    await on.pass(wait);
    await on.run();
  }
  expect(on.provider.sent).toHaveLength(3);
  expect(await on.message(first)).toMatchObject({ status: 'accepted', possibleDuplicate: true });
});

test('a wrong match of its own is corrected by what its callback says', async () => {
  const on = await outbox.channel();
  const ana = await on.technician();
  const id = await on.queue(ana, 'Hello');
  on.provider.will(unclear);
  await on.run();
  on.provider.listed = [on.listed({ text: 'Hello', to: ana.address })];
  await on.pass(16);
  await on.run();
  const providerId = newSid();
  await on.callback({ attemptId: on.provider.sent[0]!.attemptId, providerId, status: 'read' });
  await on.applyCallbacks();
  expect(await on.attempts(id)).toMatchObject([{ providerId, from: 'callback', status: 'read' }]);
});

test('with more callbacks than one run works off, it rings for the rest and ends', async () => {
  const { on, id, ours } = await accepted();
  const form = new URLSearchParams({
    ...{ MessageSid: ours.providerId, AccountSid: `AC${'0'.repeat(32)}`, From: on.address },
    MessageStatus: 'sent',
  });
  await on.query(
    `INSERT INTO status_callback (tenant_id, id, channel_id, key, attempt_id, provider_id, raw, received_at, match_at)
     SELECT $1, gen_random_uuid(), $2, sha256(n::text::bytea), $3, $4,
       convert_to($5 || '&n=' || n, 'UTF8'), now(), now() - interval '1 second'
     FROM generate_series(1, 1010) AS n`,
    [on.tenantId, on.channelId, ours.attemptId, ours.providerId, form.toString()],
  );
  on.bells.length = 0;
  await on.applyCallbacks();
  expect(on.bells).toEqual([{ queue: 'delivery-status', id: on.channelId, afterMs: 0 }]);
  on.bells.length = 0;
  await on.applyCallbacks();
  expect(on.bells).toEqual([]);
  expect(await on.message(id)).toMatchObject({ status: 'sent' });
}, 180_000);

test('a callback that comes once its person is erased counts, and is not kept as it came', async () => {
  const { on, ana, id, tells } = await accepted();
  await on.query('UPDATE technician SET active = false WHERE id = $1', [ana.id]);
  const erased = await on.deps.store.tenant(on.tenantId, (tx) =>
    eraseTechnician(tx, ana.id, { now: new Date() }),
  );
  expect(erased).toBeNull();
  await tells('delivered');
  await on.applyCallbacks();
  expect(await on.message(id)).toMatchObject({ status: 'delivered' });
  const erasing = { ...on.deps, files: { delete: async () => {} } };
  expect(await goOnErasing(erasing, on.tenantId, 10_000)).toBe('done');
  await tells('read');
  await on.applyCallbacks();
  expect(await on.message(id)).toMatchObject({ status: 'read' });
  expect(
    await on.query(
      "SELECT status, convert_from(raw, 'UTF8') AS raw FROM status_callback WHERE tenant_id = $1 ORDER BY status",
      [on.tenantId],
    ),
  ).toEqual([
    { status: 'delivered', raw: '' },
    { status: 'read', raw: '' },
  ]);
});

test('planners are not told of somebody without a name, who was erased meanwhile', async () => {
  const on = await outbox.channel();
  const [ana, eva] = [await on.technician(), await on.technician()];
  await on.query("UPDATE technician SET role = 'planner' WHERE id = $1", [eva.id]);
  const id = await on.queue(ana, 'Pump 3', { kind: 'message.send', lane: 'notification' });
  await on.run();
  const [attempt] = await on.attempts(id);
  await on.query('UPDATE technician SET active = false WHERE id = $1', [ana.id]);
  await on.deps.store.tenant(on.tenantId, (tx) => eraseTechnician(tx, ana.id, { now: new Date() }));
  const ours = { attemptId: attempt!.id, providerId: attempt!.providerId! };
  await on.callback({ ...ours, status: 'undelivered', errorCode: '63024' });
  await on.applyCallbacks();
  expect((await on.events()).map(({ type }) => type)).toEqual(['message.failed']);
  expect(await on.query('SELECT text FROM message WHERE technician_id = $1', [eva.id])).toEqual([]);
});
