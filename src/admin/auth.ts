import { AsyncLocalStorage } from 'node:async_hooks';
import { hashPassword, verifyPassword } from 'better-auth/crypto';
import { betterAuth } from 'better-auth/minimal';
import { genericOAuth } from 'better-auth/plugins/generic-oauth';
import { twoFactor } from 'better-auth/plugins/two-factor';
import type { Deps } from '../deps.ts';
import type { PanelRole } from '../domain/panel-role.ts';
import type { Tx } from '../store/store.ts';
import { createAuthRecords, type Reach } from './auth-records.ts';
import { linkHours } from './links.ts';
import { passwordLength } from './password.ts';
import { panelSecrets } from './seal.ts';
import { openIdCallback, type PanelSettings } from './settings.ts';

/** A session ends after so long without use, */
const idleSeconds = 12 * 60 * 60;
/** which is noted once in so long, */
const noteUseSeconds = 15 * 60;
/** and after so long whatever happens. */
const longestSessionMs = 7 * 24 * 60 * 60 * 1000;

const linkPrefix = 'reset-password:';

/** What the browser sent and what is known of it; better-auth sees nothing else of a request. */
export type Caller = { cookie: string; address: string; userAgent: string };

/** What better-auth did, with the cookies that belong to it. */
export type Outcome<T> =
  | { ok: true; cookies: string[]; value: T }
  /** `cause` is better-auth's word for it, INVALID_PASSWORD for instance. */
  | { ok: false; cookies: string[]; cause: string };

export type SignedIn = {
  sessionId: string;
  user: { id: string; name: string; email: string; role: PanelRole; hasSecondFactor: boolean };
};

export type Auth = ReturnType<typeof createAuth>;

/**
 * Signing in, by better-auth. It does passwords, sessions, second factors and OpenID; whom there is, what they may do
 * and where all of it is kept is ours. Everything it does happens inside `within` or `apart`.
 */
