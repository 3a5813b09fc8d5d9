import { schemaFaults } from './job-schemas.ts';
import type { Answer, Json, Kit } from './kit.ts';
import {
  expectFaults,
  expectPointers,
  expectProblem,
  expectSame,
  expectStatus,
  expectThat,
  type Rule,
} from './rule.ts';

type Job = { name: string; data: Json };

const job = (kit: Kit, name: string, data: object): Job => ({
  name,
  data: { schemaVersion: 1, idempotencyKey: kit.name('N'), ...data },
});

const send = (kit: Kit, { name, data }: Job): Promise<Answer> => {
  // What it made is taken back, whatever came of it.
  if (data.workOrder?.number) {
    kit.leave(kit.orderPath(data.workOrder.number), { status: 'cancelled' });
  }
  return kit.post('/notifications', { name, data });
};

const accepted = async (kit: Kit, sent: Job): Promise<Json> => {
  expectFits(kit, sent);
  const { body } = expectStatus(await send(kit, sent), 202);
  expectSame('idempotencyKey', body.idempotencyKey, sent.data.idempotencyKey);
  return body;
};

/** What is accepted must be valid by the published schema as well: a CMMS checks its jobs with it. */
const expectFits = (kit: Kit, { name, data }: Job): void => {
  const faults = schemaFaults(name, { tenant: kit.tenant, ...data });
  expectThat(faults === null, `schemas/${name}.schema.json to accept the job`, faults);
};

const stateOf = async (kit: Kit, key: string): Promise<Json> =>
  expectStatus(await kit.get(`/notifications/${encodeURIComponent(key)}`), 200).body;

const done = (kit: Kit, { data }: Job): Promise<Json> =>
  kit.until(async () => {
    const state = await stateOf(kit, data.idempotencyKey);
    expectThat(state.state !== 'accepted', 'the job to be done', state);
    expectSame('state', [state.state, state.faults], ['done', []]);
    return state;
  });

/** Refused at once, or by whoever does the job: the contract lets either name what only the data can tell. */
const refused = async (kit: Kit, sent: Job, ...pointers: string[]): Promise<void> => {
  const answer = expectStatus(await send(kit, sent), 202, 422);
  if (answer.status === 422) return expectFaults(answer, ...pointers);
  await kit.until(async () => {
    const { state, faults } = await stateOf(kit, sent.data.idempotencyKey);
    expectSame('state', state, 'invalid');
    expectPointers(faults, ...pointers);
  });
};

const assignment = async (kit: Kit, assignee: string, order: object = {}) =>
  job(kit, 'work-order.assigned', {
    workOrder: {
      ...{ number: kit.name('WO'), title: 'Replace seal', planner: await kit.ownPlanner() },
      ...order,
    },
    assignee,
  });

const toldAbout = async (kit: Kit, number: string): Promise<Json[]> =>
  (await kit.messagesAbout(number)).map(({ kind, technician }) => ({ kind, technician }));

