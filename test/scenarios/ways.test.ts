import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { readFacts, ringAll } from '../../src/cmms/facts.ts';
import { collectFaults } from '../../src/cmms/faults.ts';
import { addNotice } from '../../src/cmms/notify.ts';
import { findRoute } from '../../src/cmms/route.ts';
import { saveTechnician } from '../../src/cmms/save-technician.ts';
import type { Way } from '../../src/domain/message.ts';
import { readMail, startMailServer } from '../support/mail-server.ts';
import { backends, type Stage, setStage } from './stage.ts';

let mail: Awaited<ReturnType<typeof startMailServer>>;
beforeAll(async () => {
  mail = await startMailServer();
});
afterAll(() => mail.close());

describe.each(backends)('on %s', (backend) => {
  let stage: Stage;
  const start = async (options: { withMail?: boolean; fallbackSeconds?: number; workers?: number } = {}) => {
    const { withMail = false, fallbackSeconds = 300, workers = 1 } = options;
    stage = await setStage({ backend, sms: true, workers, ...(withMail ? { mail } : {}) });
    await stage.store.tenant(stage.tenantId, (tx) => tx.settings.save({ fallbackSeconds }));
  };
  beforeEach(() => {
    mail.mails.length = 0;
  });
  afterEach(() => stage.strike());

  /** The log of what went out, oldest first. */
  const sent = async () =>
    (await stage.messages())
      .filter(({ direction }) => direction === 'out')
      .map(({ technician, way, kind, status, reason }) => ({ technician, way, kind, status, reason }))
      .reverse();
  const waysOf = async (technician: string) =>
    (await sent())
      .filter((each) => each.technician === technician)
      .map(({ way, status }) => `${way} ${status}`);
  const feed = async (type: string) =>
    (await stage.store.tenant(stage.tenantId, (tx) => tx.events.newest(200)))
      .filter((event) => event.type === type)
      .map(({ data }) => data);
  const isQuiet = () => stage.quiet();
  /** What has not arrived by now has not arrived in time. */
  const timeIsOver = () =>
    stage.alter("UPDATE message SET fallback_at = now() - interval '1 minute' WHERE fallback_at IS NOT NULL");

  /** Nothing leaves by that way until the function it answers is called. */
  const holdUp = async (way: Way) => {
    const channels = await stage.store.tenant(stage.tenantId, (tx) => tx.channels.list());
    const { id } = channels.find((each) => each.way === way)!;
    await stage.store.tenant(stage.tenantId, (tx) => tx.leases.pause(id, 600_000));
    return async () => {
      await stage.store.tenant(stage.tenantId, (tx) => tx.leases.pause(id, 0));
      stage.deps.ring('outbound', stage.tenantId, id);
    };
  };
  /** The CMMS asks for the notice of an order once more. Answers whether one is told now. */
  const isToldAgain = (number: string) =>
    stage.store.tenant(stage.tenantId, async (tx) => {
      const facts = await readFacts(tx, stage.deps, { kind: 'cmms', id: null });
      const order = (await tx.workOrders.find(number))!;
      const technician = (await tx.technicians.get(order.assigneeId!))!;
      return (await addNotice(tx, { technician, order, kind: 'work-order.assigned' }, facts)).added;
    });
  const switchWays = async (tech: { externalId: string }, ways: Partial<Record<Way, boolean>>) => {
    const { bells } = await stage.store.tenant(stage.tenantId, async (tx) => {
      const facts = await readFacts(tx, stage.deps, { kind: 'cmms', id: null });
      return saveTechnician(tx, tech.externalId, { preferences: { ways } }, facts, collectFaults());
    });
    ringAll(stage.deps, stage.tenantId, bells);
  };
  /** As an alert leaves it. */
  const alarm = (tech: { id: string }, text: string) =>
    stage.store.tenant(stage.tenantId, async (tx) => {
      const route = await findRoute(tx, (await tx.technicians.get(tech.id))!, randomUUID);
      if ('not' in route) throw new Error(route.not);
      await tx.outbox.add({
        ...{ id: randomUUID(), technicianId: tech.id, ...route, inReplyTo: null, workOrderIds: [] },
        ...{ kind: 'message.send', lane: 'critical', text, otherTexts: { sms: text }, about: null },
        ...{ dueAt: new Date(), expiresAt: new Date(Date.now() + 3_600_000), heldBack: null },
      });
    });

  test('what WhatsApp does not deliver comes as a text message, and is answered there', async () => {
    await start();
    const tech = await stage.technician({});
    tech.turns({ notOnWhatsApp: true });
    await stage.order('WO-7', { assignee: tech.externalId });
    const { text, way } = await tech.hears('WO-7');
    expect(way).toBe('sms');
    expect(text).toContain('Repair of WO-7');
    await tech.sms.says('ACK WO-7');
    expect((await tech.hears(/acknowledged/i)).way).toBe('sms');
    expect(await stage.findOrder('WO-7')).toMatchObject({ status: 'acknowledged' });

    await isQuiet();
    expect(await sent()).toMatchObject([
      { way: 'whatsapp', kind: 'work-order.assigned', status: 'failed', reason: 'provider' },
      { way: 'sms', kind: 'work-order.assigned' },
      { way: 'sms', kind: 'reply' },
    ]);
    expect(await feed('message.failed')).toMatchObject([{ code: '63024', nextWay: 'sms' }]);
    expect(await feed('technician.unreachable')).toEqual([]);
  });

  test('a template that is paused: the notice goes by the next way, and nothing is tried before', async () => {
    await start();
    const tech = await stage.technician({});
    tech.turns({ windowClosed: true });
    await stage.store.tenant(stage.tenantId, (tx) =>
      tx.templates.save({
        ...{ kind: 'work-order.assigned', locale: 'en', contentSid: `HX${'0'.repeat(32)}`, variables: [] },
      }),
    );
    await stage.alter(`UPDATE template SET approval_status = 'paused', asked_at = clock_timestamp()`);
    await stage.order('WO-9', { assignee: tech.externalId });
    expect((await tech.hears('WO-9')).way).toBe('sms');
    await isQuiet();
    expect(await sent()).toMatchObject([
      { way: 'whatsapp', status: 'failed', reason: 'no-template' },
      { way: 'sms', kind: 'work-order.assigned' },
    ]);
    expect(await feed('message.failed')).toMatchObject([
      { nextWay: 'sms', text: expect.stringContaining('WhatsApp has paused its template') },
    ]);
  });

  test('a bare ACK by text message is for the order that came there last', async () => {
    await start();
    const tech = await stage.technician({});
    await stage.order('WO-1', { assignee: tech.externalId });
    await tech.hears('WO-1');
    await stage.quiet();
    tech.turns({ notOnWhatsApp: true });
    await stage.order('WO-2', { assignee: tech.externalId });
    expect((await tech.hears('WO-2')).way).toBe('sms');
    await stage.quiet();
    await stage.alter("UPDATE attempt SET accepted_at = accepted_at - interval '1 minute'");
    await tech.sms.says('ACK');
    await tech.hears(/acknowledged[\s\S]*WO-2/i);
  });

  test('what is not delivered in time goes on by text message, then by e-mail, each once', async () => {
    await start({ withMail: true, fallbackSeconds: 1, workers: 2 });
    const tech = await stage.technician({ email: 'tech@example.com' });
    // Nobody ever reports an arrival.
    stage.simulator.fault('lost-callback', { to: tech.address, status: 'delivered', times: 2 });
    await stage.order('WO-7', { assignee: tech.externalId });
    await mail.has(1);
    await isQuiet();
    const { header, parts } = readMail(mail.mails[0]!.raw);
    expect(mail.mails[0]!.to).toEqual(['tech@example.com']);
    expect(header('Subject')).toMatch(/WO-7$/);
    expect(parts.get('text/plain')).toContain('Replies to this e-mail are not read.');
    expect(parts.get('text/plain')).toContain('+14155238886 on WhatsApp');
    expect(parts.get('text/plain')).toContain('+14155550100');

    await new Promise((done) => setTimeout(done, 2500));
    expect(await waysOf(tech.externalId)).toEqual(['whatsapp sent', 'sms sent', 'email sent']);
    expect(mail.mails).toHaveLength(1);
    expect(tech.heardBy()).toEqual(['whatsapp', 'sms']);
  });

  test('while WhatsApp refuses our credentials, notices go by text message in time, and by that alone', async () => {
    await start({ fallbackSeconds: 1 });
    const tried = await stage.technician({});
    const waits = await stage.technician({});
    stage.simulator.fault('refuse', { to: tried.address, code: 20003, by: 'post' });
    const channel = await stage.store.tenant(stage.tenantId, async (tx) =>
      (await tx.channels.list()).find(({ way }) => way === 'whatsapp'),
    );
    const ring = () => stage.deps.ring('outbound', stage.tenantId, channel!.id);
    await stage.order('WO-1', { assignee: tried.externalId });
    await stage.until(
      async () => (await stage.ask("SELECT FROM attempt WHERE state = 'refused'")).length > 0,
    );
    await stage.order('WO-2', { assignee: waits.externalId });
    for (const [tech, number] of [
      [tried, 'WO-1'],
      [waits, 'WO-2'],
    ] as const) {
      await stage.until(async () => {
        ring();
        return tech.sms.heard().some((text) => text.includes(number));
      });
    }
    await stage.store.tenant(stage.tenantId, (tx) => tx.leases.pause(channel!.id, 0));
    ring();
    await isQuiet();
    for (const tech of [tried, waits]) {
      expect(await waysOf(tech.externalId)).toEqual(['whatsapp failed', expect.stringMatching(/^sms /)]);
      expect(tech.heardBy()).toEqual(['sms']);
    }
    expect((await feed('message.failed')).map(({ code, nextWay }) => [code, nextWay]).toSorted()).toEqual([
      [null, 'sms'],
      ['20003', 'sms'],
    ]);
  });

  test('what arrives in time goes by one way', async () => {
    await start({ withMail: true });
    const tech = await stage.technician({ email: 'tech@example.com' });
    await stage.order('WO-7', { assignee: tech.externalId });
    await stage.until(async () => (await waysOf(tech.externalId)).includes('whatsapp delivered'));
    await timeIsOver();
    await new Promise((done) => setTimeout(done, 2000));
    await expect.poll(() => waysOf(tech.externalId)).toEqual(['whatsapp delivered']);
  });

  test.each(['the order moved on', 'the person has written'])(
    'once %s, no further way is tried',
    async (what) => {
      await start();
      const tech = await stage.technician({});
      const other = await stage.technician({});
      stage.simulator.fault('lost-callback', { to: tech.address, status: 'delivered' });
      await stage.order('WO-7', { assignee: tech.externalId });
      await tech.hears('WO-7');
      if (what === 'the order moved on') await stage.order('WO-7', { assignee: other.externalId });
      else {
        await tech.sms.says('MY WORK');
        await stage.until(async () => tech.sms.heard().length > 0);
      }
      await timeIsOver();
      await stage.until(async () => {
        const waiting = await stage.store.tenant(stage.tenantId, async (tx) => {
          const [first] = (await tx.messages.list({ before: null, limit: 100 })).filter(
            ({ kind, technician }) => kind === 'work-order.assigned' && technician === tech.externalId,
          );
          return (await tx.outbox.lockForNextWay(first!.id))!.overdue;
        });
        return !waiting;
      });
      await isQuiet();
      const assigned = (await sent()).filter(
        ({ kind, technician }) => kind === 'work-order.assigned' && technician === tech.externalId,
      );
      expect(assigned).toMatchObject([{ way: 'whatsapp', status: 'sent' }]);
    },
  );

  test('failures that are told twice lead to one further message, also with the worker stopped between', async () => {
    await start({ workers: 2 });
    const tech = await stage.technician({});
    tech.turns({ notOnWhatsApp: true });
    stage.simulator.fault('duplicate-callback', { to: tech.address, times: 3 });
    await stage.order('WO-7', { assignee: tech.externalId });
    await tech.hears('WO-7');
    await Promise.all(stage.workers.map((worker) => worker.stop(5000)));
    // As if the job had died before it could note that it had applied them.
    await stage.alter('UPDATE status_callback SET match_at = now(), applied_to = NULL');
    stage.workers.push(await stage.startAWorker());
    await stage.until(async () => {
      const open = await stage.store.tenant(stage.tenantId, (tx) =>
        tx.messages.list({ before: null, limit: 9 }),
      );
      return open.every(({ status }) => ['failed', 'delivered'].includes(status));
    });
    await expect.poll(() => waysOf(tech.externalId)).toEqual(['whatsapp failed', 'sms delivered']);
    expect(tech.heardBy()).toEqual(['sms']);
  });

  test('when no way is left, the feed and the planner hear of it once, with the reasons', async () => {
    await start();
    const tech = await stage.technician({ name: 'Ana Silva' });
    const planner = await stage.technician({ role: 'planner', locale: 'es' });
    tech.turns({ notOnWhatsApp: true, noTextMessages: true });
    await stage.order('WO-7', { assignee: tech.externalId, planner: planner.externalId });
    const { text } = await planner.hears('Ana Silva');
    expect(text).toContain('WO-7');
    expect(text).toContain('WhatsApp: el número no está en WhatsApp');
    expect(text).toContain('Mensaje de texto: la dirección no existe');
    await isQuiet();
    expect(await feed('technician.unreachable')).toEqual([
      { technician: tech.externalId, reason: 'failed', ways: ['whatsapp', 'sms'] },
    ]);
    expect((await feed('message.failed')).map(({ nextWay }) => nextWay).sort()).toEqual([null, 'sms']);
    expect(planner.heard()).toHaveLength(1);
  });

  test('of one cause a planner hears once an hour, however many it keeps from their messages', async () => {
    await start();
    const people = await Promise.all(['', '', ''].map(() => stage.technician({})));
    const blocking = await stage.technician({ name: 'Ana Silva' });
    const planners = await Promise.all(['', ''].map(() => stage.technician({ role: 'planner' })));
    for (const tech of people) tech.turns({ windowClosed: true, noTextMessages: true });
    blocking.turns({ blocksSender: true, noTextMessages: true });
    await blocking.says('MY WORK');
    await stage.store.tenant(stage.tenantId, (tx) =>
      tx.templates.save({
        ...{ kind: 'work-order.assigned', locale: 'en', contentSid: `HX${'0'.repeat(32)}`, variables: [] },
      }),
    );
    await stage.alter(`UPDATE template SET approval_status = 'paused', asked_at = clock_timestamp()`);
    const allHeard = () => planners.map((planner) => planner.heard().length);
    const notReached = async (count: number) => {
      await stage.until(async () => (await feed('technician.unreachable')).length === count);
      await isQuiet();
    };

    for (const [index, { externalId }] of people.entries())
      await stage.order(`WO-${index}`, { assignee: externalId });
    await notReached(3);
    expect(allHeard()).toEqual([1, 1]);
    expect(planners[0]!.heard()[0]).toContain('no template is approved for it');

    await stage.alter("UPDATE not_reached_told SET told_at = told_at - interval '1 hour'");
    await stage.order('WO-8', { assignee: people[0]!.externalId });
    await notReached(4);
    expect(allHeard()).toEqual([2, 2]);

    // What keeps one person from his messages says nothing about the others.
    await stage.order('WO-9', { assignee: blocking.externalId });
    await stage.order('WO-10', { assignee: blocking.externalId });
    await notReached(6);
    expect(allHeard()).toEqual([3, 3]);
    expect(planners[0]!.heard()[2]).toContain('Ana Silva');
    expect(await feed('message.failed')).toHaveLength(6 * 2 + 1);
  });

  test.each([
    ['no-address', 'there is no address to write to'],
    ['opted-out', 'they have opted out'],
  ])(
    'whoever has no way at all when a notice is written (%s) is reported at once, to a planner once an hour',
    async (reason, why) => {
      await start();
      const tech = await stage.technician({ name: 'Ana Silva' });
      const [planner, deputy] = [
        await stage.technician({ role: 'planner' }),
        await stage.technician({ role: 'planner' }),
      ];
      await stage.alter(`UPDATE technician_address SET ${reason === 'opted-out' ? 'opted_out_at = now()' : 'active = false'}
      WHERE technician_id = '${tech.id}'`);
      const numbers = Array.from({ length: 30 }, (_, index) => `WO-${index}`);
      for (const number of numbers) await stage.order(number, { assignee: tech.externalId });
      const { text } = await planner.hears('Ana Silva');
      expect(text).toContain('WO-0');
      expect(text).toContain(why);
      await isQuiet();
      await stage.until(async () => (await feed('technician.unreachable')).length === numbers.length);
      expect(await feed('technician.unreachable')).toEqual(
        numbers.map(() => ({ technician: tech.externalId, reason, ways: [] })),
      );
      expect([planner, deputy].map((each) => each.heard().length)).toEqual([1, 1]);
      expect((await sent()).filter(({ technician }) => technician === tech.externalId)).toEqual(
        numbers.map(() => expect.objectContaining({ status: 'cancelled', reason })),
      );

      // It is the same cause as when a way is lost later.
      await stage.alter("UPDATE not_reached_told SET told_at = told_at - interval '1 hour'");
      await stage.order('WO-30', { assignee: tech.externalId, planner: planner.externalId });
      await stage.until(async () => planner.heard().length === 2);
      await isQuiet();
      expect(deputy.heard()).toHaveLength(1);
    },
  );

  test('what somebody has chosen is no news: nobody is told that it was not told', async () => {
    await start();
    const planner = await stage.technician({ role: 'planner' });
    for (const preferences of [
      { paused: true },
      { kinds: { 'work-order.assigned': false } },
      { ways: { whatsapp: false, sms: false } },
    ]) {
      const tech = await stage.technician({ preferences });
      await stage.order(`WO-${tech.externalId}`, { assignee: tech.externalId });
    }
    await isQuiet();
    expect((await sent()).map(({ status, reason }) => `${status} ${reason}`).sort()).toEqual([
      'cancelled paused',
      'cancelled preference',
      'cancelled preference',
    ]);
    expect(await feed('technician.unreachable')).toEqual([]);
    expect(planner.heard()).toEqual([]);
  });

  test('ways that are switched off are passed by, and all of them hold the message back', async () => {
    await start({ withMail: true });
    const byText = await stage.technician({ preferences: { ways: { whatsapp: false } } });
    const byMail = await stage.technician({
      email: 'mail@example.com',
      preferences: { ways: { whatsapp: false, sms: false } },
    });
    const never = await stage.technician({
      email: 'never@example.com',
      preferences: { ways: { whatsapp: false, sms: false, email: false } },
    });
    for (const [index, { externalId }] of [byText, byMail, never].entries()) {
      await stage.order(`WO-${index}`, { assignee: externalId });
    }
    expect((await byText.hears('WO-0')).way).toBe('sms');
    await mail.has(1);
    await isQuiet();
    await expect.poll(() => waysOf(byText.externalId)).toEqual(['sms delivered']);
    expect(await waysOf(byMail.externalId)).toEqual(['email sent']);
    expect((await sent()).find(({ technician }) => technician === never.externalId)).toMatchObject({
      status: 'cancelled',
      reason: 'preference',
    });
    expect(mail.mails.map(({ to }) => to)).toEqual([['mail@example.com']]);
  });

  test('a way that is switched off while a message waits is not used, but for what is critical', async () => {
    await start();
    const tech = await stage.technician({});
    const goOn = await holdUp('whatsapp');
    await stage.order('WO-1', { assignee: tech.externalId });
    await alarm(tech, 'Fire');
    await switchWays(tech, { whatsapp: false });
    await goOn();
    expect((await tech.hears('WO-1')).way).toBe('sms');
    expect((await tech.hears('Fire')).way).toBe('whatsapp');
    await isQuiet();
    expect(tech.heardBy().sort()).toEqual(['sms', 'whatsapp']);
    expect(await isToldAgain('WO-1')).toBe(false);
  });

  test('what waits for somebody who switches every way off is held back, and can be told again', async () => {
    await start();
    const tech = await stage.technician({});
    await stage.technician({ role: 'planner' });
    const goOn = await holdUp('whatsapp');
    await stage.order('WO-1', { assignee: tech.externalId });
    await switchWays(tech, { whatsapp: false, sms: false });
    await goOn();
    await isQuiet();
    expect(await sent()).toMatchObject([
      { technician: tech.externalId, way: 'whatsapp', status: 'cancelled', reason: 'preference' },
    ]);
    await switchWays(tech, { whatsapp: true });
    expect(await isToldAgain('WO-1')).toBe(true);
  });

  test('a mail of which nobody knows whether it was taken goes once more, as the same mail', async () => {
    await start({ withMail: true });
    const tech = await stage.technician({
      email: 'tech@example.com',
      preferences: { ways: { whatsapp: false, sms: false } },
    });
    mail.cutsAfterTaking();
    await stage.order('WO-7', { assignee: tech.externalId });
    await mail.has(2);
    await isQuiet();
    const [first, second] = mail.mails.map(({ raw }) => readMail(raw).header('Message-ID'));
    expect(second).toBe(first);
    const [message] = await stage.messages();
    expect(message).toMatchObject({ way: 'email', status: 'sent', possibleDuplicate: true });
    expect(mail.mails).toHaveLength(2);
  });

  test.each(['opted out', 'lost the number'])(
    'what waits for somebody who has %s meanwhile goes on by the next way, also what is critical',
    async (what) => {
      await start();
      const tech = await stage.technician({});
      const goOn = await holdUp('whatsapp');
      for (const number of ['WO-1', 'WO-2']) await stage.order(number, { assignee: tech.externalId });
      await alarm(tech, 'Fire');
      if (what === 'opted out')
        // What is critical does not wait for the first notice to be refused.
        stage.simulator.fault('refuse', { to: tech.address, code: 21610, by: 'post', times: 2 });
      else
        await stage.alter(`UPDATE technician_address SET active = false WHERE kind = 'whatsapp'
          AND technician_id = '${tech.id}'`);
      await goOn();
      for (const text of ['WO-1', 'WO-2', 'Fire']) expect((await tech.hears(text)).way).toBe('sms');
      await isQuiet();
      expect(tech.heardBy()).toEqual(['sms', 'sms', 'sms']);
      expect(await isToldAgain('WO-2')).toBe(false);
    },
  );

  test('what waits for somebody who has lost every address: the planner hears of it, and it can be told again', async () => {
    await start();
    const tech = await stage.technician({ name: 'Ana Silva' });
    const planner = await stage.technician({ role: 'planner' });
    const [goOn, goOnBySms] = [await holdUp('whatsapp'), await holdUp('sms')];
    const order = { assignee: tech.externalId, planner: planner.externalId };
    await stage.order('WO-1', order);
    const losesAddresses = (active: boolean) =>
      stage.alter(`UPDATE technician_address SET active = ${active} WHERE technician_id = '${tech.id}'`);
    await losesAddresses(false);
    await goOn();
    expect((await planner.hears('Ana Silva')).text).toContain('WhatsApp: the address does not exist');
    await stage.until(async () => (await feed('technician.unreachable')).length === 1);
    expect(await feed('technician.unreachable')).toEqual([
      { technician: tech.externalId, reason: 'failed', ways: ['whatsapp'] },
    ]);

    // The row of a further way is no different.
    await losesAddresses(true);
    tech.turns({ notOnWhatsApp: true });
    expect(await isToldAgain('WO-1')).toBe(true);
    await goOn();
    await stage.until(async () => (await sent()).some(({ way }) => way === 'sms'));
    await losesAddresses(false);
    await goOnBySms();
    await stage.until(async () => (await feed('technician.unreachable')).length === 2);
    expect(await feed('technician.unreachable')).toMatchObject([{ ways: ['whatsapp', 'sms'] }, {}]);
    await losesAddresses(true);
    expect(await isToldAgain('WO-1')).toBe(true);
  });

  test('an answer that fails is not given by another way', async () => {
    await start();
    const tech = await stage.technician({});
    tech.turns({ blocksSender: true });
    await tech.says('MY WORK');
    await stage.until(async () => (await sent()).some(({ status }) => status === 'failed'));
    await isQuiet();
    expect(await waysOf(tech.externalId)).toEqual(['whatsapp failed']);
  });
});