export const createAuth = (deps: Deps, settings: Pick<PanelSettings, 'publicBaseUrl' | 'openId'>) => {
  const scope = new AsyncLocalStorage<Reach>();
  const known = new AsyncLocalStorage<KnownPassword[]>();
  const knownOf = (password: string) => known.getStore()?.find((each) => each.password === password);
  const isSecure = settings.publicBaseUrl.startsWith('https:');
  const cookiePrefix = isSecure ? '__Host-rbm' : 'rbm';

  const options = {
    appName: 'RBM WhatsApp',
    baseURL: settings.publicBaseUrl,
    basePath: '/admin/auth',
    secrets: panelSecrets(deps.secretKeys),
    database: createAuthRecords(scope),
    telemetry: { enabled: false },
    // Ours counts over all processes, by account as well as by address: see throttle.ts.
    rateLimit: { enabled: false },
    logger: {
      log: (level: string, message: string) => {
        // What follows the message may be somebody's data.
        if (level === 'error') deps.log.warn({ event: 'admin.auth', reason: message });
      },
    },
    emailAndPassword: {
      enabled: true,
      disableSignUp: true,
      minPasswordLength: passwordLength.min,
      maxPasswordLength: passwordLength.max,
      revokeSessionsOnPasswordReset: true,
      password: {
        hash: async (password: string) => knownOf(password)?.hash ?? hashPassword(password),
        verify: async ({ hash, password }: { hash: string; password: string }) => {
          const verified = knownOf(password)?.verified;
          // Another one was set meanwhile.
          return verified?.against === hash ? verified.isRight : verifyPassword({ hash, password });
        },
      },
    },
    user: {
      additionalFields: {
        role: { type: 'string', required: true, input: false },
        disabled: { type: 'boolean', required: false, input: false },
      },
    },
    session: { expiresIn: idleSeconds, updateAge: noteUseSeconds },
    verification: { storeIdentifier: 'hashed' },
    account: {
      updateAccountOnSignIn: false,
      // Whoever the provider says has the address is the person of that address here.
      accountLinking: { requireLocalEmailVerified: false },
    },
    databaseHooks: {
      session: {
        create: {
          // Every way in ends here.
          before: async (session: { userId: string }) => {
            const user = await scope.getStore()!((tx) => tx.panelUsers.get(session.userId));
            return user !== null && !user.disabled;
          },
        },
      },
    },
    advanced: {
      cookiePrefix,
      // Its own prefix is __Secure-; ours, which no other host of the domain can set, is in the name.
      useSecureCookies: false,
      defaultCookieAttributes: { secure: isSecure, sameSite: 'lax', httpOnly: true, path: '/' },
      database: { generateId: () => deps.newId() },
      ipAddress: { ipAddressHeaders: [addressHeader], ipv6Subnet: 128 },
    },
  } as const;
  const factors = () => twoFactor({ issuer: 'RBM WhatsApp', allowPasswordless: true });
  const auth = betterAuth({ ...options, plugins: [factors()] } as never) as unknown as BetterAuth;
  // Apart, because better-auth asks the provider who it is before it answers anything.
  let withOpenId: BetterAuth | null = null;
  const openId = (): BetterAuth => {
    const provider = settings.openId!;
    withOpenId ??= betterAuth({
      ...options,
      plugins: [
        genericOAuth({
          config: [
            {
              providerId: 'openid',
              clientId: provider.clientId,
              clientSecret: provider.clientSecret,
              discoveryUrl: `${provider.issuer.replace(/\/+$/, '')}/.well-known/openid-configuration`,
              scopes: ['openid', 'email', 'profile'],
              pkce: true,
              disableSignUp: true,
              requireIdTokenVerification: true,
            },
          ],
        }),
      ],
    } as never) as unknown as BetterAuth;
    return withOpenId;
  };

  const call = async <T>(
    caller: Caller,
    what: (api: BetterAuth['api'], common: Common) => Promise<Answer>,
    read: (response: never) => T,
  ): Promise<Outcome<T>> => {
    try {
      const { headers, response } = await what(auth.api, { headers: headersOf(caller), returnHeaders: true });
      return { ok: true, cookies: headers.getSetCookie(), value: read(response as never) };
    } catch (error) {
      const cause = causeOf(error);
      if (cause === null) throw error;
      const { headers } = error as { headers?: Headers };
      return { ok: false, cookies: headers ? new Headers(headers).getSetCookie() : [], cause };
    }
  };

  return {
    /** Runs `work` so that what better-auth reads and writes is part of this transaction. */
    within: <T>(tx: Tx, work: () => Promise<T>): Promise<T> => scope.run((ask) => ask(tx), work),

    /** Where better-auth waits for others: each of its statements is a transaction of its own. */
    apart: <T>(tenantId: string, work: () => Promise<T>): Promise<T> =>
      scope.run((ask) => deps.store.tenant(tenantId, ask), work),

    /**
     * Does what takes long with passwords first, so that no transaction that `work` opens waits for it. `against`: the
     * hash that the password typed is compared with; with none it takes as long.
     */
    passwordsFirst: async <T>(
      { typed, against = null, next }: { typed?: string; against?: string | null; next?: string },
      work: () => Promise<T>,
    ): Promise<T> => {
      const all: KnownPassword[] = [];
      if (typed && against) {
        const isRight = await verifyPassword({ hash: against, password: typed });
        all.push({ password: typed, verified: { against, isRight } });
      } else if (typed) all.push({ password: typed, hash: await hashPassword(typed) });
      if (next) {
        const same = all.find(({ password }) => password === next);
        const hash = await hashPassword(next);
        if (same) same.hash = hash;
        else all.push({ password: next, hash });
      }
      return known.run(all, work);
    },

    /** The token that the browser holds, if it is one at all; whose it is the gate knows. */
    tokenIn: (cookie: string): string | null => tokenOf(cookie, `${cookiePrefix}.session_token`),

    /** Who is signed in; null for nobody. Cookies come when the session was prolonged: by what somebody does. */
    session: async (
      caller: Caller,
      { prolongs = true } = {},
    ): Promise<{ cookies: string[]; signedIn: SignedIn | null }> => {
      const query = prolongs ? {} : { disableRefresh: true };
      const found = await call(caller, (api, common) => api.getSession({ ...common, query }), readSession);
      const signedIn = found.ok ? found.value : null;
      const isTooOld = signedIn && deps.now().getTime() - signedIn.since.getTime() > longestSessionMs;
      // Else every request would prolong it.
      if (isTooOld)
        await scope.getStore()!((tx) => tx.panelUsers.endSession(signedIn.user.id, signedIn.sessionId));
      return { cookies: found.cookies, signedIn: signedIn && !isTooOld ? signedIn : null };
    },

    signIn: (caller: Caller, body: { email: string; password: string }) =>
      call(
        caller,
        (api, common) => api.signInEmail({ ...common, body }),
        ({ user, twoFactorRedirect }: { user?: { id: string }; twoFactorRedirect?: boolean }) =>
          twoFactorRedirect ? null : user!.id,
      ),

    /** Takes as long as a password does, so that nobody learns by time that there was none to look at. */
    hashInVain: async (password: string): Promise<void> => {
      await hashPassword(password);
    },

    signOut: (caller: Caller) =>
      call(
        caller,
        (api, common) => api.signOut(common),
        () => null,
      ),

    /** Whose second factor the browser was asked for after the password; null if for nobody's. */
    challenged: async (cookie: string): Promise<string | null> => {
      const challenge = tokenOf(cookie, `${cookiePrefix}.two_factor`);
      if (challenge === null) return null;
      const { internalAdapter } = await auth.$context;
      return (await internalAdapter.findVerificationValue(challenge))?.value ?? null;
    },

    /** Signs in by the app's code, or by one of the codes kept for a lost phone. Answers who. */
    verify: (caller: Caller, by: 'code' | 'backup code', code: string) =>
      call(
        // With a session better-auth would take the code for that one's, and sign nobody in.
        { ...caller, cookie: without(caller.cookie, `${cookiePrefix}.session_token`) },
        (api, common) =>
          by === 'code'
            ? api.verifyTOTP({ ...common, body: { code } })
            : api.verifyBackupCode({ ...common, body: { code } }),
        ({ user }: { user: { id: string } }) => user.id,
      ),

    /** With a first code the second factor is in force. */
    confirmSecondFactor: (caller: Caller, code: string) =>
      call(
        caller,
        (api, common) => api.verifyTOTP({ ...common, body: { code } }),
        () => null,
      ),

    changePassword: (caller: Caller, body: { currentPassword: string; newPassword: string }) =>
      call(
        caller,
        (api, common) => api.changePassword({ ...common, body: { ...body, revokeOtherSessions: true } }),
        () => null,
      ),

    /** Not in force before `confirmSecondFactor`. */
    beginSecondFactor: (caller: Caller, password: string) =>
      call(
        caller,
        (api, common) => api.enableTwoFactor({ ...common, body: { ...given(password), method: 'totp' } }),
        ({ totpURI, backupCodes }: { totpURI: string; backupCodes: string[] }) => ({
          uri: totpURI,
          backupCodes,
        }),
      ),

    endSecondFactor: (caller: Caller, password: string) =>
      call(
        caller,
        (api, common) => api.disableTwoFactor({ ...common, body: given(password) }),
        () => null,
      ),

    newBackupCodes: (caller: Caller, password: string) =>
      call(
        caller,
        (api, common) => api.generateBackupCodes({ ...common, body: given(password) }),
        ({ backupCodes }: { backupCodes: string[] }) => backupCodes,
      ),

    /** A link's secret, with which its holder sets a password, once. */
    makeLink: async (userId: string, token: string): Promise<void> => {
      const { internalAdapter } = await auth.$context;
      await internalAdapter.createVerificationValue({
        identifier: `${linkPrefix}${token}`,
        value: userId,
        expiresAt: new Date(Date.now() + linkHours * 60 * 60 * 1000),
      });
    },

    /** Whose link it is; null for one that is used, too old or made up. */
    linkOwner: async (token: string): Promise<string | null> => {
      const { internalAdapter } = await auth.$context;
      const found = await internalAdapter.findVerificationValue(`${linkPrefix}${token}`);
      return found && found.expiresAt > new Date() ? found.value : null;
    },

    /** Ends all sessions of the link's owner. */
    useLink: (caller: Caller, body: { token: string; newPassword: string }) =>
      call(
        caller,
        (api, common) => api.resetPassword({ ...common, body }),
        () => null,
      ),

    /** Where to send the browser to sign in at the provider. */
    beginOpenId: async (
      caller: Caller,
      pages: { next: string; failed: string },
    ): Promise<Outcome<string>> => {
      try {
        const { headers, response } = await openId().api.signInSocial({
          headers: headersOf(caller),
          returnHeaders: true,
          body: { provider: 'openid', callbackURL: pages.next, errorCallbackURL: pages.failed },
        });
        return { ok: true, cookies: headers.getSetCookie(), value: (response as { url: string }).url };
      } catch (error) {
        const cause = causeOf(error);
        if (cause === null) throw error;
        return { ok: false, cookies: [], cause };
      }
    },

    /** The browser comes back from the provider: answers with where it goes on, signed in or not. */
    finishOpenId: (caller: Caller, query: string): Promise<Response> =>
      openId().handler(
        new Request(`${settings.publicBaseUrl}${openIdCallback}${query}`, { headers: headersOf(caller) }),
      ),
  };
};

