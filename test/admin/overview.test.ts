import { DateTime } from 'luxon';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ago, type Rows, writeRows } from '../support/overview.ts';
import { createTenant } from '../support/tenant.ts';
import { usePanel } from './panel.ts';

const panel = usePanel();
let client: pg.Client;
beforeAll(async () => {
  client = new pg.Client({ connectionString: panel.databaseUrl, pipeline: true } as pg.ClientConfig);
  await client.connect();
});
afterAll(() => client.end());

/** What a page says needs somebody: section by section, each row as text with the addresses of its forms and buttons. */
const needsOn = (page: string) => {
  const part = /<!--live needs-someone-->(.*?)<!--\/live-->/s.exec(page)![1]!;
  const rows = [...part.matchAll(/<section[^>]*>(.*?)<\/section>/gs)].flatMap(([, section]) => {
    const title = /<h3[^>]*>(.*?)<span/s.exec(section!)?.[1]?.trim() ?? '';
    return [...section!.matchAll(/<tr>(.*?)<\/tr>/gs)].slice(1).map(([, row]) => ({
      title,
      text: row!
        .replace(/<option.*?<\/option>/gs, '')
        .replace(/<[^>]+>/g, ' ')
        .replace(/\s+/g, ' ')
        .trim(),
      actions: [...row!.matchAll(/ action="([^"]+)"/g)].map(([, action]) => action!),
      links: [...row!.matchAll(/ class="button quiet" href="([^"]+)"/g)].map(([, href]) => href!),
    }));
  });
  return { rows, isCalm: part.includes('Nothing needs anyone now') };
};

const tenantWith = async (slug: string) => {
  const tenant = await createTenant(panel.deps.store, { slug });
  return { tenant, rows: writeRows(client, tenant) };
};

/** Everything that happens in a shop on a good day, many times. */
const giveOrdinaryTraffic = async (rows: Rows, times: number) => {
  const pump = await rows.asset('PUMP-1');
  const [bea, carl] = [await rows.person('Bea'), await rows.person('Carl')];
  const failed = { status: 'failed', error_code: '63024' };
  const later = { due_at: ago(-60) };
  const giveOne = async (n: number) => {
    const order = (what: string, more = {}, whose: typeof bea | null = bea) =>
      rows.order(`${what}-${n}`, whose, more);
    await order('UNASSIGNED', { due_at: ago(-600) }, null);
    await rows.notice(bea, await order('WAITS', { assigned_at: ago(1) }), { status: 'queued', ...later });
    await rows.notice(bea, await order('QUIET', { assigned_at: ago(400) }), {
      ...{ status: 'queued', reason: 'quiet-hours', created_at: ago(400), ...later },
    });
    await rows.notice(bea, await order('FRESH'), { status: 'delivered' });
    await rows.notice(bea, await order('READ', later));
    await rows.notice(bea, await order('PLANNED', { kind: 'preventive', priority: 'high' }), {
      ...{ status: 'delivered', created_at: ago(300), sent_at: ago(300) },
    });
    await rows.notice(bea, await order('UNWANTED', { assigned_at: ago(900) }), {
      ...{ status: 'cancelled', reason: 'preference', assignment_no: null },
    });
    await rows.notice(bea, await order('UNDERWAY', { status: 'in_progress', ...later }), failed);
    await rows.notice(bea, await order('DONE', { status: 'completed', due_at: ago(900) }), failed);
    await rows.notice(bea, await order('CANCELLED', { status: 'cancelled', due_on: '2020-01-01' }), failed);
    const bySms = await order('BY-SMS');
    const first = await rows.notice(bea, bySms, failed);
    await rows.notice(bea, bySms, {
      ...{ fallback_of: first, way: 'sms', assignment_no: null, told_assignment_no: 1, status: 'delivered' },
    });
    // Carl could not be reached, so Bea has it now.
    const moved = await order('MOVED', { assignment_no: 2, assigned_at: ago(5) });
    await rows.notice(carl, moved, { ...failed, created_at: ago(30) });
    await rows.notice(bea, moved, { assignment_no: 2, status: 'delivered', created_at: ago(5) });

    await rows.message(bea, { kind: 'work-order.reminder', status: 'expired' });
    await rows.message(bea, { status: 'cancelled', reason: 'paused' });
    await rows.message(bea, { status: 'failed', created_at: ago(9 * 24 * 60) });
    await rows.message(bea, { status: 'failed', text: `Gate ${n}` });
    await rows.message(bea, { status: 'delivered', text: `Gate ${n}`, way: 'sms' });
    await rows.message(bea, { kind: 'reply', lane: 'reply', status: 'failed' });
    await rows.heard(bea, { status: 'failed' });
    await rows.heard(bea);
    await rows.heard(bea, { status: 'received', received_at: ago(0) });

    const over = { responder_id: bea.id, claimed_at: ago(9) };
    await rows.chain(await rows.alert(`GOES-${n}`, pump, { state: 'responding', ...over }));
    await rows.alert(`OVER-${n}`, pump, { state: 'resolved', ...over, resolved_at: ago(1) });
    await rows.chain(await rows.alert(`SLOW-${n}`, pump, { severity: 'medium' }));
    await rows.chain(await rows.alert(`NEW-${n}`, pump, { raised_at: ago(1) }));
    await rows.alert(`EXPIRED-${n}`, pump, { expires_at: ago(25 * 60) });
    const escalated = { status: 'in_progress', escalated: true };
    await rows.call(bea, await order('CALLS', escalated));
    await rows.call(bea, await order('TAKEN', escalated), {
      next_at: null,
      ended: 'claimed',
      created_at: ago(50),
    });
    await rows.call(bea, await order('SETTLED', { status: 'in_progress' }), { created_at: ago(50) });
    await rows.template(`kind.${n}`, { approval_status: n % 2 ? 'approved' : 'pending' });
    await rows.endpoint(`stopped-${n}`, { active: false });
    await rows.endpoint(`fails-${n}`, { failing_since: ago(50) });
  };
  await Promise.all(Array.from({ length: times }, (_, n) => giveOne(n)));
};

