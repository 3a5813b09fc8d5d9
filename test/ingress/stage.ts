import { randomBytes, randomUUID } from 'node:crypto';
import { Hono } from 'hono';
import pg from 'pg';
import { pino } from 'pino';
import { encrypt } from '../../src/crypto.ts';
import type { Deps } from '../../src/deps.ts';
import { createChannelDirectory } from '../../src/ingress/channels.ts';
import { createInbox, type Spill } from '../../src/ingress/inbox.ts';
import { twilioWebhooks } from '../../src/ingress/twilio.ts';
import type { Store } from '../../src/store/store.ts';
import { sign } from '../support/sign.ts';
import { createTenant, testSecretKey } from '../support/tenant.ts';

const publicBaseUrl = 'https://hooks.example.test';
const root = '/api/whatsappwebhook';

/** What Twilio signs for a body posted to one of our addresses. */
export const signatureOf = (
  token: string,
  path: string,
  body: string | Buffer,
  base = publicBaseUrl,
): string => sign(token, base + root + path, new URLSearchParams(body.toString('utf8')));

export type Sender = {
  tenantId: string;
  channelId: string;
  address: string;
  accountSid: string;
  authToken: string;
};

/** A tenant with one WhatsApp sender whose secrets the test knows. */
export const createSender = async (
  store: Store,
  { address, secondary }: { address: string; secondary?: string },
): Promise<Sender> => {
  const { tenantId } = await createTenant(store, { channel: false });
  const sender = {
    tenantId,
    channelId: randomUUID(),
    address,
    accountSid: `AC${randomBytes(16).toString('hex')}`,
    authToken: randomBytes(16).toString('hex'),
  };
  await store.tenant(tenantId, (tx) =>
    tx.channels.save(
      {
        id: sender.channelId,
        way: 'whatsapp',
        provider: 'twilio',
        address,
        accountSid: sender.accountSid,
        credentials: encrypt(
          JSON.stringify({ authToken: sender.authToken, authTokenSecondary: secondary }),
          testSecretKey,
        ),
        messagingServiceSid: null,
        messagesPerSecond: 80,
      },
      new Date(),
    ),
  );
  return sender;
};

export type Ingress = Awaited<ReturnType<typeof createIngress>>;

type Sent = {
  /** Whose token signs; null leaves the signature out. */
  token: string | null;
  headers?: Record<string, string>;
  /** Where the request comes in, if not at the public address. */
  origin?: string;
};

/** One ingress process: memory and batches of its own over a store that others may share. */
export const createIngress = async (
  store: Store,
  options: { spill?: Spill; enabled?: boolean; onLog?: (line: { event?: string }) => void } = {},
) => {
  const rung: string[] = [];
  const deps: Deps = {
    store,
    ring: (queue, _tenantId, id) => rung.push(`${queue} ${id}`),
    log: pino({ level: 'debug' }, { write: (line: string) => options.onLog?.(JSON.parse(line)) }),
    now: () => new Date(),
    newId: randomUUID,
    secretKeys: [testSecretKey],
    enabled: options.enabled ?? true,
  };
  const channels = createChannelDirectory(deps);
  await channels.refresh();
  const inbox = createInbox(deps, options.spill ?? null);
  const app = new Hono();
  app.route(root, twilioWebhooks(deps, { channels, inbox, publicBaseUrl }));

  /** Posts a body, signed over what it holds and the public address. */
  const post = async (path: string, body: string | Buffer, { token, headers, origin }: Sent) => {
    const url = new URL(root + path, origin ?? 'http://127.0.0.1:3000');
    const asReceived = url.href.slice(url.origin.length + root.length);
    return app.request(url.href, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/x-www-form-urlencoded; charset=UTF-8',
        ...(token === null ? {} : { 'X-Twilio-Signature': signatureOf(token, asReceived, body) }),
        ...headers,
      },
      body: typeof body === 'string' ? body : new Uint8Array(body),
    });
  };

  return { app, inbox, channels, deps, rung, post, close: inbox.close };
};

export const newSid = () => `SM${randomBytes(16).toString('hex')}`;

type Fields = Record<string, string> & { MessageSid?: string; MessageStatus?: string };

/** A text message as Twilio posts it. */
export const incoming = (sender: Sender, { MessageSid: sid = newSid(), ...fields }: Fields = {}): string => {
  return new URLSearchParams({
    SmsMessageSid: sid,
    NumMedia: '0',
    ProfileName: 'Ana "Field" Souza',
    MessageType: 'text',
    SmsSid: sid,
    WaId: '15005550101',
    SmsStatus: 'received',
    Body: 'pump 3 is leaking again',
    To: sender.address,
    NumSegments: '1',
    ReferralNumMedia: '0',
    MessageSid: sid,
    AccountSid: sender.accountSid,
    From: 'whatsapp:+15005550101',
    ApiVersion: '2010-04-01',
    ...fields,
  }).toString();
};

/** A status callback as Twilio posts it. */
export const callback = (
  sender: Sender,
  { MessageSid: sid = newSid(), MessageStatus: status = 'delivered', ...fields }: Fields = {},
): string => {
  return new URLSearchParams({
    EventType: status.toUpperCase(),
    SmsSid: sid,
    SmsStatus: status,
    MessageStatus: status,
    ChannelToAddress: '+1500555XXXX',
    To: 'whatsapp:+15005550101',
    ChannelPrefix: 'whatsapp',
    MessageSid: sid,
    AccountSid: sender.accountSid,
    From: sender.address,
    ApiVersion: '2010-04-01',
    ChannelInstallSid: `XE${'8'.repeat(32)}`,
    ...fields,
  }).toString();
};

/** Asks the database past row-level security. */
export const openSuperuser = async (url: string) => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return {
    // biome-ignore lint/suspicious/noExplicitAny: rows as they are.
    rows: async (text: string, values: unknown[] = []): Promise<any[]> =>
      (await client.query(text, values)).rows,
    close: () => client.end(),
  };
};
