import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import type { Deps } from '../src/deps.ts';
import { createLog } from '../src/log.ts';
import { spill } from '../src/spill.ts';
import type { InboundRow } from '../src/store/gate.ts';

const spilled = (providerId: string) => ({
  kind: 'message',
  tenantId: randomUUID(),
  channelId: randomUUID(),
  id: randomUUID(),
  key: Buffer.from(providerId).toString('base64'),
  raw: Buffer.from('Body=ack').toString('base64'),
  source: 'spill',
  status: 'received',
  receivedAt: '2026-11-22T02:00:00.000Z',
  way: 'whatsapp',
  address: 'whatsapp:+12025550101',
  userId: null,
  providerId,
  attemptId: null,
});

/** A worker whose Postgres answers each batch by `answer`, and what came of the job. */
const work = async (
  providerIds: string[],
  answer: (ids: string[]) => void,
  stopping = new AbortController(),
) => {
  const stored: string[] = [];
  const storeInbound = async (rows: InboundRow[]) => {
    const ids = rows.map(({ providerId }) => providerId);
    answer(ids);
    stored.push(...ids);
    return rows.map(() => ({ stored: true, conversationId: randomUUID(), storedAt: new Date() }));
  };
  const deps = {
    store: { gate: { storeInbound } },
    ring: () => {},
    log: createLog('silent'),
  } as unknown as Deps;
  const failure = await spill(
    deps,
    stopping.signal,
  )({
    id: '1',
    name: 'webhooks',
    data: { rows: providerIds.map(spilled) },
    attemptsStarted: 1,
    failures: 0,
    again: async () => Object.assign(new Error('again'), { name: 'DelayedError' }),
  }).catch((error: unknown) => error as Error & { code?: string });
  return { stored, failure };
};

const failing = (code: string) => Object.assign(new Error(code), { code });

test('one webhook that Postgres refuses does not take the others with it, and its job is kept as failed', async () => {
  const { stored, failure } = await work(['SM1', 'SM2', 'SM3'], (ids) => {
    if (ids.includes('SM2')) throw failing('23503');
  });
  expect(stored).toEqual(['SM1', 'SM3']);
  expect(failure).toMatchObject({ code: '23503' });
});

test('while Postgres is away the job waits in place, and is done once it is back', async () => {
  let tries = 0;
  const { stored, failure } = await work(['SM1', 'SM2'], () => {
    if (tries++ === 0) throw failing('57P01');
  });
  expect([stored, failure]).toEqual([['SM1', 'SM2'], undefined]);
});

test('a process that stops meanwhile puts the job back instead of failing it', async () => {
  const stopping = new AbortController();
  stopping.abort();
  const { stored, failure } = await work(
    ['SM1', 'SM2'],
    () => {
      throw failing('57P01');
    },
    stopping,
  );
  expect(stored).toEqual([]);
  expect(failure).toMatchObject({ name: 'DelayedError' });
});
