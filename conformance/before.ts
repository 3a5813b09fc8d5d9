/** Why nothing can be checked: one sentence that says what to do. */
export class CannotCheck extends Error {}

const withinMs = 5000;

/** The installation's address, without what people copy along with it. Throws CannotCheck when it is none. */
export const readAddress = (given: string): string => {
  if (!/^https?:\/\//i.test(given)) {
    throw new CannotCheck(`--url ${given}: the address must begin with http:// or https://`);
  }
  if (!URL.canParse(given)) throw new CannotCheck(`--url ${given} is no address`);
  const { origin, pathname } = new URL(given);
  return origin + pathname.replace(/\/+$/, '').replace(/\/api\/v1$/, '');
};

/**
 * Throws CannotCheck unless the service is at `url` and `key` is a tenant's, so that one wrong argument is not told as
 * a hundred rules that do not hold. With `operatorKey`: unless it is the operator's.
 */
export const findInstallation = async (url: string, key: string, operatorKey: string | null) => {
  for (const [name, value] of Object.entries({ key, 'operator-key': operatorKey })) {
    if (value !== null && !/^[\x21-\x7e]+$/.test(value)) {
      throw new CannotCheck(`--${name} holds a character that is in no key; was it copied in full?`);
    }
  }
  const health = await ask(url, '/api/whatsappwebhook/health');
  const place = health.headers.get('location');
  if (place) throw new CannotCheck(`${url} leads elsewhere, to ${place}: give that address as --url`);
  const { checks } = (await readJson(health)) ?? {};
  if (![200, 503].includes(health.status) || typeof checks !== 'object') {
    throw new CannotCheck(
      `What answers at ${url} is not this service: its health was answered ${health.status}. Is the address right?`,
    );
  }
  const settings = await ask(url, '/api/v1/settings', key);
  if (settings.status === 401) throw new CannotCheck(`${url} does not know this --key`);
  if (settings.status === 403) {
    throw new CannotCheck(`${url} does not let this --key in: it must be a tenant's, not the operator's`);
  }
  if (settings.status !== 200) {
    throw new CannotCheck(`${url} cannot be checked now: its settings were answered ${settings.status}`);
  }
  if (operatorKey === null) return;
  // Without a name nothing is made.
  const tenant = await ask(url, '/api/v1/tenants/conformance', operatorKey, 'PUT');
  if (tenant.status === 404)
    throw new CannotCheck(`${url} has no OPERATOR_API_KEY: leave out --operator-key`);
  if ([401, 403].includes(tenant.status)) throw new CannotCheck(`${url} does not know this --operator-key`);
};

const ask = async (url: string, path: string, key?: string, method = 'GET'): Promise<Response> => {
  try {
    return await fetch(url + path, {
      method,
      headers: { ...(key ? { Authorization: `Bearer ${key}` } : {}), 'Content-Type': 'application/json' },
      ...(method === 'PUT' ? { body: '{}' } : {}),
      redirect: 'manual',
      signal: AbortSignal.timeout(withinMs),
    });
  } catch (error) {
    throw new CannotCheck(`Nothing answers at ${url}: ${reasonOf(error)}`);
  }
};

const readJson = async (response: Response): Promise<{ checks?: unknown } | null> => {
  try {
    return (await response.json()) as { checks?: unknown } | null;
  } catch {
    return null;
  }
};

/** In a few words: a fetch hides why it failed, and who tries several addresses says it of each. */
export const reasonOf = (error: unknown): string => {
  const { name, message, code, cause, errors } = error as Error & { code?: string; errors?: unknown[] };
  if (name === 'TimeoutError') return `no answer within ${withinMs / 1000} seconds`;
  if (errors?.[0]) return reasonOf(errors[0]);
  if (cause) return reasonOf(cause);
  return message || code || name;
};
