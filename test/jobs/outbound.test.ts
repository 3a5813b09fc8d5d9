import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { outbound } from '../../jobs/outbound.ts';
import { encrypt } from '../../src/crypto.ts';
import { takeDue } from '../../src/messaging/take.ts';
import type { Tx } from '../../src/store/store.ts';
import { newSid, refused, timing, unclear, useOutbox } from '../messaging/outbox-stage.ts';
import { eventsOfOrder } from '../support/events.ts';

const outbox = useOutbox();

describe('a message that is due', () => {
  test('is sent as one recorded attempt, whose id is in the callback address', async () => {
    const on = await outbox.channel();
    const ana = await on.technician();
    const id = await on.queue(ana, 'Hello');
    await on.run();

    const [attempt] = await on.attempts(id);
    expect(on.provider.sent).toMatchObject([
      {
        from: on.address,
        to: ana.address,
        text: 'Hello',
        messagingServiceSid: null,
        statusCallback: `https://rbm.example.com/api/whatsappwebhook/status?a=${attempt!.id}`,
      },
    ]);
    expect(attempt).toMatchObject({ reason: 'first', state: 'accepted', status: 'accepted', from: 'answer' });
    expect(await on.message(id)).toMatchObject({
      status: 'accepted',
      reason: null,
      error: null,
      possibleDuplicate: false,
      attempts: [{ providerId: attempt!.providerId, status: 'accepted' }],
    });
    expect(await on.dueInSeconds(id)).toBeNull();
  });

  test('is sent once, however often and however many at once are rung for', async () => {
    const on = await outbox.channel();
    const ana = await on.technician();
    const id = await on.queue(ana, 'Hello');
    await Promise.all([on.run(), on.run(), on.run()]);
    await on.run();
    await on.pass(3600);
    await on.run();
    expect(on.provider.texts()).toEqual(['Hello']);
    expect(await on.attempts(id)).toHaveLength(1);
  });

  test('is logged without its text, phone or address', async () => {
    const on = await outbox.channel();
    const ana = await on.technician();
    await on.queue(ana, 'door code sesame');
    on.provider.will(refused('21211', 'stop'));
    await on.run();
    const log = JSON.stringify(on.logged);
    expect(on.logged.filter(({ event }) => event === 'attempt')).toMatchObject([
      { outcome: 'refused', code: '21211', attemptId: expect.any(String), ms: expect.any(Number) },
    ]);
    expect(log).not.toContain('sesame');
    expect(log).not.toContain(ana.address.slice(-10));
  });
});

describe('refused for now', () => {
  test('it goes again later and later, each time as a new attempt', async () => {
    const on = await outbox.channel();
    const id = await on.queue(await on.technician(), 'Hello');
    on.provider.will(...Array.from({ length: 5 }, () => refused('20429', 'retry')));

    // Half spread by chance: 0.75 of 20, 40, 80 and then 160 seconds.
    for (const [tries, delay] of [15, 30, 60, 120, 120].entries()) {
      await on.run();
      expect(on.provider.sent).toHaveLength(tries + 1);
      expect(await on.dueInSeconds(id)).toBeGreaterThan(delay - 10);
      expect(await on.dueInSeconds(id)).toBeLessThanOrEqual(delay);
      expect(on.bells.at(-1)).toMatchObject({ queue: 'outbound', id: on.channelId });
      expect(on.bells.at(-1)!.afterMs).toBeGreaterThan((delay - 10) * 1000);
      await on.run();
      expect(on.provider.sent).toHaveLength(tries + 1);
      await on.pass(delay);
    }
    await on.run();

    expect(await on.message(id)).toMatchObject({
      status: 'accepted',
      reason: null,
      possibleDuplicate: false,
    });
    expect((await on.attempts(id)).map(({ reason, state, code }) => [reason, state, code])).toEqual([
      ['first', 'refused', '20429'],
      ['retry:1', 'refused', '20429'],
      ['retry:2', 'refused', '20429'],
      ['retry:3', 'refused', '20429'],
      ['retry:4', 'refused', '20429'],
      ['retry:5', 'accepted', null],
    ]);
    expect(await on.events()).toEqual([]);
  });

  test('it stops once the answer would come too late', async () => {
    const on = await outbox.channel();
    const id = await on.queue(await on.technician(), 'Hello', { expiresAt: new Date(Date.now() + 60_000) });
    on.provider.will(refused('20429', 'retry'));
    await on.run();
    await on.pass(15);
    await on.run({ now: () => new Date(Date.now() + 61_000) });
    expect(on.provider.sent).toHaveLength(1);
    expect(await on.message(id)).toMatchObject({ status: 'expired', reason: 'expired' });
  });

  test('the next message of the conversation waits for it, others do not', async () => {
    const on = await outbox.channel();
    const [ana, ben] = [await on.technician(), await on.technician()];
    await on.queue(ana, 'first');
    await on.queue(ana, 'second');
    await on.queue(ben, 'other');
    on.provider.will((message) =>
      message.text === 'first' ? refused('20429', 'retry') : { kind: 'accepted', id: newSid() },
    );
    await on.run();
    expect(on.provider.texts().toSorted()).toEqual(['first', 'other']);
    await on.pass(15);
    await on.run();
    expect(on.provider.texts().slice(2)).toEqual(['first', 'second']);
  });
});

describe('to whom', () => {
  const setAddresses = async (
    on: Awaited<ReturnType<typeof outbox.channel>>,
    id: string,
    ...addresses: Parameters<Tx['technicians']['setAddresses']>[1]
  ) => on.store.tenant(on.tenantId, (tx) => tx.technicians.setAddresses(id, addresses));

  test('somebody without a phone gets it at his user id', async () => {
    const on = await outbox.channel();
    const ana = await on.technician({ withoutAddress: true });
    await setAddresses(on, ana.id, { kind: 'whatsapp-user-id', value: 'US.1349', active: true });
    const id = await on.queue(ana, 'Hello', { kind: 'work-order.reminder', lane: 'notification' });
    await on.run();
    expect(on.provider.sent).toMatchObject([{ to: 'whatsapp:US.1349', text: 'Hello' }]);
    expect(await on.message(id)).toMatchObject({ status: 'accepted' });
  });

  test('somebody who has opted out gets answers only, and the refusal of one more is no news', async () => {
    const on = await outbox.channel();
    const ana = await on.technician();
    on.provider.will(refused('21610', 'stop'), refused('21610', 'stop'));
    const first = await on.queue(ana, 'first', { kind: 'work-order.reminder' });
    await on.run();
    const notice = await on.queue(ana, 'notice', { kind: 'work-order.reminder', lane: 'notification' });
    const answer = await on.queue(ana, 'answer');
    await on.run();
    await on.run();

    expect(on.provider.texts()).toEqual(['first', 'answer']);
    expect(await on.message(notice)).toMatchObject({
      status: 'cancelled',
      reason: 'opted-out',
      attempts: [],
    });
    expect(await on.message(answer)).toMatchObject({ status: 'failed', reason: 'opted-out' });
    expect((await on.events()).filter(({ data }) => data.reason === 'opted-out')).toEqual([
      isOptedOut(ana, first),
    ]);
  });

  test('an opt-out counts for the address that was sent to', async () => {
    const on = await outbox.channel();
    const ana = await on.technician();
    on.provider.will(refused('21610', 'stop'));
    await on.queue(ana, 'first', { kind: 'work-order.reminder' });
    await on.run();
    const phone = ana.address.replace('whatsapp:', '');
    await setAddresses(
      on,
      ana.id,
      { kind: 'whatsapp', value: phone, active: true },
      { kind: 'whatsapp', value: '+12025559999', active: true },
    );
    await on.queue(ana, 'second', { kind: 'work-order.reminder' });
    await on.run();
    expect(on.provider.sent.map(({ to }) => to)).toEqual([ana.address, 'whatsapp:+12025559999']);
  });
});

