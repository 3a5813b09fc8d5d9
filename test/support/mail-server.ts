import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';

type Answer = Error | null;

/** A mail server that takes everything, unless told otherwise, and keeps it. */
export const startMailServer = async () => {
  const mails: { to: string[]; raw: string }[] = [];
  const heard = new Set<() => void>();
  const next: Partial<Record<'auth' | 'sender' | 'recipient' | 'mail', Answer>> = {};
  let cuts = false;
  const take = (stage: keyof typeof next): Answer => {
    const answer = next[stage] ?? null;
    delete next[stage];
    return answer;
  };
  const server = new SMTPServer({
    authOptional: true,
    allowInsecureAuth: true,
    disabledCommands: ['STARTTLS'],
    logger: false,
    onAuth: ({ username, password }, _session, done) => {
      const refused = take('auth');
      if (refused) return done(refused);
      if (username !== 'rbm' || password !== 'pass word') return done(codedAs(535, 'Invalid login'));
      done(null, { user: username });
    },
    onMailFrom: (_address, _session, done) => done(take('sender')),
    onRcptTo: (_address, _session, done) => done(take('recipient')),
    onData: (stream, session, done) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const refused = take('mail');
        if (refused) return done(refused);
        mails.push({
          to: session.envelope.rcptTo.map(({ address }) => address),
          raw: Buffer.concat(chunks).toString('utf8'),
        });
        for (const tell of heard) tell();
        heard.clear();
        if (!cuts) return done();
        // It has the mail, and nobody hears of it.
        cuts = false;
        for (const connection of server.connections) connection.close();
      });
    },
  });
  server.on('error', () => {});
  server.listen(0, '127.0.0.1');
  await once(server.server, 'listening');
  const { port } = server.server.address() as AddressInfo;

  return {
    url: `smtp://127.0.0.1:${port}`,
    urlWithLogin: (login: string) => `smtp://${login}@127.0.0.1:${port}`,
    mails,
    /** How the next command of that kind is answered. */
    refuses: (stage: keyof typeof next, code: number) => {
      next[stage] = codedAs(code, 'in words that name ana@example.com');
    },
    /** The next mail is taken, and the connection breaks in place of the answer. */
    cutsAfterTaking: () => {
      cuts = true;
    },
    /** Resolves once that many have come. */
    has: async (count: number) => {
      while (mails.length < count) await new Promise<void>((news) => heard.add(news));
      return mails;
    },
    close: () => new Promise<void>((closed) => server.close(() => closed())),
  };
};

const codedAs = (responseCode: number, message: string): Error =>
  Object.assign(new Error(message), { responseCode });

/** A part of a mail in the clear: the headers unfolded, quoted-printable and base64 undone. */
export const readMail = (raw: string) => {
  const [head = '', ...rest] = raw.split('\r\n\r\n');
  const headers = new Map(
    head
      .replace(/\r\n[ \t]+/g, ' ')
      .split('\r\n')
      .map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 2)]),
  );
  const parts = rest
    .join('\r\n\r\n')
    .split(/\r\n?--[^\r\n]+/)
    .flatMap((part) => {
      const [, type, body] = /Content-Type: ([^;\r\n]+)[\s\S]*?\r\n\r\n([\s\S]*)$/i.exec(part) ?? [];
      if (!type || body === undefined) return [];
      const encoding = /Content-Transfer-Encoding: (\S+)/i.exec(part)?.[1]?.toLowerCase();
      return [[type, decoded(body, encoding)] as const];
    });
  return { header: (name: string) => headers.get(name.toLowerCase()), parts: new Map(parts) };
};

const decoded = (body: string, encoding: string | undefined): string => {
  if (encoding === 'base64') return Buffer.from(body, 'base64').toString('utf8');
  if (encoding !== 'quoted-printable') return body;
  const bytes = body
    .replace(/=\r\n/g, '')
    .replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString('utf8').replaceAll('\r\n', '\n');
};
