import type { Deps } from '../../deps.ts';
import { Field } from '../fields.tsx';
import { OpenPage, show } from '../frame.tsx';
import { passwordFaults, passwordLength } from '../password.ts';
import { type AdminRoute, type AuthOf, type Request, writeAudit } from '../route.ts';
import { forgiveAccount } from '../throttle.ts';
import { tenantIn } from './sign-in.tsx';

/** Setting a password with a link that an administrator made. */
export const invitationRoutes = (deps: Deps, auth: AuthOf): AdminRoute[] => {
  const tokenIn = ({ c }: Request) => (c.req.param('token') ?? '').slice(0, 100);

  /** Whose link it is. */
  const ownerOf = async (request: Request) => {
    const [tenantId] = await deps.store.gate.tenantIds(tenantIn(request.c));
    if (!tenantId) return null;
    const api = await auth();
    const user = await deps.store.tenant(tenantId, async (tx) => {
      const id = await api.within(tx, () => api.linkOwner(tokenIn(request)));
      return id ? tx.panelUsers.get(id) : null;
    });
    return user && !user.disabled ? { tenantId, user } : null;
  };

  const open = async (request: Request) => {
    const owner = await ownerOf(request);
    return owner ? show(request, <SetPassword {...owner.user} faults={[]} />) : show(request, <Over />, 404);
  };

  const use = async (request: Request) => {
    const { c, caller, form } = request;
    const owner = await ownerOf(request);
    if (!owner) return show(request, <Over />, 404);
    const { tenantId, user } = owner;
    const newPassword = form('newPassword');
    const faults = passwordFaults(newPassword, user);
    if (newPassword !== form('again')) faults.push('The password and its repetition differ.');
    if (faults.length > 0) return show(request, <SetPassword {...user} faults={faults} />, 422);
    const api = await auth();
    const outcome = await api.passwordsFirst({ next: newPassword }, () =>
      deps.store.tenant(tenantId, async (tx) => {
        const outcome = await api.within(tx, () =>
          api.useLink(caller, { token: tokenIn(request), newPassword }),
        );
        if (outcome.ok) {
          await forgiveAccount(tx, user.email);
          await writeAudit(tx, deps, user, caller, ['password.set-by-link', null]);
        }
        return outcome;
      }),
    );
    if (!outcome.ok) return show(request, <Over />, 404);
    const tenant = tenantIn(c) === 'default' ? '' : `&tenant=${tenantIn(c)}`;
    return c.redirect(`/admin/sign-in?notice=password${tenant}`, 303);
  };

  return [
    { method: 'get', path: '/invitation/:token', for: 'anyone', handle: open },
    { method: 'post', path: '/invitation/:token', for: 'anyone', handle: use },
  ];
};

const SetPassword = ({ name, email, faults }: { name: string; email: string; faults: string[] }) => (
  <OpenPage title={`Welcome, ${name}`} faults={faults}>
    <form method="post" class="card">
      <p>Choose the password that you will sign in with.</p>
      <input type="hidden" name="email" value={email} autocomplete="username" />
      <Field
        {...{ label: 'Password', name: 'newPassword', type: 'password', required: true }}
        {...{ autocomplete: 'new-password', minlength: passwordLength.min, maxlength: passwordLength.max }}
        hint={`At least ${passwordLength.min} characters; several words are easy to keep in mind.`}
      />
      <Field
        {...{ label: 'Password again', name: 'again', type: 'password', required: true }}
        autocomplete="new-password"
      />
      <p>
        <button type="submit">Set password</button>
      </p>
    </form>
  </OpenPage>
);

const Over = () => (
  <OpenPage title="This link opens nothing">
    <p>
      It was used already, is too old, or another one took its place. An administrator can make a new one.
    </p>
    <p>
      <a href="/admin/sign-in">To the sign-in page</a>
    </p>
  </OpenPage>
);