const isOptedOut = ({ externalId }: { externalId: string }, messageId: string) => ({
  type: 'technician.unreachable',
  messageId,
  data: { technician: externalId, reason: 'opted-out', way: 'whatsapp' },
});

describe('somebody who has paused', () => {
  const pause = (on: Awaited<ReturnType<typeof outbox.channel>>, ana: { id: string }) =>
    on.store.tenant(on.tenantId, (tx) => tx.technicians.setPaused(ana.id, true));

  test('gets answers and what is critical, whenever and by whomever the pause was set', async () => {
    const on = await outbox.channel();
    const ana = await on.technician();
    await on.queue(ana, 'notice', { kind: 'work-order.reminder', lane: 'notification' });
    await pause(on, ana);
    const late = await on.queue(ana, 'late', { kind: 'work-order.reminder', lane: 'digest' });
    await on.queue(ana, 'answer');
    await on.queue(ana, 'critical', { kind: 'work-order.reminder', lane: 'critical' });
    await on.run();
    await on.run();
    expect(on.provider.texts().sort()).toEqual(['answer', 'critical']);
    expect(await on.message(late)).toMatchObject({ status: 'cancelled', reason: 'paused', attempts: [] });
  });

  test('gets no notice either that waits to be tried again', async () => {
    const on = await outbox.channel();
    const ana = await on.technician();
    on.provider.will(refused('20429', 'retry'));
    const notice = await on.queue(ana, 'notice', { kind: 'work-order.reminder', lane: 'notification' });
    await on.run();
    await on.store.tenant(on.tenantId, (tx) => tx.outbox.holdBack(ana.id));
    expect(await on.message(notice)).toMatchObject({ status: 'cancelled', reason: 'paused' });
    expect(await on.dueInSeconds(notice)).toBeNull();
  });
});

describe('who was told of a change', () => {
  test('is known as soon as the notice may have left; what has not is withdrawn', async () => {
    const on = await outbox.channel();
    const [ana, ben] = [await on.technician(), await on.technician()];
    const cause = randomUUID();
    const news = { kind: 'work-order.undone', lane: 'notification', causedBy: cause } as const;
    on.provider.will(unclear);
    await on.queue(ana, 'delayed', news);
    await on.run();
    const waiting = await on.queue(ben, 'delayed', news);
    const told = await on.store.tenant(on.tenantId, async (tx) => {
      const locked = await tx.outbox.lockCausedBy(cause);
      await tx.outbox.withdrawCausedBy(cause);
      return locked;
    });
    expect(told).toEqual([ana.id]);
    expect(await on.message(waiting)).toMatchObject({ status: 'cancelled', reason: 'order-moved-on' });
  });
});

describe('refused for good', () => {
  test.each([
    { outcome: refused('21211', 'stop'), reason: 'provider', alarm: false },
    { outcome: refused('21610', 'stop'), reason: 'opted-out', alarm: false },
    { outcome: refused('63003', 'other-way'), reason: 'provider', alarm: false },
    { outcome: refused('63007', 'fix'), reason: 'provider', alarm: true },
    { outcome: refused('63016', 'template'), reason: 'no-template', alarm: true },
  ])(
    '$outcome.code: failed, reason $reason, and the CMMS is told once',
    async ({ outcome, reason, alarm }) => {
      const on = await outbox.channel();
      const ana = await on.technician();
      const id = await on.queue(ana, 'Hello');
      on.provider.will(outcome);
      await on.run();
      await on.pass(3600);
      await on.run();

      expect(on.provider.sent).toHaveLength(1);
      expect(await on.message(id)).toMatchObject({
        status: 'failed',
        reason,
        error: { code: outcome.code, text: 'in words' },
        attempts: [{ status: 'failed', providerId: null }],
      });
      expect(await on.events()).toEqual([
        {
          type: 'message.failed',
          messageId: id,
          data: { technician: ana.externalId, code: outcome.code, text: 'in words', nextWay: null },
        },
        ...(reason === 'opted-out' ? [isOptedOut(ana, id)] : []),
      ]);
      expect(on.bells.filter(({ queue }) => queue === 'cmms-events')).toHaveLength(1);
      expect(on.logged.filter(({ event }) => event === 'message.failed').map((line) => line.alarm)).toEqual([
        alarm,
      ]);
    },
  );

  test('a notice that failed names its order to the CMMS', async () => {
    const on = await outbox.channel();
    const ana = await on.technician();
    const order = await on.order({ assigneeId: ana.id });
    await on.queue(ana, 'Hello', { about: { workOrderId: order.id, assignmentNo: null, dueDay: null } });
    on.provider.will(refused('63003', 'other-way'));
    await on.run();
    const feed = await on.store.tenant(on.tenantId, (tx) => eventsOfOrder(tx, order.id));
    expect(feed.map(({ type }) => type)).toEqual(['message.failed']);
  });

  test('the conversation goes on', async () => {
    const on = await outbox.channel();
    const ana = await on.technician();
    await on.queue(ana, 'first');
    await on.queue(ana, 'second');
    on.provider.will(refused('21617', 'fix'));
    await on.run();
    expect(on.provider.texts()).toEqual(['first', 'second']);
  });
});

test('an assignment whose notice the switched-off service held back can be told when it is asked for again', async () => {
  const on = await outbox.channel();
  const ana = await on.technician();
  const { id: workOrderId } = await on.order({ assigneeId: ana.id });
  const about = { workOrderId, assignmentNo: 1, dueDay: null };
  const notice = await on.queue(ana, 'notice', { kind: 'work-order.assigned', lane: 'notification', about });
  await on.run({ enabled: false });
  expect(await on.message(notice)).toMatchObject({ status: 'cancelled', reason: 'disabled' });
  expect(await on.store.tenant(on.tenantId, (tx) => tx.messages.ofAssignment(workOrderId, 1))).toBeNull();
});

