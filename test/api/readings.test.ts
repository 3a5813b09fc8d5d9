import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { type Limits, nameExcursion } from '../../src/domain/excursion.ts';
import { useApi } from '../support/api.ts';
import { seed } from '../support/seed.ts';
import { createTenant, type TestTenant } from '../support/tenant.ts';

const api = useApi();
let tenant: TestTenant;
beforeEach(async () => {
  api.setNow(minute(50));
  tenant = await createTenant(api.store);
  for (const code of ['P-1', 'P-2']) await api.put(`/assets/${code}`, { name: `Pump ${code}` }, tenant);
});

const minute = (n: number) => new Date(Date.UTC(2026, 10, 22, 14, n));
const temperature = { metric: 'temperature', high: 80, low: null, clear: 75, severity: 'low' };
const path = (code: string) => `/assets/${encodeURIComponent(code)}/thresholds`;
const setLimits = (code: string, ...metrics: unknown[]) => api.put(path(code), { metrics }, tenant);

const phoneOf = (who: string) => ({ Ana: '+15005550101', Ben: '+15005550102' })[who];
const reading = (value: unknown, at: number, asset = 'P-1', metric = 'temperature') => ({
  ...{ asset, metric, value, at: minute(at).toISOString() },
});
const send = async (...readings: unknown[]) => {
  const { status, body } = await api.post('/readings', { readings }, tenant);
  expect(status).toBe(202);
  return body as { accepted: number; rejected: { index: number; detail: string }[]; alerts: string[] };
};
const name = (at: number, asset = 'P-1', metric = 'temperature') => nameExcursion(asset, metric, minute(at));
/** Every alert's name and state, in the order of their beginnings. */
const alerts = async () =>
  (
    await api.asSuperuser(
      'SELECT external_id, state FROM alert WHERE tenant_id = $1 ORDER BY raised_at, external_id',
      [tenant.tenantId],
    )
  ).map(({ external_id, state }) => `${external_id} ${state}`);

describe('an excursion', () => {
  test('raises one alert, which is resolved once it is back', async () => {
    await setLimits('P-1', temperature);
    expect(await send(reading(79, 0))).toEqual({ accepted: 1, rejected: [], alerts: [] });
    expect((await send(reading(93.4, 1))).alerts).toEqual([name(1)]);
    expect((await send(reading(95, 2), reading(76, 3))).alerts).toEqual([]);
    expect(await alerts()).toEqual([`${name(1)} open`]);
    expect((await send(reading(75, 4))).alerts).toEqual([]);
    expect(await alerts()).toEqual([`${name(1)} resolved`]);
    expect((await send(reading(81, 5))).alerts).toEqual([name(5)]);
    expect(await alerts()).toEqual([`${name(1)} resolved`, `${name(5)} open`]);
  });

  test('says what is wrong since when, as bad as the limits say, in the language of the tenant', async () => {
    await api.put('/settings', { locale: 'es' }, tenant);
    await setLimits('P-1', { ...temperature, severity: 'high' });
    // A clock that is fast does not raise an alert of tomorrow.
    await send(reading(93.4, 54));
    const [alert] = await api.asSuperuser('SELECT * FROM alert WHERE tenant_id = $1', [tenant.tenantId]);
    expect(alert).toMatchObject({
      ...{ external_id: name(54), severity: 'high', raised_at: minute(50) },
      message: 'temperature: 93,4, por encima del límite de 80',
    });
  });

  test('of each metric and each asset is its own', async () => {
    await setLimits('P-1', temperature, { ...temperature, metric: 'level', high: null, low: 2, clear: 3 });
    await setLimits('P-2', temperature);
    const { alerts: raised } = await send(
      ...[
        reading(90, 1),
        reading(90, 1, 'P-2'),
        reading(1, 1, 'P-1', 'level'),
        reading(90, 1, 'P-2', 'level'),
      ],
    );
    expect(raised.sort()).toEqual([name(1), name(1, 'P-1', 'level'), name(1, 'P-2')].sort());
    await send(reading(70, 2, 'P-2'), reading(2.9, 2, 'P-1', 'level'));
    expect(await alerts()).toEqual([
      ...[`${name(1, 'P-1', 'level')} open`, `${name(1)} open`, `${name(1, 'P-2')} resolved`],
    ]);
  });

  test('that is over when it is told of was one all the same', async () => {
    await setLimits('P-1', temperature);
    const { alerts: raised } = await send(reading(70, 6), reading(90, 1), reading(70, 3), reading(81, 5));
    expect(raised).toEqual([name(1), name(5)]);
    expect(await alerts()).toEqual([`${name(1)} resolved`, `${name(5)} resolved`]);
  });

  test('of an asset with a long code has an alert as well', async () => {
    const code = 'Ü/'.repeat(32);
    await api.put(`/assets/${encodeURIComponent(code)}`, { name: 'Pump' }, tenant);
    await setLimits(code, { ...temperature, metric: 'T'.repeat(64) });
    const { alerts: raised } = await send(reading(90, 1, code, 'T'.repeat(64)));
    expect(raised).toEqual([name(1, code, 'T'.repeat(64))]);
    expect(await alerts()).toEqual([`${raised[0]} open`]);
  });

  test('raises no second alert while it lasts, also after somebody has resolved the first', async () => {
    await setLimits('P-1', temperature);
    await send(reading(90, 1));
    await api.asSuperuser("UPDATE alert SET state = 'resolved', resolved_at = now() WHERE tenant_id = $1", [
      tenant.tenantId,
    ]);
    expect(await alerts()).toEqual([`${name(1)} resolved`]);
    expect((await send(reading(91, 2), reading(92, 3))).alerts).toEqual([]);
    expect((await send(reading(70, 4), reading(90, 5))).alerts).toEqual([name(5)]);
    expect(await alerts()).toEqual([`${name(1)} resolved`, `${name(5)} open`]);
  });
});

