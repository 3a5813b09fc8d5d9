import { setTimeout as sleep } from 'node:timers/promises';
import { readCredentials } from '../cmms/save-tenant.ts';
import type { Deps } from '../deps.ts';
import type { StoredChannel } from '../store/channels.ts';
import type { Finding } from '../store/self-tests.ts';
import { readSeen, type Seen, writeCheck } from './check-form.ts';

const deadlineMs = 10_000;
/** What ingress answers to a check is shorter; of anything else no more is read. */
const mostBytes = 8192;

type Parts = { publicBaseUrl: string; fetch: typeof fetch; learningMs?: number[] };

/** Ingress learns of a sender that was changed within so long: it is asked again. */
const usualLearningMs = [500, 5000];

/**
 * Posts signed forms to our own public address, as Twilio would, and says how far they came. They go where
 * PUBLIC_BASE_URL leads and nowhere else: redirects are not followed, as Twilio's signature would not fit there.
 */
export const roundTrip = async (deps: Deps, parts: Parts, channel: StoredChannel): Promise<Finding[]> => {
  const { authToken } = readCredentials(channel, deps)!;
  const sender = { ...channel, authToken };
  const findings: Finding[] = [];
  // The address with a question mark first: only once this version has answered there, which keeps no check, is the
  // other one tried.
  for (const [what, path] of [
    ['Status callbacks', `/api/whatsappwebhook/status?a=${deps.newId()}`],
    ['Messages', '/api/whatsappwebhook/incoming'],
  ] as const) {
    const url = parts.publicBaseUrl + path;
    let found = await post(url, sender, parts, deps);
    for (const ms of parts.learningMs ?? usualLearningMs) {
      if (found === 'verified' || !found.mayPass) break;
      await sleep(ms);
      found = await post(url, sender, parts, deps);
    }
    if (found === 'verified') {
      findings.push({
        isOk: true,
        text: `${what} signed like Twilio’s came through and were verified.`,
        todo: null,
      });
    } else return [...findings, { isOk: false, text: found.text, todo: found.todo }];
  }
  return findings;
};

/** `mayPass`: it may be otherwise in a moment. */
type Fault = { text: string; todo: string; mayPass?: true };

const post = async (
  url: string,
  sender: Parameters<typeof writeCheck>[1],
  { fetch, publicBaseUrl }: Parts,
  { secretKeys }: Deps,
): Promise<'verified' | Fault> => {
  const check = writeCheck(url, sender, secretKeys[0]!);
  const { hostname, host } = new URL(publicBaseUrl);
  let answer: { status: number; type: string; location: string | null; text: string };
  try {
    const response = await fetch(check.url, {
      ...{ method: 'POST', body: check.body, headers: check.headers, redirect: 'manual' },
      signal: AbortSignal.timeout(deadlineMs),
    });
    answer = {
      status: response.status,
      type: response.headers.get('content-type') ?? '',
      location: response.headers.get('location'),
      text: await readStart(response),
    };
  } catch (error) {
    return whyNoAnswer(error, { hostname, host });
  }
  const seen = readSeen(check.nonce, answer.text, secretKeys);
  if (seen?.isVerified) return 'verified';
  return seen ? whyRefused(seen, check.url) : whoAnswered(answer, check.url);
};

const readStart = async (response: Response): Promise<string> => {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > mostBytes) break;
  }
  return Buffer.concat(chunks).subarray(0, mostBytes).toString('utf8');
};

/** No answer came at all. */
const whyNoAnswer = (error: unknown, { hostname, host }: { hostname: string; host: string }): Fault => {
  const code = codeOf(error);
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return {
      text: `The name ${hostname} leads nowhere (${code}).`,
      todo: 'Correct PUBLIC_BASE_URL, or the name’s entry in the DNS.',
    };
  }
  if (code === 'ECONNREFUSED') {
    return {
      text: `Nothing listens at ${host}: the connection was refused.`,
      todo: 'See whether the proxy runs and whether PUBLIC_BASE_URL has the right port.',
    };
  }
  if (
    code === 'TimeoutError' ||
    code === 'ETIMEDOUT' ||
    (code.startsWith('UND_ERR_') && code.includes('TIMEOUT'))
  ) {
    return {
      text: `${host} did not answer within ${deadlineMs / 1000} s. Twilio would give up, too.`,
      todo: 'Look for a firewall that swallows connections, or a proxy that cannot reach this service.',
    };
  }
  const tls = tlsFaults[code];
  if (tls) {
    return {
      text: `The certificate of ${host} will not do: ${tls} (${code}).`,
      todo: 'Give the proxy a certificate for this very name, from a known authority and with its whole chain.',
    };
  }
  if (code === 'EPROTO' || code.startsWith('ERR_SSL') || code.startsWith('ERR_TLS')) {
    return {
      text: `${host} does not speak TLS as it should (${code}).`,
      todo: 'See whether PUBLIC_BASE_URL says https:// where the port speaks plain HTTP, or the other way round.',
    };
  }
  if (code === 'EHOSTUNREACH' || code === 'ENETUNREACH') {
    return {
      text: `There is no way from here to ${host} (${code}).`,
      todo: 'If Twilio can reach it all the same, let this machine reach it too; else mend the network.',
    };
  }
  return {
    text: `The connection to ${host} broke before an answer came (${code}).`,
    todo: 'See the log of the proxy in front of this service.',
  };
};

