import { createHmac, timingSafeEqual } from 'node:crypto';
import { derive } from './crypto.ts';

/** What a quick-reply button stands for: an action on one assignment of one order. */
export type Button = {
  orderId: string;
  /** A command's name, in capitals: `ACK`, `MY WORK`. */
  action: string;
  assignmentNo: number;
  issuedAt: Date;
};

/** `foreign`: no button of ours, such as one of a template's own. */
export type ReadButton = ({ kind: 'valid' | 'expired' } & Button) | { kind: 'forged' } | { kind: 'foreign' };

const lifetimeMs = 30 * 24 * 60 * 60 * 1000;

/** The id a button carries and the phone sends back: at most 100 characters, good for one tenant and 30 days. */
export const signButton = (button: Button & { tenantId: string }, secretKey: string): string => {
  const body = [
    'rbm1',
    Buffer.from(button.orderId.replaceAll('-', ''), 'hex').toString('base64url'),
    button.assignmentNo.toString(36),
    button.issuedAt.getTime().toString(36),
    // As it is, so that a payload can be read in a log; a space might not come back as one.
    button.action.replaceAll(' ', '-'),
  ].join('.');
  return `${body}.${sign(body, button.tenantId, secretKey)}`;
};

/** What a payload says, if this tenant issued it under one of the keys. Never throws. */
export const readButton = (
  payload: string,
  tenantId: string,
  secretKeys: string[],
  now: Date,
): ReadButton => {
  // Any version: one of a newer release, read after going back, is no button we can trust.
  if (!/^rbm\d/.test(payload)) return { kind: 'foreign' };
  const match = /^(rbm1\.([\w-]{22})\.([0-9a-z]{1,8})\.([0-9a-z]{1,9})\.([A-Z_-]{1,30}))\.([\w-]{22})$/.exec(
    payload,
  );
  if (!match) return { kind: 'forged' };
  const [, body, order, assignmentNo, issuedAt, action, given] = match as unknown as string[];
  // As text: the last of 22 characters holds bits that decoding would ignore.
  const isOurs = secretKeys.some((secretKey) =>
    timingSafeEqual(Buffer.from(sign(body!, tenantId, secretKey)), Buffer.from(given!)),
  );
  if (!isOurs) return { kind: 'forged' };

  const issued = Number.parseInt(issuedAt!, 36);
  return {
    kind: now.getTime() - issued > lifetimeMs ? 'expired' : 'valid',
    orderId: Buffer.from(order!, 'base64url')
      .toString('hex')
      .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-'),
    action: action!.replaceAll('-', ' '),
    assignmentNo: Number.parseInt(assignmentNo!, 36),
    issuedAt: new Date(issued),
  };
};

const sign = (body: string, tenantId: string, secretKey: string): string =>
  createHmac('sha256', derive(secretKey, 'button'))
    .update(`${tenantId}\n${body}`)
    .digest()
    .subarray(0, 16)
    .toString('base64url');
