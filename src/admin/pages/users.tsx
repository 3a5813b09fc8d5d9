import { z } from 'zod';
import type { Deps } from '../../deps.ts';
import { type PanelRole, panelRoles } from '../../domain/panel-role.ts';
import type { PanelUser } from '../../store/panel-users.ts';
import type { Tx } from '../../store/store.ts';
import { NotFound } from '../errors.tsx';
import { Choice, Field } from '../fields.tsx';
import { Form, Moment, Page, show } from '../frame.tsx';
import { linkHours, newLink } from '../links.ts';
import { doneOf } from '../parts.tsx';
import { type AdminRoute, type AuthOf, change, look, type Note, type Visit } from '../route.ts';
import type { PanelSettings } from '../settings.ts';
import { Sure } from '../sure.tsx';

const administrators: readonly PanelRole[] = ['administrator'];
const pageSize = 100;

const done: Record<string, string> = {
  role: 'The role is changed. It holds from the next page on.',
  disabled: 'The user is disabled, and every session has ended.',
  enabled: 'The user may sign in again.',
  'second-factor': 'The second factor is removed.',
};

const aboutRoles = 'An administrator may do everything, a planner runs the work, an auditor only reads.';
const notYourself =
  'You cannot do this to yourself: another administrator can. Your password and second factor are under My account.';
const lastOne = 'Nobody else could administer this panel: make another administrator first.';

const userId = z.uuid();
const address = z.email().max(254);

