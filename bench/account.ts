import { randomBytes } from 'node:crypto';
import { incomingForm, signedWebhook, type Webhook } from '../src/simulator/webhooks.ts';

/** The Twilio account that both sides answer for. */
export const account = {
  accountSid: `AC${'b'.repeat(32)}`,
  authToken: 'bench-auth-token',
  from: 'whatsapp:+14155238886',
};

export const technicianCount = 200;

export const phoneOf = (technician: number): string => `+1202555${1000 + technician}`;

/** A message of that technician as Twilio posts it, signed for this address. */
export const message = (technician: number, text: string, url: string): Webhook => {
  const sid = `SM${randomBytes(16).toString('hex')}`;
  const form = incomingForm(account, {
    sid,
    address: `whatsapp:${phoneOf(technician)}`,
    name: `Technician ${technician}`,
    userId: null,
    to: account.from,
    text,
    extraFields: {},
  });
  return signedWebhook(account, sid, url, form, randomBytes(16).toString('hex'));
};