test('a planner sees seven real problems among much ordinary traffic, each with its reason and what helps', async () => {
  const { tenant, rows } = await tenantWith('mess');
  await rows.channel('sms', '+14155550999');
  await giveOrdinaryTraffic(rows, 25);
  const planner = await panel.signedIn('planner', tenant);
  expect(needsOn((await planner.get('/admin')).text)).toEqual({ rows: [], isCalm: true });

  const ana = await rows.person('Ana', { addresses: ['whatsapp', 'sms'] });
  const dora = await rows.person('Dora');
  const unreached = await rows.order('WO-1', ana, { priority: 'high' });
  const notice = await rows.notice(ana, unreached, {
    ...{ status: 'failed', error_code: '63024', error_text: null, created_at: ago(8), status_at: ago(7) },
  });
  // The same order is late and was reminded of in vain besides: still one problem.
  await rows.change('work_order', unreached, { due_at: ago(30) });
  await rows.message(ana, { kind: 'work-order.reminder', work_order_id: unreached, status: 'failed' });
  await rows.order('WO-2', dora, { status: 'in_progress', due_at: ago(180) });
  await rows.notice(dora, await rows.order('WO-3', dora, { assigned_at: ago(500) }), { sent_at: ago(500) });
  const alertId = await rows.alert('A-5', await rows.asset('BOILER-2'));
  await rows.chain(alertId, { exhausted: true });
  const helped = await rows.order('WO-6', dora, { status: 'in_progress', escalated: true });
  await rows.call(dora, helped, { created_at: ago(25), reason: 'Pump leaks' });
  await rows.notice(dora, await rows.order('WO-7', dora), { status: 'cancelled', reason: 'disabled' });
  const lost = await rows.heard(dora, { status: 'failed', text: 'complete WO-9' });

  const { text } = await planner.get('/admin');
  expect(text).toContain('<h1>Overview</h1>');
  expect(needsOn(text).rows).toEqual([
    {
      title: 'Alerts nobody goes to',
      text: expect.stringMatching(
        /^BOILER-2: Hot A-5 A-5, critical Everybody there is has been told, and nobody goes. Nobody could be told. 10 minutes since/,
      ),
      actions: ['/admin/alerts/A-5/respond'],
      links: [],
    },
    {
      title: 'Calls for help nobody took',
      text: expect.stringMatching(
        /^Dora: calls for a supervisor WO-6: Job WO-6, Pump leaks Nobody has taken it yet. 25 minutes .* Look at the order$/,
      ),
      actions: [],
      links: ['/admin/work-orders/WO-6'],
    },
    {
      title: 'Nobody was reached',
      text: expect.stringMatching(
        /^WO-1: Job WO-1 Ana, high Ana was not told. WhatsApp: .*63024.* 7 minutes .* Send by SMS$/,
      ),
      actions: [`/admin/messages/${notice}/resend`],
      links: [],
    },
    {
      title: 'Nobody was reached',
      text: expect.stringMatching(/^WO-7: .* Dora was not told. .*switched off.* Send by WhatsApp$/),
      actions: [expect.stringMatching(/resend$/)],
      links: [],
    },
    {
      title: 'Late',
      text: expect.stringMatching(
        /^WO-2: Job WO-2 Dora, medium Dora has started and is not done. 3 hours since .* Assign$/,
      ),
      actions: ['/admin/work-orders/WO-2/assign'],
      links: [],
    },
    {
      title: 'Not acknowledged',
      text: expect.stringMatching(
        /^WO-3: .* Dora has read the notice and not acknowledged the order. 8 hours .* Acknowledge for Dora$/,
      ),
      actions: ['/admin/work-orders/WO-3/acknowledge'],
      links: [],
    },
    {
      title: 'Not answered',
      text: expect.stringMatching(/^Message from Dora complete WO-9 It could not be dealt with/),
      actions: [],
      links: [`/admin/messages/${lost}`],
    },
  ]);
  expect(text).toContain('<option value="bea">Bea</option>');
  expect(text).toContain('name="way" value="sms"');

  const auditor = await panel.signedIn('auditor', tenant);
  expect((await auditor.get('/admin/')).location).toBe('/admin');
  const seen = (await auditor.get('/admin')).text;
  expect(needsOn(seen).rows.map(({ title, actions, links }) => [title, actions, links])).toEqual(
    needsOn(text).rows.map(({ title }) => [title, [], []]),
  );
  expect(needsOn(seen).rows[2]!.text).toContain('Ana was not told');
});

