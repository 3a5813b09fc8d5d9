import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { pino } from 'pino';
import { afterAll, beforeAll, inject } from 'vitest';
import { deliveryStatus } from '../../jobs/delivery-status.ts';
import { type OutboundDeps, outbound } from '../../jobs/outbound.ts';
import { sha256 } from '../../src/crypto.ts';
import type { Lane, MessageKind } from '../../src/domain/message.ts';
import type { ApprovalStatus } from '../../src/domain/template.ts';
import {
  type ContentOutcome,
  type ListedAtProvider,
  noAccount,
  type Outcome,
  type Outgoing,
  type Provider,
  type TemplatesAtProvider,
} from '../../src/messaging/provider.ts';
import { timing as realTiming, type Timing } from '../../src/messaging/timing.ts';
import type { QuickReplyButton } from '../../src/store/outbox.ts';
import type { QuickReplyDefinition } from '../../src/store/quick-replies.ts';
import { createStore, type Store } from '../../src/store/store.ts';
import type { TemplateContent } from '../../src/store/templates.ts';
import { order as orderWith } from '../commands/facts.ts';
import { createTestDatabase, withDatabase } from '../support/postgres.ts';
import { createTenant, testSecretKey } from '../support/tenant.ts';

/** As in production, but for the first pause after a refusal: a slow machine must not reach it by itself. */
export const timing: Timing = { ...realTiming, retryMs: 20_000, maxRetryMs: 160_000 };

/** A clock for runs: on a slow machine they would have had their time before they have done what a test is about. */
const slowly = () => performance.now() / 20;

/** Templates at a provider that has none, unless told otherwise. */
export const createFakeTemplates = () => {
  const states = new Map<string, Awaited<ReturnType<TemplatesAtProvider['approval']>>>();
  const contents = new Map<string, TemplateContent>();
  const fake = {
    states,
    contents,
    /** What was asked for, in this order. */
    asked: [] as string[],
    /** A content with these words, approved unless told otherwise. */
    has: (
      sid: string,
      body: string,
      state: Partial<{ status: ApprovalStatus; category: string; rejectionReason: string | null }> = {},
    ) => {
      contents.set(sid, { body, buttons: [] });
      states.set(sid, {
        ...{ kind: 'found', status: 'approved', category: 'UTILITY', rejectionReason: null, ...state },
      });
    },
    approval: async (sid: string) => {
      fake.asked.push(sid);
      return states.get(sid) ?? ({ kind: 'missing' } as const);
    },
    content: async (sid: string) => {
      const content = contents.get(sid);
      return content ? ({ kind: 'found', content } as const) : ({ kind: 'missing' } as const);
    },
    create: async () => ({ sid: newContentSid() }),
    requestApproval: async () => ({ kind: 'asked' }) as const,
  };
  return fake satisfies TemplatesAtProvider;
};

/** A provider that takes everything, unless told otherwise, and remembers what it was asked. */
const createFakeProvider = () => {
  const answers: ((message: Outgoing) => Outcome | Promise<Outcome>)[] = [];
  const contents: (() => ContentOutcome | Promise<ContentOutcome>)[] = [];
  const waits = new Set<() => void>();
  const fake = {
    sent: [] as (Outgoing & { attemptId: string; atMs: number })[],
    /** What its list shows; a function throws or waits in its place. */
    listed: [] as ListedAtProvider[] | (() => Promise<ListedAtProvider[]>),
    asked: [] as { to: string; since: Date }[],
    /** The content it was asked to make. */
    templates: createFakeTemplates(),
    made: [] as { name: string; definition: QuickReplyDefinition; sid: string | null }[],
    /** How the making of the next content ends. */
    makes: (next: () => ContentOutcome | Promise<ContentOutcome>) => void contents.push(next),
    /** How the next calls end, one each; after that it takes everything again. */
    will: (...next: (Outcome | ((message: Outgoing) => Outcome | Promise<Outcome>))[]) => {
      answers.push(...next.map((answer) => (typeof answer === 'function' ? answer : () => answer)));
    },
    /** The next call does not end before the returned function says how. */
    holdsNext: () => {
      let finish!: (outcome: Outcome) => void;
      const ends = new Promise<Outcome>((resolve) => {
        finish = resolve;
      });
      answers.push(() => ends);
      return finish;
    },
    /** Resolves once that text was asked to be sent. */
    isAsked: async (text: string) => {
      while (!fake.sent.some((message) => message.text === text)) await fake.nextAsked();
    },
    nextAsked: () => new Promise<void>((news) => void waits.add(news)),
    texts: () => fake.sent.map(({ text }) => text),
  };
  const provider: Provider = {
    send: async (message) => {
      const attemptId = new URL(message.statusCallback).searchParams.get('a')!;
      fake.sent.push({ ...message, attemptId, atMs: performance.now() });
      for (const tell of waits) tell();
      waits.clear();
      return (await answers.shift()?.(message)) ?? { kind: 'accepted', id: newSid() };
    },
    listSentTo: async (to, since) => {
      fake.asked.push({ to, since });
      return typeof fake.listed === 'function' ? fake.listed() : fake.listed;
    },
    listReceived: async () => [],
    media: async () => ({ kind: 'not-there' }),
    createContent: async (name, definition) => {
      const made = await (contents.shift() ?? (() => ({ sid: newContentSid() })))();
      fake.made.push({ name, definition, sid: made.sid });
      return made;
    },
    templates: fake.templates,
    account: noAccount('none'),
  };
  return Object.assign(fake, { provider });
};

