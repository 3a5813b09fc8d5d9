import type { Json, Kit } from './kit.ts';
import {
  expectFaults,
  expectFields,
  expectMoment,
  expectProblem,
  expectSame,
  expectStatus,
  expectThat,
  type Rule,
} from './rule.ts';

const change = async (kit: Kit, number: string, fields: object): Promise<Json> =>
  expectStatus(await kit.put(kit.orderPath(number), fields), 200).body;

const typesOf = async (kit: Kit, number: string): Promise<string[]> =>
  (await kit.eventsOf(number)).map(({ type }) => type);

export const workOrders: Rule[] = [
  {
    says: 'a work order has exactly the fields of the contract',
    check: async (kit) => {
      const order = await kit.order();
      expectFields(
        'a work order',
        order,
        'number title description priority kind asset assignee planner dueAt scheduledFor status escalated ' +
          'version assignedAt acknowledgedAt startedAt completedAt confirmedAt',
      );
      expectSame('status', order.status, 'open');
      expectSame('escalated', order.escalated, false);
      expectThat(Number.isInteger(order.version), 'a whole number as version', order.version);
    },
  },
  {
    says: 'a new one needs a title',
    check: async (kit) => expectFaults(await kit.putOrder(kit.name('WO'), { priority: 'low' }), '/title'),
  },
  {
    says: 'priorities and kinds are those of the contract',
    check: async (kit) => {
      for (const priority of ['low', 'medium', 'high', 'critical']) {
        expectSame('priority', (await kit.order({ priority })).priority, priority);
      }
      for (const kind of ['corrective', 'preventive']) {
        expectSame('kind', (await kit.order({ kind })).kind, kind);
      }
    },
  },
  {
    says: 'dueAt is a moment or a day, and comes back as the one it was',
    check: async (kit) => {
      expectSame('dueAt', (await kit.order({ dueAt: '2036-12-25' })).dueAt, '2036-12-25');
      const moment = '2036-12-25T09:30:00.000Z';
      expectSame('dueAt', (await kit.order({ dueAt: moment })).dueAt, moment);
      for (const dueAt of ['2036-02-30', '25.12.2036', '2036-12-25T09:30:00', 7]) {
        expectFaults(await kit.putOrder(kit.name('WO'), { title: 'When?', dueAt }), '/dueAt');
      }
    },
  },
  {
    says: 'a new assignee sets assigned, null sets open',
    check: async (kit) => {
      const { externalId } = await kit.technician();
      const { number } = await kit.order();
      const assigned = await change(kit, number, { assignee: externalId });
      expectSame('status', assigned.status, 'assigned');
      expectMoment('assignedAt', assigned.assignedAt);
      const open = await change(kit, number, { assignee: null });
      expectSame('status and assignee', [open.status, open.assignee], ['open', null]);
    },
  },
  {
    says: 'version grows by one with every change',
    check: async (kit) => {
      const { number, version } = await kit.order();
      expectSame('version', (await change(kit, number, { title: 'Another title' })).version, version + 1);
      expectSame('version', (await change(kit, number, { priority: 'high' })).version, version + 2);
    },
  },
  {
    says: 'a PUT that changes nothing leaves the version as it is',
    check: async (kit) => {
      const { number, title, version } = await kit.order();
      expectSame('version', (await change(kit, number, { title })).version, version);
    },
  },
  {
    says: 'a PUT whose version is behind gets 409 version-conflict with current, and changes nothing',
    check: async (kit) => {
      const { number, version } = await kit.order();
      const current = await change(kit, number, { title: 'Changed meanwhile' });
      const answer = await kit.put(kit.orderPath(number), { title: 'Too late', version });
      expectProblem(answer, 409, 'version-conflict');
      expectSame('current', answer.body.current, current);
      expectSame('the order', (await kit.get(kit.orderPath(number))).body, current);
    },
  },
  {
    says: 'of several PUTs at once with the same version one is accepted',
    check: async (kit) => {
      const { number, version } = await kit.order();
      const answers = await Promise.all(
        ['A', 'B', 'C', 'D'].map((title) => kit.put(kit.orderPath(number), { title, version })),
      );
      expectSame('statuses', answers.map(({ status }) => status).sort(), [200, 409, 409, 409]);
      expectSame('version', (await kit.get(kit.orderPath(number))).body.version, version + 1);
    },
  },
  {
    says: 'without version, status is accepted for cancelled, open and as the initial value only',
    check: async (kit) => {
      const { externalId } = await kit.technician();
      const { number } = await kit.order({ assignee: externalId, status: 'in_progress' });
      for (const status of ['completed', 'acknowledged', 'delayed']) {
        expectFaults(await kit.put(kit.orderPath(number), { status }), '/status');
      }
      expectSame('status', (await kit.get(kit.orderPath(number))).body.status, 'in_progress');
      expectSame('status', (await change(kit, number, { status: 'open' })).status, 'open');
      expectSame('status', (await change(kit, number, { status: 'cancelled' })).status, 'cancelled');
    },
  },
  {
    says: 'with version, status may be set and its moment is kept',
    check: async (kit) => {
      const { externalId } = await kit.technician();
      const order = await kit.order({ assignee: externalId });
      const started = await change(kit, order.number, { status: 'in_progress', version: order.version });
      expectSame('status', started.status, 'in_progress');
      expectMoment('startedAt', started.startedAt);
      const completed = await change(kit, order.number, { status: 'completed', version: started.version });
      expectSame('status', completed.status, 'completed');
      expectMoment('completedAt', completed.completedAt);
    },
  },
  {
    says: 'a stale PUT does not reopen a completed order',
    check: async (kit) => {
      const { externalId } = await kit.technician();
      const order = await kit.order({ assignee: externalId });
      await change(kit, order.number, { status: 'completed', version: order.version });
      const stale = { ...order, title: 'From yesterday' };
      expectProblem(await kit.put(kit.orderPath(order.number), stale), 409, 'version-conflict');
      expectSame('status', (await kit.get(kit.orderPath(order.number))).body.status, 'completed');
    },
  },
  {
    says: 'the whole order may be sent back as it was read',
    check: async (kit) => {
      const { externalId } = await kit.technician();
      const order = await kit.order({ assignee: externalId, dueAt: '2036-12-25' });
      const again = await change(kit, order.number, { ...order, title: 'One field changed' });
      expectSame('the order', again, { ...order, title: 'One field changed', version: order.version + 1 });
    },
  },
  {
    says: 'the whole order sent back with another assignee is his from the beginning, and he is told; with null it is open',
    check: async (kit) => {
      const [one, two] = [(await kit.technician()).externalId, (await kit.technician()).externalId];
      const assigned = await kit.order({ assignee: one });
      const { number, version } = assigned;
      const read = await change(kit, number, { status: 'acknowledged', version });
      const moved = await change(kit, number, { ...read, assignee: two });
      expectSame(
        'status, assignee and acknowledgedAt',
        [moved.status, moved.assignee, moved.acknowledgedAt],
        ['assigned', two, null],
      );
      await kit.until(async () => {
        const messages = await kit.messagesAbout(number);
        expectThat(
          messages.some(({ kind, technician }) => kind === 'work-order.assigned' && technician === two),
          'a message to the new assignee',
          messages,
        );
      });
      expectSame('status', (await change(kit, number, { ...moved, assignee: null })).status, 'open');
    },
  },
  {
    says: 'a new assignee is told once per assignment',
    check: async (kit) => {
      const { externalId } = await kit.technician();
      const { number } = await kit.order({ assignee: externalId });
      await change(kit, number, { assignee: externalId });
      await change(kit, number, { assignee: externalId, title: 'Another title' });
      const told = await kit.until(async () => {
        const messages = await kit.messagesAbout(number);
        expectThat(messages.length > 0, 'a message about the assignment', messages);
        return messages;
      });
      expectSame(
        'messages',
        told.map(({ kind, technician }) => ({ kind, technician })),
        [{ kind: 'work-order.assigned', technician: externalId }],
      );
    },
  },
  {
    says: 'assigned to one, to another and back within a second, the one who has it is told of the last assignment',
    check: async (kit) => {
      const [one, two] = [(await kit.technician()).externalId, (await kit.technician()).externalId];
      const { number } = await kit.order({ assignee: one });
      await change(kit, number, { assignee: two });
      await change(kit, number, { assignee: one });
      await kit.until(async () => {
        const messages = await kit.messagesAbout(number);
        const assignments = messages.filter(({ kind }) => kind === 'work-order.assigned');
        const ofOne = assignments.filter(({ technician }) => technician === one);
        expectSame('assignment messages to who has it', ofOne.length, 2);
        expectThat(
          !['cancelled', 'expired'].includes(ofOne[0].status),
          'the last one not taken back',
          ofOne[0],
        );
      });
    },
  },
  {
    says: 'preventive with scheduledFor sends the maintenance notice instead',
    check: async (kit) => {
      const { externalId } = await kit.technician();
      const { number } = await kit.order({
        assignee: externalId,
        kind: 'preventive',
        scheduledFor: '2036-12-20T08:00:00.000Z',
      });
      await kit.until(async () =>
        expectSame(
          'the message',
          (await kit.messagesAbout(number)).map(({ kind }) => kind),
          ['maintenance.scheduled'],
        ),
      );
    },
  },
  {
    says: 'what the CMMS does is in the events of the order, oldest first',
    check: async (kit) => {
      const { externalId } = await kit.technician();
      const { number } = await kit.order({ assignee: externalId });
      await change(kit, number, { status: 'cancelled' });
      expectSame('events', await typesOf(kit, number), ['work_order.assigned', 'work_order.cancelled']);
    },
  },
];