type Solve = () => Promise<unknown>;
type Kind = [what: string, section: string, why: RegExp, appear: (rows: Rows) => Promise<Solve>];

const late =
  (rows: Rows, id: string): Solve =>
  () =>
    rows.change('work_order', id, { status: 'completed', closed_at: ago(0) });

const kinds: Kind[] = [
  [
    'a channel whose credentials are refused',
    'Messages cannot leave',
    /^WhatsApp sender whatsapp:.* refuses our credentials.* 5 minutes .*Look at the sender$/,
    async (rows) => {
      await rows.lease({ refusing_since: ago(5), paused_until: ago(-1) });
      return () => rows.lease({ refusing_since: null, paused_until: ago(1) });
    },
  ],
  [
    'a channel that takes nothing of what waits',
    'Messages cannot leave',
    /takes nothing or does not answer/,
    async (rows) => {
      const id = await rows.message(await rows.person('Ana'), { status: 'queued', due_at: ago(-5) });
      await rows.lease({ failing_since: ago(3) });
      return () => rows.change('message', id, { status: 'sent', due_at: null });
    },
  ],
  [
    'messages that wait although nothing is known to be wrong',
    'Messages cannot leave',
    /have waited to be sent for too long.* 40 minutes /,
    async (rows) => {
      const id = await rows.message(await rows.person('Ana'), { status: 'queued', due_at: ago(40) });
      return () => rows.change('message', id, { status: 'sent', due_at: null });
    },
  ],
  [
    'a critical alert to which nobody goes',
    'Alerts nobody goes to',
    /^BOILER-2: Hot A-1 A-1, critical Nobody has said that they go. Told: 1. Have it for certain: 1.* They go$/,
    async (rows) => {
      const ana = await rows.person('Ana');
      const id = await rows.alert('A-1', await rows.asset('BOILER-2'));
      const chain = await rows.chain(id);
      await rows.page(chain, ana, await rows.message(ana, { kind: 'alert.raised', lane: 'critical' }));
      return () =>
        rows.change('alert', id, { state: 'responding', responder_id: ana.id, claimed_at: ago(0) });
    },
  ],
  [
    'a lesser alert of which everybody was told in vain',
    'Alerts nobody goes to',
    /^BOILER-2: Hot A-1 A-1, high Everybody there is has been told, and nobody goes/,
    async (rows) => {
      const id = await rows.alert('A-1', await rows.asset('BOILER-2'), {
        severity: 'high',
        raised_at: ago(11),
      });
      await rows.chain(id, { exhausted: true });
      return () => rows.change('alert', id, { state: 'resolved', resolved_at: ago(0) });
    },
  ],
  [
    'an alert that has expired',
    'Alerts nobody goes to',
    /^BOILER-2: Hot A-1 A-1, medium It has expired, and nobody went.* 2 hours .* They go$/,
    async (rows) => {
      await rows.person('Ana');
      const old = { severity: 'medium', raised_at: ago(1000), expires_at: ago(130) };
      const id = await rows.alert('A-1', await rows.asset('BOILER-2'), old);
      await rows.chain(id, { next_at: null, ended: 'expired' });
      return () => rows.change('alert', id, { expires_at: ago(25 * 60) });
    },
  ],
  [
    'a call for help about no order, of which everybody was told',
    'Calls for help nobody took',
    /^Ana: needs something Two bearings Everybody there is has been told, and nobody has taken it.* See the message$/,
    async (rows) => {
      const ana = await rows.person('Ana');
      const id = await rows.call(ana, null, {
        ...{ kind: 'work-order.needed', exhausted: true, reason: 'Two bearings', created_at: ago(2) },
        caused_by: await rows.heard(ana),
      });
      return () => rows.change('chain', id, { next_at: null, ended: 'withdrawn' });
    },
  ],
  [
    'an all-clear that did not arrive',
    'Not delivered',
    /^All-clear for Ana A-1 Ana did not get it. .* See the message$/,
    async (rows) => {
      const ana = await rows.person('Ana');
      const over = { state: 'resolved', resolved_at: ago(9) };
      const alertId = await rows.alert('A-1', await rows.asset('BOILER-2'), over);
      const about = { kind: 'alert.resolved', lane: 'critical', status: 'failed' };
      const clear = await rows.message(ana, about);
      // What is no longer so is no loss.
      const taken = await rows.message(ana, { ...about, kind: 'alert.taken' });
      for (const message_id of [clear, taken]) {
        await rows.insert('message_alert', { message_id, alert_id: alertId, position: 0 });
      }
      return () => rows.change('message', clear, { status: 'delivered' });
    },
  ],
  [
    'what was not resolved after all, and did not arrive',
    'Not delivered',
    /^Message for Ana A-1 Ana did not get it. .* See the message$/,
    async (rows) => {
      const ana = await rows.person('Ana');
      const goes = { state: 'responding', responder_id: (await rows.person('Bea')).id, claimed_at: ago(9) };
      const alertId = await rows.alert('A-1', await rows.asset('BOILER-2'), goes);
      const about = { kind: 'alert.reopened', lane: 'critical', status: 'failed' };
      const reopened = await rows.message(ana, about);
      // Somebody goes by now.
      const page = await rows.message(ana, { ...about, kind: 'alert.raised' });
      for (const message_id of [reopened, page]) {
        await rows.insert('message_alert', { message_id, alert_id: alertId, position: 0 });
      }
      return () => rows.change('alert', alertId, { state: 'resolved', resolved_at: ago(0) });
    },
  ],
  [
    'an order whose assignee has no address',
    'Nobody was reached',
    /^WO-1: Job WO-1 Ana, medium Ana was not told. There was no way to reach the person.* Assign$/,
    async (rows) => {
      const ana = await rows.person('Ana', { addresses: [] });
      const id = await rows.order('WO-1', ana, { assigned_at: ago(0) });
      const held = { status: 'cancelled', reason: 'no-address', assignment_no: null, created_at: ago(0) };
      await rows.notice(ana, id, { ...held, conversation_id: null, channel_id: null });
      // Whom it may be given to.
      const bea = await rows.person('Bea');
      return async () => {
        await rows.change('work_order', id, { assignee_id: bea.id, assignment_no: 2 });
        await rows.notice(bea, id, { assignment_no: 2 });
      };
    },
  ],
  [
    'an order whose assignee has paused messages',
    'Nobody was reached',
    /^WO-1: .* Ana was not told. The person has paused messages.* Give it to somebody$/,
    async (rows) => {
      const ana = await rows.person('Ana', { addresses: ['whatsapp', 'sms'] });
      const id = await rows.order('WO-1', ana);
      await rows.notice(ana, id, { status: 'cancelled', reason: 'paused', assignment_no: null });
      return () => rows.change('work_order', id, { status: 'acknowledged', acknowledged_at: ago(0) });
    },
  ],
  [
    'an order that reached nobody, and is sent again by e-mail',
    'Nobody was reached',
    /^WO-1: .* WhatsApp: .* Give it to somebody$/,
    async (rows) => {
      const ana = await rows.person('Ana');
      const id = await rows.order('WO-1', ana);
      const first = await rows.notice(ana, id, { status: 'failed', error_code: '63024' });
      return () =>
        rows.notice(ana, id, {
          ...{ fallback_of: first, way: 'email', status: 'sent', assignment_no: null, told_assignment_no: 1 },
        });
    },
  ],
  [
    'an order that reached nobody, whose assignee has switched the other way off',
    'Nobody was reached',
    /^WO-1: .* WhatsApp: .* Give it to somebody$/,
    async (rows) => {
      await rows.channel('sms', '+14155550991');
      const ana = await rows.person('Ana', {
        ...{ addresses: ['whatsapp', 'sms'], preferences: { ways: { sms: false } } },
      });
      const id = await rows.order('WO-1', ana);
      const notice = await rows.notice(ana, id, { status: 'failed', error_code: '63024' });
      return () => rows.change('message', notice, { status: 'delivered' });
    },
  ],
  [
    'an order that is due on a day that is over, whoever has it',
    'Late',
    /^WO-1: Job WO-1 medium Nobody has it.* Give it to somebody$/,
    async (rows) => late(rows, await rows.order('WO-1', null, { due_on: '2026-01-01' })),
  ],
  [
    'an order put off beyond its time',
    'Late',
    /Ana has put it off. 2 days since/,
    async (rows) =>
      late(
        rows,
        await rows.order('WO-1', await rows.person('Ana'), { status: 'delayed', due_at: ago(2900) }),
      ),
  ],
  [
    'an order told by SMS and not acknowledged',
    'Not acknowledged',
    /Ana was told by SMS and has not acknowledged the order. 3 hours .* Acknowledge for Ana$/,
    async (rows) => {
      const ana = await rows.person('Ana');
      const id = await rows.order('WO-1', ana, { priority: 'high', assigned_at: ago(200) });
      await rows.notice(ana, id, { status: 'sent', way: 'sms', sent_at: ago(200) });
      return () => rows.change('work_order', id, { status: 'acknowledged', acknowledged_at: ago(0) });
    },
  ],
  [
    'an order delivered and not read',
    'Not read',
    /^WO-1: .* The notice has left by WhatsApp, and Ana has not read it. 45 minutes .* Assign$/,
    async (rows) => {
      await rows.person('Bea');
      const ana = await rows.person('Ana');
      const id = await rows.order('WO-1', ana, { priority: 'high', assigned_at: ago(45) });
      await rows.notice(ana, id, { status: 'delivered', sent_at: ago(45) });
      // She writes, so she has the phone in hand.
      return () => rows.change('technician', ana.id, { last_seen_at: ago(1) });
    },
  ],
  [
    'an order of which it is unclear whether anybody was told',
    'Not read',
    /^WO-1: .* It is unclear whether the notice has left, and Ana has not written since.* Send by e-mail$/,
    async (rows) => {
      await rows.channel('email', 'Plant <plant@example.com>');
      const ana = await rows.person('Ana', { email: 'ana@example.com' });
      const id = await rows.order('WO-1', ana, { priority: 'critical' });
      const notice = await rows.notice(ana, id, { status: 'unknown' });
      return () => rows.change('message', notice, { status: 'delivered', sent_at: ago(1) });
    },
  ],
  [
    'a command that waits',
    'Not answered',
    /^Message from Ana It has come in and is not dealt with yet.* 4 minutes .* See the message$/,
    async (rows) => {
      const id = await rows.heard(await rows.person('Ana'), { status: 'received', received_at: ago(4) });
      return () => rows.change('message', id, { status: 'processed' });
    },
  ],
  [
    'a command that was set aside, until its sender is answered',
    'Not answered',
    /^Message from Ana done It could not be dealt with/,
    async (rows) => {
      const ana = await rows.person('Ana');
      await rows.heard(ana, { status: 'failed', text: 'done' });
      return () => rows.heard(ana, { received_at: ago(0) });
    },
  ],
  [
    'an answer that did not arrive',
    'Not answered',
    /^Answer for Ana Ana wrote, and the answer did not arrive. WhatsApp: .* Send again$/,
    async (rows) => {
      const ana = await rows.person('Ana');
      await rows.message(ana, { kind: 'reply', lane: 'reply', status: 'failed', error_code: '30008' });
      return () => rows.heard(ana, { received_at: ago(0) });
    },
  ],
  [
    'a message that failed for good, until it is sent again',
    'Not delivered',
    /^Message for Ana Ana did not get it. WhatsApp: .*63024.* Send by SMS$/,
    async (rows) => {
      await rows.channel('sms', '+14155550988');
      const ana = await rows.person('Ana', { addresses: ['whatsapp', 'sms'] });
      await rows.message(ana, { status: 'failed', error_code: '63024' });
      return () => rows.message(ana, { status: 'accepted', way: 'sms' });
    },
  ],
  [
    'a message that failed by one way after the other, once',
    'Not delivered',
    /^Message for Ana Ana did not get it. SMS: .*30003.* Send by e-mail$/,
    async (rows) => {
      await rows.channel('sms', '+14155550987');
      await rows.channel('email', 'Plant <other@example.com>');
      const ana = await rows.person('Ana', { addresses: ['whatsapp', 'sms'], email: 'ana@example.com' });
      const first = await rows.message(ana, { status: 'failed', error_code: '63024' });
      const failed = { status: 'failed', error_code: '30003', fallback_of: first };
      await rows.message(ana, { ...failed, way: 'sms' });
      return () => rows.message(ana, { status: 'accepted', way: 'email', fallback_of: first });
    },
  ],
  [
    'a message that was sent again in vain by the only way there is',
    'Not delivered',
    /^Message for Ana Ana did not get it. .* See the message$/,
    async (rows) => {
      const ana = await rows.person('Ana');
      const first = await rows.message(ana, { status: 'failed' });
      const id = await rows.message(ana, { status: 'failed', fallback_of: first, resent_of: first });
      return () => rows.change('message', id, { status: 'delivered' });
    },
  ],
  [
    'a message that is too late to be sent again',
    'Not delivered',
    /^Message for Ana Ana did not get it. .* See the message$/,
    async (rows) => {
      const ana = await rows.person('Ana');
      const id = await rows.message(ana, { status: 'failed', expires_at: ago(1) });
      return () => rows.change('message', id, { status: 'delivered' });
    },
  ],
  [
    'a message of which it is unclear whether it has left',
    'Not delivered',
    /^Message for Ana It is unclear whether Ana got it. WhatsApp: .* 12 minutes .* Send again$/,
    async (rows) => {
      const ana = await rows.person('Ana');
      const id = await rows.message(ana, { status: 'unknown', status_at: ago(12) });
      await rows.message(ana, { status: 'unknown', status_at: ago(9), text: 'Wait' });
      return () => rows.change('message', id, { status: 'delivered', status_at: ago(0) });
    },
  ],
  [
    'word that an order is cancelled, which did not arrive',
    'Not delivered',
    /^Word that the order is cancelled for Ana WO-1 Ana did not get it/,
    async (rows) => {
      const ana = await rows.person('Ana');
      const order = await rows.order('WO-1', ana, { status: 'cancelled', closed_at: ago(20) });
      const told = { kind: 'work-order.cancelled', work_order_id: order };
      await rows.message(ana, { ...told, status: 'failed' });
      return () => rows.message(ana, { ...told, status: 'delivered' });
    },
  ],
  [
    'a rejected template',
    'Templates in trouble',
    /^work-order.assigned, en WhatsApp has rejected its template.* 60 minutes .* Look at the templates$/,
    async (rows) => {
      await rows.template('work-order.assigned', { approval_status: 'rejected' });
      return () => rows.approve('work-order.assigned');
    },
  ],
  [
    'templates that are not there',
    'Templates in trouble',
    /^Templates that are not there message.send \(es\)/,
    async (rows) => {
      await rows.insert('template_gap', { kind: 'message.send', locale: 'es', found_at: ago(60) });
      return () => rows.noGaps();
    },
  ],
  [
    'a webhook endpoint that was given up',
    'Webhook endpoints switched off',
    /^cmms It failed for too long and gets no events any more. Last: status 500 .* Look at the endpoint$/,
    async (rows) => {
      const id = await rows.endpoint('cmms', {
        active: false,
        switched_off_at: ago(9),
        reason: 'status 500',
      });
      return () => rows.change('webhook_endpoint', id, { active: true, switched_off_at: null, reason: null });
    },
  ],
];