describe('what waits on a channel that is retired meanwhile', () => {
  const notice = { kind: 'message.send', lane: 'notification' } as const;
  const retire = async (
    on: Awaited<ReturnType<typeof outbox.channel>>,
    successor: 'whatsapp' | 'sms' | null,
  ) => {
    const id = randomUUID();
    const address = `${successor === 'whatsapp' ? 'whatsapp:' : ''}+1415${Date.now() % 10_000_000}`;
    await on.store.tenant(on.tenantId, async (tx) => {
      const before = (await tx.channels.get(on.channelId))!;
      if (successor) await tx.channels.save({ ...before, id, way: successor, address }, new Date());
      await tx.channels.retire(on.channelId, new Date());
    });
    return { id, address, run: () => outbound(on.deps)({ tenantId: on.tenantId, id }) };
  };

  test('leaves by the one in its place, but for answers and what may have left before', async () => {
    const on = await outbox.channel();
    const [ana, ben] = [await on.technician(), await on.technician()];
    on.provider.will(unclear, refused('20429', 'retry'));
    const unclearOne = await on.queue(ana, 'unclear', notice);
    const refusedOne = await on.queue(ben, 'refused', notice);
    await on.run();
    const waiting = await on.queue(ana, 'waiting', notice);
    const critical = await on.queue(ben, 'critical', { ...notice, lane: 'critical' });
    await on.queue(ana, 'answer');
    await on.store.tenant(on.tenantId, (tx) => tx.outbox.sendAgain(unclearOne, 0, 'possible-duplicate'));
    await on.pass(60);
    const next = await retire(on, 'whatsapp');
    await on.run();
    await on.pass(60);
    await on.run();
    expect(on.provider.sent.slice(2).map(({ text, from }) => ({ text, from }))).toEqual(
      expect.arrayContaining([
        { text: 'answer', from: on.address },
        { text: 'unclear', from: on.address },
      ]),
    );
    expect(on.provider.sent).toHaveLength(4);
    expect(on.bells).toContainEqual({ queue: 'outbound', id: next.id, afterMs: 0 });

    await next.run();
    await on.pass(60);
    await next.run();
    expect(
      on.provider.sent
        .slice(4)
        .map(({ text, from, to }) => [text, from, to])
        .toSorted(),
    ).toEqual([
      ['critical', next.address, ben.address],
      ['refused', next.address, ben.address],
      ['waiting', next.address, ana.address],
    ]);
    for (const id of [refusedOne, waiting, critical])
      expect(await on.message(id)).toMatchObject({ status: 'accepted', reason: null });
  });

  test.each(['sms', null] as const)('goes on by the next way if none is in its place: %s', async (way) => {
    const on = await outbox.channel();
    const ana = await on.technician();
    const value = ana.address.replace('whatsapp:', '');
    await on.store.tenant(on.tenantId, (tx) =>
      tx.technicians.setAddresses(ana.id, [
        { kind: 'whatsapp', value, active: true },
        { kind: 'sms', value, active: true },
      ]),
    );
    const waiting = await on.queue(ana, 'waiting', notice);
    const next = await retire(on, way);
    await on.run();
    expect(on.provider.sent).toEqual([]);
    expect(await on.message(waiting)).toMatchObject({ status: 'cancelled', reason: 'no-address' });
    await next.run();
    expect(on.provider.sent.map(({ text, from, to }) => [text, from, to])).toEqual(
      way === null ? [] : [['waiting', next.address, value]],
    );
    expect((await on.events()).map(({ type }) => type)).toEqual(
      way === null ? ['technician.unreachable'] : [],
    );
  });
});

describe('a message that is said by several ways', () => {
  const notice = { kind: 'message.send', lane: 'notification' } as const;

  test.each(['delivered', 'read'] as const)(
    'does not leave by one once it is %s by another',
    async (status) => {
      const on = await outbox.channel();
      const ana = await on.technician();
      const first = await on.queue(ana, 'by the first', notice);
      await on.run();
      const further = await on.queue(ana, 'by a further one', { ...notice, fallbackOf: first });
      await on.store.tenant(on.tenantId, (tx) => tx.messages.moveTo(first, status));
      await on.run();
      expect(on.provider.texts()).toEqual(['by the first']);
      expect(await on.message(further)).toMatchObject({
        ...{ status: 'cancelled', reason: null, attempts: [] },
        error: { code: null, text: 'it was said by another way' },
      });
      expect(await on.dueInSeconds(further)).toBeNull();
    },
  );

  test('is not tried again by one once it goes on by another, but leaves by that', async () => {
    const on = await outbox.channel();
    const ana = await on.technician();
    const first = await on.queue(ana, 'by the first', notice);
    on.provider.will(refused('20429', 'retry'));
    await on.run();
    await on.queue(ana, 'by a further one', { ...notice, fallbackOf: first });
    await on.pass(60);
    await on.run();
    expect(on.provider.texts()).toEqual(['by the first', 'by a further one']);
    expect(await on.message(first)).toMatchObject({ status: 'cancelled' });
  });

  test('is not sent twice by one for want of an answer once it goes on by another', async () => {
    const on = await outbox.channel();
    const ana = await on.technician();
    const first = await on.queue(ana, 'by the first', notice);
    on.provider.will(unclear);
    await on.run();
    await on.queue(ana, 'by a further one', { ...notice, fallbackOf: first });
    for (const wait of [16, 45, 120, 60]) {
      await on.pass(wait);
      await on.run();
    }
    expect(on.provider.texts()).toEqual(['by the first', 'by a further one']);
    expect(await on.message(first)).toMatchObject({ status: 'unknown', possibleDuplicate: false });
  });
});

