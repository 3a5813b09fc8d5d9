import type { IncomingMessage } from 'node:http';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { createMiddleware } from 'hono/factory';
import { html } from 'hono/html';
import { streamSSE } from 'hono/streaming';
import { parsePhoneNumberFromString } from 'libphonenumber-js';
import type { ApiAnswer } from './api.ts';
import type { CallbackOrder } from './callback-line.ts';
import { isApprovalState } from './contents.ts';
import type { Simulator } from './engine.ts';
import { type FaultKind, type FaultOptions, faultKinds } from './faults.ts';
import { Page } from './page.tsx';
import { pageScript } from './page-script.ts';
import { pageStyle } from './page-style.ts';
import { isAddress, notFound } from './rest-api.ts';
import type { ReadReceipts } from './to-phones.ts';

type Env = { Bindings: { incoming?: IncomingMessage } };

const callbackOrders: CallbackOrder[] = ['in-order', 'reversed', 'shuffled'];
const readReceiptModes: ReadReceipts[] = ['auto', 'manual'];
const refusalTimes: NonNullable<FaultOptions['by']>[] = ['post', 'callback'];

const heartbeatMs = 20_000;

const pagePolicy =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/**
 * The simulator over HTTP: Twilio's Messages resource for the product, and the phones' page for people. Mounted
 * somewhere else than at the root, it must be told where.
 */
export const createSimulatorApp = (simulator: Simulator, { basePath = '' } = {}) => {
  const app = new Hono<Env>();
  const pathOf = (c: Context) => c.req.path.slice(basePath.length);

  app.use(bodyLimit({ maxSize: 256 * 1024 }));

  const callApi = async (c: Context<Env>) => {
    const isForm = c.req.header('content-type')?.startsWith('application/x-www-form-urlencoded');
    // Read as text: a form parser may trim or normalise what the product wrote.
    const body = c.req.method === 'POST' ? await c.req.text() : '';
    const answer = simulator.api({
      method: c.req.method,
      path: pathOf(c),
      authorization: c.req.header('authorization'),
      params: isForm ? new URLSearchParams(body) : new URL(c.req.url).searchParams,
      json: isForm ? undefined : parseJson(body),
    });
    return respond(c, answer);
  };

  const respond = async (c: Context<Env>, answer: ApiAnswer) => {
    if (answer.kind === 'answer') {
      if (answer.status === 401) c.header('WWW-Authenticate', 'Basic realm="Twilio API"');
      c.header('Twilio-Request-Id', `RQ${crypto.randomUUID().replaceAll('-', '')}`);
      c.header('Twilio-Concurrent-Requests', '1');
      c.status(answer.status as 200);
      return answer.body === null ? c.body(null) : c.json(answer.body as object);
    }

    const socket = c.env.incoming?.socket;
    if (answer.kind === 'silence') await abandoned(AbortSignal.any([c.req.raw.signal, simulator.closed]));
    if (!socket) return c.body(null, 504);
    socket.resetAndDestroy();
    return RESPONSE_ALREADY_SENT;
  };

  for (const paths of ['/2010-04-01/*', '/v1/*', '/v2/*']) app.all(paths, callApi);

  app.get('/', (c) => {
    c.header('Content-Security-Policy', pagePolicy);
    c.header('X-Content-Type-Options', 'nosniff');
    c.header('Referrer-Policy', 'no-referrer');
    c.header('Cache-Control', 'no-store');
    const page = <Page basePath={basePath} sender={readable(simulator.from)} />;
    return c.html(html`<!doctype html>${page}`);
  });
  app.get('/page.js', (c) => c.body(pageScript, 200, asset('text/javascript')));
  app.get('/page.css', (c) => c.body(pageStyle, 200, asset('text/css')));

  const settings = () => ({
    phones: simulator.phones().map(({ address, name }) => ({ address, name, number: readable(address) })),
    contents: simulator.contents().map(({ sid, friendlyName, approval }) => ({
      sid,
      name: approval.name || friendlyName,
      state: approval.state,
    })),
    faults: simulator.faults(),
    callbackOrder: simulator.callbackOrder,
    readReceipts: simulator.readReceipts,
  });
  const state = () => ({
    ...settings(),
    phones: settings().phones.map((phone) => ({ ...phone, messages: simulator.chat(phone.address) })),
  });

  app.get('/phones', (c) => c.json(state()));

  app.get('/events', (c) => {
    c.header('X-Accel-Buffering', 'no');
    return streamSSE(c, async (stream) => {
      const send = (event: string, data: object) => stream.writeSSE({ event, data: JSON.stringify(data) });
      const stopListening = simulator.onChange((change) => {
        void (change.kind === 'message' ? send('message', change) : send('settings', settings()));
      });
      // Sent on the same stream as the changes, so that none falls between the two.
      await send('state', state());
      const heartbeat = setInterval(() => void stream.write(':\n\n'), heartbeatMs);

      const left = new AbortController();
      stream.onAbort(() => left.abort());
      if (!stream.aborted) await abandoned(AbortSignal.any([left.signal, simulator.closed]));
      clearInterval(heartbeat);
      stopListening();
    });
  });

  const changing = ['/phones', '/phones/*', '/messages/*', '/contents/*', '/faults', '/settings'];
  app.on(['POST', 'DELETE'], changing, fromThisPage);

  app.post('/phones', async (c) => {
    const { address, name } = await jsonOf(c);
    if (!isText(name, 80)) return c.json({ message: 'Give the phone a name.' }, 400);
    const full = isText(address, 160) ? withChannel(address) : '';
    if (!isAddress(full)) return c.json({ message: 'The number must look like +12025550199.' }, 400);
    if (hasPhone(full)) return c.json({ message: `${readable(full)} is already here.` }, 409);
    return c.json(simulator.addPhone({ address: full, name: name.trim() }), 201);
  });

  const hasPhone = (address: string) => simulator.phones().some((phone) => phone.address === address);

  app.post('/phones/:address/messages', async (c) => {
    const address = c.req.param('address');
    const { text, quotedSid } = await jsonOf(c);
    if (!hasPhone(address)) return c.json({ message: 'There is no such phone.' }, 404);
    if (!isText(text, 4096)) return c.json({ message: 'Write between 1 and 4096 characters.' }, 400);

    const isKnown = simulator.chat(address).some(({ sid }) => sid === quotedSid);
    return c.json(
      await (isKnown ? simulator.quotes(address, quotedSid as string, text) : simulator.says(address, text)),
    );
  });

  app.post('/phones/:address/taps', async (c) => {
    const address = c.req.param('address');
    const { title, sid } = await jsonOf(c);
    if (!hasPhone(address)) return c.json({ message: 'There is no such phone.' }, 404);
    const message = simulator.chat(address).find((each) => each.sid === sid);
    const titles = [...(message?.buttons ?? []), ...(message?.list?.items ?? []).map((item) => item.title)];
    if (!message || !isOneOf(titles, title)) return c.json({ message: 'There is nothing to tap.' }, 404);
    return c.json(await simulator.taps(address, title, message.sid));
  });

  app.post('/phones/:address/read', (c) => {
    const address = c.req.param('address');
    if (!hasPhone(address)) return c.json({ message: 'There is no such phone.' }, 404);
    simulator.reads(address);
    return c.body(null, 204);
  });

  app.post('/messages/:sid/again', async (c) => {
    const sid = c.req.param('sid');
    const sent = simulator.phones().flatMap(({ address }) => simulator.chat(address));
    if (!sent.some((message) => message.sid === sid && message.by === 'phone'))
      return c.json({ message: 'No phone has sent this message.' }, 404);
    return c.json(await simulator.sendAgain(sid));
  });

  app.post('/faults', async (c) => {
    const { kind, times, to, code, by } = await jsonOf(c);
    if (!isOneOf(faultKinds, kind)) return c.json({ message: `Faults are: ${faultKinds.join(', ')}.` }, 400);
    simulator.fault(kind satisfies FaultKind, {
      ...(isCount(times) ? { times } : {}),
      ...(isText(to, 160) ? { to } : {}),
      ...(isCount(code) ? { code } : {}),
      ...(isOneOf(refusalTimes, by) ? { by } : {}),
    });
    return c.json(settings());
  });

  app.delete('/faults', (c) => {
    simulator.clearFaults();
    return c.json(settings());
  });

  app.post('/contents/:sid', async (c) => {
    const sid = c.req.param('sid');
    const { state } = await jsonOf(c);
    if (!simulator.contents().some((content) => content.sid === sid))
      return c.json({ message: 'There is no such content.' }, 404);
    if (!isApprovalState(state)) return c.json({ message: 'There is no such state.' }, 400);
    simulator.decide(sid, state);
    return c.json(settings());
  });

  app.post('/settings', async (c) => {
    const { callbackOrder, readReceipts } = await jsonOf(c);
    if (isOneOf(callbackOrders, callbackOrder)) simulator.callbackOrder = callbackOrder;
    if (isOneOf(readReceiptModes, readReceipts)) simulator.readReceipts = readReceipts;
    return c.json(settings());
  });

  // Not notFound: where the app is mounted, the outer one's answer would be given.
  app.all('*', (c) => (pathOf(c) === '/' ? c.redirect(basePath) : c.json(notFound(pathOf(c)), 404)));

  return app;
};

