import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { expect, test } from 'vitest';
import { adminRoutes } from '../../src/admin/app.tsx';
import type { AdminRoute } from '../../src/admin/route.ts';
import type { PanelParts } from '../../src/admin/settings.ts';
import { createApi } from '../../src/api/app.ts';
import { createFolder } from '../../src/attachments/files.ts';
import { encrypt, sha256 } from '../../src/crypto.ts';
import type { Deps } from '../../src/deps.ts';
import { testSecretKey } from '../support/tenant.ts';
import { panelSettings, password, usePanel } from './panel.ts';

const panel = usePanel({
  openId: { issuer: 'https://id.example.com', clientId: 'rbm', clientSecret: 'openid-recognisable' },
});
const routes = adminRoutes(
  {} as Deps,
  () => Promise.reject(new Error('only the table is wanted')),
  panelSettings,
  {} as PanelParts,
);

const credentials = {
  authToken: 'token-recognisable',
  authTokenSecondary: 'second-recognisable',
  apiKeySecret: 'key-recognisable',
};
const publicKey = { apiKeySid: `SK${'2'.repeat(32)}` };

/** Everything of the tenant that opens anything, as it was given and as it is kept; with what the pages can show. */
const furnish = async () => {
  const { deps, tenant } = panel;
  const { tenantId } = tenant;
  const sealed = encrypt(JSON.stringify({ ...credentials, ...publicKey }), testSecretKey);
  await deps.store.tenant(tenantId, async (tx) => {
    const [channel] = await tx.channels.list();
    await tx.channels.save({ ...channel!, credentials: sealed }, new Date());
  });
  const api = createApi(deps, createFolder(tmpdir()));
  const call = async (method: string, path: string, body: object) => {
    const headers = { authorization: `Bearer ${tenant.apiKey}`, 'content-type': 'application/json' };
    const response = await api.request(path, { method, headers, body: JSON.stringify(body) });
    expect([path, response.status]).toEqual([path, expect.toSatisfy((status: number) => status < 300)]);
    return (await response.json()) as Record<string, string>;
  };
  const { key } = await call('POST', '/api-keys', { label: 'another' });
  const endpoint = await call('PUT', '/webhook-endpoints/main', { url: 'https://8.8.8.8/hook' });
  const rotated = await call('POST', '/webhook-endpoints/main/rotate', {});
  await call('PUT', '/technicians/T-1', { name: 'Ana', phone: '+12025550101', role: 'technician' });
  await call('PUT', '/assets/A-1', { name: 'Pump' });
  await call('PUT', '/work-orders/WO-1', { title: 'Seal', asset: 'A-1', assignee: 'T-1' });
  await call('POST', '/alerts', { externalId: 'AL-1', asset: 'A-1', message: 'Hot', severity: 'low' });
  const data = { schemaVersion: 1, idempotencyKey: randomUUID(), to: 'T-1', text: 'Hello' };
  await call('POST', '/notifications', { name: 'message.send', data });

  const administrator = await panel.signedIn('administrator');
  const { text: begun } = await administrator.post('/admin/account/second-factor/begin', { password });
  const [, setupKey] = /secret=([A-Z2-7]+)/.exec(begun)!;
  const backupCodes = [...begun.matchAll(/<code>(\w{5}-\w{5})<\/code>/g)].map(([, code]) => code!);
  expect(backupCodes.length).toBeGreaterThan(5);
  const somebody = await panel.user('planner');
  const made = await administrator.post(`/admin/users/${somebody.id}/link`);
  const [, link] = /invitation\/([\w-]{32})/.exec(made.text)!;
  const token = decodeURIComponent(administrator.cookies.get('__Host-rbm.session_token')!).split('.')[0]!;

  const kept = await deps.store.tenant(tenantId, async (tx) => ({
    endpoint: await tx.webhookEndpoints.find('main'),
    factors: await tx.panelUsers.sealedSecrets(),
    hash: await tx.panelUsers.passwordHash(administrator.user.email),
    messages: await tx.messages.list({ before: null, limit: 1 }),
  }));
  const hashed = [tenant.apiKey, key!, token].flatMap((secret) => {
    const hash = sha256(secret);
    return [hash.toString('hex'), hash.toString('base64'), hash.toString('base64url')];
  });
  const secrets = [
    ...Object.values(credentials),
    ...[sealed, tenant.apiKey, key!, endpoint.secret!, rotated.secret!, password, kept.hash!, token, link!],
    ...[setupKey!, ...backupCodes, testSecretKey, 'openid-recognisable', ...hashed],
    ...kept.endpoint!.secrets.map(({ sealed }) => sealed),
    ...kept.factors.flatMap(({ secret, backupCodes }) => [secret, backupCodes]),
  ];
  const ids: Record<string, string> = {
    '/technicians': 'T-1',
    '/work-orders': 'WO-1',
    '/alerts': 'AL-1',
    '/messages': kept.messages[0]!.id,
  };
  const addressOf = (path: string) =>
    `/admin${path === '/' ? '' : path}`
      .replace(':endpoint', 'main')
      .replace(/\/:\w+/, () => `/${ids[`/${path.split('/')[1]}`] ?? somebody.id}`)
      .replace('api/*', 'api/queues')
      .replace('/*', '/');
  return { administrator, secrets, addressOf };
};

test('no page, export or log line holds anything that opens anything', async () => {
  const { administrator, secrets, addressOf } = await furnish();
  expect(secrets.every((secret) => secret.length >= 8)).toBe(true);
  await panel.queues.ready;
  const notShown: string[] = [];
  const read = async ({ path, for: whom }: AdminRoute) => {
    const { status, text } = await administrator.get(addressOf(path));
    if (status !== 200 && whom !== 'anyone') notShown.push(path);
    // Not the page itself, which would fill the report.
    expect([path, secrets.filter((secret) => text.includes(secret))]).toEqual([path, []]);
  };
  for (const route of routes) if (route.method === 'get') await read(route);
  // Only a technician's own file, of which there is none; a page that is added is furnished with what it shows.
  expect(notShown).toEqual(['/attachments/:id']);
  const log = panel.logged.join('');
  expect(secrets.filter((secret) => log.includes(secret))).toEqual([]);
});
