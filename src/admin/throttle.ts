import { sha256 } from '../crypto.ts';
import type { Deps } from '../deps.ts';
import type { Tx } from '../store/store.ts';
import { subscriberOf } from './address.ts';
import type { Auth, Outcome } from './auth.ts';
import { change, look, type Note, type Visit } from './route.ts';

const windowMs = 15 * 60 * 1000;

/**
 * How many wrong passwords a quarter of an hour may have. Few from one place for one account; more for an account from
 * everywhere, so that a stranger cannot lock its owner out from one address; and many more from one address, since all
 * of a plant may be behind it.
 */
const most = { ofBoth: 5, ofAddress: 300, ofAccount: 50 };

/** Visits to the OpenID provider that were begun from one address and led to nothing. */
const mostVisits = { ofBoth: 30, ofAddress: 300, ofAccount: Number.POSITIVE_INFINITY };
/** They count for nobody's account. */
export const openIdVisits = 'openid';

export const waitMinutes = windowMs / 60_000;

type Place = { email: string; address: string };

/** Counts a try before the password is looked at, so that tries at the same moment count too; false: not this one. */
export const mayTry = (deps: Deps, tenantId: string, place: Place): Promise<boolean> =>
  deps.store.tenant(tenantId, async (tx) => {
    const of = keyOf(place);
    const may = place.email === openIdVisits ? mostVisits : most;
    const had = await tx.panelAttempts.count(of, windowMs);
    if (had.ofBoth >= may.ofBoth || had.ofAddress >= may.ofAddress || had.ofAccount >= may.ofAccount) {
      return false;
    }
    await tx.panelAttempts.add({ id: deps.newId(), ...of });
    return true;
  });

/** The password was right: the tries before it are forgiven. */
export const forgive = (tx: Tx, place: Place): Promise<void> => tx.panelAttempts.forget(keyOf(place));

/**
 * `change` that asks somebody signed in for their password again: counted like tries to sign in, since a session may be
 * somebody else's by now.
 */
export const changeByPassword = async <T>(
  deps: Deps,
  api: Auth,
  visit: Visit,
  typed: { password: string; next?: string },
  work: (tx: Tx, note: Note) => Promise<Outcome<T>>,
): Promise<Outcome<T>> => {
  const place = { email: visit.user.email, address: visit.caller.address };
  if (!(await mayTry(deps, visit.tenant.id, place))) return { ok: false, cookies: [], cause: tooManyTries };
  const against = await look(deps, visit, (tx) => tx.panelUsers.passwordHash(visit.user.email));
  const { password, ...next } = typed;
  return api.passwordsFirst({ typed: password, against, ...next }, () =>
    change(deps, visit, async (tx, note) => {
      const outcome = await work(tx, note);
      if (outcome.ok) await forgive(tx, place);
      else if (outcome.cause === 'INVALID_PASSWORD') note('password.refused', null);
      return outcome;
    }),
  );
};

/** What to tell whose password was not taken. */
export const refusalOf = ({ cause }: { cause: string }): string =>
  cause === tooManyTries ? `Too many tries. Wait ${waitMinutes} minutes.` : 'The password is wrong.';

const tooManyTries = 'TOO_MANY_TRIES';

/** There is another password now: what was tried before is forgiven from everywhere. */
export const forgiveAccount = (tx: Tx, email: string): Promise<void> =>
  tx.panelAttempts.forgetAccount(accountOf(email));

const accountOf = (email: string): Buffer => sha256(email.trim().toLowerCase());

const keyOf = ({ email, address }: Place) => ({
  account: accountOf(email),
  address: subscriberOf(address),
});
