import { isDoneToOrder, type Json, type Kit } from './kit.ts';
import { expectFields, expectMoment, expectSame, expectStatus, expectThat, type Rule } from './rule.ts';

const types = [
  ...[
    'assigned',
    'acknowledged',
    'started',
    'completed',
    'delayed',
    'resumed',
    'noted',
    'escalated',
    'confirmed',
    'cancelled',
    'attachment',
    'undone',
  ].map((what) => `work_order.${what}`),
  ...['raised', 'paged', 'claimed', 'released', 'escalated', 'resolved'].map((what) => `alert.${what}`),
  'message.failed',
  ...['paused', 'resumed', 'unreachable', 'identity_changed'].map((what) => `technician.${what}`),
];

export const events: Rule[] = [
  {
    says: 'an event has exactly the fields of the contract, and one of its types',
    check: async (kit) => {
      const { externalId } = await kit.technician();
      const { number } = await kit.order({ assignee: externalId });
      const items = await kit.eventsOf(number);
      expectSame(
        'types',
        items.map(({ type }: Json) => type),
        ['work_order.assigned'],
      );
      const [event] = items;
      expectFields('an event', event, 'id type at actor workOrder alert message undoes data');
      expectFields('actor', event.actor, 'kind id');
      expectMoment('at', event.at);
      expectSame('actor', event.actor.kind, 'cmms');
      expectSame('work order', event.workOrder, number);
      const known = await kit.until(async () => {
        const found = await kit.wholeList('/events', await kit.startOfFeed());
        expectThat(
          found.some(({ id }) => id === event.id),
          'the event in the feed',
          found.length,
        );
        return found;
      });
      expectSame(
        'no other types:',
        known.map(({ type }: Json) => type).filter((type: string) => !types.includes(type)),
        [],
      );
      for (const { actor } of known) {
        expectThat(
          ['technician', 'cmms', 'admin', 'system'].includes(actor.kind),
          'an actor of a known kind',
          actor,
        );
      }
    },
  },
  {
    says: 'an alert tells in the feed that it was raised, whom it paged, and that it is over',
    check: async (kit) => {
      const start = await endOfFeed(kit);
      const { externalId: recipient } = await kit.technician();
      const { code } = await kit.asset();
      const externalId = kit.name('AL');
      const path = `/alerts/${externalId}`;
      kit.takeBack(path, () => kit.post(`${path}/resolve`, {}));
      const given = { externalId, asset: code, message: 'Vibration over limit', severity: 'low' };
      expectStatus(await kit.post('/alerts', { ...given, recipients: [recipient] }), 201);
      expectStatus(await kit.post(`${path}/resolve`, { note: 'Checked' }), 200);
      const seen = await kit.until(async () => {
        const found = (await kit.wholeList('/events', start)).filter(
          ({ alert }: Json) => alert === externalId,
        );
        expectThat(found.length >= 3, 'three events in the feed', found.length);
        return found;
      });
      expectSame(
        'types',
        seen.map(({ type }: Json) => type),
        ['alert.raised', 'alert.paged', 'alert.resolved'],
      );
      expectSame('told', seen[0].data.told, [recipient]);
      expectSame('paged', seen[1].data.technician, recipient);
      expectSame('note', seen[2].data.note, 'Checked');
    },
  },
  {
    says: 'every change reaches the feed once, in its order, and after= goes on from where one was',
    check: async (kit) => {
      const start = await endOfFeed(kit);
      const { externalId } = await kit.technician();
      const numbers: string[] = [];
      for (let count = 0; count < 3; count++) {
        const { number } = await kit.order({ assignee: externalId });
        expectStatus(await kit.put(kit.orderPath(number), { status: 'cancelled' }), 200);
        numbers.push(number);
      }
      const seen: Json[] = [];
      let after = start;
      await kit.until(async () => {
        for (;;) {
          const { items, next } = expectStatus(await kit.get(`/events?limit=2&after=${after}`), 200).body;
          seen.push(...items);
          after = next;
          if (items.length === 0) break;
        }
        const ours = seen.filter((event) => numbers.includes(event.workOrder) && isDoneToOrder(event));
        expectThat(ours.length >= 6, 'six events in the feed', ours.length);
      });
      expectSame('nothing twice', new Set(seen.map(({ id }) => id)).size, seen.length);
      for (const number of numbers) {
        const listed = await kit.eventsOf(number);
        expectSame(
          `the events of ${number}, as the order lists them`,
          seen.filter((event) => event.workOrder === number && isDoneToOrder(event)),
          listed,
        );
        expectSame(
          'types',
          listed.map(({ type }: Json) => type),
          ['work_order.assigned', 'work_order.cancelled'],
        );
      }
      const again = expectStatus(await kit.get(`/events?limit=200&after=${start}`), 200).body.items;
      expectSame(
        'the same events when read again',
        again.slice(0, seen.length).map(({ id }: Json) => id),
        seen.slice(0, again.length).map(({ id }) => id),
      );
    },
  },
  {
    says: 'at the end of the feed next says where to go on',
    check: async (kit) => {
      const end = await endOfFeed(kit);
      const { items, next } = expectStatus(await kit.get(`/events?after=${end}`), 200).body;
      expectThat(typeof next === 'string' && (items.length > 0 || next === end), `next to be ${end}`, next);
    },
  },
];

const endOfFeed = async (kit: Kit): Promise<string> => {
  let after = await kit.startOfFeed();
  for (;;) {
    const { items, next } = expectStatus(await kit.get(`/events?limit=200&after=${after}`), 200).body;
    after = next;
    if (items.length === 0) return after;
  }
};
