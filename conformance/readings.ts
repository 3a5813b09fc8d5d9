import type { Json, Kit } from './kit.ts';
import {
  expectFaults,
  expectFields,
  expectProblem,
  expectSame,
  expectStatus,
  expectThat,
  orSkip,
  type Rule,
} from './rule.ts';

const vibration = { metric: 'vibration', high: 7.1, low: null, clear: 6.5, severity: 'low' };
const pressure = { metric: 'pressure', high: null, low: 2, clear: null, severity: 'medium' };

/** An asset with limits; what goes past them is told to a made-up person only. */
const watchedAsset = async (kit: Kit, ...metrics: object[]): Promise<{ code: string; path: string }> => {
  const { externalId } = await kit.technician();
  const { code } = await kit.asset({ responsible: [externalId] });
  const path = `/assets/${code}/thresholds`;
  kit.leave(path, { metrics: [] });
  expectSame(
    'thresholds',
    expectStatus(orSkip(await kit.put(path, { metrics })), 200, 201).body.metrics,
    metrics,
  );
  return { code, path };
};

/** Sends readings of one asset, so many seconds ago each; whatever they raise is resolved when the rule is over. */
const send = async (
  kit: Kit,
  code: string,
  ...readings: [value: number, secondsAgo: number][]
): Promise<Json> => {
  const { body } = expectStatus(
    orSkip(
      await kit.post('/readings', {
        readings: readings.map(([value, secondsAgo]) => ({
          ...{ asset: code, metric: vibration.metric, value },
          at: new Date(Date.now() - secondsAgo * 1000).toISOString(),
        })),
      }),
    ),
    202,
  );
  for (const externalId of body.alerts) {
    const path = `/alerts/${encodeURIComponent(externalId)}`;
    kit.takeBack(path, () => kit.post(`${path}/resolve`, {}));
  }
  return body;
};

const alertOf = async (kit: Kit, externalId: string): Promise<Json> =>
  expectStatus(orSkip(await kit.get(`/alerts/${encodeURIComponent(externalId)}`)), 200).body;

export const readings: Rule[] = [
  {
    says: 'thresholds are kept by asset and metric, and replaced as a list',
    check: async (kit) => {
      const { path } = await watchedAsset(kit, vibration, pressure);
      expectSame('thresholds', expectStatus(await kit.get(path), 200).body, {
        metrics: [vibration, pressure],
      });
      expectSame(
        'fields left out to keep their value:',
        expectStatus(await kit.put(path, {}), 200).body.metrics.length,
        2,
      );
      expectSame('the new list', expectStatus(await kit.put(path, { metrics: [pressure] }), 200).body, {
        metrics: [pressure],
      });
      expectSame('no list', expectStatus(await kit.put(path, { metrics: null }), 200).body, { metrics: [] });
    },
  },
  {
    says: 'all faults of thresholds are named at once; those of an asset that is not there are not there',
    check: async (kit) => {
      const { path } = await watchedAsset(kit, vibration);
      const metrics = [
        ...[vibration, { ...vibration, severity: 'soonish' }, { metric: 'level', severity: 'low' }],
        { ...pressure, high: 'much', colour: 'red' },
      ];
      expectFaults(
        await kit.put(path, { metrics }),
        ...['/metrics/1/metric', '/metrics/1/severity', '/metrics/2', '/metrics/3/high', '/metrics/3/colour'],
      );
      expectSame('thresholds', expectStatus(await kit.get(path), 200).body, { metrics: [vibration] });
      const none = `/assets/${kit.name('none')}/thresholds`;
      expectProblem(await kit.get(none), 404, 'not-found');
      expectProblem(await kit.put(none, { metrics: [] }), 404, 'not-found');
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
  {
    says: 'readings past a limit raise one alert for each excursion, which is cleared when they are back',
    check: async (kit) => {
      const { code } = await watchedAsset(kit, vibration);
      expectSame('alerts', (await send(kit, code, [5, 60])).alerts, []);
      const { alerts } = await send(kit, code, [7.6, 50]);
      expectSame('alerts raised', alerts.length, 1);
      expectSame('alerts of the same excursion', await send(kit, code, [8, 40], [7, 30]), {
        ...{ accepted: 2, rejected: [], alerts: [] },
      });
      const { asset, severity, state } = await alertOf(kit, alerts[0]);
      expectSame('the alert', { asset, severity, state }, { asset: code, severity: 'low', state: 'open' });
      expectSame('alerts', (await send(kit, code, [6.4, 20])).alerts, []);
      expectSame('state', (await alertOf(kit, alerts[0])).state, 'resolved');
      const again = (await send(kit, code, [7.2, 10])).alerts;
      expectSame('alerts raised by the next excursion', again.length, 1);
      expectThat(again[0] !== alerts[0], 'an alert of its own', again);
    },
  },
  {
    says: 'a reading older than the last one is ignored',
    check: async (kit) => {
      const { code } = await watchedAsset(kit, vibration);
      await send(kit, code, [5, 10]);
      expectSame('alerts', (await send(kit, code, [9, 20])).alerts, []);
    },
  },
];
