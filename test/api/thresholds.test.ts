import { beforeEach, expect, test } from 'vitest';
import { useApi } from '../support/api.ts';
import { createTenant, type TestTenant } from '../support/tenant.ts';

const api = useApi();
let tenant: TestTenant;
beforeEach(async () => {
  tenant = await createTenant(api.store);
  for (const code of ['P-1', 'P-2']) await api.put(`/assets/${code}`, { name: `Pump ${code}` }, tenant);
});

const path = (code: string) => `/assets/${code}/thresholds`;
const setLimits = (code: string, ...metrics: unknown[]) => api.put(path(code), { metrics }, tenant);

const temperature = { metric: 'temperature', high: 80, low: null, clear: 75, severity: 'low' };
const vibration = { metric: 'vibration', high: 7.1, low: 0.2, clear: 6.5, severity: 'critical' };

test('thresholds are replaced as a list, in the order given', async () => {
  expect((await api.get(path('P-1'), tenant)).body).toEqual({ metrics: [] });
  const put = await setLimits('P-1', vibration, { metric: 'level', low: 3, severity: 'high' });
  const level = { metric: 'level', high: null, low: 3, clear: null, severity: 'high' };
  expect([put.status, put.body]).toEqual([200, { metrics: [vibration, level] }]);
  expect((await setLimits('P-1', { ...level, low: 4 }, temperature)).status).toBe(200);
  expect((await api.get(path('P-1'), tenant)).body.metrics).toEqual([{ ...level, low: 4 }, temperature]);
  // What is left out stays, null clears.
  expect((await api.put(path('P-1'), {}, tenant)).body.metrics).toHaveLength(2);
  expect((await api.put(path('P-1'), { metrics: null }, tenant)).body).toEqual({ metrics: [] });
  expect((await api.get(path('P-2'), tenant)).body).toEqual({ metrics: [] });
});

test('thresholds belong to an asset that there is', async () => {
  expect((await setLimits('P-9', temperature)).status).toBe(404);
  expect((await api.get(path('P-9'), tenant)).status).toBe(404);
});

test('every fault of thresholds is named', async () => {
  const given = [
    ...[temperature, 7, { ...temperature, high: '80' }, { metric: 'a', severity: 'low' }],
    ...[
      { ...vibration, low: 8 },
      { ...vibration, metric: 'b', clear: 0.1 },
      { metric: 'c', high: 1, clear: 2 },
    ],
    ...[
      { metric: 'd', low: 1, clear: 0, severity: 'soon' },
      { ...temperature, metric: '', unit: '°C' },
    ],
  ];
  const { status, body } = await setLimits('P-1', ...given);
  expect(status).toBe(422);
  expect(body.errors.map(({ pointer }: { pointer: string }) => pointer).sort()).toEqual([
    ...['/metrics/1', '/metrics/2/high', '/metrics/2/metric', '/metrics/3', '/metrics/4/high'],
    ...[
      '/metrics/5/clear',
      '/metrics/6/clear',
      '/metrics/6/severity',
      '/metrics/7/clear',
      '/metrics/7/severity',
    ],
    ...['/metrics/8/metric', '/metrics/8/unit'],
  ]);
  expect((await api.get(path('P-1'), tenant)).body).toEqual({ metrics: [] });
  expect((await api.put(path('P-1'), { metrics: 7, limits: [] }, tenant)).body.errors).toHaveLength(2);
  expect(
    (await setLimits('P-1', ...Array.from({ length: 101 }, (_, n) => ({ ...vibration, metric: `${n}` }))))
      .status,
  ).toBe(422);
});
