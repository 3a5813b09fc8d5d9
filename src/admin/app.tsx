import { timingSafeEqual } from 'node:crypto';
import { type Context, Hono, type MiddlewareHandler } from 'hono';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import { IANAZone } from 'luxon';
import { derive, sha256 } from '../crypto.ts';
import type { Deps } from '../deps.ts';
import { limitBody } from '../limit-body.ts';
import { describeFault } from '../log.ts';
import { isPassing } from '../store/store.ts';
import { callerAddress } from './address.ts';
import type { Auth, Caller } from './auth.ts';
import { Forbidden, NotFound, OldForm, OurFault, TooLarge } from './errors.tsx';
import { OpenPage, show } from './frame.tsx';
import { createLive } from './live.tsx';
import { accountRoutes } from './pages/account.tsx';
import { alertRoutes } from './pages/alert.tsx';
import { alertFormRoutes } from './pages/alert-form.tsx';
import { alertListRoutes } from './pages/alerts.tsx';
import { attachmentRoutes } from './pages/attachments.tsx';
import { auditRoutes } from './pages/audit.tsx';
import { boardRoutes } from './pages/board.tsx';
import { enrolRoutes } from './pages/enrol.tsx';
import { invitationRoutes } from './pages/invitation.tsx';
import { messageRoutes } from './pages/message.tsx';
import { messageListRoutes } from './pages/messages.tsx';
import { overviewRoutes } from './pages/overview.tsx';
import { queueRoutes } from './pages/queues.tsx';
import { secondFactorRoutes } from './pages/second-factor.tsx';
import { settingsRoutes } from './pages/settings.tsx';
import { settingsApiKeyRoutes } from './pages/settings-api-keys.tsx';
import { settingsChannelRoutes } from './pages/settings-channel.tsx';
import { settingsCheckRoutes } from './pages/settings-check.tsx';
import { settingsRulesRoutes } from './pages/settings-rules.tsx';
import { settingsTemplateRoutes } from './pages/settings-templates.tsx';
import { settingsTestMessageRoutes } from './pages/settings-test-message.tsx';
import { settingsWebhookEndpointRoutes } from './pages/settings-webhook-endpoints.tsx';
import { signInRoutes } from './pages/sign-in.tsx';
import { technicianRoutes } from './pages/technician.tsx';
import { conflictRoutes } from './pages/technician-conflicts.tsx';
import { importRoutes } from './pages/technician-import.tsx';
import { newTechnicianRoutes } from './pages/technician-new.tsx';
import { technicianListRoutes } from './pages/technicians.tsx';
import { userRoutes } from './pages/users.tsx';
import { workOrderRoutes } from './pages/work-order.tsx';
import { workOrderFormRoutes } from './pages/work-order-form.tsx';
import { workOrderListRoutes } from './pages/work-orders.tsx';
import {
  type AdminRoute,
  type AuthOf,
  type PanelEnv,
  type Request,
  setCookies,
  type Visit,
} from './route.ts';
import { panelScript } from './script.ts';
import type { PanelParts, PanelSettings } from './settings.ts';
import { panelStyle } from './style.ts';

const maxBodyBytes = 256 * 1024;

/** Every page and action, in no particular order. */
export const adminRoutes = (
  deps: Deps,
  auth: AuthOf,
  settings: PanelSettings,
  parts: PanelParts,
): AdminRoute[] => [
  ...signInRoutes(deps, auth, settings),
  ...invitationRoutes(deps, auth),
  ...accountRoutes(deps, auth),
  ...secondFactorRoutes(deps, auth),
  ...importRoutes(deps),
  ...conflictRoutes(deps),
  ...newTechnicianRoutes(deps),
  ...technicianListRoutes(deps),
  ...technicianRoutes(deps, parts),
  ...enrolRoutes(deps),
  ...userRoutes(deps, auth, settings),
  ...auditRoutes(deps),
  ...overviewRoutes(deps),
  ...workOrderFormRoutes(deps),
  ...workOrderListRoutes(deps),
  ...workOrderRoutes(deps),
  ...alertFormRoutes(deps),
  ...alertListRoutes(deps),
  ...alertRoutes(deps),
  ...attachmentRoutes(deps, () => parts.files),
  ...settingsRoutes(),
  ...settingsChannelRoutes(deps, settings),
  ...settingsRulesRoutes(deps),
  ...queueRoutes(deps, parts),
  ...boardRoutes(deps, settings, parts),
  ...messageListRoutes(deps),
  ...messageRoutes(deps),
  ...settingsCheckRoutes(deps, settings, parts),
  ...settingsTestMessageRoutes(deps),
  ...settingsApiKeyRoutes(deps),
  ...settingsWebhookEndpointRoutes(deps, settings),
  ...settingsTemplateRoutes(deps),
];

