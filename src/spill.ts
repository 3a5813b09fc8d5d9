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
    const rows = (job.data as { rows: Spilled[] }).rows.map(unpack);
    try {
      await bring(rows);
    } catch (error) {
      if (isStopping(error)) throw error;
      // One of them is refused: the others are stored without it, and the job is kept for a person to look at.
      let refused: unknown = error;
      for (const row of rows) {
        await bring([row]).catch((cause: unknown) => {
          if (isStopping(cause)) throw cause;
          refused = cause;
        });
      }
      log.error({
        event: 'spill.refused',
        alarm: true,
        job: job.id,
        code: (refused as { code?: string }).code,
      });
      throw refused;
    }

    /** Stores the rows, waiting as long as Postgres is away. What was stored before is recognised by its key. */
    async function bring(batch: InboundRow[]): Promise<void> {
      for (;;) {
        try {
          const stored = await store.gate.storeInbound(batch);
          stored.forEach(({ conversationId }, index) => {
            const row = batch[index]!;
            if (row.kind === 'status') ring('delivery-status', row.tenantId, row.channelId);
            else if (conversationId) ring('inbound', row.tenantId, conversationId);
          });
          return;
        } catch (error) {
          if (!isPassing(error)) throw error;
          log.debug({ event: 'spill.waiting', code: (error as { code?: string }).code });
          if (stopping.aborted) throw await job.again(0);
          await sleep(500);
        }
      }
    }
  };

/** The job was put back because the process stops. */
const isStopping = (error: unknown): boolean => (error as { name?: string }).name === 'DelayedError';

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
