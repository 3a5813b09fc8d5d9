import { sha256 } from '../crypto.ts';
import type { Deps } from '../deps.ts';
import type { Tx } from '../store/store.ts';
import { subscriberOf } from './address.ts';
import type { Outcome } from './auth.ts';
import { change, type Note, type Visit } from './route.ts';

const windowMs = 15 * 60 * 1000;

/**
 * How many wrong passwords a quarter of an hour may have. Few from one place for one account; more for an account from
 * everywhere, so that a stranger cannot lock its owner out from one address.
 */
const most = { ofBoth: 5, ofAddress: 30, ofAccount: 50 };

export const waitMinutes = windowMs / 60_000;

type Place = { email: string; address: string };

/** Counts a try before the password is looked at, so that tries at the same moment count too; false: not this one. */
export const mayTry = (deps: Deps, tenantId: string, place: Place): Promise<boolean> =>
  deps.store.tenant(tenantId, async (tx) => {
    const of = keyOf(place);
    const had = await tx.panelAttempts.count(of, windowMs);
    if (had.ofBoth >= most.ofBoth || had.ofAddress >= most.ofAddress || had.ofAccount >= most.ofAccount) {
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
  visit: Visit,
  work: (tx: Tx, note: Note) => Promise<Outcome<T>>,
): Promise<Outcome<T>> => {
  const place = { email: visit.user.email, address: visit.caller.address };
  if (!(await mayTry(deps, visit.tenant.id, place))) return { ok: false, cookies: [], cause: tooManyTries };
  return change(deps, visit, async (tx, note) => {
    const outcome = await work(tx, note);
    if (outcome.ok) await forgive(tx, place);
    else if (outcome.cause === 'INVALID_PASSWORD') note('password.refused', null);
    return outcome;
  });
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
