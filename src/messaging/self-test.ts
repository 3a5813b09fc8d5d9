import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { inUse, readCredentials } from '../cmms/save-tenant.ts';
import type { Deps } from '../deps.ts';
import { needsSomebody, whyUnusable } from '../domain/template.ts';
import { describeFault } from '../log.ts';
import { isPublicAddress } from '../public-address.ts';
import type { Queues } from '../queue-backend.ts';
import type { StoredChannel } from '../store/channels.ts';
import type { Finding } from '../store/self-tests.ts';
import { isPassing } from '../store/store.ts';
import { askAbout, lackingTemplates } from './poll-templates.ts';
import type { Provider } from './provider.ts';
import type { ProviderOf } from './providers.ts';
import { roundTrip } from './round-trip.ts';

/** Everything that must work before a message goes out and its answer comes in; in the order of the page. */
export const checks = {
  database: 'Database',
  queue: 'Queue',
  workers: 'Workers',
  credentials: 'Credentials',
  sender: 'Sender',
  address: 'Signature address',
  templates: 'Templates',
} as const;
export type CheckName = keyof typeof checks;

export type SelfTestParts = {
  queues: Pick<Queues, 'isUp' | 'refusal' | 'backend'>;
  providerOf: ProviderOf;
  publicBaseUrl: string;
  /** Null: Twilio's own hosts, which reach public addresses only. */
  twilioApiBaseUrl: string | null;
  fetch: typeof fetch;
  /** Other than usual only in tests. */
  deadlineMs?: number;
  learningMs?: number[];
};

/** Twilio waits 15 s for an answer to a webhook. */
const usualDeadlineMs = 15_000;

const ok = (text: string): Finding => ({ isOk: true, text, todo: null });
const problem = (text: string, todo: string): Finding => ({ isOk: false, text, todo });
const skipped = (text: string, todo: string | null = null): Finding => ({ isOk: null, text, todo });

/**
 * Runs every check at once, each with a deadline of its own, and notes each as it ends; what one finds, or that it
 * fails, stops no other. Asks only the provider and PUBLIC_BASE_URL; sends nothing to anybody.
 */
export const runSelfTest = async (
  deps: Deps,
  parts: SelfTestParts,
  tenantId: string,
  note: (check: CheckName, found: Finding[]) => Promise<void>,
): Promise<void> => {
  const channel = deps.store.tenant(tenantId, async (tx) => inUse(await tx.channels.list()));
  const { deadlineMs = usualDeadlineMs } = parts;
  /** With the tenant's sender and its provider; without them there is nothing to look at. */
  const withSender =
    (check: (channel: StoredChannel, provider: Provider) => Promise<Finding[]>) =>
    async (): Promise<Finding[]> => {
      const found = await channel;
      if (!found) return [noSender];
      if (!readCredentials(found, deps)) return [unreadable];
      return check(found, parts.providerOf(found));
    };
  const all: Record<CheckName, () => Promise<Finding[]>> = {
    database: () => checkDatabase(deps),
    queue: () => checkQueue(parts.queues),
    workers: () => checkWorkers(deps),
    credentials: withSender((_, provider) => checkCredentials(provider)),
    sender: withSender((found, provider) => checkSender(found, provider, parts.publicBaseUrl)),
    address: withSender((found) => checkAddress(deps, parts, found)),
    templates: withSender((_, provider) => checkTemplates(deps, tenantId, provider)),
  };
  await Promise.all(
    (Object.keys(all) as CheckName[]).map(async (name) => {
      const found = await within(deadlineMs, name, all[name], deps);
      await note(
        name,
        found.map(({ isOk, text, todo }) => ({ isOk, text: storable(text), todo: todo && storable(todo) })),
      );
    }),
  );
};

// Some of it is Twilio's words: Postgres keeps neither NUL nor half a surrogate pair.
const storable = (text: string): string => text.replace(/\p{Cc}|\p{Cs}/gu, ' ');

const noSender = problem('There is no WhatsApp sender yet.', 'Set one up under Sender.');
const unreadable = problem(
  'The stored credentials cannot be read: SECRET_KEY is another one than they were stored under.',
  'Set the old one as SECRET_KEY_PREVIOUS and start again, or enter the auth token anew under Sender.',
);