test.each(kinds)('%s is shown until it is solved', async (what, section, why, appear) => {
  const { tenant, rows } = await tenantWith(`kind-${kinds.findIndex(([each]) => each === what)}`);
  const browser = await panel.signedIn('administrator', tenant);
  const needs = async () => needsOn((await browser.get('/admin')).text);
  const solve = await appear(rows);
  expect((await needs()).rows).toEqual([
    expect.objectContaining({ title: section, text: expect.stringMatching(why) }),
  ]);
  await solve();
  await rows.person('Somebody');
  expect(await needs()).toEqual({ rows: [], isCalm: true });
});

test('of many a few are shown, the urgent and the newest first, and where the rest is', async () => {
  const { tenant, rows } = await tenantWith('many');
  for (let n = 1; n <= 21; n++) await rows.order(`OLD-${n}`, null, { due_at: ago(n * 10) });
  await rows.order('LOW', null, { due_at: ago(1), priority: 'low' });
  await rows.order('URGENT', null, { due_at: ago(9000), priority: 'critical' });
  const { text } = await (await panel.signedIn('planner', tenant)).get('/admin');
  const shown = needsOn(text).rows.map((row) => row.text.split(':')[0]);
  expect(shown).toEqual(['URGENT', ...Array.from({ length: 19 }, (_, n) => `OLD-${n + 1}`)]);
  expect(text).toContain('There are more. <a href="/admin/work-orders">See them all</a>');
  expect(text).toMatch(/Late <span class="badge bad">20\+</);
});