describe('an unclear end', () => {
  test('leaves the message unknown, and nobody sends it again blindly', async () => {
    const on = await outbox.channel();
    const ana = await on.technician();
    const id = await on.queue(ana, 'Hello');
    await on.queue(ana, 'Next');
    on.provider.will(unclear);
    await on.run();
    await on.pass(5);
    await on.run();

    expect(on.provider.texts()).toEqual(['Hello', 'Next']);
    expect(on.provider.asked).toEqual([]);
    expect(await on.message(id)).toMatchObject({ status: 'unknown', possibleDuplicate: false });
    expect(await on.attempts(id)).toMatchObject([
      { state: 'unclear', status: 'unknown', lookAfterSeconds: 15 },
    ]);
  });

  test('is looked for 15, 60 and 180 seconds after the try, from a minute before it', async () => {
    const on = await outbox.channel();
    const ana = await on.technician();
    const id = await on.queue(ana, 'Hello');
    on.provider.will(unclear);
    await on.run();
    for (const [looks, [wait, next]] of [
      [16, 60],
      [45, 180],
    ].entries()) {
      await on.pass(wait!);
      await on.run();
      expect(on.provider.asked).toHaveLength(looks + 1);
      const [attempt] = await on.attempts(id);
      expect(attempt).toMatchObject({ state: 'unclear', looks: looks + 1, lookAfterSeconds: next });
      expect(on.provider.asked[looks]).toEqual({
        to: ana.address,
        since: new Date(attempt!.sendingAt.getTime() - 60_000),
      });
      await on.run();
      expect(on.provider.asked).toHaveLength(looks + 1);
    }
    expect(on.provider.sent).toHaveLength(1);
    await on.pass(120);
    await on.run();
    expect(on.provider.asked).toHaveLength(3);
    expect(await on.message(id)).toMatchObject({ possibleDuplicate: true });
  });

  test.each(['15', '60', '180'])('found by the look after %s seconds, it is adopted', async (seconds) => {
    const on = await outbox.channel();
    const ana = await on.technician();
    const id = await on.queue(ana, 'Hello');
    on.provider.will(unclear);
    await on.run();
    for (const wait of [16, 45, 120].slice(0, ['15', '60', '180'].indexOf(seconds))) {
      await on.pass(wait);
      await on.run();
    }
    const found = on.listed({ text: 'Hello', to: ana.address, status: 'sent' });
    on.provider.listed = [found];
    await on.pass(120);
    await on.run();
    await on.pass(600);
    await on.run();

    expect(on.provider.sent).toHaveLength(1);
    expect(await on.message(id)).toMatchObject({ status: 'sent', possibleDuplicate: false });
    expect(await on.attempts(id)).toMatchObject([
      { state: 'accepted', status: 'sent', providerId: found.id, from: 'adopted', lookAfterSeconds: null },
    ]);
  });

  test('a message the service has not placed yet is found without a sender', async () => {
    const on = await outbox.channel();
    const ana = await on.technician();
    const id = await on.queue(ana, 'Hello');
    on.provider.will(unclear);
    await on.run();
    on.provider.listed = [on.listed({ text: 'Hello', to: ana.address, from: null, status: 'accepted' })];
    await on.pass(16);
    await on.run();
    expect(await on.message(id)).toMatchObject({ status: 'accepted' });
  });

  test('another text, another sender and an id that is known are not it', async () => {
    const on = await outbox.channel();
    const ana = await on.technician();
    on.provider.will({ kind: 'accepted', id: 'SM-known' }, unclear);
    await on.queue(ana, 'Hello');
    const id = await on.queue(ana, 'Hello');
    await on.run();
    on.provider.listed = [
      on.listed({ text: 'Hello', to: ana.address, id: 'SM-known' }),
      on.listed({ text: 'Hello ', to: ana.address }),
      on.listed({ text: 'Hello', to: ana.address, from: 'whatsapp:+14150000000' }),
    ];
    await on.pass(16);
    await on.run();
    expect(await on.attempts(id)).toMatchObject([{ state: 'unclear', providerId: null, looks: 1 }]);
  });

  test('two identical messages each get an id of their own, the older one the older id', async () => {
    const on = await outbox.channel();
    const ana = await on.technician();
    const ids = [await on.queue(ana, 'Hello'), await on.queue(ana, 'Hello')];
    on.provider.will(unclear, unclear);
    await on.run();
    const at = (ms: number) => new Date(Date.now() + ms);
    on.provider.listed = [
      on.listed({ id: 'SM-newer', text: 'Hello', to: ana.address, createdAt: at(1000) }),
      on.listed({ id: 'SM-older', text: 'Hello', to: ana.address, createdAt: at(0) }),
    ];
    await on.pass(16);
    await on.run();
    const found = await Promise.all(
      ids.map(async (id) => (await on.attempts(id)).map(({ providerId }) => providerId)),
    );
    expect(found).toEqual([['SM-older'], ['SM-newer']]);
    expect(on.provider.sent).toHaveLength(2);
  });

  test('two of which only one went through: the older one is taken for it, the other is sent once more', async () => {
    const on = await outbox.channel();
    const ana = await on.technician();
    const ids = [await on.queue(ana, 'Hello'), await on.queue(ana, 'Hello')];
    on.provider.will(unclear, unclear);
    await on.run();
    on.provider.listed = [on.listed({ text: 'Hello', to: ana.address })];
    for (const wait of [16, 45, 120]) {
      await on.pass(wait);
      await on.run();
    }
    expect(await on.message(ids[0]!)).toMatchObject({ status: 'accepted', possibleDuplicate: false });
    expect(await on.message(ids[1]!)).toMatchObject({ status: 'accepted', possibleDuplicate: true });
    expect(on.provider.sent).toHaveLength(3);
  });

  test('not found, it is sent once more, marked; unclear again, it is given up with an alarm', async () => {
    const on = await outbox.channel();
    const id = await on.queue(await on.technician(), 'Hello');
    on.provider.will(unclear, unclear);
    await on.run();
    for (const wait of [16, 45, 120]) {
      await on.pass(wait);
      await on.run();
    }
    expect(on.provider.texts()).toEqual(['Hello', 'Hello']);
    expect(on.logged.filter(({ event }) => event === 'message.unknown')).toEqual([]);
    for (const wait of [16, 45, 120, 3600, 3600]) {
      await on.pass(wait);
      await on.run();
    }

    expect(on.provider.sent).toHaveLength(2);
    expect(await on.message(id)).toMatchObject({ status: 'unknown', possibleDuplicate: true, reason: null });
    expect(await on.attempts(id)).toMatchObject([
      { reason: 'first', state: 'lost', status: 'unknown', looks: 3 },
      { reason: 'possible-duplicate', state: 'lost', status: 'unknown', looks: 3 },
    ]);
    expect(await on.dueInSeconds(id)).toBeNull();
    expect(on.logged.filter(({ event }) => event === 'message.unknown')).toMatchObject([
      { alarm: true, messageId: id },
    ]);
  });

  test('a second possible duplicate is never sent, not even after a refusal in between', async () => {
    const on = await outbox.channel();
    const id = await on.queue(await on.technician(), 'Hello');
    on.provider.will(unclear, refused('20429', 'retry'), unclear);
    await on.run();
    for (const wait of [16, 45, 120, 60, 16, 45, 120, 3600]) {
      await on.pass(wait);
      await on.run();
    }
    expect((await on.attempts(id)).map(({ reason, state }) => [reason, state])).toEqual([
      ['first', 'lost'],
      ['possible-duplicate', 'refused'],
      ['retry:2', 'lost'],
    ]);
    expect(await on.message(id)).toMatchObject({ status: 'unknown' });
    expect(on.logged.filter(({ event }) => event === 'message.unknown')).toMatchObject([
      { alarm: true, messageId: id },
    ]);
  });

  test('a look at a list that cannot be had does not count', async () => {
    const on = await outbox.channel();
    const ana = await on.technician();
    const id = await on.queue(ana, 'Hello');
    on.provider.will(unclear);
    await on.run();
    on.provider.listed = () => Promise.reject(new Error('ECONNRESET'));
    for (const wait of [16, 45, 120, 600]) {
      await on.pass(wait);
      await on.run();
    }
    expect(await on.attempts(id)).toMatchObject([{ state: 'unclear', looks: 0 }]);
    expect(on.provider.sent).toHaveLength(1);

    on.provider.listed = [on.listed({ text: 'Hello', to: ana.address })];
    await on.run();
    expect(await on.message(id)).toMatchObject({ status: 'accepted', possibleDuplicate: false });
  });

  test('a list that takes its time holds nothing up', async () => {
    const on = await outbox.channel();
    const [ana, ben] = [await on.technician(), await on.technician()];
    await on.queue(ana, 'Hello');
    on.provider.will(unclear);
    await on.run();
    await on.pass(16);
    let showList = () => {};
    const list = new Promise<never[]>((resolve) => {
      showList = () => resolve([]);
    });
    on.provider.listed = () => list;
    await on.queue(ben, 'Pump 3 on fire', { lane: 'critical' });
    const running = on.run();
    await on.provider.isAsked('Pump 3 on fire');
    showList();
    await running;
    expect(on.provider.texts()).toEqual(['Hello', 'Pump 3 on fire']);
  });

  test('once it has expired it is not sent again, and stays unknown', async () => {
    const on = await outbox.channel();
    const id = await on.queue(await on.technician(), 'Hello', { expiresAt: new Date(Date.now() + 60_000) });
    on.provider.will(unclear);
    await on.run();
    for (const wait of [16, 45, 120]) {
      await on.pass(wait);
      await on.run({ now: () => new Date(Date.now() + 120_000) });
    }
    expect(on.provider.sent).toHaveLength(1);
    expect(await on.message(id)).toMatchObject({ status: 'unknown', reason: null });
    expect(await on.dueInSeconds(id)).toBeNull();
  });

  test('a worker that died in between leaves one: its conversation goes on once somebody has looked', async () => {
    const on = await outbox.channel();
    const ana = await on.technician();
    const id = await on.queue(ana, 'Hello');
    await on.queue(ana, 'Next');
    await on.store.tenant(on.tenantId, (tx) => takeDue(tx, on.deps, on.channelId, 10, timing));
    await on.run();
    expect(on.provider.sent).toEqual([]);
    await on.pass(16);
    await on.run();
    expect(on.provider.texts()).toEqual(['Next']);
    expect(await on.message(id)).toMatchObject({ status: 'unknown' });
  });
});

