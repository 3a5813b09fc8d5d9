import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { deliveryStatus } from '../../jobs/delivery-status.ts';
import { inbound } from '../../jobs/inbound.ts';
import { timing } from '../../src/messaging/timing.ts';
import { createStore, type Store, type Tx } from '../../src/store/store.ts';
import { createTestDatabase, type TestDatabase, withDatabase } from '../support/postgres.ts';
import { createIngress, createSender, type Ingress, openSuperuser, type Sender } from './stage.ts';

const seed = 20_261_122;
const maxBodyBytes = 64 * 1024;

let database: TestDatabase;
let superuser: Awaited<ReturnType<typeof openSuperuser>>;
let store: Store;
let sender: Sender;
let ingress: Ingress;

beforeAll(async () => {
  database = await createTestDatabase();
  superuser = await openSuperuser(withDatabase(inject('postgresUrl'), database.name));
  store = createStore({ url: database.appUrl, timeouts: { webhookMs: 60_000 } });
  sender = await createSender(store, { address: 'whatsapp:+14155238886' });
  ingress = await createIngress(store);
});
afterAll(async () => {
  await store.close();
  await superuser.close();
  await database.drop();
});

/** Half of a pair, where a whole one should be: JavaScript allows it, UTF-8 does not. */
const codeUnits = fc
  .array(fc.oneof(fc.integer({ min: 0xd800, max: 0xdfff }), fc.integer({ min: 0, max: 0xffff })), {
    maxLength: 20,
  })
  .map((units) => String.fromCharCode(...units));

const said = fc.constantFrom(
  'ack',
  'ACK WO-1',
  'start 1',
  'complete',
  'Complete WO-٢',
  'START १',
  'note ٣ بار',
  'note',
  'my work',
  'help',
  'status',
  'pending',
  'undo',
  'more',
  'stop',
  'delay',
  'escalate',
  'תתחיל עבודה 7',
  'تم الانتهاء من أمر العمل ٧',
  '\u202Eack\u202C',
  '\uFEFFack\u200B',
  'ａｃｋ　ｗｏ－１',
  '👷🏽‍♀️👍🏽',
  '\0',
  'ack\0',
  '*_~`ack`~_*',
  '',
);
const text = fc.oneof(
  { weight: 3, arbitrary: said },
  {
    weight: 2,
    arbitrary: fc.tuple(said, fc.string({ unit: 'binary', maxLength: 30 })).map((parts) => parts.join(' ')),
  },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 60 }) },
  { weight: 2, arbitrary: codeUnits },
  {
    weight: 1,
    arbitrary: fc
      .tuple(
        fc.constantFrom('note leaks ', 'ack ', '👷🏽 ', '\u202E٣', 'x'),
        fc.integer({ min: 100, max: 1500 }),
      )
      .map(([part, times]) => part.repeat(times)),
  },
);

const encode = (value: string) => new URLSearchParams([['', value]]).toString().slice(1);

/** What a form may hold between `=` and `&`, well encoded or not. */
const encoded = fc.oneof(
  { weight: 3, arbitrary: text.map(encode) },
  {
    weight: 1,
    arbitrary: fc
      .array(
        fc.constantFrom(
          '%00',
          '%ED%A0%80',
          '%ED%BF%BF',
          '%FF',
          '%C0%80',
          '%F4%90%80%80',
          '%E2%82',
          '%',
          '%zz',
          '+',
          '=',
          'a',
        ),
        { maxLength: 12 },
      )
      .map((bytes) => bytes.join('')),
  },
);

const fieldName = fc.oneof(
  fc.constantFrom(
    ...[
      'Body',
      'Body',
      'ProfileName',
      'ButtonPayload',
      'MediaUrl0',
      'NumMedia',
      'ErrorCode',
      'SmsStatus',
      'ChannelMetadata',
    ],
    ...['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'OptOutType', 'ExternalUserId', ''],
  ),
  encoded,
);
const extraFields = fc.array(
  fc.tuple(fieldName, encoded).map(([name, value]) => `${name}=${value}`),
  { maxLength: 6 },
);

/** How long the whole body is made, if longer than it is anyway. */
const size = fc.oneof(
  { weight: 12, arbitrary: fc.constant(0) },
  { weight: 3, arbitrary: fc.integer({ min: maxBodyBytes - 2, max: maxBodyBytes + 2 }) },
  { weight: 1, arbitrary: fc.constant(1024 * 1024) },
);

const rarely = <T>(arbitrary: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 11, arbitrary: fc.constant(null) }, { weight: 1, arbitrary });

