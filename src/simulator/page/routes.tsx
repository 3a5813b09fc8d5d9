import { setTimeout as sleep } from 'node:timers/promises';
import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { createMiddleware } from 'hono/factory';
import { html } from 'hono/html';
import { streamSSE } from 'hono/streaming';
import { parsePhoneNumberFromString } from 'libphonenumber-js';
import type { CallbackOrder } from '../callback-line.ts';
import { isApprovalState } from '../contents.ts';
import { type PhoneSwitches, phoneSwitches } from '../conversations.ts';
import type { Simulator } from '../engine.ts';
import { type FaultKind, type FaultOptions, faultKinds } from '../faults.ts';
import { sendFile } from '../files.ts';
import { type Attachment, mediaKinds } from '../media.ts';
import { isAddress } from '../rest-api.ts';
import type { ReadReceipts } from '../to-phones.ts';
import { abandoned } from '../under-way.ts';
import { Page } from './page.tsx';
import { pageScript } from './script.ts';
import { pageStyle } from './style.ts';

const callbackOrders: CallbackOrder[] = ['in-order', 'reversed', 'shuffled'];
const readReceiptModes: ReadReceipts[] = ['auto', 'manual'];
const refusalTimes: NonNullable<FaultOptions['by']>[] = ['post', 'callback'];

const heartbeatMs = 20_000;
const lookEveryMs = 1000;
// What WhatsApp takes at most.
const maxFileBytes = 16 * 1024 * 1024;

const pagePolicy =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; " +
  "media-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const smallBody = bodyLimit({ maxSize: 256 * 1024 });
const fileBody = bodyLimit({
  maxSize: maxFileBytes,
  onError: (c) => c.json({ message: 'The file is larger than 16 MB.' }, 413),
});

const switchNames = Object.keys(phoneSwitches) as (keyof PhoneSwitches)[];

/** What happened in the product, newest first. */
export type LatestEvents = () => Promise<
  {
    id: string;
    type: string;
    at: Date;
    workOrder: string | null;
    actor: { kind: string; id: string | null };
    data: Record<string, unknown>;
  }[]
>;

