import { isDoneToOrder, type Json } from './kit.ts';
import { expectFields, expectSame, expectStatus, expectThat, type Rule } from './rule.ts';

const everyList = ['/technicians', '/assets', '/work-orders', '/messages', '/events'];

export const lists: Rule[] = [
  {
    says: 'a list is { items, next }',
    check: async ({ get }) => {
      for (const path of everyList) {
        const { body } = expectStatus(await get(path), 200);
        expectFields(path, body, 'items next');
        expectThat(Array.isArray(body.items), 'a list of items', body.items);
        expectThat(
          body.next === null || typeof body.next === 'string',
          'next to be a text or null',
          body.next,
        );
      }
    },
  },
  {
    says: 'limit is from 1 to 200, and 50 if not given',
    check: async ({ get }) => {
      for (const path of everyList) {
        expectThat(expectStatus(await get(path), 200).body.items.length <= 50, 'at most 50 items', path);
        expectThat(expectStatus(await get(`${path}?limit=1`), 200).body.items.length <= 1, '1 item', path);
        expectStatus(await get(`${path}?limit=200`), 200);
        for (const limit of ['0', '201', '-1', '1.5', 'all']) {
          expectStatus(await get(`${path}?limit=${limit}`), 400, 422);
        }
      }
    },
  },
  {
    says: 'following next finds everything once, ordered by key',
    check: async (kit) => {
      // Names of ours come one after another: an installation's lists may be far too long to be read through.
      const names = { code: [kit.name('A')], externalId: [kit.name('T')], number: [kit.name('WO')] };
      for (let count = 0; count < 3; count++) {
        names.code.push((await kit.asset()).code);
        names.externalId.push((await kit.technician({ phone: null })).externalId);
        names.number.push((await kit.order()).number);
      }
      const expectOurs = async (path: string, key: keyof typeof names) => {
        const [before, ...ours] = names[key];
        const found: string[] = [];
        let after: string | null = before!;
        while (after !== null && found.length < ours.length) {
          const page: string = `${path}?limit=2&after=${encodeURIComponent(after)}`;
          const { items, next } = expectStatus(await kit.get(page), 200).body;
          found.push(...items.map((item: Json) => item[key] as string));
          expectThat(
            next === null || items.length === 2,
            'a full page where there is a next one',
            items.length,
          );
          after = next;
        }
        expectSame(`${path} in the order of its keys, each once`, found.slice(0, ours.length), ours);
      };
      await expectOurs('/assets', 'code');
      await expectOurs('/technicians', 'externalId');
      await expectOurs('/work-orders', 'number');
    },
  },
  {
    says: 'next leads on by one item when limit is 1, and is null on the last page',
    check: async (kit) => {
      const { externalId } = await kit.technician();
      const made = [
        (await kit.order({ assignee: externalId })).number,
        (await kit.order({ assignee: externalId })).number,
      ];
      const list = `/work-orders?assignee=${externalId}&limit=1`;
      const first = expectStatus(await kit.get(list), 200).body;
      expectThat(first.next !== null, 'next on the first of two pages', first.next);
      const second = expectStatus(await kit.get(`${list}&after=${encodeURIComponent(first.next)}`), 200).body;
      expectSame(
        'both orders',
        [...first.items, ...second.items].map(({ number }: Json) => number),
        made,
      );
      expectSame('next on the last page', second.next, null);
    },
  },
  {
    says: 'work orders can be listed by assignee and status',
    check: async (kit) => {
      const { externalId } = await kit.technician();
      const assigned = await kit.order({ assignee: externalId });
      const started = await kit.order({ assignee: externalId, status: 'in_progress' });
      const numbers = async (query: string) =>
        (await kit.wholeList(`/work-orders?${query}`)).map(({ number }) => number);
      expectSame('orders of the person', await numbers(`assignee=${externalId}`), [
        assigned.number,
        started.number,
      ]);
      expectSame(
        'orders of the person in progress',
        await numbers(`assignee=${externalId}&status=in_progress`),
        [started.number],
      );
      expectSame('orders of nobody', await numbers(`assignee=${kit.name('nobody')}`), []);
      expectStatus(await kit.get('/work-orders?status=nonsense'), 400, 422);
    },
  },
  {
    says: 'messages come newest first and can be listed by technician, workOrder, direction, status and since',
    check: async (kit) => {
      const { externalId } = await kit.technician();
      const since = new Date(Date.now() - 60_000).toISOString();
      const first = await kit.order({ assignee: externalId });
      const second = await kit.order({ assignee: externalId });
      const ids = async (query: string) =>
        (await kit.wholeList(`/messages?${query}`)).map(({ id }) => id as string);
      const both = await kit.until(async () => {
        const found = await kit.wholeList(`/messages?technician=${externalId}`);
        expectSame('messages of the person', found.length, 2);
        return found;
      });
      expectThat(both[0].createdAt >= both[1].createdAt, 'the newest first', both);
      expectSame(
        'their orders',
        both.map(({ workOrders }) => workOrders),
        [[second.number], [first.number]],
      );
      const [newer, older] = both.map(({ id }) => id as string);
      const person = `technician=${externalId}`;
      expectSame('messages about the order', await ids(`workOrder=${first.number}`), [older]);
      expectSame('messages out', await ids(`${person}&direction=out`), [newer, older]);
      expectSame('messages in', await ids(`${person}&direction=in`), []);
      expectSame('messages since a minute', await ids(`${person}&since=${since}`), [newer, older]);
      const tomorrow = new Date(Date.now() + 86_400_000).toISOString();
      expectSame('messages since tomorrow', await ids(`${person}&since=${tomorrow}`), []);
      expectSame('messages received', await ids(`${person}&status=received`), []);
      expectSame('messages about no alert', await ids(`alert=${kit.name('none')}`), []);
      for (const query of ['direction=up', 'status=nonsense', 'since=yesterday']) {
        expectStatus(await kit.get(`/messages?${query}`), 400, 422);
      }
    },
  },
  {
    says: 'events come oldest first, with next always set, and can be listed by type',
    check: async (kit) => {
      const { externalId } = await kit.technician();
      const start = await kit.startOfFeed();
      const { number } = await kit.order({ assignee: externalId });
      expectStatus(await kit.put(kit.orderPath(number), { status: 'cancelled' }), 200);
      const { next } = expectStatus(await kit.get(`/events?limit=1&after=${start}`), 200).body;
      expectThat(typeof next === 'string', 'next to be set', next);
      const listed = (query: string) => kit.wholeList(`/events${query}`, start);
      await kit.until(async () => {
        const ours = (await listed('')).filter((event) => event.workOrder === number && isDoneToOrder(event));
        expectSame(
          'our events, oldest first',
          ours.map(({ type }) => type),
          ['work_order.assigned', 'work_order.cancelled'],
        );
      });
      const some = await listed('?type=work_order.assigned');
      expectThat(
        some.some(({ workOrder }) => workOrder === number),
        'our event among those of its type',
        some.length,
      );
      expectSame('only that type', [...new Set(some.map(({ type }) => type))], ['work_order.assigned']);
      expectStatus(await kit.get('/events?type=nonsense'), 400, 422);
    },
  },
];
