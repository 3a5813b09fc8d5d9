import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { notifications } from '../../jobs/notifications.ts';
import { lockQueue } from '../support/queue.ts';
import { createTenant, type TestTenant } from '../support/tenant.ts';
import { usePanel } from './panel.ts';

describe.each(['redis', 'postgres'] as const)('on %s', (backend) => {
  const panel = usePanel({}, { backend });
  let other: TestTenant;
  beforeAll(async () => {
    other = await createTenant(panel.deps.store, { slug: 'acme' });
    await panel.queues.ready;
    await panel.queues.work('notifications', 1, notifications(panel.deps));
  });
  afterAll(() => panel.queues.stopWorkers(1000));

  const failedCount = async () =>
    (await panel.queues.counts()).find(({ queue }) => queue === 'notifications')!.failed;
  const ask = async (name: string, data: Record<string, unknown>) => {
    const before = await failedCount();
    const common = { schemaVersion: 1, tenant: 'default', idempotencyKey: randomUUID() };
    await panel.queues.add('notifications', [{ name, data: { ...common, ...data } }]);
    await expect.poll(failedCount).toBe(before + 1);
  };
  /** What is posted by the button of the job whose explanation holds a text. */
  const jobIn = (text: string, about: string) => {
    const item = text.split('<li>').find((part) => part.includes(about) && part.includes('name="job"'))!;
    return { job: /name="job" value="([^"]+)"/.exec(item)![1]! };
  };

  test('a refused job is explained, retried once it can work, or discarded, and both are in the audit', async () => {
    const browser = await panel.signedIn('administrator');
    const workOrder = { number: 'WO-7', title: 'Seal <replaced>', colour: 'red' };
    await ask('work-order.assigned', { workOrder, assignee: 'T-9' });
    await ask('message.send', { to: 'T-9', text: 'the code is sesame' });
    const seen = await browser.get('/admin/queues');
    expect(seen.text).toContain('Tell T-9 of work order WO-7, “Seal &lt;replaced&gt;”');
    expect(seen.text).toMatch(/<code>\/workOrder\/colour<\/code> is not a known field/);
    expect(seen.text).toMatch(/<code>\/assignee<\/code> names nobody we know/);
    expect(seen.text).toContain('Send a text to T-9');
    expect(seen.text).not.toContain('sesame');
    expect(seen.text).toContain(backend === 'redis' ? 'On Redis' : 'On PostgreSQL');

    await panel.deps.store.tenant(panel.tenant.tenantId, (tx) =>
      tx.technicians.insert(technician('T-9', 'Ana Souza')),
    );
    const send = jobIn(seen.text, 'Send a text to T-9');
    const retried = await browser.post('/admin/queues/notifications/retry', send);
    expect([retried.status, retried.location]).toEqual([303, '/admin/queues?done=retried']);
    const isRefused = async () => (await browser.get('/admin/queues')).text.includes('Text to somebody');
    await expect.poll(isRefused).toBe(false);
    const { text } = await browser.get('/admin/queues');
    expect(text).toContain('Tell Ana Souza (T-9) of work order WO-7');
    expect((await browser.post('/admin/queues/notifications/retry', send)).status).toBe(422);

    const order = jobIn(text, 'WO-7');
    const discarded = await browser.post('/admin/queues/notifications/discard', order);
    expect(discarded.location).toBe('/admin/queues?done=discarded');
    const after = await browser.get('/admin/queues');
    expect(after.text).toContain('None.');
    // What was refused stays written down.
    expect(after.text).toContain('Work order assigned');
    const audit = await browser.get('/admin/audit');
    expect(audit.text).toContain(`Discarded a failed job: notifications ${order.job}`);
    expect(audit.text).toContain('Had a failed job done again');
  });

  test("another tenant's administrator sees what was refused to its own CMMS, and no queue", async () => {
    const browser = await panel.signedIn('administrator');
    const stranger = await panel.signedIn('administrator', other);
    await ask('work-order.reminder', { number: 'WO-OURS' });
    await ask('work-order.reminder', { tenant: 'acme', number: 'WO-THEIRS' });
    const { text } = await browser.get('/admin/queues');
    expect(text).toContain('Remind of work order WO-THEIRS (tenant acme)');
    const theirs = await stranger.get('/admin/queues');
    expect(theirs.text).toContain('Work order reminder');
    expect(theirs.text).not.toMatch(/WO-OURS|On Redis|On PostgreSQL|name="job"/);
    expect(theirs.text.match(/<code>\/number<\/code>/g)).toHaveLength(1);
    const job = jobIn(text, 'WO-THEIRS');
    for (const how of ['retry', 'discard']) {
      expect((await stranger.post(`/admin/queues/notifications/${how}`, job)).status).toBe(422);
    }
    expect((await browser.get('/admin/queues')).text).toContain('WO-THEIRS');
  });

  test('a schedule that failed is explained without what its fault quotes, runs again, and stays otherwise', async () => {
    const { tenantId } = panel.tenant;
    const once = { every: 60_000 };
    await panel.queues.keepSchedulers([
      { id: `reminders-${tenantId}`, name: 'reminders', repeat: once, data: { tenantId } },
    ]);
    let fails: boolean = true;
    await panel.queues.work('schedules', 1, async () => {
      if (fails) throw new Error('relation "recognisable" broke for +1 202 555 0101');
    });
    const failed = () => panel.queues.failedJobs('schedules', 5);
    await expect.poll(async () => (await failed()).length).toBe(1);
    const browser = await panel.signedIn('administrator');
    const { text } = await browser.get('/admin/queues');
    expect(text).toContain('Reminders and digests of default');
    expect(text).toContain('relation “…” broke for …');
    const job = jobIn(text, 'Reminders and digests');
    expect((await browser.post('/admin/queues/schedules/discard', job)).status).toBe(422);
    fails = false;
    expect((await browser.post('/admin/queues/schedules/retry', job)).status).toBe(303);
    await expect.poll(async () => (await failed()).length).toBe(0);
  });

  test('an auditor reads it and changes nothing', async () => {
    const auditor = await panel.signedIn('auditor');
    const { text } = await auditor.get('/admin/queues');
    expect(text).toContain('Remind of work order WO-OURS');
    expect(text).not.toContain('name="job"');
    expect(text).not.toContain('Open the job board');
  });

  test('the board shows what a job is about, and none of its texts, phones, names and webhooks', async () => {
    const secret = 'recognisable';
    const data = { text: secret, phone: secret, workOrder: { number: 'WO-8', title: secret } };
    await ask('message.send', { to: 'T-404', ...data });
    const spilled = {
      rows: [{ kind: 'message', tenantId: randomUUID(), raw: secret, address: secret, key: secret }],
    };
    if (backend === 'redis') await panel.queues.add('spill', [{ name: 'webhooks', data: spilled }]);
    const browser = await panel.signedIn('administrator');
    const page = await browser.get('/admin/queues/board/');
    expect(page.status).toBe(200);
    expect(page.headers.get('content-security-policy')).not.toContain('unsafe');
    expect(page.text).not.toMatch(/googleapis|<style| style=/);
    expect(page.text).toContain('<a href="/admin/queues">Back to the panel</a>');
    const [, style] = /href="(static\/way-back[^"]+)"/.exec(page.text)!;
    const look = await browser.get(`/admin/queues/board/${style}`);
    expect([look.status, look.headers.get('content-type')]).toEqual([200, 'text/css; charset=utf-8']);
    const [, script] = /src="(static\/js\/main[^"]+)"/.exec(page.text)!;
    const asset = await browser.get(`/admin/queues/board/${script}`);
    expect([asset.status, asset.headers.get('content-type')]).toEqual([
      200,
      'text/javascript; charset=utf-8',
    ]);
    for (const queue of ['notifications', ...(backend === 'redis' ? ['spill'] : [])]) {
      const query = `activeQueue=${queue}&status=latest&page=1&jobsPerPage=10`;
      const { status, text } = await browser.get(`/admin/queues/board/api/queues?${query}`);
      expect(status).toBe(200);
      const found = JSON.parse(text).queues.find(({ name }: { name: string }) => name === queue);
      expect(found.jobs.length).toBeGreaterThan(0);
      expect(text).not.toContain(secret);
      expect(text).not.toMatch(/at .*\.ts:/);
      if (queue === 'notifications') expect(text).toContain('WO-8');
    }
  });

  test('failed jobs are retried and removed in the board by its administrator alone, and it is in the audit', async () => {
    await ask('message.send', { to: 'T-404', text: 'hello' });
    const [job, ...others] = await panel.queues.failedJobs('notifications', 20);
    const board = '/admin/queues/board/api/queues';
    const one = `${board}/notifications/${job!.id}`;
    const browser = await panel.signedIn('administrator');
    const stranger = await panel.signedIn('administrator', other);
    const auditor = await panel.signedIn('auditor');
    expect((await stranger.put(`${one}/clean`)).status).toBe(404);
    expect((await stranger.get(board)).status).toBe(404);
    expect((await auditor.put(`${one}/clean`)).status).toBe(403);
    expect((await auditor.get('/admin/queues/board/')).status).toBe(403);
    expect((await browser.put(`${one}/clean`, { 'x-xsrf-token': '' })).status).toBe(403);
    expect((await browser.put(`${one}/clean`, { origin: 'https://evil.example' })).status).toBe(403);
    expect(await failedCount()).toBe(others.length + 1);
    for (const what of ['notifications/empty', 'notifications/obliterate', 'notifications/pause', 'pause']) {
      expect((await browser.put(`${board}/${what}`)).status).toBe(403);
    }

    await browser.get('/admin/queues');
    expect((await browser.put(`${one}/clean`)).status).toBe(200);
    expect((await browser.put(`${one}/clean`)).status).toBe(403);
    expect(await failedCount()).toBe(others.length);
    expect((await browser.put(`${board}/notifications/${others[0]!.id}/retry`)).status).toBe(200);
    await expect.poll(failedCount).toBe(others.length);
    expect((await browser.put(`${board}/notifications/retry/failed`)).status).toBe(200);
    await expect.poll(failedCount).toBe(others.length);
    const { text } = await browser.get('/admin/audit');
    expect(text).toContain(`Discarded a failed job: notifications ${job!.id}`);
    expect(text).toContain('Had a failed job done again: notifications, all that had failed');
    expect(text).toContain(`count ${others.length}`);
  });

  if (backend === 'postgres') {
    test('what was refused is read page by page, each once', async () => {
      const many = await createTenant(panel.deps.store, { slug: 'many' });
      await panel.deps.store.tenant(many.tenantId, async (tx) => {
        for (let index = 0; index < 120; index++) {
          const about = {
            id: randomUUID(),
            idempotencyKey: `key-${index}.`,
            name: 'message.send',
            messageIds: [],
          };
          const faults = [{ pointer: '/to', detail: 'names nobody we know' }];
          await tx.notifications.save({ ...about, contentHash: Buffer.alloc(0), state: 'invalid', faults });
        }
      });
      const browser = await panel.signedIn('administrator', many);
      const seen: string[] = [];
      for (let next: string | undefined = '/admin/queues'; next; ) {
        const { text }: { text: string } = await browser.get(next);
        seen.push(...[...text.matchAll(/key <code>([^<]+)/g)].map(([, key]) => key!));
        next = /href="([^"]+)"[^>]*>Older/.exec(text)?.[1];
      }
      const all = Array.from({ length: 120 }, (_, index) => `key-${index}.`);
      // Several in one millisecond have no order.
      expect(seen.toSorted()).toEqual(all.toSorted());
      expect(Number(/\d+/.exec(seen[0]!))).toBeGreaterThan(60);
      expect((await browser.get('/admin/queues?before=%00~x')).status).toBe(200);
    });

    test('a queue whose tables are locked is away as well', async () => {
      const browser = await panel.signedIn('administrator');
      const unlock = await lockQueue(panel.database.appUrl);
      onTestFinished(unlock);
      const began = performance.now();
      expect((await browser.get('/admin/queues')).text).toContain('does not answer');
      expect(performance.now() - began).toBeLessThan(10_000);
      expect((await browser.post('/admin/queues/notifications/retry', { job: '1' })).status).toBe(503);
      expect((await browser.get('/admin/audit')).text).toContain('outcome not known');
      await unlock();
      await expect
        .poll(async () => (await browser.get('/admin/queues')).text.includes('does not answer'))
        .toBe(false);
    });
    return;
  }

  test('the page says within a second or two that the queue is away, frozen or gone', async () => {
    const browser = await panel.signedIn('administrator');
    const { text } = await browser.get('/admin/queues');
    const job = jobIn(text, 'WO-OURS');
    for (const takeAway of [() => panel.redis!.freeze(), () => panel.redis!.kill()]) {
      takeAway();
      const since = performance.now();
      const away = await browser.get('/admin/queues');
      expect(performance.now() - since).toBeLessThan(10_000);
      expect([away.status, away.text.includes('does not answer')]).toEqual([200, true]);
      const tried = await browser.post('/admin/queues/notifications/retry', job);
      expect((await browser.get('/admin/queues/board/api/queues')).status).toBe(503);
      expect([tried.status, tried.text.includes('Whether this was done is not known')]).toEqual([503, true]);
    }
  });
});

const technician = (externalId: string, name: string) => ({
  ...{
    id: randomUUID(),
    externalId,
    name,
    phone: null,
    email: 'ana@example.com',
    role: 'technician' as const,
  },
  ...{ locale: null, timeZone: null, supervisorId: null, active: true, preferences: {}, lastSeenAt: null },
});