const newContentSid = () => `HX${randomUUID().replaceAll('-', '')}`;
export const newSid = () => `SM${randomUUID().replaceAll('-', '')}`;

export const refused = (code: string | null, next: 'retry' | 'template' | 'other-way' | 'stop' | 'fix') =>
  ({ kind: 'refused', code, text: 'in words', next }) as const;
export const unclear = { kind: 'unclear', text: 'no clear answer (ECONNRESET)' } as const;

/** Channels with a provider that is none, over a database of the test file's own. */
export const useOutbox = () => {
  let store: Store;
  let owner: pg.Client;
  let databaseUrl: string;
  let databaseName: string;
  let close = async () => {};
  beforeAll(async () => {
    const database = await createTestDatabase();
    databaseUrl = database.appUrl;
    databaseName = database.name;
    store = createStore({ url: databaseUrl, maxConnections: 8 });
    owner = new pg.Client({ connectionString: withDatabase(inject('postgresUrl'), database.name) });
    await owner.connect();
    close = async () => {
      await owner.end();
      await store.close();
      await database.drop();
    };
  });
  afterAll(() => close());

  const channel = async (options: { messagesPerSecond?: number } = {}) => {
    const tenant = await createTenant(store);
    const { tenantId } = tenant;
    const channelId = tenant.channelId!;
    await owner.query('UPDATE channel SET messages_per_second = $1 WHERE id = $2', [
      options.messagesPerSecond ?? 1000,
      channelId,
    ]);
    const { rows: channels } = await owner.query('SELECT address FROM channel WHERE id = $1', [channelId]);
    const address: string = channels[0].address;
    const provider = createFakeProvider();
    const logged: { event: string; alarm?: boolean }[] = [];
    const bells: { queue: string; id: string; afterMs: number }[] = [];

    const deps: OutboundDeps = {
      store,
      ring: (queue, _tenantId, id, afterMs = 0) => void bells.push({ queue, id, afterMs }),
      log: pino({ level: 'debug' }, { write: (line: string) => void logged.push(JSON.parse(line)) }),
      now: () => new Date(),
      newId: randomUUID,
      secretKeys: [testSecretKey],
      enabled: true,
      providerOf: () => provider.provider,
      timing,
      publicBaseUrl: 'https://rbm.example.com',
      random: () => 0.5,
      monotonicMs: slowly,
      stopping: new AbortController().signal,
      underWay: new Map(),
    };
    const bell = { tenantId, id: channelId };
    const query = async (text: string, values: unknown[]) => (await owner.query(text, values)).rows;

    let people = 0;
    const technician = async (fields: { timeZone?: string; withoutAddress?: boolean } = {}) => {
      const id = randomUUID();
      const phone = `+1202555${1000 + ++people}`;
      const conversationId = await store.tenant(tenantId, async (tx) => {
        await tx.technicians.insert({
          id,
          externalId: id,
          name: 'Ana',
          phone: null,
          email: null,
          role: 'technician',
          locale: null,
          timeZone: fields.timeZone ?? null,
          supervisorId: null,
          active: true,
          preferences: {},
          lastSeenAt: null,
        });
        if (!fields.withoutAddress) {
          await tx.technicians.setAddresses(id, [{ kind: 'whatsapp', value: phone, active: true }]);
        }
        return tx.conversations.open(channelId, id, `whatsapp:${phone}`, randomUUID);
      });
      return { id, externalId: id, address: `whatsapp:${phone}`, conversationId };
    };
    type Technician = Awaited<ReturnType<typeof technician>>;

    let orders = 0;
    /** An order as it stands, stored. */
    const order = async (
      fields: Partial<Parameters<typeof orderWith>[1]> & { assigneeId: string | null },
    ) => {
      const id = randomUUID();
      const stored = orderWith(`WO-${++orders}`, { asset: null, ...fields, id });
      await store.tenant(tenantId, (tx) => tx.workOrders.insert(stored));
      return stored;
    };

    /** A message that is due now, unless told otherwise. */
    const queue = async (
      to: Technician,
      text: string,
      fields: {
        lane?: Lane;
        kind?: MessageKind;
        expiresAt?: Date;
        about?: { workOrderId: string; assignmentNo: number | null; dueDay: string | null };
        buttons?: QuickReplyButton[];
        causedBy?: string;
        /** It says the same by a further way. */
        fallbackOf?: string;
        fallbackSeconds?: number;
      } = {},
    ): Promise<string> => {
      const id = randomUUID();
      await store.tenant(tenantId, (tx) =>
        tx.outbox.add({
          id,
          technicianId: to.id,
          way: 'whatsapp',
          channelId,
          conversationId: to.conversationId,
          kind: fields.kind ?? 'reply',
          lane: fields.lane ?? 'reply',
          text,
          inReplyTo: null,
          causedBy: fields.causedBy ?? null,
          fallbackOf: fields.fallbackOf ?? null,
          workOrderIds: fields.about ? [fields.about.workOrderId] : [],
          about: fields.about ?? null,
          buttons: fields.buttons ?? null,
          fallbackSeconds: fields.fallbackSeconds ?? null,
          dueAt: new Date(Date.now() - 1000),
          expiresAt: fields.expiresAt ?? new Date(Date.now() + 2 * 60 * 60 * 1000),
          heldBack: null,
        }),
      );
      return id;
    };

    const run = (changed: Partial<OutboundDeps> = {}) => outbound({ ...deps, ...changed })(bell);

    /** What a callback of the provider's leaves in the database. Answers whether it was new. */
    const callback = async (facts: {
      channelId?: string;
      attemptId?: string | null;
      providerId: string;
      status: string;
      errorCode?: string;
      receivedAt?: Date;
      raw?: string;
    }): Promise<boolean> => {
      const form = new URLSearchParams({
        MessageSid: facts.providerId,
        AccountSid: `AC${'0'.repeat(32)}`,
        From: address,
        MessageStatus: facts.status,
        ...(facts.errorCode ? { ErrorCode: facts.errorCode } : {}),
      });
      const raw = facts.raw ?? form.toString();
      const [row] = await store.gate.storeInbound([
        {
          kind: 'status',
          tenantId,
          channelId: facts.channelId ?? channelId,
          id: randomUUID(),
          key: sha256(raw),
          raw: Buffer.from(raw),
          source: 'webhook',
          status: 'received',
          receivedAt: facts.receivedAt ?? null,
          way: 'whatsapp',
          address: null,
          userId: null,
          providerId: facts.providerId,
          attemptId: facts.attemptId ?? null,
        },
      ]);
      return row!.stored;
    };
    const applyCallbacks = (id = channelId) => deliveryStatus(deps)({ tenantId, id });

    const message = async (id: string) => (await store.tenant(tenantId, (tx) => tx.messages.get(id)))!;
    const attempts = async (messageId: string): Promise<AttemptRow[]> =>
      query(
        `SELECT id, reason, state, status, provider_id AS "providerId", provider_id_from AS "from", error_code AS code,
           sending_at AS "sendingAt", looks,
           round(extract(epoch FROM look_at - sending_at), 3)::float8 AS "lookAfterSeconds"
         FROM attempt WHERE message_id = $1 ORDER BY sending_at`,
        [messageId],
      );
    /** Seconds until the message is due; null when nothing is left to do. */
    const dueInSeconds = async (id: string): Promise<number | null> =>
      (
        await query(
          'SELECT extract(epoch FROM due_at - clock_timestamp())::float8 AS s FROM message WHERE id = $1',
          [id],
        )
      )[0]!.s;
    const events = () =>
      query('SELECT type, message_id AS "messageId", data FROM event WHERE tenant_id = $1 ORDER BY seq', [
        tenantId,
      ]);

    /** Time goes by: everything this channel remembers happened that much earlier. Expiry stays as it is. */
    const pass = async (seconds: number) => {
      const earlier = (column: string) => `${column} = ${column} - $1 * interval '1 second'`;
      for (const [table, ...columns] of [
        ['attempt', 'sending_at', 'look_at', 'accepted_at', 'status_at'],
        ['message', 'due_at', 'fallback_at', 'created_at', 'status_at'],
        ['pair_budget', 'at'],
        [
          'channel_lease',
          ...['held_until', 'next_slot_at', 'paused_until'],
          ...['refusing_since', 'failing_since', 'failing_told_at'],
        ],
        ['status_callback', 'received_at', 'match_at'],
        ['quick_reply_content', 'make_at'],
      ] as const) {
        await owner.query(`UPDATE ${table} SET ${columns.map(earlier).join(', ')} WHERE tenant_id = $2`, [
          seconds,
          tenantId,
        ]);
      }
    };

    /** As the provider's list shows it. */
    const listed = (fields: Partial<ListedAtProvider> & { text: string; to: string }): ListedAtProvider => ({
      id: newSid(),
      direction: 'out',
      from: address,
      status: 'queued',
      createdAt: new Date(),
      ...fields,
    });

    return {
      tenantId,
      channelId,
      address,
      databaseUrl,
      databaseName,
      store,
      deps,
      provider,
      logged,
      bells,
      query,
      technician,
      order,
      queue,
      run,
      callback,
      applyCallbacks,
      message,
      attempts,
      dueInSeconds,
      events,
      pass,
      listed,
    };
  };

  return { channel };
};

export type AttemptRow = {
  id: string;
  reason: string;
  state: string;
  status: string;
  providerId: string | null;
  from: string | null;
  code: string | null;
  sendingAt: Date;
  looks: number;
  lookAfterSeconds: number | null;
};