const tlsFaults: Record<string, string> = {
  CERT_HAS_EXPIRED: 'it has expired',
  CERT_NOT_YET_VALID: 'it is not valid yet',
  ERR_TLS_CERT_ALTNAME_INVALID: 'it is another name’s',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'it is signed by nobody but itself',
  SELF_SIGNED_CERT_IN_CHAIN: 'its chain ends in one that nobody knows',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its chain is not whole',
  UNABLE_TO_GET_ISSUER_CERT: 'its chain is not whole',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its issuer is not known',
  CERT_REVOKED: 'it was revoked',
};

/** fetch wraps what happened. */
const codeOf = (error: unknown): string => {
  for (
    let each = error as { code?: unknown; name?: string; cause?: unknown; errors?: unknown[] } | undefined;
    each;
  ) {
    if (typeof each.code === 'string') return each.code;
    if (each.name === 'TimeoutError') return each.name;
    each = (each.cause ?? each.errors?.[0]) as typeof each;
  }
  return 'unknown';
};

/** Our own ingress has refused it, and says what it saw. */
const whyRefused = (seen: Seen, signed: string): Fault => {
  if (!seen.isSignatureThere) {
    return {
      text: 'It came without its signature: something on the way has taken the header X-Twilio-Signature off.',
      todo: 'Have the proxy or firewall pass every header on.',
    };
  }
  if (!seen.isFormWhole) {
    return {
      text: 'Something on the way has changed the form, so its signature does not fit.',
      todo: 'Have the proxy or firewall pass the body on byte by byte.',
    };
  }
  if (!seen.isSenderKnown) {
    return {
      text: 'The process that answered does not know the sender.',
      todo: 'See whether all processes have the same DATABASE_URL; one that just started needs a few seconds.',
      mayPass: true,
    };
  }
  if (seen.url !== signed) return describeOther(new URL(seen.url), new URL(signed));
  if (!seen.isAccountRight) {
    return {
      text: 'The process that answered knows the sender under another account SID.',
      todo: 'See whether all processes have the same DATABASE_URL, and try again in a few seconds.',
      mayPass: true,
    };
  }
  return {
    text: 'The process that answered knows another auth token, so the signature does not fit.',
    todo: 'Try again in a few seconds; if it stays, see whether all processes have the same environment.',
    mayPass: true,
  };
};

const describeOther = (seen: URL, signed: URL): Fault => {
  if (seen.origin !== signed.origin) {
    return {
      text: `The process that answered has another PUBLIC_BASE_URL: it takes ${seen.origin} for the address that was signed, which is ${signed.origin}.`,
      todo: 'Set PUBLIC_BASE_URL to the same address for all processes: the one that Twilio is given.',
    };
  }
  if (seen.pathname !== signed.pathname) {
    return {
      text: `A proxy changes the path: ${signed.pathname} was signed, and ${seen.pathname} arrived.`,
      todo: 'Have the proxy pass paths on as they are, or end PUBLIC_BASE_URL with what it takes away.',
    };
  }
  return {
    text: 'A proxy changes what stands behind the question mark of the address.',
    todo: 'Have the proxy pass addresses on as they are.',
  };
};

/** Something else than this installation's ingress. */
const whoAnswered = (
  { status, type, location, text }: { status: number; type: string; location: string | null; text: string },
  signed: string,
): Fault => {
  const { host, origin, pathname } = new URL(signed);
  if (status >= 300 && status < 400) {
    const to = location && URL.canParse(location, signed) ? new URL(location, signed) : null;
    const where = to ? (to.origin + to.pathname).slice(0, 200) : 'elsewhere';
    const isSecured = to !== null && to.host === new URL(signed).host && to.protocol === 'https:';
    return {
      text: `${host} redirects to ${where}; a signature does not fit there.`,
      todo: isSecured
        ? 'Set PUBLIC_BASE_URL to the https:// address.'
        : 'Set PUBLIC_BASE_URL to the address that answers by itself; let no login stand before /api/whatsappwebhook.',
    };
  }
  if (/html/i.test(type) || /^\s*<(!doctype|html)/i.test(text)) {
    return {
      text: `A web page of something else answered at ${origin} (${status}): a login, a proxy’s error page or another site.`,
      todo: 'Have the proxy pass /api/whatsappwebhook on to this service, and let no login stand before it.',
    };
  }
  if (status === 403) {
    return {
      text: `${host} answered 403 without saying why: a firewall, or another installation than this one.`,
      todo: 'See where the proxy leads, whether all processes have the same SECRET_KEY, and whether a firewall takes headers off.',
    };
  }
  if (status === 404 || status === 405) {
    return {
      text: `What answered at ${host} has no ${pathname} (${status}).`,
      todo: pathname.startsWith('/api/')
        ? 'Have the proxy pass /api/whatsappwebhook on as it is, to a process with ROLE=all or ROLE=ingress.'
        : `Have the proxy take ${pathname.split('/api/', 1)[0]} away and pass the rest on, to a process with ROLE=all or ROLE=ingress.`,
    };
  }
  if (status === 413) {
    return { text: `${host} takes no forms of this size (413).`, todo: 'Allow at least 64 kB in the proxy.' };
  }
  if (status === 502 || status === 503 || status === 504) {
    return {
      text: `The proxy at ${host} answered ${status}: it does not reach this service, or it is starting.`,
      todo: 'See whether the proxy’s target is right and the service runs.',
    };
  }
  return {
    text: `Something else than this service answered at ${host} (${status}).`,
    todo: 'See where PUBLIC_BASE_URL leads, and that all processes have the same version and SECRET_KEY.',
  };
};