describe('what is no longer true, wanted or possible is not sent', () => {
  const anHourAgo = () => new Date(Date.now() - 3600_000);

  test('expired', async () => {
    const on = await outbox.channel();
    const ana = await on.technician();
    const id = await on.queue(ana, 'Hello', { expiresAt: anHourAgo() });
    await on.queue(ana, 'Next');
    await on.run();
    expect(on.provider.texts()).toEqual(['Next']);
    expect(await on.message(id)).toMatchObject({ status: 'expired', reason: 'expired', attempts: [] });
  });

  test('nothing goes out while it is switched off, and never later', async () => {
    const on = await outbox.channel();
    const id = await on.queue(await on.technician(), 'Hello');
    await on.run({ enabled: false });
    await on.run();
    expect(on.provider.sent).toEqual([]);
    expect(await on.message(id)).toMatchObject({ status: 'cancelled', reason: 'disabled' });
  });

  test('nobody is told who has no address any more', async () => {
    const on = await outbox.channel();
    const id = await on.queue(await on.technician({ withoutAddress: true }), 'Hello');
    await on.run();
    expect(await on.message(id)).toMatchObject({ status: 'cancelled', reason: 'no-address' });
  });

  test.each([
    { moved: 'acknowledged meanwhile', set: { status: 'acknowledged' } },
    { moved: 'taken away', set: { status: 'open', assigneeId: null } },
    { moved: 'assigned to somebody else', set: { assigneeId: 'somebody else' } },
    { moved: 'assigned anew', set: { assignmentNo: 2 } },
    { moved: 'cancelled', set: { status: 'cancelled' } },
  ] as const)('an assignment that was $moved', async ({ set }) => {
    const on = await outbox.channel();
    const [ana, ben] = [await on.technician(), await on.technician()];
    const order = await on.order({ assigneeId: ana.id });
    const id = await on.queue(ana, 'New Work Order', {
      kind: 'work-order.assigned',
      lane: 'notification',
      about: { workOrderId: order.id, assignmentNo: 1, dueDay: null },
    });
    const assigneeId = 'assigneeId' in set ? set.assigneeId && ben.id : ana.id;
    await on.store.tenant(on.tenantId, (tx) => tx.workOrders.update({ ...order, ...set, assigneeId }));
    await on.run();
    expect(on.provider.sent).toEqual([]);
    expect(await on.message(id)).toMatchObject({
      status: 'cancelled',
      reason: 'order-moved-on',
      attempts: [],
    });
  });

  test('an assignment that still stands is sent', async () => {
    const on = await outbox.channel();
    const ana = await on.technician();
    const order = await on.order({ assigneeId: ana.id });
    const about = { workOrderId: order.id, assignmentNo: 1, dueDay: null };
    await on.queue(ana, 'New Work Order', { kind: 'work-order.assigned', lane: 'notification', about });
    await on.run();
    expect(on.provider.texts()).toEqual(['New Work Order']);
  });

  test("a reminder whose due day has moved, in the technician's zone", async () => {
    const on = await outbox.channel();
    const zones = { 'Europe/Berlin': '2026-12-24', UTC: '2026-12-23' };
    for (const [timeZone, dueDay] of Object.entries(zones)) {
      const ana = await on.technician({ timeZone });
      const order = await on.order({ assigneeId: ana.id, due: { at: new Date('2026-12-23T23:30:00Z') } });
      const ids = new Map<string, string>();
      for (const claimed of ['2026-12-23', '2026-12-24']) {
        ids.set(
          claimed,
          await on.queue(ana, claimed, {
            kind: 'work-order.reminder',
            lane: 'notification',
            about: { workOrderId: order.id, assignmentNo: null, dueDay: claimed },
          }),
        );
      }
      await on.run();
      for (const [claimed, id] of ids) {
        expect((await on.message(id)).status).toBe(claimed === dueDay ? 'accepted' : 'cancelled');
      }
    }
    expect(on.provider.sent).toHaveLength(2);
  });

  test('a refused try that is due again is checked again', async () => {
    const on = await outbox.channel();
    const ana = await on.technician();
    const order = await on.order({ assigneeId: ana.id });
    const about = { workOrderId: order.id, assignmentNo: 1, dueDay: null };
    const id = await on.queue(ana, 'New Work Order', {
      kind: 'work-order.assigned',
      lane: 'notification',
      about,
    });
    on.provider.will(refused('20429', 'retry'));
    await on.run();
    await on.store.tenant(on.tenantId, (tx) => tx.workOrders.update({ ...order, status: 'cancelled' }));
    await on.pass(15);
    await on.run();
    expect(on.provider.sent).toHaveLength(1);
    expect(await on.message(id)).toMatchObject({ status: 'cancelled', reason: 'order-moved-on' });
  });
});

describe('order and lanes', () => {
  test('one of a conversation is under way at a time, in the order they were written', async () => {
    const on = await outbox.channel();
    const [ana, ben] = [await on.technician(), await on.technician()];
    for (const text of ['1', '2', '3']) await on.queue(ana, text);
    await on.queue(ben, 'other');
    const finish = on.provider.holdsNext();
    const running = on.run();
    await on.provider.isAsked('other');
    await on.queue(ben, 'other again');
    await on.provider.isAsked('other again');
    expect(on.provider.texts()).toEqual(['1', 'other', 'other again']);
    finish({ kind: 'accepted', id: newSid() });
    await running;
    expect(on.provider.texts()).toEqual(['1', 'other', 'other again', '2', '3']);
  });

  test('a critical message does not wait for one that is under way', async () => {
    const on = await outbox.channel();
    const ana = await on.technician();
    await on.queue(ana, 'slow');
    await on.queue(ana, 'behind');
    const finish = on.provider.holdsNext();
    const running = on.run();
    await on.provider.isAsked('slow');
    await on.queue(ana, 'Pump 3 on fire', { lane: 'critical' });
    await on.provider.isAsked('Pump 3 on fire');
    expect(on.provider.texts()).toEqual(['slow', 'Pump 3 on fire']);
    finish({ kind: 'accepted', id: newSid() });
    await running;
    expect(on.provider.texts()).toEqual(['slow', 'Pump 3 on fire', 'behind']);
  });

  test('lanes go before age', async () => {
    const on = await outbox.channel({ messagesPerSecond: 100 });
    for (const lane of ['digest', 'notification', 'reply', 'critical'] as const) {
      for (const n of [1, 2]) await on.queue(await on.technician(), `${lane} ${n}`, { lane });
    }
    await on.run();
    expect(on.provider.texts()).toEqual([
      'critical 1',
      'critical 2',
      'reply 1',
      'reply 2',
      'notification 1',
      'notification 2',
      'digest 1',
      'digest 2',
    ]);
  });
});

