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

/** The doorbell of the only conversation with something unread. */
const unreadBell = async () => {
  const [due] = (await stage.store.gate.dueWork(0, 100)).filter(({ queue }) => queue === 'inbound');
  return { tenantId: stage.tenantId, id: due!.id };
};

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
