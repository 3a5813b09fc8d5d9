import type { Json } from './kit.ts';
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
      const codes: string[] = [];
      const people: string[] = [];
      const numbers: string[] = [];
      for (let count = 0; count < 3; count++) {
        codes.push((await kit.asset()).code);
        people.push((await kit.technician({ phone: null })).externalId);
        numbers.push((await kit.order()).number);
      }
      const expectOurs = async (path: string, key: string, ours: string[]) => {
        const all = (await kit.wholeList(path)).map((item) => item[key] as string);
        expectSame(`nothing twice in ${path}`, all.length, new Set(all).size);
        expectSame(
          `${path} in the order of its keys`,
          all.filter((item) => ours.includes(item)),
          ours,
        );
      };
      await expectOurs('/assets', 'code', codes);
      await expectOurs('/technicians', 'externalId', people);
      await expectOurs('/work-orders', 'number', numbers);
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
      await kit.order({ assignee: externalId });
      const some = expectStatus(await kit.get('/events?limit=5'), 200).body;
      expectThat(typeof some.next === 'string', 'next to be set', some.next);
      const filtered = await kit.get('/events?type=work_order.assigned&limit=200');
      const types = new Set(expectStatus(filtered, 200).body.items.map(({ type }: Json) => type));
      expectSame('only that type', [...types], types.size ? ['work_order.assigned'] : []);
      expectStatus(await kit.get('/events?type=nonsense'), 400, 422);
    },
  },
];