describe('whoever is responsible', () => {
  /** What went out, or is to go out, the oldest first. */
  const messages = async (): Promise<
    { id: string; kind: string; status: string; reason: string; text: string }[]
  > => (await api.get('/messages?direction=out', tenant)).body.items.toReversed();
  const statuses = async () =>
    (await messages()).map(({ kind, status, reason }) => `${kind} ${status} ${reason}`);

  const hasLeft = (messageId: string) =>
    api.store.tenant(tenant.tenantId, async (tx) => {
      const id = randomUUID();
      const attempt = { id, messageId, channelId: tenant.channelId!, reason: 'first', text: 'page' };
      await tx.attempts.begin([{ ...attempt, address: `whatsapp:${phoneOf('Ana')}` }], 1000);
      await tx.attempts.accepted(id, `SM${id}`, 'answer');
      await tx.messages.moveTo(messageId, 'accepted');
      await tx.outbox.stop(messageId, {});
    });

  beforeEach(async () => {
    await api.put('/technicians/Ana', { name: 'Ana', phone: phoneOf('Ana') }, tenant);
    await api.put('/assets/P-1', { responsible: ['Ana'] }, tenant);
    await setLimits('P-1', { ...temperature, severity: 'critical' });
  });

  test('is told once, and that it is over', async () => {
    await send(reading(93.4, 1));
    const [page, ...others] = await messages();
    expect([page!.kind, page!.status, others]).toEqual(['alert.raised', 'queued', []]);
    expect(page!.text).toContain('temperature: 93.4, above the limit of 80');
    await hasLeft(page!.id);
    await send(reading(99, 2), reading(70, 3), reading(60, 4));
    expect(await statuses()).toEqual(['alert.raised accepted null', 'alert.resolved queued null']);
  });

  test('hears nothing of what is over before it could be said', async () => {
    await send(reading(93.4, 1));
    await send(reading(70, 2));
    await send(reading(93.4, 3), reading(70, 4));
    expect(await statuses()).toEqual([
      ...['alert.raised cancelled order-moved-on', 'alert.raised cancelled order-moved-on'],
    ]);
  });

  test('sees in the feed that readings did it', async () => {
    await send(reading(93.4, 1), reading(70, 2));
    await api.store.tenant(tenant.tenantId, (tx) => tx.events.publish(10));
    const events = (await api.get('/events?after=', tenant)).body.items;
    expect(
      events
        .filter(({ type }: { type: string }) => type !== 'alert.paged')
        .map(({ type, alert, actor }: Record<string, unknown>) => ({ type, alert, actor })),
    ).toEqual([
      { type: 'alert.raised', alert: name(1), actor: { kind: 'system', id: null } },
      { type: 'alert.resolved', alert: name(1), actor: { kind: 'system', id: null } },
    ]);
  });
});

describe('limits that change during an excursion', () => {
  beforeEach(async () => {
    await setLimits('P-1', temperature);
    await send(reading(90, 1));
  });

  test('say nothing by themselves: the next reading does', async () => {
    await setLimits('P-1', { ...temperature, high: 100, clear: null });
    expect(await alerts()).toEqual([`${name(1)} open`]);
    await send(reading(90, 2));
    expect(await alerts()).toEqual([`${name(1)} resolved`]);
    await setLimits('P-1', temperature);
    expect(await alerts()).toHaveLength(1);
    expect((await send(reading(90, 3))).alerts).toEqual([name(3)]);
  });

  test('and are taken away leave its alert to people; should they come back, so does the excursion', async () => {
    await setLimits('P-1');
    expect(await send(reading(70, 2))).toEqual({ accepted: 1, rejected: [], alerts: [] });
    expect(await alerts()).toEqual([`${name(1)} open`]);
    await setLimits('P-1', temperature);
    expect((await send(reading(90, 3))).alerts).toEqual([]);
    await send(reading(70, 4));
    expect(await alerts()).toEqual([`${name(1)} resolved`]);
  });
});

