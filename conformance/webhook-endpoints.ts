import {
  expectFaults,
  expectProblem,
  expectSame,
  expectStatus,
  expectThat,
  type Rule,
  skip,
} from './rule.ts';

const url = 'https://example.com/rbm-events';

export const webhookEndpoints: Rule[] = [
  {
    says: 'an endpoint keeps url, types and active; its secret is in the first answer only',
    check: async (kit) => {
      const path = `/webhook-endpoints/${kit.name('W')}`;
      const given = { url, types: ['work_order.completed'], active: false };
      const created = expectStatus(await kit.put(path, given), 201).body;
      expectSame('the endpoint', [created.url, created.types, created.active], Object.values(given));
      expectThat(/^whsec_[A-Za-z0-9+/]+=*$/.test(created.secret), 'a secret whsec_…', created.secret);
      const read = expectStatus(await kit.get(path), 200);
      expectSame('the endpoint', [read.body.url, read.body.types, read.body.active], Object.values(given));
      expectThat(!read.text.includes(created.secret), 'no secret', read.text);
      const changed = expectStatus(await kit.put(path, { types: ['work_order.started'] }), 200);
      expectSame('types', changed.body.types, ['work_order.started']);
      expectSame('url', changed.body.url, url);
      expectThat(!changed.text.includes(created.secret), 'no secret', changed.text);
    },
  },
  {
    says: 'rotate answers with a new secret',
    check: async (kit) => {
      const path = `/webhook-endpoints/${kit.name('W')}`;
      const { secret } = expectStatus(await kit.put(path, { url, active: false }), 201).body;
      const rotated = expectStatus(await kit.post(`${path}/rotate`, {}), 200).body;
      expectThat(rotated.secret?.startsWith('whsec_'), 'a secret whsec_…', rotated);
      expectThat(rotated.secret !== secret, 'another secret than before', 'the same');
      expectProblem(await kit.post(`/webhook-endpoints/${kit.name('none')}/rotate`, {}), 404, 'not-found');
    },
  },
  {
    says: 'what is no address, no known type or no known field is a fault',
    check: async (kit) => {
      const answer = await kit.put(`/webhook-endpoints/${kit.name('W')}`, {
        url: 'ftp://example.com/rbm',
        types: ['work_order.painted'],
        active: 'sometimes',
        colour: 'red',
      });
      expectFaults(answer, '/url', '/types/0', '/active', '/colour');
    },
  },
  {
    says: 'private addresses are refused, unless the installation allows them',
    check: async (kit) => {
      const path = `/webhook-endpoints/${kit.name('W')}`;
      const answer = await kit.put(path, { url: 'https://127.0.0.1/rbm', active: false });
      if (answer.status === 201) skip('this installation allows them');
      expectFaults(answer, '/url');
    },
  },
];