/** A foreign page can post forms and plain text to us unasked, but neither JSON nor from this page's origin. */
const fromThisPage = createMiddleware(async (c, next) => {
  const site = c.req.header('sec-fetch-site');
  const origin = c.req.header('origin');
  const isForeign = site ? site !== 'same-origin' : origin && hostOf(origin) !== c.req.header('host');
  if (isForeign) return c.json({ message: "Only the simulator's own page may do this." }, 403);
  if (!c.req.header('content-type')?.startsWith('application/json'))
    return c.json({ message: 'Send application/json.' }, 415);
  return next();
});

const hostOf = (origin: string) => (URL.canParse(origin) ? new URL(origin).host : null);

const abandoned = (signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });

const asset = (type: string) => ({
  'Content-Type': `${type}; charset=utf-8`,
  'X-Content-Type-Options': 'nosniff',
  'Cache-Control': 'no-cache',
});

const readable = (address: string) => {
  const id = address.replace(/^whatsapp:/, '');
  return parsePhoneNumberFromString(id)?.formatInternational() ?? id;
};

const withChannel = (address: string) => {
  const compact = address.replace(/[\s().-]/g, '');
  return compact.startsWith('whatsapp:') ? compact : `whatsapp:${compact}`;
};

const jsonOf = async (c: Context): Promise<Record<string, unknown>> => {
  const body: unknown = await c.req.json().catch(() => null);
  return typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {};
};

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

const isText = (value: unknown, maxLength: number): value is string =>
  typeof value === 'string' && value.trim() !== '' && value.length <= maxLength;

const isCount = (value: unknown): value is number => Number.isInteger(value) && (value as number) > 0;

const isOneOf = <T extends string>(words: readonly T[], value: unknown): value is T =>
  (words as readonly unknown[]).includes(value);