describe('readings', () => {
  beforeEach(() => setLimits('P-1', temperature));

  test('that are wrong are rejected by their place, with all that is wrong, and the others are taken', async () => {
    const answer = await send(
      ...[reading(90, 1), reading('91', 2), null, { ...reading(91, 3, 'P-9'), unit: '°C' }, { value: 1 }],
      ...[reading(91, 56), { ...reading(91, 4), at: '2026-11-22T14:04' }, reading(70, 55)],
    );
    expect(answer).toEqual({
      accepted: 2,
      rejected: [
        { index: 1, detail: 'value must be a finite number' },
        { index: 2, detail: 'must be a JSON object' },
        { index: 3, detail: 'unit is not a known field; asset names nothing we know' },
        { index: 4, detail: 'asset is required; metric is required; at is required' },
        { index: 5, detail: 'at lies in the future' },
        { index: 6, detail: 'at must be a moment with its offset, like 2026-12-25T09:00:00.000Z' },
      ],
      alerts: [name(1)],
    });
    expect(await alerts()).toEqual([`${name(1)} resolved`]);
    // JSON has a larger number than there is.
    const response = await api.raw('/readings', {
      method: 'POST',
      headers: { authorization: `Bearer ${tenant.apiKey}`, 'content-type': 'application/json' },
      body: `{"readings":[{"asset":"P-1","metric":"temperature","value":1e999,"at":"2026-11-22T14:40:00Z"}]}`,
    });
    expect(await response.json()).toMatchObject({ accepted: 0, rejected: [{ index: 0 }], alerts: [] });
  });

  test('are a list of at most a thousand', async () => {
    const post = async (body: unknown) => (await api.post('/readings', body, tenant)).status;
    expect(await post({})).toBe(422);
    expect(await post({ readings: {} })).toBe(422);
    expect(await post({ readings: [], more: 1 })).toBe(422);
    expect(await post({ readings: Array.from({ length: 1001 }, () => reading(1, 1)) })).toBe(422);
    expect(await send()).toEqual({ accepted: 0, rejected: [], alerts: [] });
    expect((await send(...Array.from({ length: 1000 }, (_, n) => reading(n, n % 50)))).accepted).toBe(1000);
  });

  test('that are no later than the last one are ignored, so a batch may come again', async () => {
    const batch = [reading(90, 5), reading(70, 7), reading(60, 6)];
    expect((await send(...batch)).alerts).toEqual([name(5)]);
    expect(await send(...batch)).toEqual({ accepted: 3, rejected: [], alerts: [] });
    expect((await send(reading(95, 3), reading(99, 7))).alerts).toEqual([]);
    expect(await alerts()).toEqual([`${name(5)} resolved`]);
    expect((await send(reading(90, 8), reading(70, 2))).alerts).toEqual([name(8)]);
    await send(reading(70, 4));
    expect(await alerts()).toEqual([`${name(5)} resolved`, `${name(8)} open`]);
  });

  test('leave nothing behind but the time of the last one, and that only where there are limits', async () => {
    await send(reading(70, 1), reading(71, 2), reading(70, 1, 'P-1', 'level'), reading(70, 1, 'P-2'));
    const kept = await api.asSuperuser(
      'SELECT metric, last_at, side, since, alert_id FROM threshold WHERE tenant_id = $1',
      [tenant.tenantId],
    );
    expect(kept).toEqual([
      { metric: 'temperature', last_at: minute(2), side: null, since: null, alert_id: null },
    ]);
  });

  test('of several clients at once raise each alert once, whoever is paged for it', async () => {
    for (const id of ['Ana', 'Ben'])
      await api.put(`/technicians/${id}`, { name: id, phone: phoneOf(id) }, tenant);
    await api.put('/assets/P-1', { responsible: ['Ana', 'Ben'] }, tenant);
    await api.put('/assets/P-2', { responsible: ['Ben', 'Ana'] }, tenant);
    const metrics = Array.from({ length: 5 }, (_, n) => ({ ...temperature, metric: `T${n}` }));
    for (const code of ['P-1', 'P-2']) await setLimits(code, ...metrics);
    const batch = ['P-1', 'P-2'].flatMap((code) =>
      metrics.flatMap(({ metric }) => [
        reading(90, 1, code, metric),
        reading(70, 2, code, metric),
        reading(91, 3, code, metric),
      ]),
    );
    const answers = await Promise.all(
      Array.from({ length: 6 }, (_, n) => send(...(n % 2 ? batch : batch.toReversed()))),
    );
    const raised = answers.flatMap((answer) => answer.alerts);
    expect(raised).toHaveLength(20);
    expect(new Set(raised).size).toBe(20);
    expect((await alerts()).filter((each) => each.endsWith(' open'))).toHaveLength(10);
  });
});

