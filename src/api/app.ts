import { OpenAPIHono, z } from '@hono/zod-openapi';
import type { MiddlewareHandler } from 'hono';
import type { Files } from '../attachments/files.ts';
import type { TenantRules } from '../cmms/save-tenant.ts';
import type { Deps } from '../deps.ts';
import { limitBody } from '../limit-body.ts';
import { describeFault } from '../log.ts';
import { version } from '../version.ts';
import type { WebhookRules } from '../webhooks/address.ts';
import { administratorRoutes } from './administrators.ts';
import { alertRoutes } from './alerts.ts';
import { apiKeyRoutes } from './api-keys.ts';
import { assetRoutes } from './assets.ts';
import { attachmentRoutes } from './attachments.ts';
import { authenticate, intoNamedTenant, letIn } from './auth.ts';
import { eventRoutes } from './events.ts';
import { idempotencyKeyHeader, idempotent } from './idempotency.ts';
import { messageRoutes } from './messages.ts';
import { notificationRoutes } from './notifications.ts';
import { createPlaces } from './places.ts';
import { problem, problemOf } from './problem.ts';
import { readingRoutes } from './readings.ts';
import { reportRoutes } from './reports.ts';
import { type ApiEnv, type ApiRoute, answersOf } from './route.ts';
import { settingsRoutes } from './settings.ts';
import { technicianRoutes } from './technicians.ts';
import { templateRoutes } from './templates.ts';
import { tenantRoutes } from './tenants.ts';
import { thresholdRoutes } from './thresholds.ts';
import { webhookEndpointRoutes } from './webhook-endpoints.ts';
import { workOrderRoutes } from './work-orders.ts';

export { createDocs } from './docs.ts';

const maxBodyBytes = 1024 * 1024;

export type ApiSettings = TenantRules & {
  /** Manages tenants; without one there are no tenant routes. */
  operatorKey: string | null;
  webhooks: WebhookRules;
  /** Where the links into the panel lead. */
  publicBaseUrl: string;
};

const withoutOperator: ApiSettings = {
  ...{
    operatorKey: null,
    simulates: false,
    messagesPerSecond: 80,
    defaultCountry: 'US',
    describesSender: true,
  },
  webhooks: { allowPrivate: false },
  publicBaseUrl: 'http://localhost:3000',
};

/** The CMMS's side over HTTP, to be mounted at /api/v1. */
export const createApi = (given: Deps, files: Files, settings: ApiSettings = withoutOperator) => {
  const api = new OpenAPIHono<ApiEnv>();
  const deps = withPlaces(given);
  const routes = apiRoutes(deps, files, settings);

  api.onError((error, c) => {
    const answer = problemOf(error);
    if (answer) return answer;
    deps.log.error({ event: 'api.error', method: c.req.method, ...describeFault(error) }, 'request failed');
    return problem('internal');
  });
  api.use(neverCached);
  for (const route of routes) document(api, route);
  let written: object | null = null;
  api.get('/openapi.json', (c) => {
    written ??= api.getOpenAPI31Document(about);
    return c.json(written);
  });
  if (!settings.operatorKey) api.all('/tenants/*', () => problem('not-found'));
  api.use(authenticate(deps.store, settings.operatorKey), readableAddress, limitBody(maxBodyBytes, tooLarge));
  for (const route of routes) {
    const path = honoPath(route.path);
    if (route.keyOf === 'operator' && route.method === 'post')
      api.post(
        path,
        letIn(route),
        intoNamedTenant(deps.store),
        idempotent(deps, route, given.store),
        route.handle,
      );
    else if (route.method === 'post')
      api.post(path, letIn(route), idempotent(deps, route, given.store), route.handle);
    else api.on(route.method.toUpperCase(), path, letIn(route), route.handle);
  }
  for (const path of new Set(routes.map((route) => route.path))) {
    const allow = routes.filter((route) => route.path === path).map(({ method }) => method.toUpperCase());
    api.all(honoPath(path), () => problem('method-not-allowed', { headers: { allow: allow.join(', ') } }));
  }
  api.all('*', () => problem('not-found'));
  return api;
};

// Half of the connections: with many requests at once what is to be sent would have none.
const places = 8;
const waitForPlaceMs = 20_000;

const withPlaces = (deps: Deps): Deps => {
  const inPlace = createPlaces(places, waitForPlaceMs);
  const { store } = deps;
  return { ...deps, store: { ...store, tenant: (id, work) => inPlace(() => store.tenant(id, work)) } };
};

/** Every route, in the order the documentation shows them. */
export const apiRoutes = (deps: Deps, files: Files, settings: ApiSettings = withoutOperator): ApiRoute[] => [
  ...technicianRoutes(deps),
  ...assetRoutes(deps),
  ...workOrderRoutes(deps),
  ...alertRoutes(deps),
  ...thresholdRoutes(deps),
  ...readingRoutes(deps),
  ...reportRoutes(deps),
  ...notificationRoutes(deps),
  ...messageRoutes(deps),
  ...attachmentRoutes(deps, files),
  ...eventRoutes(deps),
  ...webhookEndpointRoutes(deps, settings.webhooks),
  ...settingsRoutes(deps),
  ...templateRoutes(deps),
  ...apiKeyRoutes(deps),
  ...tenantRoutes(deps, settings),
  ...administratorRoutes(deps, settings),
];

const about = {
  openapi: '3.1.0',
  info: {
    title: 'RBM WhatsApp',
    version,
    description:
      'Technicians, assets, work orders and what is said about them. People, assets and orders are addressed by ' +
      "the CMMS's own keys. PUT creates or changes: fields left out keep their value, null clears, unknown ones " +
      'are refused. What is absent is null.',
  },
  servers: [{ url: '/api/v1' }],
  security: [{ apiKey: [] }],
};

const document = (api: OpenAPIHono<ApiEnv>, route: ApiRoute) => {
  for (const scheme of ['apiKey', 'operatorKey']) {
    api.openAPIRegistry.registerComponent('securitySchemes', scheme, { type: 'http', scheme: 'bearer' });
  }
  const keys = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!);
  api.openAPIRegistry.registerPath({
    method: route.method,
    path: route.path,
    summary: route.summary,
    ...(route.description ? { description: route.description } : {}),
    tags: [route.path.split('/')[1]!],
    ...(route.keyOf ? { security: [{ operatorKey: [] }] } : {}),
    request: {
      ...(keys.length > 0
        ? { params: z.object(Object.fromEntries(keys.map((name) => [name, z.string()]))) }
        : {}),
      ...(route.method === 'post' ? { headers: z.object({ 'Idempotency-Key': idempotencyKeyHeader }) } : {}),
      ...(route.query ? { query: z.object(route.query).partial() } : {}),
      ...(route.body
        ? {
            body: {
              required: !route.bodyIsOptional,
              content: { 'application/json': { schema: route.body } },
            },
          }
        : {}),
    },
    responses: answersOf(route),
  });
};

const honoPath = (path: string): string => path.replace(/\{(\w+)\}/g, ':$1');

const neverCached: MiddlewareHandler = async (c, next) => {
  await next();
  c.header('cache-control', 'no-store');
  c.header('x-content-type-options', 'nosniff');
};

// Hono would pass on what it cannot decode as it came.
const readableAddress: MiddlewareHandler = async (c, next) => {
  const { pathname, search } = new URL(c.req.url);
  try {
    decodeURIComponent(pathname + search);
  } catch {
    return problem('malformed', {
      detail: 'The address holds a percent sign that begins no UTF-8 character',
    });
  }
  await next();
};

const tooLarge = (_c: unknown, headers: Record<string, string>) => problem('too-large', { headers });
