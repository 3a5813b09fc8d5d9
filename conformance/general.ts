import { expectFields, expectMoment, expectSame, expectStatus, expectThat, type Rule } from './rule.ts';

const statuses = ['ok', 'degraded', 'down'];

export const general: Rule[] = [
  {
    says: '/livez and /readyz answer 200, /metrics is for Prometheus and its names start with rbm_',
    check: async ({ request }) => {
      expectStatus(await request('GET', '/livez', { key: null }), 200);
      expectStatus(await request('GET', '/readyz', { key: null }), 200);
      const { text } = expectStatus(await request('GET', '/metrics', { key: null }), 200);
      const names = [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name!);
      expectThat(
        names.length > 0 && names.every((name) => name.startsWith('rbm_')),
        'metrics whose names start with rbm_',
        names.filter((name) => !name.startsWith('rbm_')),
      );
    },
  },
  {
    says: 'the health is open and names database, queue, provider, workers, oldest unprocessed and last webhook',
    check: async ({ request }) => {
      const { status, body } = expectStatus(
        await request('GET', '/api/whatsappwebhook/health', { key: null }),
        200,
        503,
      );
      expectFields('health', body, 'status version time checks');
      expectThat(statuses.includes(body.status), `a status of ${statuses}`, body.status);
      expectSame(
        `the HTTP status of a health that is ${body.status}`,
        status,
        body.status === 'down' ? 503 : 200,
      );
      expectMoment('time', body.time);
      const { checks } = body;
      expectFields('checks', checks, 'database queue provider workers oldestUnprocessed lastWebhook');
      expectFields('database', checks.database, 'status latencyMs');
      expectFields('queue', checks.queue, 'status backend');
      expectFields('provider', checks.provider, 'status name');
      expectFields('workers', checks.workers, 'status count');
      expectFields('oldestUnprocessed', checks.oldestUnprocessed, 'status seconds');
      expectFields('lastWebhook', checks.lastWebhook, 'status at');
      const levels = Object.values(checks as Record<string, { status: string }>).map(({ status }) => status);
      expectSame(
        'no other statuses:',
        levels.filter((level) => !statuses.includes(level)),
        [],
      );
      expectSame(
        'ok just when all its checks are',
        body.status === 'ok',
        levels.every((level) => level === 'ok'),
      );
      const { database, queue, provider, workers, oldestUnprocessed, lastWebhook } = checks;
      const isNumber = (value: unknown) => typeof value === 'number' && value >= 0;
      expectThat(typeof body.version === 'string' && body.version !== '', 'a version', body.version);
      expectThat(
        database.latencyMs === null || isNumber(database.latencyMs),
        'milliseconds or null',
        database,
      );
      expectThat(['redis', 'postgres'].includes(queue.backend), 'redis or postgres', queue);
      expectThat(typeof provider.name === 'string', "the provider's name", provider);
      expectThat(Number.isInteger(workers.count) && workers.count >= 0, 'how many workers', workers);
      expectThat(isNumber(oldestUnprocessed.seconds), 'seconds', oldestUnprocessed);
      if (lastWebhook.at !== null) expectMoment('at', lastWebhook.at);
    },
  },
  {
    says: 'the simulator is there only when it is the provider',
    check: async ({ request }) => {
      const health = await request('GET', '/api/whatsappwebhook/health', { key: null });
      const isSimulated = health.body.checks.provider.name === 'simulator';
      const answer = await request('GET', '/simulator', { key: null });
      expectStatus(answer, ...(isSimulated ? [200, 301, 302, 307, 308] : [404]));
    },
  },
  {
    says: 'a webhook without a valid signature is answered 403',
    check: async ({ request }) => {
      for (const path of ['incoming', 'status?a=00000000-0000-4000-8000-000000000000']) {
        const answer = await request('POST', `/api/whatsappwebhook/${path}`, {
          key: null,
          raw: new URLSearchParams({
            AccountSid: `AC${'0'.repeat(32)}`,
            MessageSid: `SM${'0'.repeat(32)}`,
            SmsStatus: 'received',
            MessageStatus: 'sent',
            From: 'whatsapp:+12025550100',
            To: 'whatsapp:+12025550101',
            Body: 'hi',
          }).toString(),
          headers: { 'Content-Type': 'application/x-www-form-urlencoded', 'X-Twilio-Signature': 'bm9uZQ==' },
        });
        expectStatus(answer, 403);
      }
    },
  },
  {
    says: 'a webhook that is no form of the provider is answered 400, one that is too large 413',
    check: async ({ request }) => {
      // Whoever refuses a body need not read it: the connection cannot be used again.
      const form = { 'Content-Type': 'application/x-www-form-urlencoded', Connection: 'close' };
      const send = (raw: string, headers: Record<string, string>) =>
        request('POST', '/api/whatsappwebhook/incoming', { key: null, raw, headers });
      expectStatus(await send('Body=hi', form), 400);
      expectStatus(await send('', form), 400);
      expectStatus(await send('{"Body":"hi"}', { 'Content-Type': 'application/json' }), 400);
      expectStatus(await send(`Body=${'x'.repeat(2 * 1024 * 1024)}`, form), 413);
    },
  },
  {
    says: 'the OpenAPI document is at /api/v1/openapi.json, readable at /docs',
    check: async ({ request, get }) => {
      const { body } = expectStatus(await get('/openapi.json'), 200);
      expectThat(/^3\./.test(body?.openapi), 'an OpenAPI document', body?.openapi);
      expectStatus(await request('GET', '/docs', { key: null }), 200, 301, 302, 308);
    },
  },
  {
    says: 'the OpenAPI document names every route of the contract',
    check: async ({ get }) => {
      const { body } = expectStatus(await get('/openapi.json'), 200);
      const documented = Object.entries(body.paths as Record<string, object>).flatMap(([path, methods]) =>
        Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.replace(/\{\w+\}/g, '{}')}`),
      );
      expectSame(
        'no route missing:',
        routes.filter((route) => !documented.includes(route)),
        [],
      );
    },
  },
  {
    says: 'keys are the CMMS’s own, URL-encoded, 1 to 64 characters',
    check: async (kit) => {
      const odd = `${kit.name('odd')} ä/ü %41?#+&.`;
      const long = kit.name('long').padEnd(64, 'x');
      for (const externalId of [odd, long]) {
        const path = kit.technicianPath(externalId);
        expectStatus(await kit.putTechnician(externalId, { name: 'Odd key' }), 201);
        expectSame('externalId', expectStatus(await kit.get(path), 200).body.externalId, externalId);
      }
      const order = kit.name('WO/ä ');
      expectStatus(await kit.putOrder(order, { title: 'Odd key' }), 201);
      expectSame('number', expectStatus(await kit.get(kit.orderPath(order)), 200).body.number, order);
      expectStatus(await kit.put(kit.technicianPath(`${long}x`), { name: 'Too long' }), 422);
      expectStatus(await kit.get(kit.technicianPath(`${long}x`)), 404);
    },
  },
  {
    says: 'work-order numbers are the same when their letters and digits are, whatever the case',
    check: async (kit) => {
      const { number } = await kit.order();
      for (const spelling of [
        number.toLowerCase(),
        number.replaceAll('-', ''),
        number.replaceAll('-', ' / '),
      ]) {
        const found = expectStatus(await kit.get(kit.orderPath(spelling)), 200).body;
        expectSame('number', found.number, number);
        expectStatus(await kit.put(kit.orderPath(spelling), { title: `As ${spelling}` }), 200);
      }
    },
  },
  {
    says: 'moments are RFC 3339 UTC with milliseconds',
    check: async (kit) => {
      const { externalId } = await kit.technician();
      const order = await kit.order({ assignee: externalId, dueAt: '2036-12-25T10:00:00+01:00' });
      expectSame('dueAt', order.dueAt, '2036-12-25T09:00:00.000Z');
      expectMoment('assignedAt', order.assignedAt);
      const { items } = expectStatus(await kit.get(`${kit.orderPath(order.number)}/events`), 200).body;
      expectMoment("an event's at", items[0]?.at);
    },
  },
  {
    says: 'absent values are null, never left out',
    check: async (kit) => {
      const order = await kit.order();
      for (const field of [
        'description',
        'asset',
        'assignee',
        'planner',
        'dueAt',
        'scheduledFor',
        'assignedAt',
        'acknowledgedAt',
        'startedAt',
        'completedAt',
        'confirmedAt',
      ]) {
        expectThat(order[field] === null, `${field} to be null`, order[field]);
      }
      const person = await kit.technician({ phone: null });
      for (const field of ['phone', 'email', 'supervisor', 'windowOpenUntil', 'lastSeenAt']) {
        expectThat(person[field] === null, `${field} to be null`, person[field]);
      }
    },
  },
  {
    says: 'PUT creates (201) or changes (200) and answers with the whole resource',
    check: async (kit) => {
      const person = await kit.technician();
      const paths = [
        ['/assets/', kit.name('A'), { name: 'Pump' }],
        ['/work-orders/', kit.name('WO'), { title: 'Replace seal' }],
      ] as const;
      for (const [path, key, fields] of paths) {
        const created = expectStatus(await kit.put(path + key, fields), 201);
        if (path === '/work-orders/') kit.leave(path + key, { status: 'cancelled' });
        expectSame(
          'the resource as it is read',
          expectStatus(await kit.get(path + key), 200).body,
          created.body,
        );
        expectStatus(await kit.put(path + key, fields), 200);
      }
      const path = kit.technicianPath(person.externalId);
      const changed = expectStatus(await kit.put(path, { name: 'Another name' }), 200).body;
      expectSame('the resource as it is read', expectStatus(await kit.get(path), 200).body, changed);
      expectSame('the whole resource', changed, { ...person, name: 'Another name' });
    },
  },
  {
    says: 'fields left out keep their value, null clears',
    check: async (kit) => {
      const asset = await kit.asset({ location: 'Hall 2' });
      const path = `/assets/${asset.code}`;
      const renamed = expectStatus(await kit.put(path, { name: 'Renamed' }), 200).body;
      expectSame('location', renamed.location, 'Hall 2');
      const cleared = expectStatus(await kit.put(path, { location: null }), 200).body;
      expectSame('location', cleared.location, null);
      expectSame('name', cleared.name, 'Renamed');
    },
  },
  {
    says: 'unknown fields are refused and nothing is changed',
    check: async (kit) => {
      const asset = await kit.asset();
      const answer = await kit.put(`/assets/${asset.code}`, { name: 'Changed', colour: 'red' });
      expectStatus(answer, 422);
      expectThat(
        answer.body.errors.some(({ pointer }: { pointer: string }) => pointer === '/colour'),
        'a fault at /colour',
        answer.body,
      );
      expectSame('the asset as it was', (await kit.get(`/assets/${asset.code}`)).body, asset);
    },
  },
  {
    says: 'a reference to a person is the externalId',
    check: async (kit) => {
      const { externalId } = await kit.technician();
      expectSame('assignee', (await kit.order({ assignee: externalId })).assignee, externalId);
      expectSame('planner', (await kit.order({ planner: externalId })).planner, externalId);
      expectSame('responsible', (await kit.asset({ responsible: [externalId] })).responsible, [externalId]);
      expectSame('supervisor', (await kit.technician({ supervisor: externalId })).supervisor, externalId);
    },
  },
];

const routes = [
  ...['technicians', 'assets', 'work-orders'].flatMap((name) => [
    `GET /${name}`,
    `PUT /${name}/{}`,
    `GET /${name}/{}`,
  ]),
  'GET /work-orders/{}/events',
  'POST /alerts',
  'GET /alerts',
  'GET /alerts/{}',
  'POST /alerts/{}/resolve',
  'PUT /assets/{}/thresholds',
  'GET /assets/{}/thresholds',
  'POST /readings',
  'POST /notifications',
  'GET /notifications/{}',
  'GET /messages',
  'GET /messages/{}',
  'GET /attachments/{}/content',
  'GET /events',
  'GET /settings',
  'PUT /settings',
  'GET /templates/{}/{}',
  'PUT /templates/{}/{}',
  'PUT /webhook-endpoints/{}',
  'GET /webhook-endpoints/{}',
  'POST /webhook-endpoints/{}/rotate',
  'PUT /tenants/{}',
];