type KnownPassword = { password: string; hash?: string; verified?: { against: string; isRight: boolean } };

const addressHeader = 'x-rbm-address';

const headersOf = ({ cookie, address, userAgent }: Caller): Headers =>
  new Headers({ cookie, [addressHeader]: address, 'user-agent': userAgent });

const given = (password: string) => (password ? { password } : {});

const tokenOf = (cookie: string, name: string): string | null => {
  for (const part of cookie.split(';')) {
    const [key, value = ''] = part.trim().split('=', 2);
    if (key !== name) continue;
    try {
      // The signature behind the last dot is better-auth's to check.
      const [, token] = /^(.+)\.[^.]+$/.exec(decodeURIComponent(value)) ?? [];
      return token ?? null;
    } catch {
      return null;
    }
  }
  return null;
};

const without = (cookie: string, name: string): string =>
  cookie
    .split(';')
    .filter((part) => part.split('=', 1)[0]!.trim() !== name)
    .join(';');

const readSession = (
  found: {
    session: { id: string; createdAt: Date };
    user: {
      id: string;
      name: string;
      email: string;
      role: PanelRole;
      disabled: boolean;
      twoFactorEnabled: boolean;
    };
  } | null,
): (SignedIn & { since: Date }) | null => {
  if (!found || found.user.disabled) return null;
  const { id, name, email, role, twoFactorEnabled } = found.user;
  return {
    sessionId: found.session.id,
    since: found.session.createdAt,
    user: { id, name, email, role, hasSecondFactor: twoFactorEnabled },
  };
};