describe('the pair budget', () => {
  const withLeft = async (left: number) => {
    const on = await outbox.channel();
    const ana = await on.technician();
    await on.query(
      'INSERT INTO pair_budget (tenant_id, conversation_id, left_over, at) VALUES ($1, $2, $3, clock_timestamp())',
      [on.tenantId, ana.conversationId, left],
    );
    return { on, ana };
  };
  const leftOver = async ({ on, ana }: Awaited<ReturnType<typeof withLeft>>) =>
    (await on.query('SELECT left_over FROM pair_budget WHERE conversation_id = $1', [ana.conversationId]))[0]!
      .left_over;

  test('begins with 45 for each person', async () => {
    const on = await outbox.channel();
    const ana = await on.technician();
    for (const text of ['1', '2', '3']) await on.queue(ana, text);
    await on.run();
    expect(await leftOver({ on, ana })).toBeCloseTo(42, 0);
  });

  test('keeps the last ten for critical messages', async () => {
    const { on, ana } = await withLeft(12);
    for (const text of ['1', '2', '3', '4']) await on.queue(ana, text);
    await on.queue(await on.technician(), 'other');
    await on.run();
    expect(on.provider.texts().toSorted()).toEqual(['1', '2', 'other']);
    await on.queue(ana, 'critical', { lane: 'critical' });
    await on.run();
    expect(on.provider.texts().at(-1)).toBe('critical');
    // What waits for budget is rung for.
    expect(on.bells.at(-1)).toMatchObject({ queue: 'outbound', id: on.channelId });
  });

  test('stops critical messages only when nothing is left', async () => {
    const { on, ana } = await withLeft(2);
    for (const text of ['1', '2', '3']) await on.queue(ana, text, { lane: 'critical' });
    await on.run();
    expect(on.provider.texts()).toEqual(['1', '2']);
  });

  test('is not spent by news of alerts that is as much as the alerts: the last five are for pages', async () => {
    const { on, ana } = await withLeft(7);
    for (const text of ['1', '2', '3']) await on.queue(ana, text, { lane: 'critical', kind: 'alert.taken' });
    await on.queue(ana, 'page', { lane: 'critical', kind: 'alert.raised' });
    await on.run();
    expect(on.provider.texts()).toEqual(['page', '1']);
    await on.pass(6);
    await on.run();
    expect(on.provider.texts()).toEqual(['page', '1', '2']);
  });

  test('gives one back every six seconds, up to 45', async () => {
    const { on, ana } = await withLeft(10);
    await on.queue(ana, '1');
    await on.queue(ana, '2');
    await on.run();
    expect(on.provider.sent).toEqual([]);
    await on.pass(6);
    await on.run();
    expect(on.provider.texts()).toEqual(['1']);
    await on.pass(3600);
    await on.run();
    expect(await leftOver({ on, ana })).toBeCloseTo(44, 0);
  });

  test('does not keep what has expired from being ended', async () => {
    const { on, ana } = await withLeft(0);
    const id = await on.queue(ana, '1', { expiresAt: new Date(Date.now() - 1000) });
    await on.run();
    expect(await on.message(id)).toMatchObject({ status: 'expired' });
  });
});

/** What the clock of a process says. */
const inTime = { monotonicMs: () => performance.now() };

test('messages leave at the rate of the channel, over runs', async () => {
  const on = await outbox.channel({ messagesPerSecond: 25 });
  const fromMs = performance.now();
  for (const count of [7, 5]) {
    for (let n = 0; n < count; n++) await on.queue(await on.technician(), 'Hello');
    while (on.provider.sent.length < (count === 7 ? 7 : 12)) await on.run(inTime);
  }
  expect(on.provider.sent).toHaveLength(12);
  // One every 40 ms, none sooner; a timer may be a millisecond early.
  for (const [index, { atMs }] of on.provider.sent.entries())
    expect(atMs - fromMs).toBeGreaterThan(index * 40 - 3);
});

test('in no second are there more slots than the rate allows, whoever reserves how many', async () => {
  const on = await outbox.channel();
  const intervalMs = 1000 / 80;
  const slots: number[] = [];
  for (let turn = 0; turn < 60; turn++) {
    const count = 1 + ((turn * 7) % 25);
    const holder = randomUUID();
    await on.store.tenant(on.tenantId, async (tx) => {
      await tx.leases.acquire(on.channelId, holder, 5000);
      expect(await tx.leases.reserveSlots(on.channelId, holder, count, intervalMs)).toHaveLength(count);
      await tx.leases.release(on.channelId, holder);
    });
    const [lease] = await on.query(
      'SELECT extract(epoch FROM next_slot_at)::float8 * 1000 AS "endsMs" FROM channel_lease WHERE channel_id = $1',
      [on.channelId],
    );
    for (let slot = count; slot > 0; slot--) slots.push(lease!.endsMs - slot * intervalMs);
  }
  for (const [index, at] of slots.entries()) {
    const later = slots[index + 80];
    // To the microsecond that Postgres keeps.
    if (later !== undefined) expect(later - at, `slot ${index}`).toBeGreaterThan(999.99);
  }
});

test('at a fraction of a message per second the next one waits for its slot, and nobody waits with it', async () => {
  const on = await outbox.channel({ messagesPerSecond: 0.33 });
  for (const text of ['1', '2']) await on.queue(await on.technician(), text);
  await on.run();
  expect(on.provider.texts()).toEqual(['1']);
  const [slot] = await on.query(
    `SELECT extract(epoch FROM l.next_slot_at - a.sending_at)::float8 AS "afterSeconds"
     FROM channel_lease l JOIN attempt a USING (tenant_id, channel_id) WHERE channel_id = $1`,
    [on.channelId],
  );
  expect(slot!.afterSeconds).toBeGreaterThanOrEqual(3.03);
  expect(slot!.afterSeconds).toBeLessThan(10);
  const bell = on.bells.at(-1)!;
  expect(bell).toMatchObject({ queue: 'outbound', id: on.channelId });
  // Less than this would have been waited for.
  expect(bell.afterMs).toBeGreaterThan(700);
  expect(bell.afterMs).toBeLessThan(3000);
  await on.pass(3);
  await on.run();
  expect(on.provider.texts()).toEqual(['1', '2']);
});

