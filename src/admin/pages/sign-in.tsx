import type { Context } from 'hono';
import type { Deps } from '../../deps.ts';
import { Field } from '../fields.tsx';
import { OpenPage, show } from '../frame.tsx';
import { type AdminRoute, type AuthOf, everybody, type Request, setCookies, writeAudit } from '../route.ts';
import { openIdCallback, type PanelSettings } from '../settings.ts';
import { forgive, mayTry, openIdVisits, waitMinutes } from '../throttle.ts';

const wrong = 'E-mail address or password is wrong.';
const tooMany = `Too many tries. Wait ${waitMinutes} minutes, or ask an administrator for a link to set a new password.`;
const wrongCode = 'The code is wrong. A code of the app is good for half a minute.';
const nobody = { id: null, name: 'Nobody' };

const wrongCodes = ['INVALID_CODE', 'INVALID_BACKUP_CODE'];
const overCode = 'It took too long, or there were too many tries. Sign in again.';

const notices: Record<string, string> = {
  openid: 'The provider did not let you in, or nobody here has the address it gave.',
  password: 'Your password is set. Sign in with it.',
  tries: `Too many tries from here. Wait ${waitMinutes} minutes, or sign in with your password.`,
  out: 'You are signed out.',
  ended: 'You had been signed out meanwhile, so nothing was changed. Sign in and do it again.',
};

/** Whose panel: of tenant `default` unless the address says another one. */
export const tenantIn = (c: Context): string => {
  const slug = c.req.query('tenant') ?? '';
  return /^[\w.-]{1,64}$/.test(slug) ? slug : 'default';
};

/** Only to a page of ours, whatever the address says. */
const nextIn = (c: Context): string => {
  const next = c.req.query('next') ?? '';
  return /^\/admin(\/[\w/.~%-]*)?(\?[\w=&.~%+-]*)?$/.test(next) ? next : '/admin';
};

const signInAddress = (c: Context, page: '' | '/second-factor' | '/openid') => {
  const query = new URLSearchParams();
  if (tenantIn(c) !== 'default') query.set('tenant', tenantIn(c));
  if (nextIn(c) !== '/admin') query.set('next', nextIn(c));
  return `/admin/sign-in${page}${query.size > 0 ? `?${query}` : ''}`;
};

