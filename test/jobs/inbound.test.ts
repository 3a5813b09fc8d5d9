import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { inbound } from '../../jobs/inbound.ts';
import { sha256 } from '../../src/crypto.ts';
import { type Stage, setStage } from '../scenarios/stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await setStage({ backend: 'postgres', workers: 0 });
});
afterAll(() => stage?.strike());

type Tech = Awaited<ReturnType<Stage['technician']>>;

/** What the spill brings: a webhook received before it is stored. */
const bring = async (tech: Tech, text: string, receivedAt: Date) => {
  const { body, sid } = stage.simulator.webhook(tech.address, text);
  const [channel] = await stage.store.tenant(stage.tenantId, (tx) => tx.channels.list());
  await stage.store.gate.storeInbound([
    {
      kind: 'message',
      tenantId: stage.tenantId,
      channelId: channel!.id,
      id: randomUUID(),
      key: sha256(sid),
      raw: Buffer.from(body),
      source: 'spill',
      status: 'received',
      receivedAt,
      way: 'whatsapp',
      address: tech.address,
      userId: null,
      providerId: sid,
      attemptId: null,
    },
  ]);
};

/** The doorbells of the conversations with something unread. */
const unreadBells = async () =>
  (await stage.store.gate.dueWork(0, 100)).flatMap(({ queue, id }) =>
    queue === 'inbound' ? [{ tenantId: stage.tenantId, id }] : [],
  );

const unreadBell = async () => (await unreadBells())[0]!;

const notesOf = async (number: string) =>
  (await stage.eventsOf(number)).flatMap(({ data }) => (data.text ? [data.text] : []));

test('a webhook that leaves the spill between two looks still comes before a later one that never was in it', async () => {
  const tech = await stage.technician();
  await stage.order('S-1', { assignee: tech.externalId, status: 'in_progress' });
  const before = new Date();
  await tech.says('note s-1 second');
  let asked = 0;
  const rung: string[] = [];
  const drain = inbound({
    ...stage.deps,
    ring: (queue) => rung.push(queue),
    mustWaitForSpill: async () => {
      if (asked++ === 0) await bring(tech, 'note s-1 first', before);
      return false;
    },
  });
  const bell = await unreadBell();
  await drain(bell);
  expect(rung).toContain('inbound');
  await drain(bell);
  expect(await notesOf('S-1')).toEqual(['first', 'second']);
});

test('while the spill holds webhooks nothing is worked on, and it is tried again', async () => {
  const tech = await stage.technician();
  await stage.order('S-2', { assignee: tech.externalId, status: 'in_progress' });
  await tech.says('note s-2 waits');
  const rung: unknown[] = [];
  const bell = await unreadBell();
  await inbound({
    ...stage.deps,
    ring: (queue, _tenantId, _id, afterMs) => rung.push([queue, afterMs]),
    mustWaitForSpill: async () => true,
  })(bell);
  expect(await notesOf('S-2')).toEqual([]);
  expect(rung).toEqual([['inbound', 500]]);
});

test('a message that fails three times by our fault is answered and set aside, and the next one is done', async () => {
  const tech = await stage.technician();
  await stage.order('F-1', { assignee: tech.externalId, status: 'in_progress' });
  // Whatever the tests before left unread is none of it.
  const others = new Set((await unreadBells()).map(({ id }) => id));
  await tech.says('note f-1 this one breaks us');
  await tech.says('note f-1 this one does not');
  let isBroken = true;
  const log = Object.assign(Object.create(stage.deps.log), {
    error: ({ event }: { event: string }) => {
      if (event === 'inbound.set-aside') isBroken = false;
    },
  });
  const drain = inbound({
    ...stage.deps,
    log,
    ring: () => {},
    mustWaitForSpill: async () => false,
    newId: () => {
      if (isBroken) throw new Error('ours');
      return randomUUID();
    },
  });
  const bell = (await unreadBells()).find(({ id }) => !others.has(id))!;
  for (let run = 0; run < 3; run++) await drain(bell);

  expect(await notesOf('F-1')).toEqual(['this one does not']);
  const messages = await stage.messages();
  const [done, failed] = messages.filter(
    ({ direction, technician }) => direction === 'in' && technician === tech.externalId,
  );
  expect([failed!.status, done!.status]).toEqual(['failed', 'processed']);
  const answer = messages.find(({ id }) => id === failed!.answeredBy)!;
  expect(answer).toMatchObject({ direction: 'out', text: expect.stringContaining('was not carried out') });
});
