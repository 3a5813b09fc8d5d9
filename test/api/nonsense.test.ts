import fc from 'fast-check';
import { expect, test } from 'vitest';
import { assetShape, technicianShape, workOrderShape } from '../../src/cmms/fields.ts';
import { orderKinds, orderStatuses, priorities } from '../../src/domain/work-order.ts';
import { technicianRoles } from '../../src/store/technicians.ts';
import { useApi } from '../support/api.ts';
import { seed } from '../support/seed.ts';

const api = useApi();

const nastyText = fc.oneof(
  fc.constantFrom('', '\u0000', 'a\u0000b', '\ud800', '%', '%00', '..', '.', '/', 'null', '-1', '1e999'),
  fc.constantFrom('T-1', 'A-1', 'WO-1', '+15005550101', '2026-12-25', '2026-12-25T00:00:00Z', 'UTC', 'en'),
  fc.string({ unit: 'binary', maxLength: 70 }),
  fc.string({ unit: 'grapheme', maxLength: 70 }),
);

const encodedKey = nastyText.map((text) => {
  try {
    return encodeURIComponent(text);
  } catch {
    return '%ED%A0%80';
  }
});
const rawKey = fc.string({
  unit: fc.constantFrom(...'ab1%0F~!*()+;:@&=$,\'"<>|^`{}[]'),
  minLength: 1,
  maxLength: 12,
});
const anyKey = fc.oneof(encodedKey, rawKey);

const path = fc.oneof(
  fc
    .tuple(
      fc.constantFrom(
        'technicians',
        'assets',
        'work-orders',
        'messages',
        'notifications',
        'webhook-endpoints',
      ),
      anyKey,
    )
    .map(([resource, key]) => `/${resource}/${key}`),
  anyKey.map((key) => `/work-orders/${key}/events`),
  anyKey.map((key) => `/attachments/${key}/content`),
  fc.constantFrom('/technicians', '/assets', '/work-orders', '/messages', '/events', '/'),
  anyKey.map((key) => `/${key}`),
);

const parameter = fc.constantFrom(
  ...[
    'limit',
    'after',
    'assignee',
    'status',
    'technician',
    'workOrder',
    'alert',
    'direction',
    'since',
    'type',
  ],
);
const query = fc
  .array(fc.tuple(parameter, anyKey), { maxLength: 4 })
  .map((pairs) => pairs.map(([name, value]) => `${name}=${value}`).join('&'));

const fieldName = fc.constantFrom(
  ...Object.keys({ ...technicianShape, ...assetShape, ...workOrderShape }),
  '__proto__',
  'externalId',
  'escalated',
);
const value = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  nastyText,
  fc.constantFrom<unknown>(
    null,
    true,
    0,
    -0,
    1e308,
    2 ** 53,
    [],
    {},
    'open',
    'cancelled',
    'completed',
    'high',
  ),
  fc.array(fc.record({ kind: fc.constantFrom('sms', 'whatsapp', 'fax'), value: nastyText }), {
    maxLength: 3,
  }),
  fc.dictionary(fc.constantFrom('paused', 'kinds', 'ways', 'quietHours', 'from', 'to'), nastyText),
);
const resource = fc
  .tuple(fc.boolean(), fc.dictionary(fieldName, value, { maxKeys: 8 }))
  .map(([complete, fields]) => JSON.stringify(complete ? { ...fields, name: 'x', title: 'x' } : fields));
const body = fc.oneof(
  { weight: 4, arbitrary: resource },
  fc.json(),
  fc.string({ unit: 'binary' }),
  fc.constantFrom(
    `${'['.repeat(100_000)}`,
    `{"name":${'['.repeat(5000)}${']'.repeat(5000)}}`,
    '\ufeff{}',
    '',
  ),
);

const anything = fc.record({
  method: fc.constantFrom('PUT', 'PUT', 'GET', 'GET', 'POST', 'DELETE', 'PATCH', 'OPTIONS'),
  path,
  query,
  body,
  type: fc.oneof(
    { weight: 6, arbitrary: fc.constant('application/json') },
    fc.constantFrom('text/plain', ''),
  ),
});