const within = async (
  deadlineMs: number,
  name: CheckName,
  check: () => Promise<Finding[]>,
  { log }: Deps,
): Promise<Finding[]> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Finding[]>((end) => {
    timer = setTimeout(() => end([tooLate(deadlineMs)]), deadlineMs);
  });
  try {
    return await Promise.race([check(), late]);
  } catch (error) {
    if (isPassing(error)) return [databaseAway];
    log.error({ event: 'self-test.failed', check: name, ...describeFault(error as Error) });
    return [problem('This check itself has failed: the fault is ours.', 'The log of the service has more.')];
  } finally {
    clearTimeout(timer);
  }
};

const tooLate = (deadlineMs: number) =>
  problem(
    `It did not end within ${Math.round(deadlineMs / 1000)} s.`,
    'Look at the other checks, and try again.',
  );

const databaseAway = problem(
  'The database does not answer.',
  'See whether PostgreSQL runs and DATABASE_URL leads to it. Nothing is lost meanwhile where there is Redis.',
);

const checkDatabase = async ({ store }: Deps): Promise<Finding[]> => [
  ok(`It answers within ${await store.ping()} ms.`),
];

const checkQueue = async ({ isUp, refusal, backend }: SelfTestParts['queues']): Promise<Finding[]> => {
  const where = backend === 'redis' ? 'Redis' : 'PostgreSQL';
  if (!(await isUp())) {
    const todo =
      backend === 'redis'
        ? 'See whether Redis runs and REDIS_URL leads to it.'
        : 'See whether PostgreSQL runs, and whether the migrations have made the queue’s tables.';
    return [problem(`The queue on ${where} does not answer.`, todo)];
  }
  const why = await refusal();
  return why
    ? [
        problem(
          `${where} answers but takes no new jobs (${why}).`,
          'Give it memory, or make it writable again.',
        ),
      ]
    : [ok(`${where} answers and takes jobs.`)];
};

const checkWorkers = async ({ store, enabled }: Deps): Promise<Finding[]> => {
  const count = await store.gate.workerCount();
  return [
    count > 0
      ? ok(count === 1 ? 'One worker was alive within 30 s.' : `${count} workers were alive within 30 s.`)
      : problem('No worker is alive: nothing is run or sent.', 'Start one with ROLE=worker or ROLE=all.'),
    ...(enabled
      ? []
      : [problem('WHATSAPP_ENABLED is false: nothing is sent.', 'Set it to true and start again.')]),
  ];
};

const checkCredentials = async ({ account }: Provider): Promise<Finding[]> => {
  const [told, key] = await Promise.all([account.account(), account.sendingKey()]);
  return [describeAccount(told), ...(key ? [describeKey(key)] : [])];
};

const describeAccount = (told: Awaited<ReturnType<Provider['account']['account']>>): Finding => {
  if (told.kind === 'missing') {
    return problem('Twilio knows no such account.', 'Copy the account SID again from Twilio’s console.');
  }
  if (told.kind === 'failed') {
    return notTold(
      told.code,
      problem(
        'Twilio refuses the account SID with this auth token.',
        'Copy both again from the first page of Twilio’s console: the live ones, not the test credentials.',
      ),
    );
  }
  if (told.status !== 'active') {
    return problem(
      `Twilio takes the credentials, but the account is ${told.status}.`,
      'Open Twilio’s console: it says what to do to have it active again.',
    );
  }
  return ok(
    told.isTrial
      ? 'Twilio takes them. It is a trial account, which sends to verified numbers only.'
      : 'Twilio takes them, and the account is active.',
  );
};

const describeKey = (told: NonNullable<Awaited<ReturnType<Provider['account']['sendingKey']>>>): Finding => {
  if (told.kind === 'found') return ok('Twilio takes the API key that messages are sent with.');
  const refused = problem(
    'Twilio refuses the API key that messages are sent with.',
    'Make another one in Twilio’s console under API keys, of this account, and enter its SID and secret.',
  );
  return told.kind === 'missing' ? refused : notTold(told.code, refused);
};

// 20003: refused; 20008: credentials for tests.
const refusedCodes = ['20003', '20008', '401', '403'];

