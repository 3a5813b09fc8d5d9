import type { Answer, Json, Kit } from './kit.ts';
import { expectFaults, expectFields, expectMoment, expectSame, expectStatus, type Rule } from './rule.ts';

// Not critical, and to a made-up person only: nobody is paged by a check.
const raise = async (kit: Kit): Promise<{ given: Json; answer: Answer }> => {
  const { externalId: recipient } = await kit.technician();
  const { code } = await kit.asset();
  const given = {
    externalId: kit.name('AL'),
    asset: code,
    message: 'Vibration over limit',
    severity: 'low',
    recipients: [recipient],
  };
  const path = `/alerts/${given.externalId}`;
  kit.takeBack(path, () => kit.post(`${path}/resolve`, {}));
  return { given, answer: await kit.post('/alerts', given) };
};

export const alerts: Rule[] = [
  {
    says: 'the alerts are a list',
    check: async ({ get }) => {
      const { body } = expectStatus(await get('/alerts?limit=1'), 200);
      expectFields('the list', body, 'items next');
    },
  },
  {
    says: 'an alert has exactly the fields of the contract and is open when it is raised',
    check: async (kit) => {
      const { given, answer } = await raise(kit);
      const { body } = expectStatus(answer, 201);
      expectFields(
        'an alert',
        body,
        'externalId asset message severity recipients state raisedAt responder step exhausted times pages',
      );
      expectFields('times', body.times, 'raised sent delivered read answered resolved');
      expectMoment('raisedAt', body.raisedAt);
      const { externalId, asset, message, severity, recipients } = body;
      expectSame('the alert', { externalId, asset, message, severity, recipients }, given);
      expectSame('state', [body.state, body.responder], ['open', null]);
      expectSame('externalId', (await kit.get(`/alerts/${given.externalId}`)).body.externalId, externalId);
    },
  },
  {
    says: 'a repeated POST of one externalId answers 200 with the alert as it is',
    check: async (kit) => {
      const { given, answer } = await raise(kit);
      expectStatus(answer, 201);
      const again = expectStatus(await kit.post('/alerts', given), 200).body;
      expectSame('the alert', again.raisedAt, answer.body.raisedAt);
      expectSame('pages', again.pages, answer.body.pages);
    },
  },
  {
    says: 'an alert can be resolved, and stays so',
    check: async (kit) => {
      const { given } = await raise(kit);
      const path = `/alerts/${given.externalId}`;
      expectStatus(await kit.post(`${path}/resolve`, {}), 200);
      const { body } = expectStatus(await kit.get(path), 200);
      expectSame('state', body.state, 'resolved');
      expectMoment('the moment it was resolved', body.times.resolved);
      const again = await kit.post('/alerts', given);
      expectSame('state', expectStatus(again, 200).body.state, 'resolved');
    },
  },
  {
    says: 'a page is a message about its alert, and the alert is found by it',
    check: async (kit) => {
      const { given, answer } = await raise(kit);
      const { pages } = expectStatus(answer, 201).body;
      expectSame('pages', pages.length, 1);
      const page = expectStatus(await kit.get(`/messages/${pages[0]}`), 200).body;
      expectSame(
        'the page',
        [page.alert, page.kind, page.technician],
        [given.externalId, 'alert.raised', given.recipients[0]],
      );
      const { items } = expectStatus(await kit.get(`/messages?alert=${given.externalId}`), 200).body;
      expectSame(
        'messages about it',
        items.map(({ id }: Json) => id),
        pages,
      );
    },
  },
  {
    says: 'all faults of an alert are named at once',
    check: async (kit) => {
      const answer = await kit.post('/alerts', {
        externalId: kit.name('AL'),
        asset: kit.name('none'),
        severity: 'soonish',
        recipients: [kit.name('none')],
        colour: 'red',
      });
      expectFaults(answer, '/message', '/asset', '/severity', '/recipients/0', '/colour');
    },
  },
];