describe('a run that has had its time', () => {
  test('rings for the rest and ends, its last messages on their way', async () => {
    const on = await outbox.channel({ messagesPerSecond: 20 });
    const everybody = [];
    for (let n = 0; n < 40; n++) everybody.push(await on.queue(await on.technician(), `Hello ${n}`));
    const fromMs = performance.now();
    await on.run(inTime);
    expect(on.bells.at(-1)).toEqual({ queue: 'outbound', id: on.channelId, afterMs: 0 });
    const sent = on.provider.sent.length;
    expect(sent).toBeGreaterThan(1);
    expect(sent).toBeLessThan(35);
    // The next runs go on where it stopped, at the channel's rate.
    while (on.provider.sent.length < everybody.length) await on.run(inTime);
    expect(on.provider.texts()).toEqual(everybody.map((_, n) => `Hello ${n}`));
    const times = on.provider.sent.map(({ atMs }) => atMs);
    for (const [index, atMs] of times.entries())
      expect(atMs - fromMs, `message ${index}`).toBeGreaterThan(index * 50 - 3);
  });

  test('does not wait for a call that takes its time', async () => {
    const on = await outbox.channel();
    const [ana, ben] = [await on.technician(), await on.technician()];
    const finish = on.provider.holdsNext();
    const slow = await on.queue(ana, 'Slow');
    await on.queue(ana, 'After it');
    await on.run(inTime);
    expect(on.provider.texts()).toEqual(['Slow']);
    expect(on.bells.at(-1)).toMatchObject({ queue: 'outbound', id: on.channelId });
    await on.queue(ben, 'Meanwhile');
    await on.run(inTime);
    expect(on.provider.texts()).toEqual(['Slow', 'Meanwhile']);
    finish({ kind: 'accepted', id: newSid() });
    await Promise.all([...(on.deps.underWay.get(on.channelId) ?? [])]);
    await on.run();
    expect(on.provider.texts()).toEqual(['Slow', 'Meanwhile', 'After it']);
    expect(await on.message(slow)).toMatchObject({ status: 'accepted' });
  });
});

describe('the lease', () => {
  test('held by another worker: nothing is sent, and it is tried again when that ends', async () => {
    const on = await outbox.channel();
    await on.queue(await on.technician(), 'Hello');
    const other = randomUUID();
    await on.store.tenant(on.tenantId, (tx) => tx.leases.acquire(on.channelId, other, 5000));
    await on.run();
    expect(on.provider.sent).toEqual([]);
    expect(on.bells).toMatchObject([{ queue: 'outbound', id: on.channelId }]);
    expect(on.bells[0]!.afterMs).toBeGreaterThan(1000);
    expect(on.bells[0]!.afterMs).toBeLessThan(5200);
    // The other one died: its lease lapses.
    await on.pass(5);
    await on.run();
    expect(on.provider.texts()).toEqual(['Hello']);
  });

  test('is let go at the end of a run', async () => {
    const on = await outbox.channel();
    await on.run();
    const other = randomUUID();
    const lease = await on.store.tenant(on.tenantId, (tx) => tx.leases.acquire(on.channelId, other, 5000));
    expect(lease).toEqual({ held: true });
  });

  test('lost while sending: nothing more is taken', async () => {
    const on = await outbox.channel();
    const ana = await on.technician();
    await on.queue(ana, '1');
    const second = await on.queue(ana, '2');
    on.provider.will(async () => {
      await on.query('UPDATE channel_lease SET holder = $1 WHERE channel_id = $2', [
        randomUUID(),
        on.channelId,
      ]);
      return { kind: 'accepted', id: newSid() };
    });
    await on.run();
    expect(on.provider.texts()).toEqual(['1']);
    expect(await on.message(second)).toMatchObject({ status: 'queued', attempts: [] });
  });

  test('a claim that has grown old is not acted on, but given back', async () => {
    const on = await outbox.channel();
    const id = await on.queue(await on.technician(), 'Hello');
    // A process that was stopped for two seconds between any two looks at the clock.
    let clockMs = 0;
    const monotonicMs = () => {
      clockMs += 2000;
      return clockMs;
    };
    await on.run({ monotonicMs, timing: { ...timing, leaseMs: 60_000, claimMs: 5000 } });
    await Promise.all([...(on.deps.underWay.get(on.channelId) ?? [])]);
    expect(on.provider.sent).toEqual([]);
    expect(await on.attempts(id)).toMatchObject([{ state: 'refused', code: null }]);
    expect(await on.dueInSeconds(id)).toBeGreaterThan(0);

    await on.pass(15);
    await on.run();
    expect(on.provider.texts()).toEqual(['Hello']);
    expect(await on.message(id)).toMatchObject({ status: 'accepted', possibleDuplicate: false });
  });

  test('a process that stops leaves the rest as it is', async () => {
    const on = await outbox.channel();
    const ana = await on.technician();
    await on.queue(ana, '1');
    const second = await on.queue(ana, '2');
    const ends = new AbortController();
    on.provider.will(() => {
      ends.abort();
      return { kind: 'accepted', id: newSid() };
    });
    await on.run({ stopping: ends.signal });
    expect(on.provider.texts()).toEqual(['1']);
    expect(await on.message(second)).toMatchObject({ status: 'queued' });
    await on.run();
    expect(on.provider.texts()).toEqual(['1', '2']);
  });
});

test('a renewal under way when the run ends does not take the lease again', async () => {
  const on = await outbox.channel();
  await on.queue(await on.technician(), 'Hello');
  let begin = () => {};
  const begun = new Promise<void>((resolve) => {
    begin = resolve;
  });
  let goOn = () => {};
  const mayGoOn = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  let asked = 0;
  const renewed: Promise<unknown>[] = [];
  const slow: typeof on.store.tenant = (tenantId, work) => {
    const done = on.store.tenant(tenantId, (tx) => {
      const acquire: typeof tx.leases.acquire = async (...lease) => {
        if (++asked === 2) {
          renewed.push(done);
          begin();
          await mayGoOn;
        }
        return tx.leases.acquire(...lease);
      };
      return work({ ...tx, leases: { ...tx.leases, acquire } });
    });
    return done;
  };
  const finish = on.provider.holdsNext();
  const running = on.run({
    store: { ...on.store, tenant: slow },
    timing: { ...on.deps.timing, leaseMs: 2000 },
  });
  await begun;
  finish({ kind: 'accepted', id: newSid() });
  // It ends now, unless it waits for the renewal.
  await Promise.race([running, new Promise((done) => setTimeout(done, 1000))]);
  goOn();
  await Promise.all([running, ...renewed]);
  expect(
    await on.query('SELECT held_until < clock_timestamp() AS free FROM channel_lease WHERE channel_id = $1', [
      on.channelId,
    ]),
  ).toEqual([{ free: true }]);
});

test('refused credentials pause the channel; the message waits and goes once they are mended', async () => {
  const on = await outbox.channel();
  const ana = await on.technician();
  const id = await on.queue(ana, 'Hello');
  on.provider.will({ ...refused('20003', 'retry'), pauseMs: 60_000 });
  await on.run();
  expect(on.logged.filter(({ alarm }) => alarm)).toMatchObject([
    { event: 'channel.paused', channelId: on.channelId, code: '20003' },
  ]);
  await on.queue(await on.technician(), 'other');
  await on.run();
  await on.pass(50);
  await on.run();
  expect(on.provider.texts()).toEqual(['Hello']);
  expect(on.bells.at(-1)).toMatchObject({ queue: 'outbound', id: on.channelId });
  expect(on.bells.at(-1)!.afterMs).toBeGreaterThan(1000);
  expect(on.bells.at(-1)!.afterMs).toBeLessThan(11_000);
  expect(await on.events()).toEqual([]);

  await on.pass(11);
  await on.run();
  expect(on.provider.texts().slice(1).toSorted()).toEqual(['Hello', 'other']);
  expect(await on.message(id)).toMatchObject({ status: 'accepted', reason: null, error: null });
});

