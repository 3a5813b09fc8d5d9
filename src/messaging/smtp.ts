import { Readable } from 'node:stream';
import MailComposer from 'nodemailer/lib/mail-composer';
import SMTPConnection from 'nodemailer/lib/smtp-connection';
import { readMailbox } from '../domain/mailbox.ts';
import { messageIdOf, writeMail } from './mail.ts';
import { noAccount, noTemplates, type Outcome, type Outgoing, type Provider } from './provider.ts';
import { type Timing, timing } from './timing.ts';

const pauseAfterRefusedCredentialsMs = 60_000;

/** Sends e-mail through a server; `smtpUrl` holds its login. Nothing ever comes in, and no server lists what it took. */
export const createSmtp = (
  smtpUrl: string,
  { callTimeoutMs }: Pick<Timing, 'callTimeoutMs'> = timing,
): Provider => {
  const server = readServer(smtpUrl);
  return {
    send: async (message) => {
      const raw = await compose(message);
      return deliver(server, callTimeoutMs, message, raw);
    },
    listSentTo: async () => [],
    listReceived: async () => [],
    media: async () => ({ kind: 'refused', problem: 'e-mail that comes in is not read' }),
    createContent: async () => ({ sid: null, code: 'e-mail has no content of that kind' }),
    templates: noTemplates('e-mail has no templates'),
    account: noAccount('e-mail has no account'),
  };
};

type Server = ReturnType<typeof readServer>;

const readServer = (smtpUrl: string) => {
  const { protocol, hostname, port, username, password } = new URL(smtpUrl);
  const secure = protocol === 'smtps:';
  const user = decodeURIComponent(username);
  // A URL writes IPv6 in brackets, a connection does not.
  const host = hostname.replace(/^\[|\]$/g, '');
  return {
    host,
    port: port ? Number(port) : secure ? 465 : 587,
    secure,
    // A login never goes over the wire in the clear, but for a server on this very machine.
    requireTLS: !secure && user !== '' && !['localhost', '127.0.0.1', '::1'].includes(host),
    auth: user === '' ? null : { user, pass: decodeURIComponent(password) },
  };
};

const compose = ({ from, to, text, messageId, orderNumber, at }: Outgoing): Promise<Buffer> => {
  const mail = writeMail(text, orderNumber);
  const id = messageIdOf(messageId, from);
  return new MailComposer({
    from,
    to: { name: '', address: to },
    ...mail,
    messageId: id,
    date: at,
    // So that nobody's holiday notice answers, and no list sends it on.
    headers: { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' },
    baseBoundary: messageId,
    disableFileAccess: true,
    disableUrlAccess: true,
  })
    .compile()
    .build();
};

type SmtpError = Error & {
  code?: string | undefined;
  command?: string | undefined;
  responseCode?: number | undefined;
};

/** How far it got: as long as no byte of the mail was written, the server cannot have taken it. */
type Progress = { dataBegan: boolean };

const deliver = (
  { auth, ...options }: Server,
  callTimeoutMs: number,
  message: Outgoing,
  raw: Buffer,
): Promise<Outcome> => {
  const progress: Progress = { dataBegan: false };
  const connection = new SMTPConnection({
    ...options,
    connectionTimeout: callTimeoutMs,
    greetingTimeout: callTimeoutMs,
    dnsTimeout: callTimeoutMs,
    // Servers look a mail through before they answer for it: one that is given up too soon comes twice.
    socketTimeout: 6 * callTimeoutMs,
  });
  return new Promise<Outcome>((resolve) => {
    const failed = (error: SmtpError) => {
      connection.close();
      resolve(outcomeOf(error, progress));
    };
    // What goes wrong besides a command; a promise settles once.
    connection.on('error', failed);
    const send = () =>
      connection.send(
        { from: readMailbox(message.from)!.address, to: [message.to] },
        // Read once the server has said that it listens.
        noticed(raw, progress),
        (error: SmtpError | null) => {
          if (error) return failed(error);
          connection.quit();
          resolve({ kind: 'accepted', id: messageIdOf(message.messageId, message.from), status: 'sent' });
        },
      );
    connection.connect((error?: SmtpError | null) => {
      if (error) return failed(error);
      if (!auth) return send();
      connection.login({ user: auth.user, pass: auth.pass }, (refused: SmtpError | null) =>
        refused ? failed(refused) : send(),
      );
    });
  });
};

const noticed = (raw: Buffer, progress: Progress): Readable =>
  new Readable({
    read() {
      progress.dataBegan = true;
      this.push(raw);
      this.push(null);
    },
  });

/** The server's own words may name people: only its code leaves here. */
const outcomeOf = (error: SmtpError, { dataBegan }: Progress): Outcome => {
  const { code, command, responseCode } = error;
  const isAnswerToMail = code === 'EMESSAGE' && command === 'DATA' && responseCode !== undefined;
  if (dataBegan && !isAnswerToMail) return { kind: 'unclear', text: `no clear answer (${code})` };

  if (responseCode !== undefined && responseCode < 500) {
    return refused(responseCode, 'the mail server takes no mail at the moment', 'retry');
  }
  if (code === 'EAUTH' || code === 'ENOAUTH') {
    const text = 'the mail server refuses our login: check SMTP_URL';
    // Nobody's message is at fault: the channel waits until it is mended.
    return {
      ...refused(responseCode ?? null, text, 'retry'),
      pauseMs: pauseAfterRefusedCredentialsMs,
    };
  }
  if (responseCode === undefined) {
    const text =
      code === 'ETLS'
        ? 'the mail server offers no safe connection: check SMTP_URL'
        : 'the mail server could not be reached';
    return refused(null, text, 'retry');
  }
  if (isAnswerToMail) return refused(`data ${responseCode}`, 'the mail server refused the mail', 'other-way');
  return command?.startsWith('RCPT')
    ? refused(responseCode, 'the mail server takes no mail for this address', 'stop')
    : refused(`sender ${responseCode}`, 'the mail server refused the sender: check MAIL_FROM', 'fix');
};

const refused = (
  code: number | string | null,
  text: string,
  next: Extract<Outcome, { kind: 'refused' }>['next'],
) => ({ kind: 'refused', code: code === null ? null : String(code), text, next }) as const;
