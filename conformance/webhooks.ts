import type { Kit } from './kit.ts';
import { expectSigned, expectTypes, openReceiver } from './receiver.ts';
import { expectSame, expectStatus, expectThat, type Rule } from './rule.ts';

const assigned = 'work_order.assigned';
const cancelled = 'work_order.cancelled';
const both = [assigned, cancelled];

/** Two events about an order of our own. */
const assignAndCancel = async (kit: Kit, number = kit.name('WO')): Promise<string> => {
  const { externalId } = await kit.technician();
  expectStatus(await kit.putOrder(number, { title: 'Check belt', assignee: externalId }), 201);
  expectStatus(await kit.put(kit.orderPath(number), { status: 'cancelled' }), 200);
  return number;
};

export const webhooks: Rule[] = [
  {
    says: 'events arrive as Standard Webhooks, signed, in order, as the feed shows them',
    needs: 'receiver',
    check: async (kit) => {
      const endpoint = await (await openReceiver(kit)).endpoint();
      const number = await assignAndCancel(kit);
      await kit.until(async () => expectTypes('webhooks about the order', endpoint.about(number), both));
      const listed = await kit.eventsOf(number);
      const got = endpoint.about(number);
      expectSame(
        'the events',
        got.map(({ body }) => JSON.parse(body)),
        listed,
      );
      expectSame('different ids', new Set(got.map(({ id }) => id)).size, got.length);
      for (const webhook of got) expectSigned(webhook, endpoint.secret);
    },
  },
  {
    says: 'what is answered with an error or a redirect comes again under the same id, and what follows waits',
    needs: 'receiver',
    check: async (kit) => {
      const receiver = await openReceiver(kit);
      const elsewhere = receiver.trap();
      const number = kit.name('WO');
      const answering = (status: number, headers = {}) =>
        receiver.endpoint(
          {},
          {
            about: number,
            answer: (response) => response.writeHead(status, headers).end(),
          },
        );
      const failing = await answering(500);
      const moved = await answering(307, { location: elsewhere.address });
      await assignAndCancel(kit, number);
      for (const { about, secret } of [failing, moved]) {
        await kit.until(async () => expectTypes('webhooks', about(number), [assigned, ...both]));
        const [first, again, next] = about(number);
        expectSame('the same id', again!.id, first!.id);
        expectThat(next!.id !== first!.id, 'another id for another event', next!.id);
        expectSigned(again!, secret);
      }
      expectSame('requests where the redirect leads', elsewhere.got.length, 0);
    },
  },
  {
    says: 'after rotate webhooks are signed with the new secret, and with the one before as well',
    needs: 'receiver',
    check: async (kit) => {
      const endpoint = await (await openReceiver(kit)).endpoint();
      const { secret } = expectStatus(await kit.post(`${endpoint.path}/rotate`, {}), 200).body;
      const number = await assignAndCancel(kit);
      await kit.until(async () => expectTypes('webhooks', endpoint.about(number), both));
      for (const webhook of endpoint.about(number)) {
        expectSigned(webhook, secret);
        expectSigned(webhook, endpoint.secret);
      }
    },
  },
  {
    says: 'types leaves out all other events, and active: false stops them',
    needs: 'receiver',
    check: async (kit) => {
      const receiver = await openReceiver(kit);
      const every = await receiver.endpoint();
      const some = await receiver.endpoint({ types: [cancelled] });
      const number = await assignAndCancel(kit);
      await kit.until(async () => {
        expectTypes('webhooks of all types', every.about(number), both);
        expectTypes('webhooks of one type', some.about(number), [cancelled]);
      });
      expectStatus(await kit.put(some.path, { active: false }), 200);
      const next = await assignAndCancel(kit);
      await kit.until(async () => expectTypes('webhooks of all types', every.about(next), both));
      // One round more: what is sent all the same may come behind the other endpoint's.
      const last = await assignAndCancel(kit);
      await kit.until(async () => expectTypes('webhooks of all types', every.about(last), both));
      expectTypes('webhooks of an endpoint that is not active', some.about(next), []);
      // What it missed comes when it is active again.
      expectStatus(await kit.put(some.path, { active: true }), 200);
      await kit.until(async () => expectTypes('webhooks of one type', some.about(next), [cancelled]));
    },
  },
];