/** Why a provider told nothing: because it refuses us, or because nobody was there to tell. */
const notTold = (code: string, refused: Finding): Finding => {
  if (refusedCodes.includes(code)) return refused;
  if (code === '20429' || code === '429') {
    return problem('Twilio takes no more requests at the moment.', 'Try again in a minute.');
  }
  if (/^5\d\d$/.test(code) || code === '20500') {
    return problem(`Twilio has a fault of its own (${code}).`, 'See status.twilio.com, and try again later.');
  }
  if (/^[A-Z][A-Z_]+$/.test(code)) {
    return problem(
      `Twilio cannot be reached from here (${code}).`,
      'See whether this machine may reach api.twilio.com, content.twilio.com and messaging.twilio.com on port 443.',
    );
  }
  return problem(
    `What answered is not as Twilio answers (${code}).`,
    'Look for a proxy in between; if TWILIO_API_BASE_URL is set, see where it leads.',
  );
};

/** As in Twilio's documentation; it is never among an account's own. */
const sandbox = 'whatsapp:+14155238886';

const checkSender = async (
  channel: StoredChannel,
  { account }: Provider,
  publicBaseUrl: string,
): Promise<Finding[]> => {
  const { address, messagingServiceSid } = channel;
  const number = address.replace(/^whatsapp:/, '');
  const [told, service] = await Promise.all([
    account.sender(address),
    messagingServiceSid ? account.messagingService(messagingServiceSid, address) : null,
  ]);
  const findings: Finding[] = [];
  if (told.kind === 'not-among' && address === sandbox) {
    return [
      ok(`${number} is Twilio’s sandbox: each phone joins it first, by the words in Twilio’s console.`),
    ];
  }
  if (told.kind === 'not-among') {
    const others =
      told.others.length > 0
        ? `It has ${told.others.slice(0, 5).join(', ')}${told.others.length > 5 ? ' and more' : ''}: enter one of them`
        : 'It has none: register the number under WhatsApp senders';
    findings.push(
      problem(`${number} is no WhatsApp sender of this account.`, `${others}, or correct the account SID.`),
    );
  } else if (told.kind === 'found') {
    const isOnline = told.status === 'ONLINE' || told.status === 'ONLINE:UPDATING';
    const why = told.reasons.length > 0 ? ` Twilio says: ${told.reasons.join(' ').slice(0, 300)}` : '';
    findings.push(
      isOnline
        ? ok(`${number} is a WhatsApp sender of this account, and online.`)
        : problem(
            `${number} is a WhatsApp sender of this account, but it is ${told.status}.${why}`,
            'Open the sender in Twilio’s console and finish what it asks for.',
          ),
    );
  } else {
    const refused = problem(
      'Twilio does not let these credentials see the senders.',
      'Correct the credentials first; an API key must be one of this account.',
    );
    findings.push(told.kind === 'missing' ? refused : notTold(told.code, refused));
  }
  if (service) findings.push(describeService(service, number));
  const inboundUrl =
    (service?.kind === 'found' ? service.inboundUrl : null) ??
    (told.kind === 'found' ? told.inboundUrl : undefined);
  if (inboundUrl !== undefined) findings.push(describeInbound(inboundUrl, publicBaseUrl));
  return findings;
};

const describeService = (
  told: Awaited<ReturnType<Provider['account']['messagingService']>>,
  number: string,
): Finding => {
  const missing = problem(
    'The account has no such messaging service.',
    'Copy its SID again from Twilio’s console, or leave it empty.',
  );
  if (told.kind === 'missing') return missing;
  if (told.kind === 'failed') return notTold(told.code, missing);
  return told.holdsSender
    ? ok('The number is in the messaging service.')
    : problem(
        `${number} is not in the messaging service.`,
        'Add it under Messaging, Services, Sender pool, or leave the messaging service empty.',
      );
};

/** Where Twilio posts what technicians write. */
const describeInbound = (inboundUrl: string | null, publicBaseUrl: string): Finding => {
  const wanted = `${publicBaseUrl}/api/whatsappwebhook/incoming`;
  const todo = `Enter ${wanted} in Twilio’s console as the address for messages that come in, with POST.`;
  if (inboundUrl === null) return problem('Twilio has no address to post messages to.', todo);
  return inboundUrl.split('#', 1)[0] === wanted
    ? ok('Twilio posts messages to this service.')
    : problem(`Twilio posts messages to ${withoutQuery(inboundUrl)}, not to this service.`, todo);
};