test('a token that is corrected lifts the pause at once', async () => {
  const on = await outbox.channel();
  await on.queue(await on.technician(), 'refused');
  on.provider.will({ ...refused('20003', 'retry'), pauseMs: 60_000 });
  await on.run();
  await on.queue(await on.technician(), 'other');
  await on.run();
  expect(on.provider.texts()).toEqual(['refused']);

  await on.store.tenant(on.tenantId, async (tx) => {
    const channel = (await tx.channels.get(on.channelId))!;
    await tx.channels.save({ ...channel, credentials: encrypt('{}', 'corrected') }, new Date());
  });
  await on.run();
  expect(on.provider.texts()).toEqual(['refused', 'other']);
});

test('a channel that is gone is no error', async () => {
  const on = await outbox.channel();
  await outbound(on.deps)({ tenantId: on.tenantId, id: randomUUID() });
  expect(on.bells).toEqual([]);
});

describe('what has not arrived in time', () => {
  type On = Awaited<ReturnType<typeof outbox.channel>>;

  /** That many messages that were sent and never arrived. */
  const overdue = async (on: On, count: number) => {
    const ids: string[] = [];
    for (let n = 0; n < count; n++)
      ids.push(await on.queue(await on.technician(), 'Old', { kind: 'message.send' }));
    await on.query(
      `UPDATE message SET status = 'sent', due_at = NULL, fallback_seconds = 300,
         fallback_at = clock_timestamp() - interval '1 minute' + seq * interval '1 millisecond'
       WHERE id = ANY($1)`,
      [ids],
    );
    return ids;
  };
  const waiting = async (on: On) =>
    on.query(
      `SELECT id, extract(epoch FROM fallback_at - clock_timestamp())::float8 AS "inSeconds" FROM message
       WHERE tenant_id = $1 AND fallback_at IS NOT NULL`,
      [on.tenantId],
    );
  /** The run with something done before a message is locked to be followed. */
  const following = (on: On, before: (id: string) => void | Promise<void>) => {
    const tenant: typeof on.store.tenant = (tenantId, work) =>
      on.store.tenant(tenantId, (tx) => {
        const lockForNextWay: typeof tx.outbox.lockForNextWay = async (id) => {
          await before(id);
          return tx.outbox.lockForNextWay(id);
        };
        return work({ ...tx, outbox: { ...tx.outbox, lockForNextWay } });
      });
    return on.run({ store: { ...on.store, tenant } });
  };

  const inSeconds = async (on: On, id: string) =>
    (await waiting(on)).find((each) => each.id === id)?.inSeconds ?? null;

  test('counts from the first try, whether the provider takes it or not', async () => {
    const on = await outbox.channel();
    const id = await on.queue(await on.technician(), 'Hello', { fallbackSeconds: 300 });
    on.provider.will(refused('20429', 'retry'));
    await on.run();
    expect(await inSeconds(on, id)).toBeGreaterThan(290);
    expect(await inSeconds(on, id)).toBeLessThanOrEqual(300);
    await on.pass(15);
    await on.run();
    expect(await on.message(id)).toMatchObject({ status: 'accepted' });
    expect(await inSeconds(on, id)).toBeLessThanOrEqual(285);
  });

  test('counts anew after quiet hours', async () => {
    const on = await outbox.channel();
    const id = await on.queue(await on.technician(), 'Hello', { fallbackSeconds: 300 });
    on.provider.will(refused('20429', 'retry'));
    await on.run();
    await on.store.tenant(on.tenantId, (tx) => tx.outbox.waitForQuietEnd([{ id, forMs: 3_600_000 }]));
    expect(await inSeconds(on, id)).toBeNull();
    await on.pass(3600);
    await on.run();
    expect(await inSeconds(on, id)).toBeGreaterThan(290);
  });

  test('does not count while it waits its turn, but does while our credentials are refused', async () => {
    const on = await outbox.channel({ messagesPerSecond: 0.1 });
    await on.queue(await on.technician(), 'first');
    const id = await on.queue(await on.technician(), 'second', { fallbackSeconds: 300 });
    const isOverdue = () => on.store.tenant(on.tenantId, (tx) => tx.outbox.overdue(on.channelId, 10));
    await on.run();
    await on.query("UPDATE message SET due_at = due_at - interval '1 hour' WHERE id = $1", [id]);
    expect(await isOverdue()).toEqual([]);

    const pause = () => on.store.tenant(on.tenantId, (tx) => tx.leases.pause(on.channelId, 60_000));
    await pause();
    await on.pass(200);
    // Something is taken: it only waits its turn again.
    await on.queue(await on.technician(), 'more', { lane: 'critical' });
    await on.run();
    await Promise.all([...(on.deps.underWay.get(on.channelId) ?? [])]);
    expect(on.provider.texts()).toEqual(['first', 'more']);
    await on.pass(200);
    expect(await isOverdue()).toEqual([]);

    await pause();
    await on.pass(200);
    await pause();
    await on.pass(90);
    expect(await isOverdue()).toEqual([]);
    await on.pass(10);
    expect(await isOverdue()).toEqual([id]);
  });

  test('holds up nothing that is due', async () => {
    const on = await outbox.channel();
    await overdue(on, 1);
    await on.queue(await on.technician(), 'Hello');
    await following(on, () => on.provider.isAsked('Hello'));
    expect(await waiting(on)).toEqual([]);
  });

  test('is dealt with a few at a time, and rung for until none is left', async () => {
    const on = await outbox.channel();
    await overdue(on, 45);
    for (const left of [25, 5, 0]) {
      on.bells.length = 0;
      await on.run();
      expect(await waiting(on)).toHaveLength(left);
      expect(on.bells).toEqual(left > 0 ? [{ queue: 'outbound', id: on.channelId, afterMs: 0 }] : []);
    }
  });

  test('waits a minute if it cannot be dealt with, and holds up neither the rest nor the sending', async () => {
    const on = await outbox.channel();
    const [bad] = await overdue(on, 3);
    await on.queue(await on.technician(), 'Hello');
    await following(on, (id) => {
      if (id === bad) throw new Error('broken');
    });
    expect(on.provider.texts()).toEqual(['Hello']);
    const [left, ...others] = await waiting(on);
    expect(others).toEqual([]);
    expect(left!.id).toBe(bad);
    expect(left!.inSeconds).toBeGreaterThan(50);
    expect(on.logged.filter(({ alarm }) => alarm)).toMatchObject([
      { event: 'next-way.failed', messageId: bad },
    ]);
    await on.pass(60);
    await on.run();
    expect(await waiting(on)).toEqual([]);
  });

  test.each(['is paused', 'is held by another worker'])('goes on while the channel %s', async (what) => {
    const on = await outbox.channel();
    await overdue(on, 1);
    await on.store.tenant(on.tenantId, async (tx) => {
      if (what === 'is paused') await tx.leases.pause(on.channelId, 60_000);
      else await tx.leases.acquire(on.channelId, randomUUID(), 60_000);
    });
    await on.run();
    expect(await waiting(on)).toEqual([]);
  });
});