export const signInRoutes = (deps: Deps, auth: AuthOf, settings: PanelSettings): AdminRoute[] => {
  const showForm = ({ c }: Request, faults: string[], email = '', status: 200 | 422 | 429 = 200) =>
    show(
      { c },
      <SignIn
        action={signInAddress(c, '')}
        tenant={tenantIn(c)}
        next={nextIn(c)}
        openId={settings.openId && tenantIn(c) === 'default' ? signInAddress(c, '/openid') : null}
        notice={notices[c.req.query('notice') ?? ''] ?? null}
        isNotTaken={c.req.query('notice') === 'ended'}
        faults={faults}
        email={email}
      />,
      status,
    );

  const signIn = async (request: Request): Promise<Response> => {
    const { c, caller, form } = request;
    const email = form('email').trim().slice(0, 254);
    const place = { email, address: caller.address };
    const [tenantId] = await deps.store.gate.tenantIds(tenantIn(c));
    if (!email) return showForm(request, [wrong], email, 422);
    // Whether there is such a tenant is told neither by the answer, nor by time, nor by how many tries it takes.
    const [countedIn] = tenantId ? [tenantId] : await deps.store.gate.tenantIds('default');
    const counted = tenantId ? place : { ...place, email: `${tenantIn(c)} ${email}` };
    if (countedIn && !(await mayTry(deps, countedIn, counted)))
      return showForm(request, [tooMany], email, 429);
    const api = await auth();
    const password = form('password').slice(0, 1000);
    if (!tenantId) {
      await api.hashInVain(password);
      return showForm(request, [wrong], email, 422);
    }

    const against = await deps.store.tenant(tenantId, (tx) => tx.panelUsers.passwordHash(email));
    const outcome = await api.passwordsFirst({ typed: password, against }, () =>
      deps.store.tenant(tenantId, async (tx) => {
        const outcome = await api.within(tx, () => api.signIn(caller, { email, password }));
        const user = await tx.panelUsers.byEmail(email);
        if (!outcome.ok) {
          // Without the address that was typed unless it is somebody's: it may be a password in the wrong field.
          if (user) await writeAudit(tx, deps, nobody, caller, ['sign-in.refused', user.email]);
        } else {
          await forgive(tx, place);
          await tx.panelUsers.forgetExpired();
          if (outcome.value) await writeAudit(tx, deps, user!, caller, ['sign-in', null]);
        }
        return outcome;
      }),
    );
    if (!outcome.ok) return showForm(request, [wrong], email, 422);
    setCookies(c, outcome.cookies);
    return c.redirect(outcome.value ? nextIn(c) : signInAddress(c, '/second-factor'), 303);
  };

  const showSecondFactor = ({ c }: Request, faults: string[], status: 200 | 422 = 200) =>
    show({ c }, <SecondFactor action={signInAddress(c, '/second-factor')} faults={faults} />, status);

  const verify = async (request: Request): Promise<Response> => {
    const { c, caller, form } = request;
    const [tenantId] = await deps.store.gate.tenantIds(tenantIn(c));
    if (!tenantId) return showSecondFactor(request, [overCode], 422);
    const code = form('code').replace(/\s/g, '').slice(0, 40);
    const api = await auth();
    const outcome = await deps.store.tenant(tenantId, async (tx) => {
      const challenged = await api.within(tx, () => api.challenged(caller.cookie));
      // What was wrong is kept too: better-auth counts it.
      const outcome = await api.within(tx, () =>
        api.verify(caller, /^\d{6}$/.test(code) ? 'code' : 'backup code', code),
      );
      if (outcome.ok) {
        const user = (await tx.panelUsers.get(outcome.value))!;
        await writeAudit(tx, deps, user, caller, ['sign-in', null, { by: 'password and second factor' }]);
      } else if (wrongCodes.includes(outcome.cause) && challenged) {
        // They had the password.
        const user = await tx.panelUsers.get(challenged);
        const entry = ['sign-in.refused', user?.email ?? null, { by: 'second factor' }] as const;
        await writeAudit(tx, deps, nobody, caller, [...entry]);
      }
      return outcome;
    });
    setCookies(c, outcome.cookies);
    if (outcome.ok) return c.redirect(nextIn(c), 303);
    const isOver = !wrongCodes.includes(outcome.cause);
    return showSecondFactor(request, [isOver ? overCode : wrongCode], 422);
  };

  return [
    { method: 'get', path: '/sign-in', for: 'anyone', handle: async (request) => showForm(request, []) },
    { method: 'post', path: '/sign-in', for: 'anyone', handle: signIn },
    {
      method: 'get',
      path: '/sign-in/second-factor',
      for: 'anyone',
      handle: async (request) => showSecondFactor(request, []),
    },
    { method: 'post', path: '/sign-in/second-factor', for: 'anyone', handle: verify },
    {
      method: 'get',
      path: '/sign-in/openid',
      for: 'anyone',
      handle: async (request) => beginOpenId(deps, auth, settings, request),
    },
    {
      method: 'get',
      path: openIdCallback.replace('/admin', ''),
      for: 'anyone',
      handle: async (request) => finishOpenId(deps, auth, settings, request),
    },
    {
      method: 'post',
      path: '/sign-out',
      for: everybody,
      handle: async (visit) => {
        const api = await auth();
        const { cookies } = await deps.store.tenant(visit.tenant.id, async (tx) => {
          await writeAudit(tx, deps, visit.user, visit.caller, ['sign-out', null]);
          return api.within(tx, () => api.signOut(visit.caller));
        });
        setCookies(visit.c, cookies);
        const { slug } = visit.tenant;
        return visit.c.redirect(
          `/admin/sign-in?notice=out${slug === 'default' ? '' : `&tenant=${slug}`}`,
          303,
        );
      },
    },
  ];
};

const failedOpenId = '/admin/sign-in?notice=openid';