/** An address as it may be shown: what is behind a question mark may be a secret. */
const withoutQuery = (address: string): string => {
  if (!URL.canParse(address)) return 'something that is no address';
  const { origin, pathname } = new URL(address);
  return (origin + pathname).slice(0, 200);
};

const checkAddress = async (deps: Deps, parts: SelfTestParts, channel: StoredChannel): Promise<Finding[]> => {
  const isReal = channel.provider === 'twilio' && parts.twilioApiBaseUrl === null;
  const [trip, reach] = await Promise.all([
    roundTrip(deps, parts, channel),
    isReal ? checkReach(parts.publicBaseUrl) : [],
  ]);
  return [...trip, ...reach];
};

/** What only Twilio's own computers would notice. */
const checkReach = async (publicBaseUrl: string): Promise<Finding[]> => {
  const { protocol, hostname } = new URL(publicBaseUrl);
  const host = hostname.replace(/^\[|\]$/g, '');
  const found = isIP(host)
    ? [host]
    : await lookup(host, { all: true }).then(
        (all) => all.map(({ address }) => address),
        // The round trip says it.
        () => [],
      );
  const isInside = found.length > 0 && !found.some(isPublicAddress);
  return [
    ...(isInside
      ? [
          problem(
            `${host} leads to this machine or into a private network, where Twilio cannot reach it.`,
            'Set PUBLIC_BASE_URL to an address that is reached from the internet. If the name leads elsewhere out there, all is well.',
          ),
        ]
      : []),
    ...(protocol === 'https:'
      ? []
      : [
          problem(
            'PUBLIC_BASE_URL begins with http://: what technicians write comes over the internet in the clear.',
            'Put a proxy with a certificate in front, and set PUBLIC_BASE_URL to its https:// address.',
          ),
        ]),
  ];
};

const checkTemplates = async (deps: Deps, tenantId: string, provider: Provider): Promise<Finding[]> => {
  const stored = await deps.store.tenant(tenantId, (tx) => tx.templates.list());
  const notToldOf = await askAbout(deps, tenantId, provider, stored);
  const { templates, lacking } = await deps.store.tenant(tenantId, async (tx) => ({
    templates: await tx.templates.list(),
    lacking: await lackingTemplates(tx),
  }));
  const named = templates.map(({ kind, locale, approval }): Finding => {
    const name = `${kind} in ${locale}`;
    const vain = notToldOf.find((each) => each.kind === kind && each.locale === locale);
    if (vain) {
      const refused = problem(`${name}: Twilio refuses to say.`, 'Correct the credentials first.');
      const found = notTold(vain.code, refused);
      return { ...found, text: found === refused ? found.text : `${name}: ${found.text}` };
    }
    if (!approval) return skipped(`${name}: nothing is known of it yet.`, 'Try again in a minute.');
    if (approval.status === 'approved') return ok(`${name}: approved.`);
    const [cause, todo] = splitAdvice(whyUnusable(approval));
    return needsSomebody(approval.status)
      ? problem(`${name}: ${cause}.`, todo)
      : skipped(`${name}: ${cause}.`, 'Until then such a message waits for the technician to write.');
  });
  const findings = [...named, ...describeLacking(lacking, templates)];
  return findings.length > 0
    ? findings
    : [ok('There is none, and nobody is registered yet who could need one.')];
};

/** "why: what to do" in two. */
const splitAdvice = (why: string): [string, string] => {
  const at = why.indexOf(': ');
  if (at < 0) return [why, 'See the templates’ page.'];
  const todo = why.slice(at + 2);
  return [why.slice(0, at), `${todo[0]!.toUpperCase()}${todo.slice(1)}.`];
};

/** A line for each language that somebody reads. */
const describeLacking = (
  lacking: { kind: string; locale: string }[],
  templates: { kind: string; locale: string }[],
): Finding[] =>
  [...new Set(lacking.map(({ locale }) => locale))].map((locale) => {
    const kinds = lacking.filter((each) => each.locale === locale).map(({ kind }) => kind);
    const isCovered = templates.some(
      (each) => each.kind === 'message.send' && each.locale.split('-')[0] === locale,
    );
    return isCovered
      ? ok(`${kinds.join(', ')} in ${locale}: without a template of their own, they go as message.send.`)
      : problem(
          `${kinds.join(', ')} in ${locale}: there is no template, so nothing reaches who has not written for a day.`,
          'Run "npm run templates -- submit", or enter a content under Templates.',
        );
  });
