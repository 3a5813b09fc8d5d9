import { createHmac, timingSafeEqual } from 'node:crypto';
import { derive } from './crypto.ts';

/** What a quick-reply button stands for: an action on one assignment of one order, or on one alert. */
export type Button = {
  /** A command's name, in capitals: `ACK`, `MY WORK`. */
  action: string;
  issuedAt: Date;
} & ({ orderId: string; assignmentNo: number } | { alertId: string });

/** `foreign`: no button of ours, such as one of a template's own. */
export type ReadButton = ({ kind: 'valid' | 'expired' } & Button) | { kind: 'forged' } | { kind: 'foreign' };

const lifetimeMs = 30 * 24 * 60 * 60 * 1000;

/** The id a button carries and the phone sends back: at most 100 characters, good for one tenant and 30 days. */
export const signButton = (button: Button & { tenantId: string }, secretKey: string): string => {
  const body = [
    ...('orderId' in button
      ? ['rbm1', shortId(button.orderId), button.assignmentNo.toString(36)]
      : ['rbm2', shortId(button.alertId)]),
    button.issuedAt.getTime().toString(36),
    // As it is, so that a payload can be read in a log; a space might not come back as one.
    button.action.replaceAll(' ', '-'),
  ].join('.');
  return `${body}.${sign(body, button.tenantId, secretKey)}`;
};

const shortId = (id: string): string => Buffer.from(id.replaceAll('-', ''), 'hex').toString('base64url');

const longId = (id: string): string =>
  Buffer.from(id, 'base64url')
    .toString('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');

// Of an order its assignment is said, too.
const form =
  /^((?:rbm1\.([\w-]{22})\.([0-9a-z]{1,8})|rbm2\.([\w-]{22}))\.([0-9a-z]{1,9})\.([A-Z_-]{1,30}))\.([\w-]{22})$/;

/** What a payload says, if this tenant issued it under one of the keys. Never throws. */
export const readButton = (
  payload: string,
  tenantId: string,
  secretKeys: string[],
  now: Date,
): ReadButton => {
  // Any version: one of a newer release, read after going back, is no button we can trust.
  if (!/^rbm\d/.test(payload)) return { kind: 'foreign' };
  const match = form.exec(payload);
  if (!match) return { kind: 'forged' };
  const [, body, orderId, assignmentNo, alertId, issuedAt, action, given] = match;
  // As text: the last of 22 characters holds bits that decoding would ignore.
  const isOurs = secretKeys.some((secretKey) =>
    timingSafeEqual(Buffer.from(sign(body!, tenantId, secretKey)), Buffer.from(given!)),
  );
  if (!isOurs) return { kind: 'forged' };

  const issued = Number.parseInt(issuedAt!, 36);
  return {
    kind: now.getTime() - issued > lifetimeMs ? 'expired' : 'valid',
    ...(orderId
      ? { orderId: longId(orderId), assignmentNo: Number.parseInt(assignmentNo!, 36) }
      : { alertId: longId(alertId!) }),
    action: action!.replaceAll('-', ' '),
    issuedAt: new Date(issued),
  };
};

const sign = (body: string, tenantId: string, secretKey: string): string =>
  createHmac('sha256', derive(secretKey, 'button'))
    .update(`${tenantId}\n${body}`)
    .digest()
    .subarray(0, 16)
    .toString('base64url');