/** The panel, to be mounted at /admin. */
export const createAdmin = (deps: Deps, settings: PanelSettings, parts: PanelParts) => {
  let loaded: Promise<Auth> | null = null;
  const auth: AuthOf = () => {
    loaded ??= import('./auth.ts').then(({ createAuth }) => createAuth(deps, settings));
    return loaded;
  };
  const admin = new Hono<PanelEnv>();
  const live = createLive(
    (error) => deps.log.warn({ event: 'admin.live', ...describeFault(error) }),
    parts.stopping,
  );

  admin.onError((error, c) => {
    const isAway = isPassing(error);
    const where = { event: 'admin.error', method: c.req.method, away: isAway };
    deps.log.error({ ...where, ...describeFault(error) }, 'page failed');
    return show({ c }, <OurFault isAway={isAway} />, isAway ? 503 : 500);
  });
  admin.use(secureHeaders(settings.publicBaseUrl.startsWith('https:')));
  admin.get('/panel.css', (c) => c.body(panelStyle, 200, asset('text/css')));
  admin.get('/panel.js', (c) => c.body(panelScript, 200, asset('text/javascript')));
  const routes = adminRoutes(deps, auth, settings, parts);
  const pages = routes
    .filter(({ method, path }) => method === 'get' && !path.includes('*'))
    .map(({ path }) => new RegExp(`^/admin${path.replaceAll(/:\w+/g, '[^/]+')}$`));
  const isPage = (path: string) => pages.some((page) => page.test(path));
  admin.use(onlyFromHere(settings.publicBaseUrl), limitBodies(routes, isPage));
  for (const route of routes) {
    const livePathOf = livePathFor(route, routes);
    admin.on(route.method.toUpperCase(), route.path, async (c) => {
      const caller = callerOf(c);
      const form = route.method === 'post' ? await readForm(c) : () => '';
      const request: Request = { c, caller, form };
      if (route.for === 'anyone') return route.handle(request);

      const wantsStream = Boolean(route.liveMs) && c.req.header('accept') === 'text/event-stream';
      // An open page asks by itself, streams included: nobody is using the panel then.
      const isWatching = wantsStream || (route.byScript && route.method === 'get');
      const found = await readVisit(deps, await auth(), request, { prolongs: !isWatching });
      const visit = found && { ...found, livePath: livePathOf(c) };
      if (!visit && route.byScript) return c.json({ error: { key: 'ERRORS.FORBIDDEN' } }, 401);
      if (!visit) return c.redirect(signInPage(c, route, isPage), 303);
      if (!route.for.includes(visit.user.role)) return show(visit, <Forbidden visit={visit} />, 403);
      const token = route.byScript ? (c.req.header('x-xsrf-token') ?? '') : form('csrf');
      if (route.method !== 'get' && !isTokenOf(deps, visit.sessionId, token)) {
        return show(visit, <OldForm visit={visit} />, 403);
      }
      // Of a HEAD nobody would read the stream.
      if (route.liveMs && wantsStream && c.req.method === 'GET') {
        return live(c, visit.user.id, route.liveMs, async () => {
          // Asked again each time: a session may end, a role may change.
          const now = await readVisit(deps, await auth(), request, { prolongs: false });
          return now && route.for.includes(now.user.role) ? (await route.handle(now)).text() : null;
        });
      }
      const answer = await route.handle(visit);
      const path = c.req.path;
      return answer.status === 404 && moved.has(path) ? c.redirect(moved.get(path)!, 303) : answer;
    });
  }
  admin.all('*', async (c) => {
    if (c.req.path === '/admin/') return c.redirect('/admin');
    const visit = await readVisit(deps, await auth(), { c, caller: callerOf(c), form: () => '' });
    return show({ c }, <NotFound visit={visit} />, 404);
  });
  return admin;
};