test('what an administrator mends is no button for a planner', async () => {
  const { tenant, rows } = await tenantWith('roles');
  await rows.endpoint('cmms', { active: false, switched_off_at: ago(9) });
  const linksFor = async (role: 'administrator' | 'planner') =>
    needsOn((await (await panel.signedIn(role, tenant)).get('/admin')).text).rows[0]!;
  expect((await linksFor('administrator')).links).toEqual(['/admin/settings/webhook-endpoints']);
  expect(await linksFor('planner')).toMatchObject({
    links: [],
    text: expect.stringMatching(/An administrator can mend it\.$/),
  });
});

test('a tenant that is switched off says so, since when and by whom, with the way to where it is switched on', async () => {
  const { tenant, rows } = await tenantWith('switched-off');
  await rows.person('Ana');
  const administrator = await panel.signedIn('administrator', tenant);
  const planner = await panel.signedIn('planner', tenant);
  const needs = async (browser: typeof planner) => needsOn((await browser.get('/admin')).text);
  expect(await needs(planner)).toEqual({ rows: [], isCalm: true });
  await administrator.post('/admin/settings/enabled', { enabled: 'no' });
  const row = {
    title: 'The service is switched off',
    text: expect.stringMatching(
      /^The service by .+ It is switched off: nobody is told anything.* less than a minute since /,
    ),
    actions: [],
  };
  expect((await needs(administrator)).rows).toEqual([{ ...row, links: ['/admin/settings/channel'] }]);
  const seen = (await needs(planner)).rows;
  expect(seen).toEqual([{ ...row, links: [] }]);
  expect(seen[0]!.text).toContain('An administrator can mend it.');

  await administrator.post('/admin/settings/enabled', { enabled: 'yes' });
  expect((await needs(planner)).isCalm).toBe(true);
});