/** Null for what is not an answer but a fault. */
const causeOf = (error: unknown): string | null => {
  const { name, status, statusCode, body } = error as {
    name?: string;
    status?: string;
    statusCode?: number;
    body?: { code?: string };
  };
  if (name !== 'APIError' || (statusCode ?? 500) >= 500) return null;
  return body?.code ?? status ?? 'REFUSED';
};

// What is called of better-auth: its own types grow with every plugin and say the same at great length.
type Common = { headers: Headers; returnHeaders: true };
type Answer = { headers: Headers; response: unknown };
type Call = (request: Common & { body?: object; query?: object }) => Promise<Answer>;
type BetterAuth = {
  handler: (request: Request) => Promise<Response>;
  api: Record<
    | 'getSession'
    | 'signInEmail'
    | 'signOut'
    | 'verifyTOTP'
    | 'verifyBackupCode'
    | 'changePassword'
    | 'enableTwoFactor'
    | 'disableTwoFactor'
    | 'generateBackupCodes'
    | 'resetPassword'
    | 'signInSocial',
    Call
  >;
  $context: Promise<{
    internalAdapter: {
      createVerificationValue: (value: {
        identifier: string;
        value: string;
        expiresAt: Date;
      }) => Promise<unknown>;
      findVerificationValue: (identifier: string) => Promise<{ value: string; expiresAt: Date } | null>;
    };
  }>;
};