/** Where pages stood once, and stand now: for those who kept the address, as long as nobody and nothing is called so. */
const moved = new Map(
  ['technicians/new', 'technicians/import', 'technicians/conflicts', 'work-orders/new', 'alerts/new'].map(
    (path) => [`/admin/${path}`, `/admin/${path.replace('/', '/-/')}`],
  ),
);

/** What is posted is answered, if it is at fault, by the live page whose address its own begins with. */
const livePathFor = (route: AdminRoute, routes: AdminRoute[]): ((c: Context) => string | null) => {
  const partsOf = (path: string) => path.split('/').filter(Boolean);
  const parts = partsOf(route.path);
  const lengths = routes.flatMap((each) => {
    const page = partsOf(each.path);
    const isLive = each.for !== 'anyone' && each.liveMs !== undefined;
    return isLive && page.every((part, place) => part === parts[place]) ? [page.length] : [];
  });
  if (route.method === 'get' || lengths.length === 0) return () => null;
  // With what stands before it: /admin.
  const length = Math.max(...lengths) + 2;
  return (c) => new URL(c.req.url).pathname.split('/').slice(0, length).join('/');
};

/** Who is there, if anybody is. The tenant is known by the session alone; what is asked then happens inside it. */
const readVisit = async (
  deps: Deps,
  auth: Auth,
  request: Request,
  { prolongs = true } = {},
): Promise<Visit | null> => {
  const { c, caller } = request;
  const token = auth.tokenIn(caller.cookie);
  const tenantId = token === null ? null : await deps.store.gate.sessionTenant(sha256(token));
  if (!tenantId) return null;
  return deps.store.tenant(tenantId, async (tx) => {
    const { signedIn, cookies } = await auth.within(tx, () => auth.session(caller, { prolongs }));
    const tenant = await tx.tenants.get();
    if (!signedIn || !tenant) return null;
    if (prolongs) {
      setCookies(c, cookies);
      rememberTenant(c, tenant.slug);
    }
    const zone = getCookie(c, 'rbm.zone') ?? '';
    return {
      ...request,
      ...signedIn,
      tenant,
      csrf: tokenFor(deps.secretKeys[0]!, signedIn.sessionId),
      livePath: null,
      zone: IANAZone.isValidZone(zone) ? zone : tenant.timeZone,
    };
  });
};

// What is left when the session is over, so that its user is not asked for a password of tenant `default`.
const rememberTenant = (c: Context, slug: string) => {
  const known = getCookie(c, tenantCookie) ?? 'default';
  if (known === slug) return;
  if (slug === 'default') deleteCookie(c, tenantCookie, { path: '/admin' });
  else
    setCookie(c, tenantCookie, slug, {
      path: '/admin',
      httpOnly: true,
      sameSite: 'Lax',
      maxAge: tenantSeconds,
    });
};
const tenantCookie = 'rbm.tenant';
const tenantSeconds = 90 * 24 * 60 * 60;

// Bound to the session: one of another session, or of one that is over, does not fit.
const tokenFor = (secretKey: string, sessionId: string) => derive(secretKey, `csrf:${sessionId}`);

const isTokenOf = (deps: Deps, sessionId: string, given: string): boolean =>
  deps.secretKeys.some((secretKey) => timingSafeEqual(sha256(given), sha256(tokenFor(secretKey, sessionId))));

const callerOf = (c: Context<PanelEnv>): Caller => ({
  cookie: c.req.header('cookie') ?? '',
  address: callerAddress(c.env?.incoming?.socket.remoteAddress, c.req.header('x-forwarded-for')),
  userAgent: (c.req.header('user-agent') ?? '').slice(0, 300),
});

