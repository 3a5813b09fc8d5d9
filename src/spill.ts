import { setTimeout as sleep } from 'node:timers/promises';
import type { Deps } from './deps.ts';
import type { Spill } from './ingress/inbox.ts';
import type { Processor, Queues } from './queue-backend.ts';
import type { InboundRow } from './store/gate.ts';
import { isPassing } from './store/store.ts';

type Spilled = Omit<InboundRow, 'key' | 'raw' | 'receivedAt'> & {
  key: string;
  raw: string;
  receivedAt: string;
};

/** Keeps webhooks whole in Redis while Postgres is away. On the Postgres backend there is nowhere to spill to. */
export const createSpill = (queues: Queues): Spill | null =>
  queues.backend === 'redis'
    ? (rows) => queues.add('spill', [{ name: 'webhooks', data: { rows: rows.map(pack) } }])
    : null;

/** Brings spilled webhooks to Postgres: alone, in order, and waiting in place until it takes them. */
export const spill =
  ({ store, ring, log }: Deps, stopping: AbortSignal): Processor =>
  async (job) => {
    let rows = (job.data as { rows: Spilled[] }).rows.map(unpack);
    while (rows.length > 0) {
      try {
        const stored = await store.gate.storeInbound(rows);
        stored.forEach(({ conversationId }, index) => {
          const row = rows[index]!;
          if (row.kind === 'status') ring('delivery-status', row.tenantId, row.channelId);
          else if (conversationId) ring('inbound', row.tenantId, conversationId);
        });
        return;
      } catch (error) {
        if (!isPassing(error)) {
          if (rows.length === 1) throw error;
          // One of them is refused: the others are stored without it.
          rows = await storeSingly(rows);
          continue;
        }
        log.debug({ event: 'spill.waiting', code: (error as { code?: string }).code });
        if (stopping.aborted) throw await job.again(0);
        await sleep(500);
      }
    }

    /** Answers the rows that must wait for Postgres. */
    async function storeSingly(batch: InboundRow[]): Promise<InboundRow[]> {
      const waiting: InboundRow[] = [];
      for (const row of batch) {
        try {
          const [stored] = await store.gate.storeInbound([row]);
          if (stored?.conversationId) ring('inbound', row.tenantId, stored.conversationId);
        } catch (error) {
          if (isPassing(error)) waiting.push(row);
          else log.error({ event: 'spill.refused', alarm: true, code: (error as { code?: string }).code });
        }
      }
      return waiting;
    }
  };

/**
 * Whether a drain must wait because webhooks older than what Postgres has may still be in the spill. While
 * Redis cannot be asked, what was known last counts; after a minute the technician's answer counts more.
 */
export const createSpillCheck = (queues: Queues, monotonicMs: () => number) => {
  let lastKnown: 'empty' | 'holding' | null = null;
  let unknownSinceMs: number | null = null;
  return async (): Promise<boolean> => {
    const state = await queues.spillState();
    if (state !== 'unknown') {
      lastKnown = state;
      unknownSinceMs = null;
      return state === 'holding';
    }
    unknownSinceMs ??= monotonicMs();
    return lastKnown !== 'empty' && monotonicMs() - unknownSinceMs < 60_000;
  };
};

const pack = (row: InboundRow): Spilled => ({
  ...row,
  key: row.key.toString('base64'),
  raw: row.raw.toString('base64'),
  receivedAt: row.receivedAt!.toISOString(),
});

const unpack = (row: Spilled): InboundRow => ({
  ...row,
  key: Buffer.from(row.key, 'base64'),
  raw: Buffer.from(row.raw, 'base64'),
  receivedAt: new Date(row.receivedAt),
});
