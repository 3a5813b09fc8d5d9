import { Validator } from '@seriousme/openapi-schema-validator';
import { Hono } from 'hono';
import { expect, test } from 'vitest';
import { createApi, createDocs } from '../../src/api/app.ts';
import { useApi } from '../support/api.ts';

const api = useApi();

const mounted = () =>
  new Hono().route('/api/v1', createApi(api.deps, api.files)).route('/docs', createDocs());

test('the description is open, is OpenAPI 3.1 and names every route', async () => {
  const answer = await mounted().request('/api/v1/openapi.json');
  expect(answer.status).toBe(200);
  // biome-ignore lint/suspicious/noExplicitAny: a whole document.
  const document = (await answer.json()) as any;
  expect(document.openapi).toMatch(/^3\.1\./);
  expect(await new Validator().validate(structuredClone(document))).toEqual({ valid: true });
  expect(document.servers).toEqual([{ url: '/api/v1' }]);
  const routes = Object.entries(document.paths as Record<string, object>).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method} ${path}`),
  );
  expect(new Set(routes)).toEqual(
    new Set([
      'put /technicians/{externalId}',
      'get /technicians/{externalId}',
      'get /technicians',
      'put /assets/{code}',
      'get /assets/{code}',
      'get /assets',
      'put /work-orders/{number}',
      'get /work-orders/{number}',
      'get /work-orders',
      'get /work-orders/{number}/events',
      'get /attachments/{id}/content',
      'get /messages',
      'get /messages/{id}',
      'get /events',
      'post /notifications',
      'get /notifications/{idempotencyKey}',
      'put /webhook-endpoints/{id}',
      'get /webhook-endpoints/{id}',
      'get /webhook-endpoints',
      'post /webhook-endpoints/{id}/rotate',
      'post /alerts',
      'get /alerts',
      'get /alerts/{externalId}',
      'post /alerts/{externalId}/resolve',
      'get /alerts/{externalId}/pages',
      'get /reports/response-times',
      'put /assets/{code}/thresholds',
      'get /assets/{code}/thresholds',
      'post /readings',
      'get /settings',
      'put /settings',
      'get /templates/{kind}/{locale}',
      'put /templates/{kind}/{locale}',
      'get /api-keys',
      'post /api-keys',
      'post /api-keys/{id}/revoke',
      'put /tenants/{slug}',
      'post /tenants/{slug}/api-keys',
      'post /tenants/{slug}/administrators',
    ]),
  );
  // Every reference leads somewhere.
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)];
  expect(references.length).toBeGreaterThan(5);
  for (const [, name] of references) expect(document.components.schemas).toHaveProperty(name!);
  const { title, version } = document.components.schemas.WorkOrderChange.properties;
  expect(title).toMatchObject({ type: 'string', minLength: 1, maxLength: 200 });
  expect(version.type).toEqual(['integer', 'null']);
  expect(document.components.schemas.TechnicianChange.additionalProperties).toBe(false);
});

test('of the settings it says which ones nothing follows from yet', async () => {
  const answer = await mounted().request('/api/v1/openapi.json');
  // biome-ignore lint/suspicious/noExplicitAny: a whole document.
  const { description } = ((await answer.json()) as any).paths['/settings'].put;
  const [inUse, notYet] = description.split('`retentionDays`');
  for (const name of ['reminders', 'fallbackSeconds', 'escalation', 'onCall', 'quietHours', 'locale']) {
    expect(inUse).toContain(`\`${name}\``);
  }
  expect(inUse).not.toMatch(/\byet\b|so far/);
  expect(notYet).toMatch(/nothing follows/);
});

test('mounted where it belongs, routes, keys and refusals work the same', async () => {
  const headers = { authorization: `Bearer ${api.tenant.apiKey}`, 'content-type': 'application/json' };
  const call = (path: string, init = {}) => mounted().request(`/api/v1${path}`, { headers, ...init });
  const put = await call('/assets/A%2F7%25', { method: 'PUT', body: '{"name":"Pump"}' });
  expect([put.status, await put.json()]).toMatchObject([201, { code: 'A/7%' }]);
  expect((await call('/assets/A%2F7%25')).status).toBe(200);
  expect((await call('/assets', { method: 'DELETE' })).status).toBe(405);
  expect((await call('/nothing')).status).toBe(404);
  expect((await call('/assets/%FF')).status).toBe(400);
  expect((await mounted().request('/api/v1/assets')).status).toBe(401);
});

test('the page brings everything it needs and may load nothing from elsewhere', async () => {
  const page = await mounted().request('/docs');
  expect(page.status).toBe(200);
  expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
  const html = await page.text();
  const links = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, link]) => link!);
  const files = links.filter((link) => link.startsWith('/docs/'));
  expect(files).toHaveLength(3);
  expect(links.filter((link) => !/^(\/|data:)/.test(link))).toEqual([]);
  for (const file of files) {
    const answer = await mounted().request(file);
    expect([file, answer.status]).toEqual([file, 200]);
    expect((await answer.text()).length).toBeGreaterThan(50);
  }
  expect((await mounted().request('/docs/package.json')).status).toBe(404);
});