export const notifications: Rule[] = [
  {
    says: 'a job is answered 202 with id, idempotencyKey and accepted, and its state can be read until it is done',
    check: async (kit) => {
      const { externalId } = await kit.technician();
      const sent = await assignment(kit, externalId);
      const answer = await accepted(kit, sent);
      expectSame('status', answer.status, 'accepted');
      expectThat(typeof answer.id === 'string' && answer.id.length > 0, 'an id', answer);
      const state = await done(kit, sent);
      expectSame('idempotencyKey', state.idempotencyKey, sent.data.idempotencyKey);
      expectSame('messages', state.messages.length, 1);
      const message = expectStatus(await kit.get(`/messages/${state.messages[0]}`), 200).body;
      expectSame('the message to', message.technician, externalId);
      expectSame('about', message.workOrders, [sent.data.workOrder.number]);
    },
  },
  {
    says: 'work-order.assigned creates the order and its asset first',
    check: async (kit) => {
      const { externalId } = await kit.technician();
      const asset = { code: kit.name('A'), name: 'Conveyor 7', location: 'Hall 2' };
      const sent = await assignment(kit, externalId, { asset, priority: 'high', dueAt: '2036-12-25' });
      await accepted(kit, sent);
      await done(kit, sent);
      const order = expectStatus(await kit.get(kit.orderPath(sent.data.workOrder.number)), 200).body;
      expectSame(
        'the order',
        [order.status, order.assignee, order.asset, order.priority, order.dueAt],
        ['assigned', externalId, asset.code, 'high', '2036-12-25'],
      );
      const { name, location } = expectStatus(await kit.get(`/assets/${asset.code}`), 200).body;
      expectSame('the asset', [name, location], [asset.name, asset.location]);
    },
  },
  {
    says: 'the same key and content is done once and answered duplicate',
    check: async (kit) => {
      const { externalId } = await kit.technician();
      const sent = await assignment(kit, externalId);
      await accepted(kit, sent);
      expectSame('status', (await accepted(kit, sent)).status, 'duplicate');
      const { messages } = await done(kit, sent);
      expectSame('status', (await accepted(kit, sent)).status, 'duplicate');
      expectSame('messages', (await stateOf(kit, sent.data.idempotencyKey)).messages, messages);
      expectSame('told', (await toldAbout(kit, sent.data.workOrder.number)).length, 1);
    },
  },
  {
    says: 'the same key with other content is invalid, and what was done stays',
    check: async (kit) => {
      const { externalId } = await kit.technician();
      const sent = await assignment(kit, externalId);
      await accepted(kit, sent);
      await done(kit, sent);
      const other = {
        ...sent,
        data: { ...sent.data, workOrder: { ...sent.data.workOrder, title: 'Other' } },
      };
      const answer = await send(kit, other);
      expectStatus(answer, 422, 409);
      const order = expectStatus(await kit.get(kit.orderPath(sent.data.workOrder.number)), 200).body;
      expectSame('title', order.title, 'Replace seal');
      expectSame('state', (await stateOf(kit, sent.data.idempotencyKey)).state, 'done');
    },
  },
  {
    says: 'an invalid job is refused with every fault named',
    check: async (kit) => {
      const { externalId } = await kit.technician();
      const sent = await assignment(kit, externalId, { title: '', priority: 'soonish', colour: 'red' });
      const { schemaVersion: _, ...data } = { ...sent.data, expiresAt: 'tomorrow', mood: 'good' };
      expectFaults(
        await send(kit, { ...sent, data }),
        '/schemaVersion',
        '/expiresAt',
        '/mood',
        '/workOrder/title',
        '/workOrder/priority',
        '/workOrder/colour',
      );
      const faults = schemaFaults(sent.name, { tenant: kit.tenant, ...data });
      expectThat(faults !== null, `schemas/${sent.name}.schema.json to refuse the job`, data);
      expectStatus(await kit.get(kit.orderPath(sent.data.workOrder.number)), 404);
    },
  },
  {
    says: 'an invalid job does not use up its key',
    check: async (kit) => {
      const { externalId } = await kit.technician();
      const sent = await assignment(kit, externalId);
      await refused(kit, { ...sent, data: { ...sent.data, assignee: kit.name('none') } }, '/assignee');
      await accepted(kit, sent);
      await done(kit, sent);
    },
  },
  {
    says: 'a job name that the contract does not know is a fault',
    check: async (kit) => {
      expectProblem(await send(kit, job(kit, 'work-order.painted', { number: 'WO-1' })), 422, 'invalid');
    },
  },
  {
    says: 'tenant may be left out or be the key’s own; another one is refused',
    check: async (kit) => {
      const { externalId } = await kit.technician();
      const sent = await assignment(kit, externalId);
      await accepted(kit, { ...sent, data: { ...sent.data, tenant: kit.tenant } });
      const other = await assignment(kit, externalId);
      const answer = await send(kit, { ...other, data: { ...other.data, tenant: `not-${kit.runId}` } });
      expectStatus(answer, 403, 404, 422);
      expectStatus(await kit.get(`/notifications/${other.data.idempotencyKey}`), 200, 404);
      expectStatus(await kit.get(kit.orderPath(other.data.workOrder.number)), 404);
    },
  },
  {
    says: 'PUT and a job for the same assignment tell once, whoever asks first',
    check: async (kit) => {
      const { externalId } = await kit.technician();
      const first = await assignment(kit, externalId);
      const { number, title } = first.data.workOrder;
      await accepted(kit, first);
      await done(kit, first);
      expectStatus(await kit.put(kit.orderPath(number), { title, assignee: externalId }), 200);
      const other = await kit.order({ assignee: externalId });
      const second = await assignment(kit, externalId, { number: other.number, title: other.title });
      await accepted(kit, second);
      await done(kit, second);
      const once = [{ kind: 'work-order.assigned', technician: externalId }];
      expectSame('told by the job', await toldAbout(kit, number), once);
      expectSame('told by the PUT', await toldAbout(kit, other.number), once);
    },
  },
  {
    says: 'a job whose workOrder.version is behind updates neither order nor asset, takes it from nobody and reopens nothing',
    check: async (kit) => {
      const { externalId } = await kit.technician();
      const { number, version } = await kit.order({ assignee: externalId });
      const path = kit.orderPath(number);
      const changed = expectStatus(await kit.put(path, { title: 'Changed meanwhile' }), 200).body;
      const asset = { code: kit.name('A'), name: 'From yesterday' };
      const stale = () => assignment(kit, externalId, { number, title: 'From yesterday', version, asset });
      const first = await stale();
      await accepted(kit, first);
      await done(kit, first);
      expectSame('the order', expectStatus(await kit.get(path), 200).body, changed);
      expectStatus(await kit.get(`/assets/${asset.code}`), 404);

      const former = (await kit.technician()).externalId;
      const ofAnother = await assignment(kit, former, { number, title: 'From yesterday', version });
      await accepted(kit, ofAnother);
      await done(kit, ofAnother);
      expectSame('the order', expectStatus(await kit.get(path), 200).body, changed);

      const completed = { status: 'completed', version: changed.version };
      expectStatus(await kit.put(path, completed), 200);
      const second = await stale();
      await accepted(kit, second);
      await done(kit, second);
      expectSame('status', expectStatus(await kit.get(path), 200).body.status, 'completed');
      expectSame('told', (await toldAbout(kit, number)).length, 1);
    },
  },
  {
    says: 'maintenance.scheduled sends the maintenance notice',
    check: async (kit) => {
      const { externalId } = await kit.technician();
      const sent = job(kit, 'maintenance.scheduled', {
        workOrder: {
          number: kit.name('WO'),
          title: 'Quarterly service',
          planner: await kit.ownPlanner(),
          kind: 'preventive',
          scheduledFor: '2036-12-20T08:00:00Z',
        },
        assignee: externalId,
      });
      await accepted(kit, sent);
      await done(kit, sent);
      expectSame('told', await toldAbout(kit, sent.data.workOrder.number), [
        { kind: 'maintenance.scheduled', technician: externalId },
      ]);
    },
  },
  {
    says: 'work-order.reminder reminds the assignee',
    check: async (kit) => {
      const { externalId } = await kit.technician({ locale: 'en' });
      const { number } = await kit.order({ assignee: externalId, dueAt: '2036-12-25' });
      const sent = job(kit, 'work-order.reminder', { number });
      await accepted(kit, sent);
      const { messages } = await done(kit, sent);
      expectSame('messages', messages.length, 1);
      const { kind, technician, text } = expectStatus(await kit.get(`/messages/${messages[0]}`), 200).body;
      expectSame(
        'the message',
        { kind, technician },
        { kind: 'work-order.reminder', technician: externalId },
      );
      expectThat(text.includes('Work Order Reminder') && text.includes(number), 'the reminder notice', text);
      await refused(kit, job(kit, 'work-order.reminder', { number: kit.name('none') }), '/number');
    },
  },
  {
    says: 'message.send sends a text of 1 to 1,500 characters, for 24 hours',
    check: async (kit) => {
      const { externalId } = await kit.technician();
      const text = 'Gate 4 is closed today. '.padEnd(1500, 'x');
      const sent = job(kit, 'message.send', { to: externalId, text });
      await accepted(kit, sent);
      const { messages } = await done(kit, sent);
      const message = expectStatus(await kit.get(`/messages/${messages[0]}`), 200).body;
      expectSame('the message', [message.kind, message.technician], ['message.send', externalId]);
      expectThat(message.text.includes(text), 'the text', message.text);
      const hours = (Date.parse(message.expiresAt) - Date.parse(message.createdAt)) / 3_600_000;
      expectThat(Math.abs(hours - 24) < 0.1, 'an expiry after 24 hours', hours);
      for (const wrong of ['', `${text}x`]) {
        expectFaults(await send(kit, job(kit, 'message.send', { to: externalId, text: wrong })), '/text');
      }
      await refused(kit, job(kit, 'message.send', { to: kit.name('none'), text: 'Hello' }), '/to');
    },
  },
  {
    says: 'expiresAt is the expiry of the message',
    check: async (kit) => {
      const { externalId } = await kit.technician();
      const expiresAt = new Date(Date.now() + 3_600_000).toISOString();
      const sent = job(kit, 'message.send', { to: externalId, text: 'For an hour', expiresAt });
      await accepted(kit, sent);
      const { messages } = await done(kit, sent);
      expectSame('expiresAt', (await kit.get(`/messages/${messages[0]}`)).body.expiresAt, expiresAt);
    },
  },
  {
    says: 'alert.raised and alert.resolved do what they say',
    check: async (kit) => {
      const { externalId: recipient } = await kit.technician();
      const { code } = await kit.asset();
      const externalId = kit.name('AL');
      const path = `/alerts/${externalId}`;
      kit.takeBack(path, () => kit.post(`${path}/resolve`, {}));
      // Not critical, and to a made-up person only: nobody is paged by a check.
      const alert = { externalId, asset: code, message: 'Too hot', severity: 'low', recipients: [recipient] };
      const raised = job(kit, 'alert.raised', { alert });
      const resolved = job(kit, 'alert.resolved', { externalId, note: 'Cooled down' });
      for (const [sent, state] of [
        [raised, 'open'],
        [resolved, 'resolved'],
      ] as const) {
        expectFits(kit, sent);
        await accepted(kit, sent);
        await done(kit, sent);
        const read = expectStatus(await kit.get(path), 200);
        expectSame('the alert', [read.body.externalId, read.body.state], [externalId, state]);
      }
    },
  },
];