/** The environment describes tenant `default`, so its provider is that tenant's. */
const beginOpenId = async (deps: Deps, auth: AuthOf, settings: PanelSettings, { c, caller }: Request) => {
  const [tenantId] = await deps.store.gate.tenantIds('default');
  if (!settings.openId || !tenantId) return c.redirect(failedOpenId);
  // Each leaves a row until the browser comes back.
  if (!(await mayTry(deps, tenantId, { email: openIdVisits, address: caller.address })))
    return c.redirect('/admin/sign-in?notice=tries');
  const api = await auth();
  const begun = await api.apart(tenantId, () =>
    api.beginOpenId(caller, { next: nextIn(c), failed: failedOpenId }),
  );
  if (!begun.ok) return c.redirect(failedOpenId);
  setCookies(c, begun.cookies);
  return c.redirect(begun.value);
};

const finishOpenId = async (deps: Deps, auth: AuthOf, settings: PanelSettings, { c, caller }: Request) => {
  const [tenantId] = await deps.store.gate.tenantIds('default');
  if (!settings.openId || !tenantId) return c.redirect(failedOpenId);
  const api = await auth();
  const answer = await api.apart(tenantId, () => api.finishOpenId(caller, new URL(c.req.url).search));
  const cookies = answer.headers.getSetCookie();
  const token = api.tokenIn(cookies.map((cookie) => cookie.split(';', 1)[0]).join('; '));
  setCookies(c, cookies);
  const next = answer.headers.get('location');
  if (!token || !next) return c.redirect(failedOpenId);
  await deps.store.tenant(tenantId, async (tx) => {
    const held = { ...caller, cookie: cookies.map((cookie) => cookie.split(';', 1)[0]).join('; ') };
    const { signedIn } = await api.within(tx, () => api.session(held));
    await forgive(tx, { email: openIdVisits, address: caller.address });
    await tx.panelUsers.forgetExpired();
    if (signedIn) await writeAudit(tx, deps, signedIn.user, caller, ['sign-in', null, { by: 'OpenID' }]);
  });
  return c.redirect(next.startsWith('/admin') ? next : '/admin');
};

const SignIn = (props: {
  action: string;
  /** As the address says, whether there is such a tenant or not. */
  tenant: string;
  next: string;
  openId: string | null;
  notice: string | null;
  /** What was posted without a session is not done: the browser may still have it. */
  isNotTaken: boolean;
  faults: string[];
  email: string;
}) => (
  <OpenPage title="Sign in" faults={props.faults}>
    {props.notice && (
      <p class="done" role="status" {...(props.isNotTaken ? { 'data-not-taken': '' } : {})}>
        {props.notice}
      </p>
    )}
    {props.tenant !== 'default' && (
      <p>
        To the panel of <b>{props.tenant}</b>.
      </p>
    )}
    <form method="post" action={props.action} class="card">
      <Field
        {...{ label: 'E-mail address', name: 'email', type: 'email', required: true, maxlength: 254 }}
        {...{ autocomplete: 'username', value: props.email }}
      />
      <Field
        {...{ label: 'Password', name: 'password', type: 'password', required: true }}
        autocomplete="current-password"
      />
      <p>
        <button type="submit">Sign in</button>
      </p>
    </form>
    {props.openId && (
      <p>
        <a class="button quiet" href={props.openId}>
          Sign in with your organization
        </a>
      </p>
    )}
    <details>
      <summary>To another panel</summary>
      <form method="get" action="/admin/sign-in" class="card">
        {props.next !== '/admin' && <input type="hidden" name="next" value={props.next} />}
        <Field
          {...{ label: 'Its short name', name: 'tenant', required: true, maxlength: 64 }}
          hint="Where several tenants share this service, each has a panel and users of its own. The short name stands behind “tenant=” in its address."
        />
        <p>
          <button type="submit" class="quiet">
            Go there
          </button>
        </p>
      </form>
    </details>
  </OpenPage>
);

const SecondFactor = ({ action, faults }: { action: string; faults: string[] }) => (
  <OpenPage title="Second factor" faults={faults}>
    <form method="post" action={action} class="card">
      <Field
        {...{ label: 'Code', name: 'code', required: true, autocomplete: 'one-time-code', maxlength: 40 }}
        hint="The six digits that your app shows, or one of your backup codes."
      />
      <p>
        <button type="submit">Go on</button>
      </p>
    </form>
    <p>
      <a href="/admin/sign-in">Start again</a>
    </p>
  </OpenPage>
);