const shape = fc.record({
  before: extraFields,
  after: extraFields,
  /** Left out of the form, or there without a value. */
  missing: rarely(fc.constantFrom('MessageSid', 'AccountSid', 'From', 'To', 'MessageStatus', 'all')),
  /** Said by somebody else, to somebody else, or under another account. */
  foreign: rarely(fc.constantFrom('From', 'To', 'AccountSid')),
  size,
});

/** The body, and the form that Twilio would have signed. */
const assemble = (fields: Record<string, string>, { before, after, missing, foreign, size }: Shape) => {
  const own = Object.entries(fields)
    .filter(([name]) => name !== missing)
    .map(([name, value]) => `${name}=${name === foreign ? encode(`${value}9`) : value}`);
  const body = missing === 'all' ? '' : [...before, ...own, ...after].join('&');
  const padding = size - Buffer.byteLength(body) - '&Padding='.length;
  const padded = padding > 0 ? `${body}&Padding=${'x'.repeat(padding)}` : body;
  return { body: padded, form: new URLSearchParams(padded) };
};
type Shape = typeof shape extends fc.Arbitrary<infer T> ? T : never;

const expectedStatus = (
  body: string,
  form: URLSearchParams,
  required: string[],
  address: string,
  ok: number,
) => {
  if (Buffer.byteLength(body) > maxBodyBytes) return 413;
  if (required.some((name) => !form.get(name))) return 400;
  if (form.get(address) !== sender.address || form.get('AccountSid') !== sender.accountSid) return 403;
  return ok;
};

let people = 0;
/** A technician of one run's own, with two orders: what one says has no bearing on the next. */
const newTechnician = async (): Promise<string> => {
  const number = ++people;
  const id = randomUUID();
  const phone = `+1202${String(5_550_000 + number)}`;
  await store.tenant(sender.tenantId, async (tx) => {
    await tx.technicians.insert({
      id,
      externalId: `tech-${number}`,
      name: `Technician ${number}`,
      phone,
      email: null,
      role: 'technician',
      locale: null,
      timeZone: null,
      supervisorId: null,
      active: true,
      preferences: {},
      lastSeenAt: null,
    });
    await tx.technicians.setAddresses(id, [{ kind: 'whatsapp', value: phone, active: true }]);
    await addOrder(tx, `WO-${number}-1`, id, 'assigned');
    await addOrder(tx, `WO-${number}-2`, id, 'in_progress');
  });
  return `whatsapp:${phone}`;
};

const addOrder = (tx: Tx, number: string, assigneeId: string, status: 'assigned' | 'in_progress') =>
  tx.workOrders.insert({
    id: randomUUID(),
    number,
    title: `Replace the seal of pump ${number} ${'before it leaks '.repeat(12)}`,
    description: 'Shut off, drain, open, clean, replace, close, fill, test.\n'.repeat(100),
    priority: 'high',
    kind: 'corrective',
    asset: null,
    assigneeId,
    plannerId: null,
    due: { on: '2026-12-25' },
    scheduled: null,
    status,
    escalated: false,
    version: 1,
    assignmentNo: 1,
    assignedAt: new Date(),
    acknowledgedAt: null,
    startedAt: null,
    completedAt: null,
    confirmedAt: null,
    closedAt: null,
  });

let sids = 0;
const nextSid = () => `SM${String(++sids).padStart(32, '0')}`;

test('whatever a signed form holds, it is stored or refused, and a technician gets exactly one answer', async () => {
  const drain = inbound({ ...ingress.deps, mustWaitForSpill: async () => false });
  let answers = 0;
  await fc.assert(
    fc.asyncProperty(shape, encoded, async (shape, words) => {
      const [sid, technician] = [nextSid(), await newTechnician()];
      const { body, form } = assemble(
        {
          MessageSid: sid,
          AccountSid: sender.accountSid,
          From: encode(technician),
          To: encode(sender.address),
          Body: words,
        },
        shape,
      );

      const answer = await ingress.post('/incoming', body, { token: sender.authToken });

      const required = ['MessageSid', 'AccountSid', 'From', 'To'];
      expect(answer.status).toBe(expectedStatus(body, form, required, 'To', 200));
      const [message, ...more] = await superuser.rows('SELECT * FROM message WHERE provider_id = $1', [sid]);
      expect(more).toEqual([]);
      if (answer.status !== 200) {
        expect(message).toBeUndefined();
        return;
      }
      expect(message.raw.toString()).toBe(body);

      const bell = { tenantId: sender.tenantId, id: message.conversation_id };
      await drain(bell);
      await drain(bell);

      const [read] = await superuser.rows('SELECT * FROM message WHERE provider_id = $1', [sid]);
      expect(read.status).toBe('processed');
      const replies = await superuser.rows('SELECT * FROM message WHERE in_reply_to = $1', [message.id]);
      // Twilio has answered by itself where it says so; strangers are answered once a day.
      const known = form.get('From') === technician && !form.has('OptOutType');
      expect(replies.length).toBeLessThanOrEqual(form.has('OptOutType') ? 0 : 1);
      if (!known) return;
      expect(replies).toHaveLength(1);
      expect(read.answered_by).toBe(replies[0].id);
      expect(replies[0].text.length).toBeGreaterThan(0);
      expect(replies[0].text.length).toBeLessThanOrEqual(1600);
      answers++;
    }),
    { numRuns: 300, seed },
  );
  // Most runs come that far, or they would prove little.
  expect(answers).toBeGreaterThan(150);
}, 60_000);

