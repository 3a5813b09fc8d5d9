import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import twilio from 'twilio';
import { derive, sha256 } from '../crypto.ts';

// The self-test posts a form that is signed like Twilio's and that ingress verifies like Twilio's, but keeps nowhere.
// Beside it goes a note under SECRET_KEY: to whoever can write one, which is this installation alone, ingress says what
// it saw. To anybody else a form that is refused is refused without a word.

/** Where that note stands. */
export const checkHeader = 'X-RBM-Check';

// No message of Twilio's is called like this.
const marked = /^RBMCHECK[0-9a-f]{32}$/;

export const isCheckForm = (form: URLSearchParams): boolean => marked.test(form.get('MessageSid') ?? '');

/** What ingress saw of a form that it could not verify, or could. */
export type Seen = {
  isVerified: boolean;
  /** What it takes for the address that was signed. */
  url: string;
  isSignatureThere: boolean;
  isFormWhole: boolean;
  isSenderKnown: boolean;
  isAccountRight: boolean;
  /** Whether one of its tokens would have verified what we signed. */
  isTokenKnown: boolean;
};

export type CheckNote = { url: string; formHash: string };

type Signed = { url: string; body: string; headers: Record<string, string>; nonce: string };

/** A form like Twilio's for this address, of no message and for no attempt. */
export const writeCheck = (
  url: string,
  sender: { address: string; accountSid: string; authToken: string },
  secretKey: string,
): Signed => {
  const nonce = randomBytes(16).toString('hex');
  const sid = `RBMCHECK${nonce}`;
  const fields: Record<string, string> = {
    ...{ MessageSid: sid, SmsSid: sid, AccountSid: sender.accountSid, ApiVersion: '2010-04-01' },
    // Read as an incoming message as well as a status: the sender is on both sides.
    ...{ From: sender.address, To: sender.address, MessageStatus: 'delivered', SmsStatus: 'delivered' },
    ...{ Body: 'Self-test: ä € ⚠️', NumMedia: '0' },
  };
  const body = new URLSearchParams(fields).toString();
  const note: CheckNote = { url, formHash: sha256(body).toString('base64url') };
  return {
    ...{ url, body, nonce },
    headers: {
      'Content-Type': 'application/x-www-form-urlencoded; charset=UTF-8',
      'User-Agent': 'TwilioProxy/1.1',
      'X-Twilio-Signature': twilio.getExpectedTwilioSignature(sender.authToken, url, fields),
      [checkHeader]: seal(note, `ask:${nonce}`, secretKey),
    },
  };
};

/** The note beside a check's form, if this installation wrote it. */
export const readCheck = (
  form: URLSearchParams,
  header: string | undefined,
  secretKeys: string[],
): CheckNote | null => open<CheckNote>(header ?? '', `ask:${nonceOf(form)}`, secretKeys);

export const writeSeen = (form: URLSearchParams, seen: Seen, secretKey: string): string =>
  seal(seen, `seen:${nonceOf(form)}`, secretKey);

/** What ingress answered; null if it was not this installation's. */
export const readSeen = (nonce: string, answer: string, secretKeys: string[]): Seen | null =>
  open<Seen>(answer, `seen:${nonce}`, secretKeys);

const nonceOf = (form: URLSearchParams): string => (form.get('MessageSid') ?? '').slice('RBMCHECK'.length);

const seal = (value: unknown, purpose: string, secretKey: string): string => {
  const text = Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${text}.${macOf(text, purpose, secretKey)}`;
};

const open = <T>(sealed: string, purpose: string, secretKeys: string[]): T | null => {
  const [text = '', mac = ''] = sealed.split('.');
  const isOurs = secretKeys.some((secretKey) =>
    timingSafeEqual(sha256(mac), sha256(macOf(text, purpose, secretKey))),
  );
  return isOurs ? (JSON.parse(Buffer.from(text, 'base64url').toString('utf8')) as T) : null;
};

const macOf = (text: string, purpose: string, secretKey: string): string =>
  createHmac('sha256', derive(secretKey, 'self-test')).update(`${purpose}.${text}`).digest('base64url');
