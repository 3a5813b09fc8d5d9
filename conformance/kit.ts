import { randomBytes, randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AddJob } from './queue-client.ts';
import { expectStatus, Mismatch } from './rule.ts';

// biome-ignore lint/suspicious/noExplicitAny: rules look into answers freely.
export type Json = any;

export type Answer = { request: string; status: number; headers: Headers; text: string; body: Json };

type RequestOptions = {
  body?: unknown;
  /** Sent as it is, whatever it is. */
  raw?: string;
  headers?: Record<string, string>;
  /** Another key; null for none. */
  key?: string | null;
};

export type KitOptions = {
  url: string;
  key: string;
  operatorKey: string | null;
  /** The tenant that the key belongs to. */
  tenant: string;
  /** Where this machine can listen and the installation can call. */
  receiveAt: string | null;
  addJob: AddJob | null;
  patienceMs: number;
};

export type Kit = ReturnType<typeof createKit>;

/** What rules work with: requests, data of their own under names that nobody else has, and its removal. */
export const createKit = (options: KitOptions) => {
  const runId = randomBytes(4).toString('hex');
  const cleanups: (() => Promise<unknown>)[] = [];
  const nextPhone = fictionalPhones();
  let count = 0;

  const request = async (method: string, path: string, more: RequestOptions = {}): Promise<Answer> => {
    const { body, raw, headers = {}, key = options.key } = more;
    const sent = raw ?? (body === undefined ? undefined : JSON.stringify(body));
    const what = `${method} ${path}`;
    try {
      const response = await fetch(options.url + path, {
        method,
        headers: {
          ...(key === null ? {} : { Authorization: `Bearer ${key}` }),
          ...(sent === undefined ? {} : { 'Content-Type': 'application/json' }),
          ...headers,
        },
        ...(sent === undefined ? {} : { body: sent }),
        redirect: 'manual',
        signal: AbortSignal.timeout(30_000),
      });
      const text = await response.text();
      return {
        request: what,
        status: response.status,
        headers: response.headers,
        text,
        body: readJson(text),
      };
    } catch (error) {
      const { message, cause } = error as Error;
      throw new Mismatch(
        `an answer to ${what}`,
        `${message} (${(cause as Error | undefined)?.message ?? ''})`,
      );
    }
  };
  const api = (method: string, path: string, more?: RequestOptions) =>
    request(method, `/api/v1${path}`, more);
  const put = (path: string, body: unknown, more: RequestOptions = {}) => api('PUT', path, { ...more, body });
  const post = (path: string, body: unknown, more: RequestOptions = {}) =>
    api('POST', path, { ...more, body });
  const get = (path: string, more?: RequestOptions) => api('GET', path, more);

  /** A name of this run that nothing has yet. */
  const name = (kind: string) => `CONF-${runId}-${kind}${String(++count).padStart(3, '0')}`;
  const onEnd = (cleanup: () => Promise<unknown>) => void cleanups.push(cleanup);

  /** Asks until it holds, for what happens after the answer. */
  const until = async <T>(check: () => Promise<T>): Promise<T> => {
    const giveUpAt = performance.now() + options.patienceMs;
    for (;;) {
      try {
        return await check();
      } catch (error) {
        if (!(error instanceof Mismatch) || performance.now() > giveUpAt) throw error;
      }
      await sleep(200);
    }
  };

  const technicianPath = (externalId: string) => `/technicians/${encodeURIComponent(externalId)}`;
  const orderPath = (number: string) => `/work-orders/${encodeURIComponent(number)}`;

  return {
    ...options,
    runId,
    request,
    get,
    put,
    post,
    api,
    name,
    onEnd,
    until,
    nextPhone,
    technicianPath,
    orderPath,

    /** PUT, and out of use again when the rule is over. */
    putTechnician: (externalId: string, fields: object) => {
      onEnd(() => put(technicianPath(externalId), { active: false, phone: null }));
      return put(technicianPath(externalId), fields);
    },
    putOrder: (number: string, fields: object) => {
      onEnd(() => put(orderPath(number), { status: 'cancelled' }));
      return put(orderPath(number), fields);
    },

    /** A person to work with. */
    technician: async function (fields: object = {}): Promise<Json> {
      const externalId = name('T');
      const whole = { name: `Conformance ${externalId}`, phone: nextPhone(), ...fields };
      return expectStatus(await this.putTechnician(externalId, whole), 201).body;
    },
    asset: async (fields: object = {}): Promise<Json> => {
      const code = name('A');
      return expectStatus(await put(`/assets/${code}`, { name: `Asset ${code}`, ...fields }), 201).body;
    },
    order: async function (fields: object = {}): Promise<Json> {
      const number = name('WO');
      return expectStatus(await this.putOrder(number, { title: `Order ${number}`, ...fields }), 201).body;
    },

    /** Every message out about this order, newest first. */
    messagesAbout: async (number: string): Promise<Json[]> =>
      expectStatus(
        await get(`/messages?direction=out&limit=200&workOrder=${encodeURIComponent(number)}`),
        200,
      ).body.items,

    /** All pages of a list, up to `pages`. */
    wholeList: async (path: string, pages = 500): Promise<Json[]> => {
      const items: Json[] = [];
      let after: string | null = null;
      for (let page = 0; page < pages; page++) {
        const where: string = after === null ? '' : `&after=${encodeURIComponent(after)}`;
        const { body } = expectStatus(
          await get(`${path}${path.includes('?') ? '&' : '?'}limit=200${where}`),
          200,
        );
        items.push(...body.items);
        // A feed always says where to go on.
        if (body.next === null || body.items.length === 0) return items;
        after = body.next;
      }
      throw new Mismatch(`the list ${path} to end`, `${pages} pages and more`);
    },

    /** Takes back what the rule made, the latest first, and says what could not be taken back. */
    cleanUp: async (): Promise<string[]> => {
      const failed: string[] = [];
      for (const cleanup of cleanups.splice(0).reverse()) {
        await cleanup().catch((error: Error) => failed.push(error.message));
      }
      return failed;
    },
  };
};

const readJson = (text: string): Json => {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
};

// North America keeps 555-0100 to 555-0199 of every area for fiction: nobody is called by accident.
const fictionalPhones = () => {
  const area = randomInt(201, 490);
  let next = randomInt(0, 100_000);
  return () => {
    const at = next++;
    return `+1${area + (Math.floor(at / 100) % 490)}55501${String(at % 100).padStart(2, '0')}`;
  };
};
