import { expectFaults, expectProblem, expectStatus, type Rule } from './rule.ts';

export const errors: Rule[] = [
  {
    says: 'without a key, or with a wrong one, the answer is 401 unauthorized',
    check: async ({ get, put, key }) => {
      for (const wrong of [null, 'not-a-key-of-anybody', `${key}x`, key.slice(0, -1)]) {
        expectProblem(await get('/technicians', { key: wrong }), 401, 'unauthorized');
        expectProblem(await put('/assets/none', { name: 'None' }, { key: wrong }), 401, 'unauthorized');
      }
      const basic = { Authorization: `Basic ${Buffer.from(`${key}:`).toString('base64')}` };
      expectProblem(await get('/technicians', { key: null, headers: basic }), 401, 'unauthorized');
    },
  },
  {
    says: 'what does not exist is 404 not-found',
    check: async (kit) => {
      const none = kit.name('none');
      for (const path of [
        `/technicians/${none}`,
        `/assets/${none}`,
        `/work-orders/${none}`,
        `/work-orders/${none}/events`,
        `/notifications/${none}`,
        `/messages/${none}`,
        '/messages/00000000-0000-4000-8000-000000000000',
        `/attachments/${none}/content`,
        `/alerts/${none}`,
        `/webhook-endpoints/${none}`,
        `/nothing-of-this-name/${none}`,
      ]) {
        expectProblem(await kit.get(path), 404, 'not-found');
      }
    },
  },
  {
    says: 'a method that a resource does not know is 405',
    check: async ({ api, name }) => {
      expectProblem(await api('DELETE', `/assets/${name('A')}`), 405);
      expectProblem(await api('POST', '/events', { body: {} }), 405);
      expectProblem(await api('PUT', '/messages', { body: {} }), 405);
    },
  },
  {
    says: 'a body that is no JSON is 400 malformed',
    check: async ({ api, name }) => {
      for (const raw of ['{"name": ', 'name=Pump', '']) {
        expectProblem(await api('PUT', `/assets/${name('A')}`, { raw }), 400, 'malformed');
      }
    },
  },
  {
    says: 'a body of another type than JSON is 415',
    check: async ({ api, name }) => {
      const headers = { 'Content-Type': 'text/plain' };
      expectProblem(await api('PUT', `/assets/${name('A')}`, { raw: '{"name":"Pump"}', headers }), 415);
    },
  },
  {
    says: 'a body that is too large is 413',
    check: async ({ put, name }) => {
      const description = 'x'.repeat(2 * 1024 * 1024);
      expectProblem(await put(`/work-orders/${name('WO')}`, { title: 'Large', description }), 413);
    },
  },
  {
    says: 'all faults are named at once with pointers, references to unknown things included',
    check: async (kit) => {
      const none = kit.name('none');
      const answer = await kit.put(`/work-orders/${kit.name('WO')}`, {
        priority: 'soonish',
        kind: 'odd',
        dueAt: 'tomorrow',
        asset: none,
        assignee: none,
        planner: none,
        colour: 'red',
      });
      expectFaults(
        answer,
        '/title',
        '/priority',
        '/kind',
        '/dueAt',
        '/asset',
        '/assignee',
        '/planner',
        '/colour',
      );
      expectStatus(await kit.get(`/work-orders/${kit.name('WO')}`), 404);
    },
  },
  {
    says: 'a body that is JSON but no object is 422 invalid',
    check: async ({ put, name }) => {
      for (const body of [[], 'text', 7, null]) {
        expectProblem(await put(`/assets/${name('A')}`, body), 422, 'invalid');
      }
    },
  },
  {
    says: 'a conflict is 409 conflict',
    check: async (kit) => {
      const { phone } = await kit.technician();
      const answer = await kit.putTechnician(kit.name('T'), { name: 'Somebody else', phone });
      expectProblem(answer, 409, 'conflict');
    },
  },
];
