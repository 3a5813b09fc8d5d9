import type { Answer, Json, Kit } from './kit.ts';
import {
  expectFaults,
  expectFields,
  expectMoment,
  expectSame,
  expectStatus,
  expectThat,
  type Rule,
  skip,
} from './rule.ts';

/** An installation of a version without alerts says so, instead of pretending. */
const orSkip = (answer: Answer): Answer => {
  if (answer.status === 501) skip(`${answer.request} is not in this version`);
  return answer;
};

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
  {
    says: 'thresholds are kept by asset and metric',
    check: async (kit) => {
      const { code } = await kit.asset();
      const path = `/assets/${code}/thresholds`;
      const metrics = [{ metric: 'vibration', high: 7.1, low: null, clear: 6.5, severity: 'low' }];
      kit.leave(path, { metrics: [] });
      expectSame(
        'thresholds',
        expectStatus(orSkip(await kit.put(path, { metrics })), 200, 201).body.metrics,
        metrics,
      );
      expectSame('thresholds', expectStatus(await kit.get(path), 200).body.metrics, metrics);
    },
  },
  {
    says: 'readings are answered 202 with how many were accepted and which were rejected',
    check: async (kit) => {
      const { code } = await kit.asset();
      const at = new Date().toISOString();
      const answer = orSkip(
        await kit.post('/readings', {
          readings: [
            { asset: code, metric: 'vibration', value: 1, at },
            { asset: kit.name('none'), metric: 'vibration', value: 1, at },
          ],
        }),
      );
      const { body } = expectStatus(answer, 202);
      expectFields('the answer', body, 'accepted rejected alerts');
      expectSame('accepted', body.accepted, 1);
      expectSame('rejected', body.rejected?.length, 1);
      expectFields('a rejected one', body.rejected[0], 'index detail');
      expectThat(body.rejected[0].index === 1, 'the second rejected', body.rejected);
    },
  },
];