test('whoever has just begun is told what to do first, and not that all is well', async () => {
  const tenant = await createTenant(panel.deps.store, { slug: 'begun', channel: false });
  const [administrator, planner, auditor] = [
    await panel.signedIn('administrator', tenant),
    await panel.signedIn('planner', tenant),
    await panel.signedIn('auditor', tenant),
  ];
  const shownTo = async (browser: typeof planner) => {
    const part = /<!--live needs-someone-->(.*?)<!--\/live-->/s.exec((await browser.get('/admin')).text)![1]!;
    return {
      isCalm: part.includes('Nothing needs anyone now'),
      waits: part.includes('An administrator sets up the sender first.'),
      steps: [...part.matchAll(/<a href="([^"]+)">[^<]+<\/a> (<span class="badge good">done)?/g)].map(
        ([, href, isDone]) => `${href}${isDone ? ' done' : ''}`,
      ),
    };
  };
  const [sender, check, people, message] = [
    ...['/admin/settings/channel', '/admin/settings/check'],
    ...['/admin/technicians', '/admin/settings/test-message'],
  ] as const;
  const first = { isCalm: false, waits: false, steps: [sender, check, people, message] };
  expect(await shownTo(administrator)).toEqual(first);
  expect(await shownTo(planner)).toEqual({ isCalm: false, waits: true, steps: [people] });
  expect(await shownTo(auditor)).toEqual({ isCalm: false, waits: true, steps: [] });

  const rows = writeRows(client, tenant);
  await rows.channel('whatsapp', 'whatsapp:+14155550990');
  expect(await shownTo(administrator)).toEqual({
    ...first,
    steps: [`${sender} done`, check, people, message],
  });
  expect(await shownTo(planner)).toEqual({ isCalm: false, waits: false, steps: [people] });
  const ana = { externalId: 'ana', name: 'Ana Souza', role: 'technician' };
  expect((await planner.post('/admin/technicians/-/new', ana)).status).toBe(303);
  expect(await shownTo(auditor)).toEqual({ isCalm: true, waits: false, steps: [] });
});