const readForm = async (c: Context): Promise<Request['form']> => {
  const type = c.req.header('content-type') ?? '';
  const fields = new URLSearchParams(
    type.startsWith('application/x-www-form-urlencoded') ? await c.req.text() : '',
  );
  // Postgres takes no NUL in a text.
  return (name) => (fields.get(name) ?? '').replaceAll('\0', '');
};

/**
 * After signing in the page that was wanted comes. An action is not carried out by surprise: then it is the page with its
 * form.
 */
const signInPage = (c: Context, { method, path }: AdminRoute, isPage: (path: string) => boolean) => {
  const query = new URLSearchParams();
  const slug = getCookie(c, tenantCookie);
  if (slug) query.set('tenant', slug);
  const wanted = method === 'get' ? c.req.url : refererOf(c);
  const { pathname, search } = new URL(wanted ?? '/admin', c.req.url);
  if (pathname !== '/admin' && (method === 'get' || isPage(pathname))) query.set('next', pathname + search);
  if (method !== 'get') query.set('notice', path === '/sign-out' ? 'out' : 'ended');
  return `/admin/sign-in${query.size > 0 ? `?${query}` : ''}`;
};

const refererOf = (c: Context): string | null => {
  const referer = c.req.header('referer') ?? '';
  return URL.canParse(referer) ? referer : null;
};

const secureHeaders =
  (isSecure: boolean): MiddlewareHandler =>
  async (c, next) => {
    await next();
    const headers = {
      'content-security-policy':
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; " +
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      // Not no-referrer: browsers would then post forms without saying where from.
      'referrer-policy': 'same-origin',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
      'permissions-policy': 'camera=(), microphone=(), geolocation=(), payment=()',
      ...(isSecure ? { 'strict-transport-security': 'max-age=31536000' } : {}),
    };
    for (const [name, value] of Object.entries(headers)) {
      // A file has a stricter policy than a page.
      if (name !== 'content-security-policy' || !c.res.headers.has(name)) c.header(name, value);
      // A page of somebody else's making has a policy of its own.
      if (!c.res.headers.has(name)) c.header(name, value);
    }
    if (!c.res.headers.has('cache-control')) c.header('cache-control', 'no-store');
  };

// Their addresses change with their content.
const asset = (type: string) => ({
  'Content-Type': `${type}; charset=utf-8`,
  'Cache-Control': 'public, max-age=31536000, immutable',
});

/** Another site's page cannot make a browser change anything here, whether somebody is signed in or not. */
const onlyFromHere =
  (publicBaseUrl: string): MiddlewareHandler =>
  async (c, next) => {
    if (['GET', 'HEAD'].includes(c.req.method)) return next();
    const origin = c.req.header('origin');
    const isOurs =
      c.req.header('sec-fetch-site') === 'same-origin' ||
      (origin !== undefined &&
        URL.canParse(origin) &&
        (origin === new URL(publicBaseUrl).origin || new URL(origin).host === c.req.header('host')));
    if (isOurs) return next();
    return show(
      { c },
      <OpenPage title="Not from here">
        <p>This form was sent from another address than this panel's. Open the panel itself and try again.</p>
      </OpenPage>,
      403,
    );
  };

const limitBodies = (routes: AdminRoute[], isPage: (path: string) => boolean): MiddlewareHandler => {
  const limit = (maxBytes: number) =>
    limitBody(maxBytes, (c, headers) => {
      const { pathname, search } = new URL(refererOf(c) ?? '/', c.req.url);
      for (const [name, value] of Object.entries(headers)) c.header(name, value);
      const back = isPage(pathname) ? pathname + search : null;
      return show({ c }, <TooLarge {...{ maxBytes, back }} />, 413);
    });
  const usual = limit(maxBodyBytes);
  const larger = new Map<string, MiddlewareHandler>(
    routes.flatMap(({ path, maxBytes }) => (maxBytes ? [[`/admin${path}`, limit(maxBytes)] as const] : [])),
  );
  return (c, next) => (larger.get(c.req.path) ?? usual)(c, next);
};
