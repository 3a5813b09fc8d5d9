import type { Json, Kit } from './kit.ts';
import { expectFaults, expectProblem, expectSame, expectStatus, expectThat, type Rule } from './rule.ts';

const url = 'https://example.com/rbm-events';

export const tenants: Rule[] = [
  {
    says: "a tenant's key does not reach the tenants",
    check: async ({ put, runId }) => {
      // 404 where no operator's key is set.
      expectStatus(await put(`/tenants/conformance-${runId}`, { name: 'Nobody' }), 403, 404);
      const answer = await put(`/tenants/conformance-${runId}`, {}, { key: 'not-a-key-of-anybody' });
      expectStatus(answer, 401, 404);
    },
  },
  {
    says: 'all faults of a tenant are named at once',
    needs: 'operator-key',
    check: async ({ put, runId, operatorKey: key }) => {
      const answer = await put(
        `/tenants/conformance-${runId}`,
        {
          name: '',
          timeZone: 'Mars/Olympus',
          defaultCountry: 'Nowhere',
          channel: { provider: 'pigeon' },
          colour: 'red',
        },
        { key },
      );
      expectFaults(answer, '/name', '/timeZone', '/defaultCountry', '/channel/provider', '/colour');
    },
  },
  {
    says: 'the first answer holds apiKey, once; what one tenant has is 404 for the other',
    needs: 'operator-key',
    check: async (kit) => {
      const slug = `conformance-${kit.runId}`;
      const operator = { key: kit.operatorKey };
      const hex = kit.runId.repeat(4);
      const tenant = {
        name: 'Conformance',
        timeZone: 'Europe/Berlin',
        locale: 'en',
        defaultCountry: 'DE',
        channel: { provider: 'twilio', from: kit.nextPhone(), accountSid: `AC${hex}`, authToken: hex },
      };
      const created = expectStatus(await kit.put(`/tenants/${slug}`, tenant, operator), 201);
      const { apiKey } = created.body;
      expectThat(typeof apiKey === 'string' && apiKey.length > 0, 'apiKey', created.body);
      const theirs = { key: apiKey as string };
      kit.leave('/settings', { enabled: false }, theirs);
      // Or catch-up would ask Twilio about the invented account for ever.
      kit.takeBack('/settings', () => kit.put(`/tenants/${slug}`, { channel: null }, operator), theirs);
      expectThat(!created.text.includes(`"${hex}"`), 'no token in the answer', created.text);
      const again = expectStatus(await kit.put(`/tenants/${slug}`, tenant, operator), 200);
      expectThat(!again.text.includes(apiKey), 'no apiKey any more', again.text);

      const asset = await kit.asset({ location: 'Ours' });
      const path = `/assets/${asset.code}`;
      expectProblem(await kit.get(path, theirs), 404, 'not-found');
      expectStatus(await kit.put(path, { name: 'Same code elsewhere' }, theirs), 201);
      expectSame('our asset', (await kit.get(path)).body, asset);
      const listed = expectStatus(await kit.get('/assets?limit=200', theirs), 200).body.items;
      expectSame(
        'their assets',
        listed.map(({ code }: Json) => code),
        [asset.code],
      );
      expectStatus(await kit.put(`/tenants/${slug}`, tenant, {}), 403);
    },
  },
  {
    says: 'one tenant sees and changes nothing of another, under whatever name',
    needs: 'operator-key',
    check: async (kit) => {
      const theirs = { key: await newTenant(kit) };
      const person = await kit.technician();
      const order = await kit.order({ assignee: person.externalId });
      const endpoint = `/webhook-endpoints/${kit.name('W')}`;
      expectStatus(await kit.put(endpoint, { url, active: false }), 201);
      const key = kit.name('N');
      const data = {
        schemaVersion: 1,
        idempotencyKey: key,
        to: person.externalId,
        text: 'Gate 4 is closed.',
      };
      expectStatus(await kit.post('/notifications', { name: 'message.send', data }), 202);
      const message = await kit.until(async () => {
        const [found] = await kit.messagesAbout(order.number);
        expectThat(found !== undefined, `a message about ${order.number}`, found);
        return found;
      });
      const template = `/templates/message.send/eo`;
      const ofOurs = await kit.get(template);
      if (ofOurs.status === 404 || ofOurs.body.contentSid === null) {
        kit.leave(template, { contentSid: null, variables: [] });
        const contentSid = `HX${kit.runId.padEnd(32, '0')}`;
        expectStatus(await kit.put(template, { contentSid, variables: ['text'] }), 200, 201);
      }

      const [personPath, orderPath] = [kit.technicianPath(person.externalId), kit.orderPath(order.number)];
      for (const path of [
        personPath,
        orderPath,
        `${orderPath}/events`,
        `/messages/${message.id}`,
        `/notifications/${key}`,
        endpoint,
        template,
      ]) {
        expectStatus(await kit.get(path), 200);
        expectProblem(await kit.get(path, theirs), 404, 'not-found');
      }
      expectProblem(await kit.post(`${endpoint}/rotate`, {}, theirs), 404, 'not-found');
      for (const list of [
        ...['/technicians', '/work-orders', '/assets', '/events', '/messages', '/webhook-endpoints'],
        `/work-orders?assignee=${person.externalId}`,
        `/messages?technician=${person.externalId}`,
        `/messages?workOrder=${order.number}`,
      ]) {
        expectSame(`nothing in their ${list}`, expectStatus(await kit.get(list, theirs), 200).body.items, []);
      }

      // Our people are unknown to them, and what they make under our names is their own.
      const assigned = { title: 'Theirs', assignee: person.externalId };
      expectFaults(await kit.put(orderPath, assigned, theirs), '/assignee');
      expectStatus(await kit.put(orderPath, { title: 'Theirs' }, theirs), 201);
      expectStatus(await kit.put(personPath, { name: 'Theirs' }, theirs), 201);
      expectStatus(await kit.put(endpoint, { url: `${url}/theirs`, active: false }, theirs), 201);
      kit.leave(orderPath, { status: 'cancelled' }, theirs);
      kit.leave(personPath, { active: false }, theirs);
      const sent = { ...data, idempotencyKey: key, text: 'Theirs' };
      const asked = await kit.post('/notifications', { name: 'message.send', data: sent }, theirs);
      expectSame('their notification under our key', expectStatus(asked, 202).body.status, 'accepted');
      expectSame('our person', (await kit.get(personPath)).body, person);
      expectSame('our order', (await kit.get(orderPath)).body, order);
      expectSame("our endpoint's url", (await kit.get(endpoint)).body.url, url);
    },
  },
  {
    says: 'a tenant can be switched off and on again',
    needs: 'operator-key',
    check: async (kit) => {
      const theirs = { key: await newTenant(kit) };
      for (const enabled of [false, true]) {
        const { body } = expectStatus(await kit.put('/settings', { enabled }, theirs), 200);
        expectSame('enabled', body.enabled, enabled);
        expectSame('enabled', (await kit.get('/settings', theirs)).body.enabled, enabled);
      }
    },
  },
];

/** A tenant of our own without a channel, switched off when the rule is over. Answers its key. */
const newTenant = async (kit: Kit): Promise<string> => {
  const slug = `conformance-${kit.runId}-${kit.name('').slice(-4)}`;
  const answer = await kit.put(`/tenants/${slug}`, { name: 'Conformance' }, { key: kit.operatorKey });
  const { apiKey } = expectStatus(answer, 201).body;
  kit.leave('/settings', { enabled: false }, { key: apiKey });
  return apiKey;
};