const query = fc.oneof(
  fc.constant(''),
  fc.constant('?a=<attempt>'),
  encoded.map((value) => `?a=${value.replaceAll('&', '')}`),
  fc.constantFrom(
    '?a',
    '?a=&a=<attempt>',
    `?a=${'0'.repeat(36)}`,
    `?a=${'f'.repeat(3000)}`,
    "?a='; --",
    '?a=%',
  ),
);
const statusWord = fc.oneof(
  fc.constantFrom('sent', 'delivered', 'read', 'failed', 'undelivered', 'DELIVERED', 'receiving').map(encode),
  fc.constantFrom('constructor', '__proto__', 'toString').map(encode),
  encoded,
);
const failure = fc.option(
  fc.record({
    ErrorCode: fc.oneof(
      fc.constantFrom('63016', '63024', '30008', '1e9', '-1', 'constructor').map(encode),
      encoded,
    ),
    ChannelStatusMessage: encoded,
  }),
);

test('whatever a signed callback holds, it is stored or refused, and can be applied', async () => {
  const apply = deliveryStatus({ ...ingress.deps, timing });
  const { tenantId, channelId } = sender;
  const technicianAddress = await newTechnician();
  let applied = 0;
  await fc.assert(
    fc.asyncProperty(shape, query, statusWord, failure, async (shape, query, word, failure) => {
      const [sid, attemptId] = [nextSid(), await newAttempt(technicianAddress)];
      const { body, form } = assemble(
        {
          MessageSid: sid,
          AccountSid: sender.accountSid,
          From: encode(sender.address),
          MessageStatus: word,
          ...failure,
        },
        shape,
      );

      const path = `/status${query.replace('<attempt>', attemptId)}`;
      const answer = await ingress.post(path, body, { token: sender.authToken });

      const required = ['MessageSid', 'AccountSid', 'From', 'MessageStatus'];
      expect(answer.status).toBe(expectedStatus(body, form, required, 'From', 204));
      const [callback, ...more] = await superuser.rows(
        'SELECT * FROM status_callback WHERE provider_id = $1',
        [sid],
      );
      expect(more).toEqual([]);
      if (answer.status !== 204) {
        expect(callback).toBeUndefined();
        return;
      }
      expect(callback.raw.toString()).toBe(body);
      expect([null, attemptId]).toContain(callback.attempt_id);

      await apply({ tenantId, id: channelId });

      // Applied to the attempt it names, else parked for later.
      const [after] = await superuser.rows('SELECT * FROM status_callback WHERE provider_id = $1', [sid]);
      expect(after.applied_to).toBe(callback.attempt_id);
      if (after.applied_to) applied++;
      else expect(after.match_at.getTime()).toBeGreaterThan(Date.now());
    }),
    { numRuns: 150, seed },
  );
  expect(applied).toBeGreaterThan(15);
}, 60_000);

/** A message that was handed to the provider, whose answer is not known yet. */
const newAttempt = async (address: string): Promise<string> => {
  const [messageId, attemptId] = [randomUUID(), randomUUID()];
  const { tenantId, channelId } = sender;
  await store.tenant(tenantId, async (tx) => {
    const kind = 'whatsapp' as const;
    const [known] = await tx.technicians.knownBy([{ kind, value: address.replace('whatsapp:', '') }]);
    const { technician } = known!;
    const conversationId = await tx.conversations.open(channelId, technician.id, address, randomUUID);
    await tx.outbox.add({
      id: messageId,
      technicianId: technician.id,
      way: 'whatsapp',
      channelId,
      conversationId,
      kind: 'reply',
      lane: 'reply',
      text: 'Note saved',
      inReplyTo: null,
      workOrderIds: [],
      about: null,
      dueAt: new Date(),
      expiresAt: new Date(Date.now() + 60_000),
      heldBack: null,
    });
    await tx.outbox.sending([{ id: messageId, conversationId }]);
    await tx.attempts.begin(
      [{ id: attemptId, messageId, channelId, reason: 'first', address, text: 'Note saved' }],
      60_000,
    );
  });
  return attemptId;
};
