import { schemaFaults } from './job-schemas.ts';
import type { Json, Kit } from './kit.ts';
import { expectPointers, expectSame, expectStatus, expectThat, type Rule } from './rule.ts';

const add = async (kit: Kit, name: string, data: Json) => {
  if (data.workOrder?.number) {
    kit.leave(kit.orderPath(data.workOrder.number), { status: 'cancelled' });
  }
  await kit.addJob!(name, data);
};

const ended = (kit: Kit, key: string): Promise<Json> =>
  kit.until(async () => {
    const { body } = expectStatus(await kit.get(`/notifications/${key}`), 200);
    expectThat(body.state !== 'accepted', 'the job to be over', body);
    return body;
  });

const assignment = async (kit: Kit, assignee: string): Promise<Json> => ({
  schemaVersion: 1,
  tenant: kit.tenant,
  idempotencyKey: kit.name('Q'),
  workOrder: { number: kit.name('WO'), title: 'Check belt', planner: await kit.ownPlanner() },
  assignee,
});

export const queue: Rule[] = [
  {
    says: 'a job that a producer adds without options is done',
    needs: 'queue',
    check: async (kit) => {
      const { externalId } = await kit.technician();
      const data = await assignment(kit, externalId);
      const faults = schemaFaults('work-order.assigned', data);
      expectThat(faults === null, 'schemas/work-order.assigned.schema.json to accept the job', faults);
      await add(kit, 'work-order.assigned', data);
      const { state, messages } = await ended(kit, data.idempotencyKey);
      expectSame('state', state, 'done');
      expectSame('messages', messages.length, 1);
      const order = expectStatus(await kit.get(kit.orderPath(data.workOrder.number)), 200).body;
      expectSame('the order', [order.status, order.assignee], ['assigned', externalId]);
    },
  },
  {
    says: 'an invalid job fails for good, every fault named, and does not use up its key',
    needs: 'queue',
    check: async (kit) => {
      const { externalId } = await kit.technician();
      const data = await assignment(kit, externalId);
      const wrong = { ...data.workOrder, priority: 'soonish', colour: 'red' };
      await add(kit, 'work-order.assigned', { ...data, workOrder: wrong, assignee: kit.name('none') });
      const { state, faults } = await ended(kit, data.idempotencyKey);
      expectSame('state', state, 'invalid');
      expectPointers(faults, '/workOrder/priority', '/workOrder/colour');
      expectStatus(await kit.get(kit.orderPath(data.workOrder.number)), 404);
      await add(kit, 'work-order.assigned', data);
      await kit.until(async () =>
        expectSame('state', (await kit.get(`/notifications/${data.idempotencyKey}`)).body.state, 'done'),
      );
    },
  },
  {
    says: 'the same job over the queue, over HTTP and as a PUT tells once',
    needs: 'queue',
    check: async (kit) => {
      const { externalId } = await kit.technician();
      const data = await assignment(kit, externalId);
      await add(kit, 'work-order.assigned', data);
      await add(kit, 'work-order.assigned', data);
      await ended(kit, data.idempotencyKey);
      const { number, title } = data.workOrder;
      expectStatus(await kit.put(kit.orderPath(number), { title, assignee: externalId }), 200);
      const answer = await kit.post('/notifications', { name: 'work-order.assigned', data });
      expectSame('status', expectStatus(answer, 202).body.status, 'duplicate');
      expectSame('told', (await kit.messagesAbout(number)).length, 1);
    },
  },
];
