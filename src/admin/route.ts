import type { IncomingMessage } from 'node:http';
import type { Context } from 'hono';
import { type Facts, readFacts } from '../cmms/facts.ts';
import type { Deps } from '../deps.ts';
import type { PanelRole } from '../domain/panel-role.ts';
import type { Tx } from '../store/store.ts';
import type { Tenant } from '../store/tenants.ts';
import type { AuditAction } from './audit-actions.ts';
import type { Auth, Caller, SignedIn } from './auth.ts';

/** The routes' way to better-auth, which takes a second to load and is not loaded before it is needed. */
export type AuthOf = () => Promise<Auth>;

export type PanelEnv = { Bindings: { incoming?: IncomingMessage } };

/** A request from whoever it may be. `form`: what was posted; a field that is missing reads as ''. */
export type Request = { c: Context<PanelEnv>; caller: Caller; form: (name: string) => string };

/** A request of somebody signed in. */
export type Visit = Request &
  SignedIn & {
    tenant: Tenant;
    /** In every form, in the field `csrf`: see `Form`. */
    csrf: string;
    /** The reader's, for times. */
    zone: string;
    /** Where the page that answers what was posted is read, with its live parts; null: at the address it has. */
    livePath: string | null;
  };

/** One page or action of the panel, under /admin. The table of all of them is what is tested for who may come in. */
export type AdminRoute = {
  method: 'get' | 'post' | 'put';
  path: string;
  /** What is posted may be so large, where that is more than a form usually is. The path has no parameter then. */
  maxBytes?: number;
} & (
  | { for: 'anyone'; handle: (request: Request) => Promise<Response> }
  | {
      for: readonly PanelRole[];
      handle: (visit: Visit) => Promise<Response>;
      /** The page's `Live` parts are read anew after so long, and sent when they have changed. */
      liveMs?: number;
      /**
       * Asked by a script of a page, by itself and again and again: the session's token comes as a header, and asking is
       * not using the panel.
       */
      byScript?: boolean;
    }
);

export const everybody: readonly PanelRole[] = ['administrator', 'planner', 'auditor'];

/** Where the form says it came from, when that is a page of the panel's, else `fallback`: there stands what was done. */
export const backTo = (visit: Visit, fallback: string, done: string): string => {
  const asked = visit.form('back');
  const isOurs = /^\/admin(\/[\w%.~@:/-]*)?(\?[\w%.~@:/?&=+-]*)?$/.test(asked);
  const at = (address: string) => new URL(address, 'http://panel');
  // What has dots in it may lead elsewhere.
  const to = isOurs && /^\/admin(\/|$)/.test(at(asked).pathname) ? at(asked) : at(fallback);
  to.searchParams.set('done', done);
  return to.pathname + to.search;
};

/** Passes on what better-auth wants the browser to keep. */
export const setCookies = (c: Context, cookies: string[]): void => {
  for (const cookie of cookies) c.header('set-cookie', cookie, { append: true });
};

/** Reads inside the visitor's tenant. */
export const look = <T>(deps: Deps, visit: Visit, work: (tx: Tx) => Promise<T>): Promise<T> =>
  deps.store.tenant(visit.tenant.id, work);

export type Note = (action: AuditAction, subject: string | null, details?: Record<string, unknown>) => void;

/**
 * The only way the panel changes anything: `work`, and what it notes for the audit, in one transaction. `facts` name
 * the visitor as the actor, for what the API and the jobs do by the same functions. Ring bells after it.
 */
export const change = <T>(
  deps: Deps,
  visit: Visit,
  work: (tx: Tx, note: Note, facts: Facts) => Promise<T>,
): Promise<T> =>
  deps.store.tenant(visit.tenant.id, async (tx) => {
    const facts = await readFacts(tx, deps, { kind: 'admin', id: visit.user.email });
    const entries: Parameters<Note>[] = [];
    const result = await work(tx, (...entry) => entries.push(entry), facts);
    for (const entry of entries) await writeAudit(tx, deps, visit.user, visit.caller, entry);
    return result;
  });

export const writeAudit = (
  tx: Tx,
  deps: Pick<Deps, 'newId'>,
  user: { id: string | null; name: string },
  { address }: Pick<Caller, 'address'>,
  [action, subject, details = {}]: Parameters<Note>,
): Promise<void> =>
  tx.audit.add({
    id: deps.newId(),
    userId: user.id,
    userName: user.name,
    action,
    subject,
    details,
    address,
  });
