import { createHash } from 'node:crypto';
import type { Context } from 'hono';
import { Hono } from 'hono';
import { sha256 } from '../crypto.ts';
import type { Deps } from '../deps.ts';
import { conversationAddress } from '../domain/phone.ts';
import { limitBody } from '../limit-body.ts';
import { checkHeader, isCheckForm, readCheck, writeSeen } from '../messaging/check-form.ts';
import { readInboundForm, readStatusForm } from '../messaging/twilio-forms.ts';
import type { ChannelDirectory, KnownChannel } from './channels.ts';
import type { Inbox } from './inbox.ts';
import { isSigned } from './signature.ts';

// Twilio's own are a few kilobytes.
const maxBodyBytes = 64 * 1024;

const emptyTwiml = '<?xml version="1.0" encoding="UTF-8"?><Response/>';

/** Twilio's webhooks: verify, keep, ring, answer. Nothing is answered with 2xx before it is kept. */
export const twilioWebhooks = (
  deps: Deps,
  { channels, inbox, publicBaseUrl }: { channels: ChannelDirectory; inbox: Inbox; publicBaseUrl: string },
) => {
  const app = new Hono();
  app.use(
    '*',
    limitBody(maxBodyBytes, (c, headers) => c.text('Too large', 413, headers)),
  );

  app.post('/incoming', async (c) => {
    const raw = Buffer.from(await c.req.arrayBuffer());
    const form = readForm(c, raw);
    const message = form && readInboundForm(form);
    if (!message) return c.text('Bad form', 400);
    const channel = await verified(c, form, message.to, message.accountSid);
    if (isCheckForm(form)) return answerCheck(c, raw, form, message.to, channel !== null);
    if (!channel) return c.text('Forbidden', 403);
    const kept = await keep({
      kind: 'message',
      tenantId: channel.tenantId,
      channelId: channel.channelId,
      id: deps.newId(),
      key: sha256(message.messageSid),
      raw,
      source: 'webhook',
      status: deps.enabled ? 'received' : 'disabled',
      receivedAt: null,
      way: channel.way,
      // Whichever way the provider spells a phone today: one person, one conversation, in order.
      address: conversationAddress(cut(message.from)),
      userId: message.userId && cut(message.userId),
      providerId: cut(message.messageSid),
      attemptId: null,
    });
    // Never text/plain: Twilio would send the body on as a message.
    return kept ? c.body(emptyTwiml, 200, { 'Content-Type': 'text/xml' }) : unavailable(c);
  });

  app.post('/status', async (c) => {
    const raw = Buffer.from(await c.req.arrayBuffer());
    const form = readForm(c, raw);
    const status = form && readStatusForm(form);
    if (!status) return c.text('Bad form', 400);
    const channel = await verified(c, form, status.from, status.accountSid);
    if (isCheckForm(form)) return answerCheck(c, raw, form, status.from, channel !== null);
    if (!channel) return c.text('Forbidden', 403);
    const attemptId = c.req.query('a') ?? '';
    const kept = await keep({
      kind: 'status',
      tenantId: channel.tenantId,
      channelId: channel.channelId,
      id: deps.newId(),
      key: createHash('sha256')
        .update(JSON.stringify([status.messageSid, status.status, status.errorCode, attemptId]))
        .digest(),
      raw,
      source: 'webhook',
      status: 'received',
      receivedAt: null,
      way: channel.way,
      address: null,
      userId: null,
      providerId: cut(status.messageSid),
      attemptId: uuid.test(attemptId) ? attemptId : null,
    });
    return kept ? c.body(null, 204) : unavailable(c);
  });

  /** The channel of that address, if it is that account's and one of its tokens signed the request. */
  const verified = async (
    c: Context,
    form: URLSearchParams,
    address: string,
    accountSid: string,
  ): Promise<KnownChannel | null> => {
    const signature = c.req.header('X-Twilio-Signature');
    if (!signature) return null;
    const url = signedAddress(c);
    const isGenuine = (channel: KnownChannel | null) =>
      channel?.accountSid === accountSid && isSigned(channel.tokens, signature, url, form);
    const nowMs = deps.now().getTime();
    const channel = await channels.find(address, nowMs);
    if (isGenuine(channel)) return channel;
    const changed = channel && (await channels.findAgain(address, nowMs));
    return changed && isGenuine(changed) ? changed : null;
  };

  // Twilio signed the public address. Behind a proxy the request's own is another one.
  const signedAddress = (c: Context): string => publicBaseUrl + pathAndQuery(c.req.raw.url);

  /** Nothing of a check is kept. Why it was refused is for this installation's own eyes. */
  const answerCheck = async (
    c: Context,
    raw: Buffer,
    form: URLSearchParams,
    address: string,
    isVerified: boolean,
  ): Promise<Response> => {
    const check = readCheck(form, c.req.header(checkHeader), deps.secretKeys);
    if (!check) return isVerified ? c.body(null, 204) : c.text('Forbidden', 403);
    const channel = await channels.find(address, deps.now().getTime());
    const signature = c.req.header('X-Twilio-Signature');
    const seen = {
      isVerified,
      url: signedAddress(c),
      isSignatureThere: signature !== undefined,
      isFormWhole: sha256(raw).toString('base64url') === check.formHash,
      isSenderKnown: channel !== null,
      isAccountRight: channel?.accountSid === form.get('AccountSid'),
      isTokenKnown: channel !== null && isSigned(channel.tokens, signature, check.url, form),
    };
    return c.text(writeSeen(form, seen, deps.secretKeys[0]!), isVerified ? 200 : 403);
  };

  const keep = async (row: Parameters<Inbox['keep']>[0]): Promise<boolean> => {
    try {
      await inbox.keep(row);
      return true;
    } catch (error) {
      deps.log.error({ event: 'webhook.not-kept', reason: (error as Error).message });
      return false;
    }
  };

  return app;
};

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

const readForm = (c: Context, raw: Buffer): URLSearchParams | null =>
  /^application\/x-www-form-urlencoded\b/i.test(c.req.header('Content-Type') ?? '')
    ? new URLSearchParams(raw.toString('utf8'))
    : null;

const pathAndQuery = (url: string): string => url.slice(url.indexOf('/', url.indexOf('//') + 2));

const unavailable = (c: Context) => c.text('Could not be kept, send it again', 503, { 'Retry-After': '2' });

// Postgres keeps no NUL in text; addresses and ids are never this long.
const cut = (value: string): string => value.replaceAll('\0', '').slice(0, 200);