test('where the environment switches everybody off, every role reads so and is offered no button', async () => {
  const { tenant } = await tenantWith('all-off');
  panel.deps.enabled = false;
  try {
    for (const role of ['administrator', 'planner', 'auditor'] as const) {
      const { rows } = needsOn((await (await panel.signedIn(role, tenant)).get('/admin')).text);
      expect(rows).toEqual([
        {
          title: 'The service is switched off',
          text: expect.stringContaining('The environment says WHATSAPP_ENABLED=false'),
          ...{ actions: [], links: [] },
        },
      ]);
      expect(rows[0]!.text).not.toContain('An administrator can mend it.');
    }
  } finally {
    panel.deps.enabled = true;
  }
});

test('a tenant that was never switched on does not say since when', async () => {
  const { tenant } = await tenantWith('never-on');
  await client.query('UPDATE tenant SET enabled = false WHERE id = $1', [tenant.tenantId]);
  const planner = await panel.signedIn('planner', tenant);
  const [row] = needsOn((await planner.get('/admin')).text).rows;
  expect(row!.text).toMatch(/^The service It is switched off: .* not known An administrator/);
});

test('the day is counted in the zone of whoever reads, and the last weeks are a picture and a table', async () => {
  const { tenant, rows } = await tenantWith('figures');
  const browser = await panel.signedIn('auditor', tenant);
  expect((await browser.get('/admin')).text).toContain('No alert was taken in the last 8 weeks');
  // Where the day began an hour ago.
  const hour = new Date().getUTCHours();
  const zone = hour <= 12 ? `Etc/GMT+${hour - 1}` : `Etc/GMT-${25 - hour}`;
  browser.cookies.set('rbm.zone', hour === 0 ? 'Etc/GMT-1' : hour === 1 ? 'UTC' : zone);
  const ana = await rows.person('Ana');
  await rows.message(ana, { created_at: ago(150) });
  for (const status of ['sent', 'delivered', 'read', 'failed', 'queued']) await rows.message(ana, { status });
  await rows.heard(ana, { received_at: ago(20), status_at: ago(19) });
  const assetId = await rows.asset('PUMP-1');
  const claim = { state: 'responding', responder_id: ana.id, claimed_at: ago(5) };
  await rows.alert('A-1', assetId, { ...claim, raised_at: ago(10) });
  const { text } = await browser.get('/admin');
  const figures = [...text.matchAll(/<dt>([^<]+)<\/dt><dd>(\d+)/g)].map(([, label, count]) => [label, count]);
  expect(figures).toEqual([
    ['Sent', '3'],
    ['Delivered', '2'],
    ['Read', '1'],
    ['Failed', '1'],
    ['Commands answered', '1'],
  ]);
  expect(text).toContain('Half of the commands were answered within 60 s, nine of ten within 60 s.');
  expect(text).toContain('Alerts raised: 1. Taken: 1, half of them within 5 min');
  expect(text).toMatch(/role="img" aria-label="Time until an alert is taken. \d{4}-W\d\d: half within 5 min/);
  expect(text).toMatch(/<td>\d{4}-W\d\d<\/td><td data-label="alerts taken:">1<\/td>/);
  // The weeks are not read again with what stays up to date.
  const live = await browser.get('/admin');
  expect(live.text).not.toMatch(/ style="/);
});

test('what somebody missed again and again is one thing, and what says something else is another', async () => {
  const { tenant, rows } = await tenantWith('again');
  const ana = await rows.person('Ana');
  for (let n = 0; n < 3; n++) await rows.message(ana, { kind: 'work-order.digest', status: 'failed' });
  for (const text of ['Gate 1', 'Gate 2']) await rows.message(ana, { status: 'failed', text });
  await rows.heard(ana, { status: 'failed' });
  await rows.message(ana, { kind: 'reply', status: 'failed' });
  const { text } = await (await panel.signedIn('planner', tenant)).get('/admin');
  expect(needsOn(text).rows.map(({ title, text }) => [title, text.split(' Ana ')[0]])).toEqual([
    ['Not answered', 'Message from'],
    ['Not delivered', 'Message for'],
    ['Not delivered', 'Message for'],
    ['Not delivered', 'Reminders for'],
  ]);
});

test('what the overview does to an order somebody else got meanwhile is refused', async () => {
  const { tenant, rows } = await tenantWith('meanwhile');
  const [ana, bea] = [await rows.person('Ana'), await rows.person('Bea')];
  const planner = await panel.signedIn('planner', tenant);
  const asked: [number: string, what: string, fields: Record<string, string>][] = [
    ['WO-1', 'acknowledge', {}],
    ['WO-2', 'assign', { assignee: 'ana' }],
  ];
  const acknowledged = await rows.order('WO-1', ana, { assigned_at: ago(500) });
  await rows.notice(ana, acknowledged, { sent_at: ago(500) });
  const late = await rows.order('WO-2', bea, { status: 'in_progress', due_at: ago(5) });
  const { text } = await planner.get('/admin');
  for (const id of [acknowledged, late]) await rows.change('work_order', id, { version: 2 });
  const done: string[] = [];
  for (const [number, what, fields] of asked) {
    const path = `/admin/work-orders/${number}/${what}`;
    const form = new RegExp(`action="${path}".*?</form>`, 's').exec(text)![0];
    const version = /name="version" value="(\d+)"/.exec(form)![1]!;
    const answer = await planner.post(path, { ...fields, version, back: '/admin' });
    expect(answer.status).toBe(422);
    const { location } = await planner.post(path, { ...fields, version: '2', back: '/admin' });
    expect(location).toMatch(/^\/admin\?done=/);
    done.push(
      /<p[^>]* role="status"[^>]*>(.*?)<\/p>/.exec((await planner.get(location!)).text)?.[1] ?? location!,
    );
  }
  expect(done).toEqual([
    'The order is acknowledged for its assignee.',
    'The order is assigned, and its assignee is being told.',
  ]);
});

test('the overview says what came of what was done there', async () => {
  const { tenant, rows } = await tenantWith('said');
  const planner = await panel.signedIn('planner', tenant);
  await rows.person('Ana');
  await rows.person('Bea', { addresses: [] });
  await rows.order('WO-1', null, { due_at: ago(5) });
  await rows.chain(await rows.alert('A-1', await rows.asset('PUMP-1')));
  await planner.get('/admin');
  const after = async (path: string, fields: Record<string, string>) => {
    const { location } = await planner.post(`/admin/${path}`, { ...fields, back: '/admin' });
    const { text } = await planner.get(location!);
    return [location, /<p class="done" role="status">(.*?)<\/p>/.exec(text)?.[1]];
  };
  expect([
    await after('work-orders/WO-1/assign', { assignee: 'bea' }),
    await after('alerts/A-1/respond', { technician: 'ana' }),
  ]).toEqual([
    ['/admin?done=assigned-untold', 'The order is assigned, but its assignee could not be told.'],
    ['/admin?done=responded', 'The alert is claimed. Those who were told hear who is going.'],
  ]);
});

test('what is not wrong yet hides nothing that is, however much of it there is', async () => {
  const { tenant, rows } = await tenantWith('night');
  const [ana, bea] = [
    await rows.person('Ana', { time_zone: 'Pacific/Pago_Pago' }),
    await rows.person('Bea', { time_zone: 'Pacific/Kiritimati', last_seen_at: ago(25) }),
  ];
  const yesterday = DateTime.now().setZone('Pacific/Kiritimati').minus({ days: 1 }).toISODate()!;
  const give = async (n: number) => {
    // Assigned at night, and sent in the morning; and read, or seen by whoever wrote since.
    const night = { assigned_at: ago(500) };
    await rows.notice(ana, await rows.order(`N-${n}`, ana, night), { status: 'delivered', sent_at: ago(60) });
    await rows.notice(ana, await rows.order(`R-${n}`, ana, night), { sent_at: ago(60) });
    await rows.notice(bea, await rows.order(`S-${n}`, bea, { assigned_at: ago(200) }), {
      ...{ status: 'delivered', sent_at: ago(200) },
    });
    // Over for Bea, and not for Ana.
    const today = { status: 'in_progress', due_on: yesterday };
    await rows.order(`D-${n}`, ana, today);
  };
  for (let n = 0; n < 30; n++) await give(n);
  await rows.notice(ana, await rows.order('OLD', ana, { assigned_at: ago(1500) }), {
    ...{ status: 'delivered', sent_at: ago(1500) },
  });
  await rows.order('LATE', bea, { status: 'in_progress', due_on: yesterday });
  const { text } = await (await panel.signedIn('planner', tenant)).get('/admin');
  expect(needsOn(text).rows.map(({ title, text }) => [title, text.split(':')[0]])).toEqual([
    ['Late', 'LATE'],
    ['Not read', 'OLD'],
  ]);
});