test('any readings, whatever comes twice, late or at once: one alert for each excursion', async () => {
  const limits: Record<string, Limits> = {
    a: { high: 8, low: null, clear: 6 },
    b: { high: 8, low: 4, clear: null },
  };
  const drawn = fc.record({
    metric: fc.constantFrom('a', 'b'),
    value: fc.integer({ min: 0, max: 12 }),
    at: fc.integer({ min: 0, max: 20 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(drawn, { maxLength: 6 }), { maxLength: 6 }), async (batches) => {
      tenant = await createTenant(api.store);
      await api.put('/assets/P-1', { name: 'Pump' }, tenant);
      await setLimits(
        'P-1',
        ...Object.entries(limits).map(([metric, of]) => ({ metric, ...of, severity: 'low' })),
      );
      // One sensor has one value at a time.
      const values = new Map<string, number>();
      const atOnce = ({ metric, value, at }: { metric: string; value: number; at: number }) => {
        const place = `${metric} ${at}`;
        values.set(place, values.get(place) ?? value);
        return values.get(place)!;
      };
      const expected: string[] = [];
      const last = new Map<string, number>();
      const out = new Map<string, 'high' | 'low'>();
      for (const batch of batches) {
        const readings = batch.map((each) => ({ ...each, value: atOnce(each) }));
        for (const { metric, value, at } of [...readings].sort((one, other) => one.at - other.at)) {
          if (at <= (last.get(metric) ?? -1)) continue;
          last.set(metric, at);
          const { high, low, clear } = limits[metric]!;
          const side = out.get(metric);
          if (side === 'high' && value <= (clear ?? high)!) out.delete(metric);
          if (side === 'low' && value >= low!) out.delete(metric);
          if (out.has(metric) || !(value > high! || (low !== null && value < low))) continue;
          out.set(metric, value > high! ? 'high' : 'low');
          expected.push(name(at, 'P-1', metric));
        }
        const sent = readings.map(({ metric, value, at }) => reading(value, at, 'P-1', metric));
        await Promise.all([send(...sent), send(...sent.toReversed())]);
      }
      const all = await alerts();
      expect(all.map((each) => each.split(' ')[0]).sort()).toEqual(expected.sort());
      expect(all.filter((each) => each.endsWith(' open'))).toHaveLength(out.size);
    }),
    { numRuns: 10, seed },
  );
});

test('whatever comes in, the answer is never a fault of ours', async () => {
  const text = fc.oneof(
    fc.constantFrom('temperature', 'P-1', '', '..', '\u0000', '\ud800', '%', ':'),
    fc.string({ unit: 'binary', maxLength: 70 }),
  );
  const number = fc.oneof(fc.constantFrom(80, 75, 0, -0, 5e-324, Number.MAX_VALUE), fc.double(), fc.string());
  const at = fc.oneof(
    fc.constantFrom(
      '2026-11-22T14:00:00Z',
      '1900-01-01T00:00:00+14:00',
      '9999-12-31T23:59:59.9999Z',
      '0000-00-00',
    ),
    fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
  );
  const sometimes = <T>(usual: T, other: fc.Arbitrary<unknown>) => fc.oneof(fc.constant(usual), other);
  const metric = fc.record(
    {
      metric: sometimes('a', text),
      high: number,
      low: number,
      clear: number,
      severity: sometimes('low', text),
    },
    { requiredKeys: ['metric', 'severity'] },
  );
  const taken = fc.record({ asset: sometimes('P-1', text), metric: sometimes('a', text), value: number, at });
  const listOf = (each: fc.Arbitrary<unknown>) =>
    fc.array(fc.oneof({ weight: 9, arbitrary: each }, fc.jsonValue()), { maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(listOf(metric), listOf(taken), async (metrics, readings) => {
      expect([200, 422]).toContain((await setLimits('P-1', ...metrics)).status);
      const { accepted, rejected } = await send(...readings);
      expect(accepted + rejected.length).toBe(readings.length);
    }),
    { numRuns: 20, seed },
  );
});