/** Who may sign in, and as what. */
export const userRoutes = (deps: Deps, auth: AuthOf, settings: PanelSettings): AdminRoute[] => {
  const showUsers = async (
    visit: Visit,
    shown: { faults?: string[]; link?: { name: string; url: string }; typed?: Typed } = {},
  ) => {
    // Postgres takes no NUL in a text.
    const after = visit.c.req.query('after')?.replaceAll('\0', '') ?? null;
    const users = await look(deps, visit, (tx) => tx.panelUsers.list({ after, limit: pageSize + 1 }));
    return show(visit, <Users {...{ visit, users, ...shown }} />, shown.faults ? 422 : 200);
  };

  const add = async (visit: Visit) => {
    const typed = {
      name: visit.form('name').trim(),
      email: visit.form('email').trim().toLowerCase(),
      role: visit.form('role'),
    };
    const role = panelRoles.find((known) => known === typed.role);
    const faults = [
      ...(typed.name && typed.name.length <= 100 ? [] : ['The name needs 1 to 100 characters.']),
      ...(address.safeParse(typed.email).success ? [] : ['The e-mail address is not one.']),
      ...(role ? [] : ['Choose a role.']),
    ];
    if (!role || faults.length > 0) return showUsers(visit, { faults, typed });
    const api = await auth();
    const link = await change(deps, visit, async (tx, note) => {
      const user = { id: deps.newId(), name: typed.name, email: typed.email, role };
      if (!(await tx.panelUsers.add(user))) return null;
      note('user.added', user.email, { role });
      return newLink(tx, api, user.id, linkPlace(visit));
    });
    if (!link) return showUsers(visit, { faults: ['Somebody has this e-mail address already.'], typed });
    return showUsers(visit, { link: { name: typed.name, url: link } });
  };

  const linkPlace = (visit: Visit) => ({ ...settings, slug: visit.tenant.slug });

  /** What is done to one user that is there; a text says why not. */
  const onUser =
    (work: (tx: Tx, user: PanelUser, visit: Visit, note: Note) => Promise<string | null>, result: string) =>
    async (visit: Visit) => {
      const id = userId.safeParse(visit.c.req.param('id'));
      const refusal = await change(deps, visit, async (tx, note) => {
        // One at a time, so that two administrators cannot take the panel from each other.
        await tx.tenants.lock('panel users');
        const user = id.success ? await tx.panelUsers.get(id.data) : null;
        return user ? work(tx, user, visit, note) : 'not there';
      });
      if (refusal === 'not there') return show(visit, <NotFound visit={visit} />, 404);
      if (refusal) return showUsers(visit, { faults: [refusal] });
      return visit.c.redirect(`/admin/users?done=${result}`, 303);
    };

  const makeLink = async (visit: Visit) => {
    const id = userId.safeParse(visit.c.req.param('id'));
    // A link would do without the password that My account asks for.
    if (id.data?.toLowerCase() === visit.user.id) return showUsers(visit, { faults: [notYourself] });
    const api = await auth();
    const made = await change(deps, visit, async (tx, note) => {
      const user = id.success ? await tx.panelUsers.get(id.data) : null;
      if (!user) return null;
      note('user.link', user.email);
      return { name: user.name, url: await newLink(tx, api, user.id, linkPlace(visit)) };
    });
    return made ? showUsers(visit, { link: made }) : show(visit, <NotFound visit={visit} />, 404);
  };

  const setRole = onUser(async (tx, user, visit, note) => {
    const role = panelRoles.find((known) => known === visit.form('role'));
    if (!role) return 'Choose a role.';
    if (user.id === visit.user.id) return notYourself;
    if (user.role === role) return null;
    if (user.role === 'administrator' && !(await tx.panelUsers.anyAdministratorBut(user.id))) return lastOne;
    await tx.panelUsers.setRole(user.id, role);
    note('user.role', user.email, { role: `${user.role} → ${role}` });
    return null;
  }, 'role');

  const disable = onUser(async (tx, user, visit, note) => {
    if (user.id === visit.user.id) return notYourself;
    if (user.disabled) return null;
    if (user.role === 'administrator' && !(await tx.panelUsers.anyAdministratorBut(user.id))) return lastOne;
    await tx.panelUsers.setDisabled(user.id, true);
    await tx.panelUsers.endSessions(user.id);
    await tx.panelUsers.forgetLinks(user.id);
    note('user.disabled', user.email);
    return null;
  }, 'disabled');

  const enable = onUser(async (tx, user, _visit, note) => {
    if (!user.disabled) return null;
    await tx.panelUsers.setDisabled(user.id, false);
    note('user.enabled', user.email);
    return null;
  }, 'enabled');

  const removeSecondFactor = onUser(async (tx, user, visit, note) => {
    if (user.id === visit.user.id) return notYourself;
    if (!user.hasSecondFactor) return null;
    await tx.panelUsers.removeSecondFactor(user.id);
    note('user.second-factor-removed', user.email);
    return null;
  }, 'second-factor');

  return [
    { method: 'get', path: '/users', for: administrators, handle: (visit) => showUsers(visit) },
    { method: 'post', path: '/users', for: administrators, handle: add },
    { method: 'post', path: '/users/:id/role', for: administrators, handle: setRole },
    { method: 'post', path: '/users/:id/disable', for: administrators, handle: disable },
    { method: 'post', path: '/users/:id/enable', for: administrators, handle: enable },
    { method: 'post', path: '/users/:id/link', for: administrators, handle: makeLink },
    {
      method: 'post',
      path: '/users/:id/remove-second-factor',
      for: administrators,
      handle: removeSecondFactor,
    },
  ];
};

type Typed = { name: string; email: string; role: string };

const Users = (props: {
  visit: Visit;
  users: PanelUser[];
  faults?: string[];
  link?: { name: string; url: string };
  typed?: Typed;
}) => {
  const { visit, faults = [], link } = props;
  const users = props.users.slice(0, pageSize);
  return (
    <Page visit={visit} title="Users" faults={faults} done={doneOf(visit, done)}>
      {link && <Link {...link} />}
      <section class="card" aria-labelledby="all">
        <h2 id="all">Who may sign in</h2>
        <table class="list users">
          <thead>
            <tr>
              <th scope="col">Name</th>
              <th scope="col">Role</th>
              <th scope="col">Signs in with</th>
              <th scope="col">Last seen</th>
              <th scope="col">Actions</th>
            </tr>
          </thead>
          <tbody>
            {users.map((user) => (
              <Row visit={visit} user={user} />
            ))}
          </tbody>
        </table>
        {props.users.length > pageSize && (
          <p>
            <a href={`/admin/users?after=${encodeURIComponent(users.at(-1)!.email)}`}>More</a>
          </p>
        )}
      </section>
      <AddForm visit={visit} typed={props.typed ?? { name: '', email: '', role: '' }} />
    </Page>
  );
};