/** The phones' page, and what it asks for. */
export const pageRoutes = (simulator: Simulator, basePath: string, latestEvents: LatestEvents | null) => {
  const app = new Hono();

  app.get('/', (c) => {
    c.header('Content-Security-Policy', pagePolicy);
    c.header('X-Content-Type-Options', 'nosniff');
    c.header('Referrer-Policy', 'no-referrer');
    c.header('Cache-Control', 'no-store');
    const page = (
      <Page basePath={basePath} sender={readable(simulator.from)} hasTrail={latestEvents !== null} />
    );
    return c.html(html`<!doctype html>${page}`);
  });
  app.get('/page.js', (c) => c.body(pageScript, 200, asset('text/javascript')));
  app.get('/page.css', (c) => c.body(pageStyle, 200, asset('text/css')));

  const settings = () => ({
    phones: simulator.phones().map((phone) => ({
      address: phone.address,
      name: phone.name,
      number: readable(phone.address),
      switches: Object.fromEntries(switchNames.map((name) => [name, phone[name]])),
    })),
    // Of what nobody has handed in WhatsApp has nothing to decide: the quick replies of messages in the window.
    contents: simulator
      .contents()
      .filter(({ approval }) => approval.name !== '' || approval.state !== 'unsubmitted')
      .map(({ sid, friendlyName, approval }) => ({
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
        void (change.kind === 'state' ? send('settings', settings()) : send(change.kind, change));
      });
      // Sent on the same stream as the changes, so that none falls between the two.
      await send('state', state());
      const heartbeat = setInterval(() => void stream.write(':\n\n'), heartbeatMs);

      const leaving = new AbortController();
      stream.onAbort(() => leaving.abort());
      if (stream.aborted) leaving.abort();
      const left = AbortSignal.any([leaving.signal, simulator.closed]);
      if (latestEvents) void tellEvents(latestEvents, send, left);
      await abandoned(left);
      clearInterval(heartbeat);
      stopListening();
    });
  });

  /** Looks for what happened in the product as long as somebody watches. */
  const tellEvents = async (
    latest: LatestEvents,
    send: (event: string, data: object) => Promise<void>,
    left: AbortSignal,
  ) => {
    let told = '';
    while (!left.aborted) {
      // The product's database may be away for a while.
      const events = (await latest().catch(() => null))?.map(({ data, ...event }) => ({
        ...event,
        text: typeof data.text === 'string' ? data.text : null,
      }));
      const isNew = events && told !== JSON.stringify(events);
      if (isNew) {
        told = JSON.stringify(events);
        await send('trail', { events });
      }
      await sleep(lookEveryMs, null, { signal: left }).catch(() => null);
    }
  };

  const changing = ['/phones', '/phones/*', '/messages/*', '/contents/*', '/faults', '/settings'];
  app.on(['POST', 'DELETE'], changing, fromThisPage);
  app.on(['POST', 'DELETE'], changing, (c, next) =>
    c.req.path.endsWith('/files') ? fileBody(c, next) : smallBody(c, next),
  );

  app.post('/phones', async (c) => {
    const { address, name } = await jsonOf(c);
    if (!isText(name, 80)) return c.json({ message: 'Give the phone a name.' }, 400);
    const full = isText(address, 160) ? withChannel(address) : '';
    if (!isAddress(full)) return c.json({ message: 'The number must look like +12025550199.' }, 400);
    if (hasPhone(full)) return c.json({ message: `${readable(full)} is already here.` }, 409);
    return c.json(simulator.addPhone({ address: full, name: name.trim() }), 201);
  });

  const hasPhone = (address: string) => simulator.phones().some((phone) => phone.address === address);

  app.use('/phones/:address/*', (c, next) =>
    hasPhone(c.req.param('address'))
      ? next()
      : Promise.resolve(c.json({ message: 'There is no such phone.' }, 404)),
  );

  const messageAt = (address: string, sid: unknown) =>
    simulator.chat(address).find((message) => message.sid === sid);

  app.post('/phones/:address/messages', async (c) => {
    const address = c.req.param('address');
    const { text, quotedSid, isForwarded, isSms } = await jsonOf(c);
    if (!isText(text, 4096)) return c.json({ message: 'Write between 1 and 4096 characters.' }, 400);
    const quoted = messageAt(address, quotedSid);
    // An SMS quotes nothing: what answers one is another.
    if (isSms === true || quoted?.way === 'sms') {
      if (!simulator.smsFrom) return c.json({ message: 'This account has no number for SMS.' }, 409);
      return c.json(await simulator.says(address.replace('whatsapp:', ''), text));
    }
    if (quoted) return c.json(await simulator.quotes(address, quoted.sid, text));
    return c.json(await (isForwarded === true ? simulator.forwards : simulator.says)(address, text));
  });

  /** A file that the person chose. */
  app.post('/phones/:address/files', async (c) => {
    const contentType = (c.req.header('content-type') ?? '').split(';', 1)[0]!.trim();
    const caption = (c.req.query('caption') ?? '').slice(0, 1024);
    const bytes = new Uint8Array(await c.req.arrayBuffer());
    if (bytes.length === 0) return c.json({ message: 'The file is empty.' }, 400);
    const kind = kindOf(contentType);
    return c.json(await simulator.sends(c.req.param('address'), { kind, contentType, caption, bytes }));
  });

  /** A small file of this kind that the phone has at hand. */
  app.post('/phones/:address/samples', async (c) => {
    const { kind } = await jsonOf(c);
    if (!isOneOf(mediaKinds, kind)) return c.json({ message: `Files are: ${mediaKinds.join(', ')}.` }, 400);
    return c.json(await simulator.sends(c.req.param('address'), { kind }));
  });

  app.post('/phones/:address/places', async (c) => {
    const { latitude, longitude, label } = await jsonOf(c);
    if (!isWithin(90, latitude) || !isWithin(180, longitude))
      return c.json({ message: 'A place has a latitude and a longitude.' }, 400);
    const place = { latitude, longitude, ...(isText(label, 200) ? { label } : {}) };
    return c.json(await simulator.shares(c.req.param('address'), place));
  });

  app.post('/phones/:address/reactions', async (c) => {
    const address = c.req.param('address');
    const { sid, emoji } = await jsonOf(c);
    const message = messageAt(address, sid);
    if (!message) return c.json({ message: 'There is no such message.' }, 404);
    if (typeof emoji !== 'string' || emoji.length > 16)
      return c.json({ message: 'React with an emoji.' }, 400);
    return c.json(await simulator.reacts(address, message.sid, emoji));
  });

  app.post('/phones/:address/edits', async (c) => c.json(await simulator.edits(c.req.param('address'))));

  app.post('/phones/:address/taps', async (c) => {
    const address = c.req.param('address');
    const { title, sid } = await jsonOf(c);
    const message = messageAt(address, sid);
    const titles = [...(message?.buttons ?? []), ...(message?.list?.items ?? []).map((item) => item.title)];
    if (!message || !isOneOf(titles, title)) return c.json({ message: 'There is nothing to tap.' }, 404);
    return c.json(await simulator.taps(address, title, message.sid));
  });

  app.post('/phones/:address/read', (c) => {
    simulator.reads(c.req.param('address'));
    return c.body(null, 204);
  });

  app.post('/phones/:address/switches', async (c) => {
    const given = Object.entries(await jsonOf(c)).filter(
      ([name, value]) => name in phoneSwitches && typeof value === 'boolean',
    );
    simulator.turn(c.req.param('address'), Object.fromEntries(given) as Partial<PhoneSwitches>);
    return c.json(settings());
  });

  app.get('/media/:sid', (c) => {
    const file = simulator.media(c.req.param('sid'));
    return file ? sendFile(c, file) : c.json({ message: 'There is no such file.' }, 404);
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

  return app;
};

/** A foreign page can post forms and plain text to us unasked, but nothing else, and not from this page's origin. */
const fromThisPage = createMiddleware(async (c, next) => {
  const site = c.req.header('sec-fetch-site');
  const origin = c.req.header('origin');
  const isForeign = site ? site !== 'same-origin' : origin && hostOf(origin) !== c.req.header('host');
  if (isForeign) return c.json({ message: "Only the simulator's own page may do this." }, 403);
  const type = (c.req.header('content-type') ?? 'text/plain').split(';', 1)[0]!.trim().toLowerCase();
  if (unasked.includes(type)) return c.json({ message: 'Send application/json, or a file.' }, 415);
  return next();
});

const unasked = ['application/x-www-form-urlencoded', 'multipart/form-data', 'text/plain'];

const hostOf = (origin: string) => (URL.canParse(origin) ? new URL(origin).host : null);

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

const kindOf = (contentType: string): Attachment['kind'] => {
  if (contentType === 'image/webp') return 'sticker';
  if (contentType === 'text/vcard') return 'contacts';
  const [family] = contentType.split('/', 1);
  return isOneOf(['image', 'audio', 'video'], family) ? family : 'document';
};

const isWithin = (limit: number, value: unknown): value is number =>
  typeof value === 'number' && Math.abs(value) <= limit;

const jsonOf = async (c: Context): Promise<Record<string, unknown>> => {
  const body: unknown = await c.req.json().catch(() => null);
  return typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {};
};

const isText = (value: unknown, maxLength: number): value is string =>
  typeof value === 'string' && value.trim() !== '' && value.length <= maxLength;

const isCount = (value: unknown): value is number => Number.isInteger(value) && (value as number) > 0;

const isOneOf = <T extends string>(words: readonly T[], value: unknown): value is T =>
  (words as readonly unknown[]).includes(value);
