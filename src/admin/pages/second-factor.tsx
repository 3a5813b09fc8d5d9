import { raw } from 'hono/html';
import { renderSVG } from 'uqr';
import type { Deps } from '../../deps.ts';
import { Field } from '../fields.tsx';
import { Form, Page, show } from '../frame.tsx';
import { type AdminRoute, type AuthOf, change, everybody, setCookies, type Visit } from '../route.ts';
import { changeByPassword, refusalOf } from '../throttle.ts';

const path = '/account/second-factor';
const typedIn = (visit: Visit) => ({ password: visit.form('password').slice(0, 1000) });

/** Switching the second factor on and off, and the codes for a lost phone. */
export const secondFactorRoutes = (deps: Deps, auth: AuthOf): AdminRoute[] => {
  const showState = (visit: Visit, faults: string[] = []) =>
    show(visit, <State visit={visit} faults={faults} />, faults.length > 0 ? 422 : 200);

  const begin = async (visit: Visit) => {
    const api = await auth();
    const begun = await changeByPassword(deps, api, visit, typedIn(visit), (tx) =>
      api.within(tx, () => api.beginSecondFactor(visit.caller, typedIn(visit).password)),
    );
    if (!begun.ok) return showState(visit, [refusalOf(begun)]);
    setCookies(visit.c, begun.cookies);
    return show(visit, <Begun visit={visit} faults={[]} {...begun.value} />);
  };

  const confirm = async (visit: Visit) => {
    const api = await auth();
    const code = visit.form('code').replace(/\s/g, '').slice(0, 10);
    const outcome = await change(deps, visit, async (tx, note) => {
      const outcome = await api.within(tx, () => api.confirmSecondFactor(visit.caller, code));
      if (outcome.ok) note('second-factor.on', null);
      return outcome;
    });
    if (!outcome.ok) return show(visit, <Confirm visit={visit} faults={['The code is wrong.']} />, 422);
    setCookies(visit.c, outcome.cookies);
    return visit.c.redirect(`/admin${path}`, 303);
  };

  const end = async (visit: Visit) => {
    const api = await auth();
    const outcome = await changeByPassword(deps, api, visit, typedIn(visit), async (tx, note) => {
      const outcome = await api.within(tx, () => api.endSecondFactor(visit.caller, typedIn(visit).password));
      if (outcome.ok) note('second-factor.off', null);
      return outcome;
    });
    if (!outcome.ok) return showState(visit, [refusalOf(outcome)]);
    setCookies(visit.c, outcome.cookies);
    return visit.c.redirect('/admin/account?done=second-factor', 303);
  };

  const renew = async (visit: Visit) => {
    const api = await auth();
    const outcome = await changeByPassword(deps, api, visit, typedIn(visit), async (tx, note) => {
      const outcome = await api.within(tx, () => api.newBackupCodes(visit.caller, typedIn(visit).password));
      if (outcome.ok) note('second-factor.new-codes', null);
      return outcome;
    });
    if (!outcome.ok) return showState(visit, [refusalOf(outcome)]);
    return show(visit, <NewCodes visit={visit} codes={outcome.value} />);
  };

  return [
    { method: 'get', path, for: everybody, handle: async (visit) => showState(visit) },
    { method: 'post', path: `${path}/begin`, for: everybody, handle: begin },
    { method: 'post', path: `${path}/confirm`, for: everybody, handle: confirm },
    { method: 'post', path: `${path}/end`, for: everybody, handle: end },
    { method: 'post', path: `${path}/new-codes`, for: everybody, handle: renew },
  ];
};

type Props = { visit: Visit; faults: string[] };

const Password = ({ id }: { id: string }) => (
  <p class="field">
    <label for={id}>Your password</label>
    <input id={id} name="password" type="password" required autocomplete="current-password" />
  </p>
);

const State = ({ visit, faults }: Props) => (
  <Page visit={visit} title="Second factor" faults={faults}>
    {visit.user.hasSecondFactor ? (
      <div class="columns">
        <section class="card" aria-labelledby="codes">
          <h2 id="codes">Backup codes</h2>
          <p>Each signs you in once, without the phone. New ones replace those you have.</p>
          <Form visit={visit} action={`/admin${path}/new-codes`} class="fields">
            <Password id="codes-password" />
            <p>
              <button type="submit">Make new codes</button>
            </p>
          </Form>
        </section>
        <section class="card" aria-labelledby="off">
          <h2 id="off">Switch it off</h2>
          <Form visit={visit} action={`/admin${path}/end`} class="fields">
            <Password id="off-password" />
            <p>
              <button type="submit" class="grave">
                Switch off
              </button>
            </p>
          </Form>
        </section>
      </div>
    ) : (
      <section class="card">
        <p>
          Signing in then asks for six digits that an app on your phone shows: a password alone opens nothing
          any more.
        </p>
        <Form visit={visit} action={`/admin${path}/begin`} class="fields">
          <Password id="begin-password" />
          <p>
            <button type="submit">Go on</button>
          </p>
        </Form>
      </section>
    )}
  </Page>
);

const Begun = ({ visit, faults, uri, backupCodes }: Props & { uri: string; backupCodes: string[] }) => (
  <Page visit={visit} title="Second factor" faults={faults}>
    <section class="card" aria-labelledby="scan">
      <h2 id="scan">1. Add it to your app</h2>
      <p>Scan this with an authenticator app, or type the key into it.</p>
      <div class="qr" role="img" aria-label="Code to scan with the app">
        {raw(renderSVG(uri, { border: 1 }))}
      </div>
      <p class="secret">
        <code>{(new URL(uri).searchParams.get('secret') ?? '').replace(/(.{4})(?=.)/g, '$1 ')}</code>
      </p>
      <p>
        <a href={uri}>Open in an app on this device</a>
      </p>
    </section>
    <Codes title="2. Keep these backup codes" codes={backupCodes} />
    <ConfirmForm visit={visit} title="3. Type the code it shows" />
  </Page>
);

const Confirm = ({ visit, faults }: Props) => (
  <Page visit={visit} title="Second factor" faults={faults}>
    <ConfirmForm visit={visit} title="Type the code that the app shows" />
    <p>
      <a href={`/admin${path}`}>Start again</a>
    </p>
  </Page>
);

const ConfirmForm = ({ visit, title }: { visit: Visit; title: string }) => (
  <section class="card" aria-labelledby="confirm">
    <h2 id="confirm">{title}</h2>
    <Form visit={visit} action={`/admin${path}/confirm`} class="fields">
      <Field
        {...{ label: 'Code', name: 'code', required: true, inputmode: 'numeric', maxlength: 10 }}
        autocomplete="one-time-code"
      />
      <p>
        <button type="submit">Switch on</button>
      </p>
    </Form>
  </section>
);

const Codes = ({ title, codes }: { title: string; codes: string[] }) => (
  <section class="card" aria-labelledby="backup">
    <h2 id="backup">{title}</h2>
    <p>Each signs you in once if the phone is lost. They are shown only now.</p>
    <ul class="codes secret">
      {codes.map((code) => (
        <li>
          <code>{code}</code>
        </li>
      ))}
    </ul>
  </section>
);

const NewCodes = ({ visit, codes }: { visit: Visit; codes: string[] }) => (
  <Page visit={visit} title="Second factor" done="The codes you had before open nothing any more.">
    <Codes title="Your new backup codes" codes={codes} />
    <p>
      <a href="/admin/account">To my account</a>
    </p>
  </Page>
);
