import type { Json } from './kit.ts';
import { expectFaults, expectProblem, expectSame, expectStatus, expectThat, type Rule } from './rule.ts';

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
      kit.onEnd(() => kit.put('/settings', { enabled: false }, theirs));
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
];
