import { z } from 'zod';
import type { Deps } from '../../deps.ts';
import type { PanelSession } from '../../store/panel-users.ts';
import { Field } from '../fields.tsx';
import { Form, Moment, Page, show } from '../frame.tsx';
import { doneOf } from '../parts.tsx';
import { passwordFaults, passwordLength } from '../password.ts';
import { type AdminRoute, type AuthOf, change, everybody, look, setCookies, type Visit } from '../route.ts';
import { changeByPassword, refusalOf } from '../throttle.ts';

const done: Record<string, string> = {
  password: 'Your password is changed, and every other session of yours has ended.',
  session: 'The session has ended.',
  sessions: 'Your other sessions have ended.',
  'second-factor': 'The second factor is off.',
};

const sessionId = z.uuid();

/** What somebody may see and change of themselves. */
export const accountRoutes = (deps: Deps, auth: AuthOf): AdminRoute[] => {
  const showAccount = async (visit: Visit, faults: string[] = []) => {
    const { me, sessions } = await look(deps, visit, async (tx) => ({
      me: await tx.panelUsers.get(visit.user.id),
      sessions: await tx.panelUsers.sessions(visit.user.id),
    }));
    const page = <Account {...{ visit, faults, sessions, hasPassword: me?.hasPassword ?? false }} />;
    return show(visit, page, faults.length > 0 ? 422 : 200);
  };

  const changePassword = async (visit: Visit) => {
    const { form, user } = visit;
    const newPassword = form('newPassword');
    const faults = passwordFaults(newPassword, user);
    if (newPassword !== form('again')) faults.push('The new password and its repetition differ.');
    if (faults.length > 0) return showAccount(visit, faults);
    const api = await auth();
    const currentPassword = form('currentPassword').slice(0, passwordLength.max);
    const typed = { password: currentPassword, next: newPassword };
    const outcome = await changeByPassword(deps, api, visit, typed, async (tx, note) => {
      const body = { currentPassword, newPassword };
      const outcome = await api.within(tx, () => api.changePassword(visit.caller, body));
      if (outcome.ok) note('password.changed', null);
      return outcome;
    });
    if (!outcome.ok) return showAccount(visit, [refusalOf(outcome)]);
    setCookies(visit.c, outcome.cookies);
    return visit.c.redirect('/admin/account?done=password', 303);
  };

  const endSession = async (visit: Visit) => {
    const id = sessionId.safeParse(visit.c.req.param('id'));
    await change(deps, visit, async (tx, note) => {
      if (id.success && (await tx.panelUsers.endSession(visit.user.id, id.data))) note('session.ended', null);
    });
    return visit.c.redirect('/admin/account?done=session', 303);
  };

  const endOthers = async (visit: Visit) => {
    await change(deps, visit, async (tx, note) => {
      const count = await tx.panelUsers.endSessions(visit.user.id, visit.sessionId);
      if (count > 0) note('session.ended', null, { count });
    });
    return visit.c.redirect('/admin/account?done=sessions', 303);
  };

  return [
    { method: 'get', path: '/account', for: everybody, handle: (visit) => showAccount(visit) },
    { method: 'post', path: '/account/password', for: everybody, handle: changePassword },
    { method: 'post', path: '/account/sessions/:id/end', for: everybody, handle: endSession },
    { method: 'post', path: '/account/sessions/end-others', for: everybody, handle: endOthers },
  ];
};

const Account = (props: {
  visit: Visit;
  faults: string[];
  sessions: PanelSession[];
  hasPassword: boolean;
}) => {
  const { visit, faults, sessions, hasPassword } = props;
  return (
    <Page visit={visit} title="My account" faults={faults} done={doneOf(visit, done)}>
      <p>
        {visit.user.email}, {visit.user.role}
      </p>
      <div class="columns">
        {hasPassword && <Password visit={visit} />}
        {hasPassword && (
          <section class="card" aria-labelledby="second-factor">
            <h2 id="second-factor">Second factor</h2>
            <p>
              {visit.user.hasSecondFactor
                ? 'On: signing in asks for a code of your app as well.'
                : 'Off: your password alone signs you in.'}
            </p>
            <p>
              <a class="button quiet" href="/admin/account/second-factor">
                {visit.user.hasSecondFactor ? 'Change' : 'Switch on'}
              </a>
            </p>
          </section>
        )}
      </div>
      <Sessions visit={visit} sessions={sessions} />
    </Page>
  );
};

const Password = ({ visit }: { visit: Visit }) => (
  <section class="card" aria-labelledby="password">
    <h2 id="password">Password</h2>
    <Form visit={visit} action="/admin/account/password" class="fields">
      <Field
        {...{ label: 'Current password', name: 'currentPassword', type: 'password', required: true }}
        autocomplete="current-password"
      />
      <Field
        {...{ label: 'New password', name: 'newPassword', type: 'password', required: true }}
        {...{ autocomplete: 'new-password', minlength: passwordLength.min, maxlength: passwordLength.max }}
        hint={`At least ${passwordLength.min} characters; several words are easy to keep in mind.`}
      />
      <Field
        {...{ label: 'New password again', name: 'again', type: 'password', required: true }}
        autocomplete="new-password"
      />
      <p>
        <button type="submit">Change password</button>
      </p>
    </Form>
  </section>
);

const Sessions = ({ visit, sessions }: { visit: Visit; sessions: PanelSession[] }) => (
  <section class="card" aria-labelledby="sessions">
    <h2 id="sessions">Where you are signed in</h2>
    <table class="list">
      <thead>
        <tr>
          <th scope="col">Browser</th>
          <th scope="col">Address</th>
          <th scope="col">Since</th>
          <th scope="col">Last used</th>
          <th scope="col">Action</th>
        </tr>
      </thead>
      <tbody>
        {sessions.map((session) => (
          <tr>
            <td>{browserOf(session.userAgent)}</td>
            <td data-label="from">{session.address ?? 'unknown'}</td>
            <td data-label="since">
              <Moment at={session.createdAt} zone={visit.zone} />
            </td>
            <td data-label="last used">
              <Moment at={session.usedAt} zone={visit.zone} />
            </td>
            <td class="actions">
              {session.id === visit.sessionId ? (
                <span class="soft">this one</span>
              ) : (
                <Form visit={visit} action={`/admin/account/sessions/${session.id}/end`}>
                  <button type="submit" class="quiet">
                    End
                  </button>
                </Form>
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
    {sessions.length > 1 && (
      <Form visit={visit} action="/admin/account/sessions/end-others">
        <button type="submit" class="quiet">
          End all others
        </button>
      </Form>
    )}
  </section>
);

/** Enough to tell one's phone from one's desk. */
const browserOf = (userAgent: string | null): string => {
  const text = userAgent ?? '';
  const [, browser] =
    /(Edg|OPR|Firefox|Chrome|Safari)\//.exec(text.replace(/Chrome\/\S+ (.*)(Edg|OPR)\//, '$2/')) ?? [];
  const [system] = /Android|iPhone|iPad|Windows|Mac OS|Linux/.exec(text) ?? [];
  const names: Record<string, string> = { Edg: 'Edge', OPR: 'Opera' };
  if (!browser) return text.slice(0, 60) || 'unknown';
  return `${names[browser] ?? browser}${system ? ` on ${system.replace('Mac OS', 'macOS')}` : ''}`;
};