// Nonsense that gets past the first look: mostly fields and values that could be right.
const person = fc.constantFrom(null, 'T-1', 'T-2', 'T-9');
const moment = fc.oneof(
  fc.constantFrom(null, '2026-12-25', '2024-02-29', '2025-02-29', '1900-01-01', '9999-12-31'),
  fc.date().map((date) => (Number.isNaN(date.getTime()) ? '' : date.toISOString())),
);
const line = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 210 });
const plausible: Record<string, fc.Arbitrary<unknown>> = {
  name: line,
  title: line,
  description: fc.oneof(line, fc.constant(null)),
  location: line,
  phone: fc.constantFrom(null, '+15005550101', '5005550102', '+49 30 901820', '+54 9 11 2345 6789'),
  email: fc.constantFrom(null, 'a@example.com'),
  addresses: fc.array(
    fc.record({
      kind: fc.constantFrom('sms', 'whatsapp', 'whatsapp-user-id'),
      value: fc.constantFrom('+15005550103', 'US.123', '+15005550101'),
    }),
    { maxLength: 2 },
  ),
  role: fc.constantFrom(...technicianRoles),
  locale: fc.constantFrom(null, 'en', 'pt-br', 'zh-Hant-TW'),
  timeZone: fc.constantFrom(null, 'UTC', 'America/Sao_Paulo', 'europe/berlin'),
  supervisor: person,
  active: fc.boolean(),
  preferences: fc.constantFrom(null, {}, { paused: null, ways: { sms: false } }),
  responsible: fc.array(fc.constantFrom('T-1', 'T-2'), { maxLength: 2 }),
  priority: fc.constantFrom(...priorities),
  kind: fc.constantFrom(...orderKinds),
  asset: fc.constantFrom(null, 'A-1', 'A-2'),
  assignee: person,
  planner: person,
  dueAt: moment,
  scheduledFor: moment,
  status: fc.constantFrom(...orderStatuses),
  version: fc.integer({ min: 0, max: 6 }),
};

const change = (shape: object) =>
  fc
    .tuple(
      fc.record(
        Object.fromEntries(
          Object.keys(shape).map((name) => [
            name,
            fc.oneof({ weight: 15, arbitrary: plausible[name]! }, { weight: 1, arbitrary: value }),
          ]),
        ),
        { requiredKeys: ['name', 'title'].filter((name) => name in shape) },
      ),
      fc.dictionary(fieldName, value, { maxKeys: 1 }),
      fc.nat(9),
    )
    .map(([fields, odd, dice]) => JSON.stringify(dice === 0 ? { ...fields, ...odd } : fields));

const put = fc
  .constantFrom(
    { resource: 'technicians', keys: ['T-1', 'T-2', 'T-3'], shape: technicianShape },
    { resource: 'assets', keys: ['A-1', 'A-2'], shape: assetShape },
    { resource: 'work-orders', keys: ['WO-1', 'wo1', 'WO-2'], shape: workOrderShape },
    { resource: 'work-orders', keys: ['WO-1', 'WO-3'], shape: workOrderShape },
  )
  .chain(({ resource, keys, shape }) =>
    fc.record({
      method: fc.constant('PUT'),
      path: fc
        .oneof({ weight: 9, arbitrary: fc.constantFrom(...keys) }, encodedKey)
        .map((key) => `/${resource}/${key}`),
      query: fc.constant(''),
      body: change(shape),
      type: fc.constant('application/json'),
    }),
  );

const request = fc.oneof(anything, put);

test('whatever comes in, the answer is never a fault of ours', async () => {
  await fc.assert(
    fc.asyncProperty(request, async ({ method, path, query, body, type }) => {
      const takesBody = !['GET', 'OPTIONS'].includes(method);
      const answer = await api.raw(query ? `${path}?${query}` : path, {
        method,
        headers: {
          authorization: `Bearer ${api.tenant.apiKey}`,
          ...(type && takesBody ? { 'content-type': type } : {}),
        },
        ...(takesBody ? { body } : {}),
      });
      expect(answer.status).toBeLessThan(500);
      const answered = (await answer.json()) as { status: number; errors: { pointer: string }[] };
      if (answer.status >= 400) {
        expect(answer.headers.get('content-type')).toBe('application/problem+json');
        expect(answered.status).toBe(answer.status);
        if (answer.status === 422) expect(answered.errors.length).toBeGreaterThan(0);
      }
    }),
    { numRuns: 300, seed },
  );
  expect(api.logged).toEqual([]);
});