const Link = ({ name, url }: { name: string; url: string }) => (
  <section class="card done" aria-labelledby="link">
    <h2 id="link">Link for {name}</h2>
    <p>
      Give it to {name} in a way nobody else reads. It sets a password, once, within {linkHours} hours, and is
      shown only now.
    </p>
    <p class="secret">
      <code id="link-text">{url}</code>
    </p>
    <p>
      <button type="button" class="quiet" data-copy="link-text" aria-label="Copy the link" hidden>
        Copy
      </button>
    </p>
  </section>
);

const Row = ({ visit, user }: { visit: Visit; user: PanelUser }) => (
  <tr class={user.disabled ? 'off' : ''}>
    <td>
      <b>{user.name}</b>
      <br />
      {user.email}
    </td>
    <td data-label="role:">{user.disabled ? `${user.role}, disabled` : user.role}</td>
    <td data-label="signs in with:">{waysIn(user)}</td>
    <td data-label="last seen:">
      {user.lastSeenAt ? <Moment at={user.lastSeenAt} zone={visit.zone} /> : 'not signed in'}
    </td>
    <td>
      {user.id === visit.user.id ? (
        <span class="soft">you</span>
      ) : (
        <div class="actions">
          <Form visit={visit} action={`/admin/users/${user.id}/role`}>
            <select name="role" aria-label={`Role of ${user.name}`}>
              {panelRoles.map((role) => (
                <option value={role} selected={role === user.role}>
                  {role}
                </option>
              ))}
            </select>{' '}
            <button type="submit" class="quiet">
              Change
            </button>
          </Form>
          <Action visit={visit} user={user} what="link" text="New link" />
          {user.hasSecondFactor && (
            <Sure
              visit={visit}
              action={`/admin/users/${user.id}/remove-second-factor`}
              ask="Remove second factor"
              of={user.name}
              what="From then on their password alone lets them in. Only they can set up another one."
              yes="Yes, remove it"
            />
          )}
          {user.disabled ? (
            <Action visit={visit} user={user} what="enable" text="Enable" />
          ) : (
            <Sure
              visit={visit}
              action={`/admin/users/${user.id}/disable`}
              ask="Disable"
              of={user.name}
              what="Every session of theirs ends at once, and nothing lets them in until they are enabled again."
              yes="Yes, disable them"
            />
          )}
        </div>
      )}
    </td>
  </tr>
);

const waysIn = ({ hasPassword, hasSecondFactor }: PanelUser): string => {
  if (!hasPassword) return 'no password yet';
  return hasSecondFactor ? 'password and second factor' : 'password';
};

const Action = (props: { visit: Visit; user: PanelUser; what: string; text: string }) => (
  <Form visit={props.visit} action={`/admin/users/${props.user.id}/${props.what}`}>
    <button type="submit" class="quiet" aria-label={`${props.text}: ${props.user.name}`}>
      {props.text}
    </button>
  </Form>
);

const AddForm = ({ visit, typed }: { visit: Visit; typed: Typed }) => (
  <section class="card" aria-labelledby="add">
    <h2 id="add">Add a user</h2>
    <p class="soft">{aboutRoles}</p>
    <Form visit={visit} action="/admin/users" class="row">
      <Field {...{ label: 'Name', name: 'name', required: true, maxlength: 100, value: typed.name }} />
      <Field
        {...{ label: 'E-mail address', name: 'email', type: 'email', required: true, maxlength: 254 }}
        value={typed.email}
      />
      <Choice
        {...{ label: 'Role', name: 'role', value: typed.role }}
        options={panelRoles.toReversed().map((role) => [role, role])}
      />
      <button type="submit">Add</button>
    </Form>
  </section>
);
