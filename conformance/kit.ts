import { randomBytes, randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { reasonOf } from './before.ts';
import { documentedBy } from './documented.ts';
import type { AddJob } from './queue-client.ts';
import { expectStatus, expectThat, Mismatch } from './rule.ts';

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
  /** What the installation can call to reach this machine. */
  receiveAt: string | null;
  /** Where on this machine that leads to, with plain HTTP. */
  listen: { host: string | null; port: number } | null;
  addJob: AddJob | null;
  patienceMs: number;
  /** Once aborted, nothing more is begun; what was made is taken back all the same. */
  stopping?: AbortSignal;
};

/** The person who runs the kit has had enough. */
export class Stopped extends Error {}

// Slower than any answer of a service that is well.
const answerWithinMs = 10_000;

export type Kit = ReturnType<typeof createKit>;

/** What rules work with: requests, data of their own under names that nobody else has, and its removal. */
export const createKit = (options: KitOptions) => {
  const runId = randomBytes(4).toString('hex');
  const cleanups: (() => Promise<unknown>)[] = [];
  let planner: string | null = null;
  const nextPhone = fictionalPhones();
  let count = 0;
  let isCleaning = false;
  let feedStart: string | null = null;

  const request = async (method: string, path: string, more: RequestOptions = {}): Promise<Answer> => {
    if (options.stopping?.aborted && !isCleaning) throw new Stopped();
    const answer = await send(method, path, more);
    if (path.startsWith('/api/v1/')) await expectDocumented(method, path, answer);
    return answer;
  };

  const send = async (method: string, path: string, more: RequestOptions): Promise<Answer> => {
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
        signal: AbortSignal.timeout(answerWithinMs),
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
      throw new Mismatch(`an answer to ${what} within ${answerWithinMs / 1000} seconds`, reasonOf(error));
    }
  };

  // Asked for once; a document that cannot be had is told by whatever rule comes first.
  let checkDocumented: ReturnType<typeof documentedBy> | null = null;
  /** Every answer that the kit gets must be one that the installation's own document knows. */
  const expectDocumented = async (method: string, path: string, { status, headers, text }: Answer) => {
    const address = path.replace('/api/v1', '');
    if (address === '/openapi.json') return;
    if (!checkDocumented) {
      const { body } = expectStatus(await send('GET', '/api/v1/openapi.json', {}), 200);
      expectThat(typeof body?.paths === 'object', 'an OpenAPI document with paths', body);
      checkDocumented = documentedBy(body);
    }
    try {
      checkDocumented(method, address, status, headers.get('content-type'), text);
    } catch (error) {
      throw new Mismatch('an answer as the OpenAPI document says', (error as Error).message);
    }
    if (status === 503) {
      expectThat(
        Number(headers.get('retry-after')) > 0,
        'a 503 with Retry-After',
        headers.get('retry-after'),
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
  const name = (kind: string) => `CONF-${runId}-${kind}${String(++count).padStart(4, '0')}`;
  const onEnd = (cleanup: () => Promise<unknown>) => void cleanups.push(cleanup);

  /** Asks until it holds, for what happens after the answer. */
  const until = async <T>(check: () => Promise<T>): Promise<T> => {
    const giveUpAt = performance.now() + options.patienceMs;
    for (;;) {
      try {
        return await check();
      } catch (error) {
        if (!(error instanceof Mismatch) || performance.now() > giveUpAt) throw error;
        if (options.stopping?.aborted) throw new Stopped();
      }
      await sleep(200);
    }
  };

  const technicianPath = (externalId: string) => `/technicians/${encodeURIComponent(externalId)}`;
  const orderPath = (number: string) => `/work-orders/${encodeURIComponent(number)}`;

  /** Takes back what is made at `path` when the rule is over. What is not there needs nothing. */
  const takeBack = (path: string, ask: () => Promise<Answer>, more: RequestOptions = {}) =>
    onEnd(async () => {
      const answer = await ask();
      if (answer.status < 400 || answer.status === 501 || (await get(path, more)).status === 404) return;
      throw new Mismatch(`${answer.request} to take it back`, `${answer.status} ${answer.text}`);
    });
  /** Has `path` be like that when the rule is over. */
  const leave = (path: string, fields: object, more: RequestOptions = {}) =>
    takeBack(path, () => put(path, fields, more), more);

  /**
   * Who hears of what reaches nobody's phone, so that none of the tenant's planners does; null where nobody can be
   * made, which is for other rules to tell. Of the whole run: messages fail long after their rule is over.
   */
  const ownPlanner = async (): Promise<string | null> => {
    if (planner !== null) return planner;
    const externalId = name('P');
    const fields = { name: `Conformance ${externalId}`, phone: nextPhone(), role: 'planner' };
    try {
      expectStatus(await put(technicianPath(externalId), fields), 201);
      planner = externalId;
    } catch (error) {
      if (!(error instanceof Mismatch)) throw error;
    }
    return planner;
  };

  /** Takes back what is noted, the latest first, and says what could not be taken back. */
  const cleanUp = async (): Promise<string[]> => {
    const failed: string[] = [];
    isCleaning = true;
    for (const cleanup of cleanups.splice(0).reverse()) {
      await cleanup().catch((error: Error) => failed.push(error.message));
    }
    isCleaning = false;
    return failed;
  };

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
    takeBack,
    leave,
    until,
    nextPhone,
    technicianPath,
    orderPath,

    /** PUT, and out of use again when the rule is over. */
    putTechnician: (externalId: string, fields: object) => {
      leave(technicianPath(externalId), { active: false, phone: null });
      return put(technicianPath(externalId), fields);
    },
    /** With a planner of the kit's own, unless another one is named or nobody is told of it. */
    putOrder: async (number: string, fields: object) => {
      const own = 'assignee' in fields ? { planner: await ownPlanner() } : {};
      leave(orderPath(number), { status: 'cancelled' });
      return put(orderPath(number), { ...own, ...fields });
    },
    ownPlanner,

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

    /** Every message out about this order, newest first; without those to the kit's planner, whenever they come. */
    messagesAbout: async (number: string): Promise<Json[]> =>
      expectStatus(
        await get(`/messages?direction=out&limit=200&workOrder=${encodeURIComponent(number)}`),
        200,
      ).body.items.filter(({ technician }: Json) => planner === null || technician !== planner),

    /** What was done to this order, oldest first; without what became of the messages about it, whenever that is. */
    eventsOf: async (number: string): Promise<Json[]> =>
      expectStatus(await get(`${orderPath(number)}/events`), 200).body.items.filter(isDoneToOrder),

    /** All pages of a list from there on; of one that is short, whatever else the tenant has. */
    wholeList: async (path: string, from: string | null = null, pages = 50): Promise<Json[]> => {
      const items: Json[] = [];
      let after = from;
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

    /** A place in the feed of events behind everything that was before this was first asked. */
    startOfFeed: async (): Promise<string> => {
      if (feedStart !== null) return feedStart;
      const path = `/webhook-endpoints/${name('W')}`;
      const fields = { url: 'https://example.com/rbm-events', active: false };
      const { deliveredUpTo } = expectStatus(await put(path, fields), 201).body;
      // A new endpoint has got everything so far. Reading the feed through would take for ever on a large one.
      expectThat(typeof deliveredUpTo === 'string', 'deliveredUpTo of a new endpoint', deliveredUpTo);
      feedStart = deliveredUpTo;
      return deliveredUpTo;
    },

    /** Takes back what the rule made. */
    cleanUp,
    /** Takes back what the whole run shared. */
    end: async (): Promise<string[]> => {
      if (planner === null) return [];
      leave(technicianPath(planner), { active: false, phone: null });
      return cleanUp();
    },
  };
};

/** Apart from `message.failed`: a message to nobody's phone fails sooner or later. */
export const isDoneToOrder = ({ type }: Json): boolean => type.startsWith('work_order.');

const readJson = (text: string): Json => {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
};

// North America keeps 555-0100 to 555-0199 of every area for fiction: nobody is called by accident. Not of area 500:
// there the people of the demonstration live.
const fictionalPhones = () => {
  const area = 501;
  let next = randomInt(0, 49_000);
  return () => {
    const at = next++;
    return `+1${area + (Math.floor(at / 100) % 490)}55501${String(at % 100).padStart(2, '0')}`;
  };
};
