import type { Deps } from '../deps.ts';
import type { InboundRow, StoredRow } from '../store/gate.ts';
import { isConflict, isPassing } from '../store/store.ts';

/** Keeps what Postgres cannot take, until it can. */
export type Spill = (rows: InboundRow[]) => Promise<void>;

export type Inbox = ReturnType<typeof createInbox>;

const maxBatch = 500;
const maxTries = 5;
const probeEveryMs = 500;

/**
 * Stores webhooks durably: in Postgres, or in the spill while Postgres is away. The next batch gathers
 * while the previous one is written, so no timer delays a single webhook.
 */
export const createInbox = ({ store, ring, log }: Deps, spill: Spill | null) => {
  type Waiting = { row: InboundRow; arrivedAt: number; kept: () => void; lost: (error: unknown) => void };
  let gathering: Waiting[] = [];
  let writing = false;
  let awaySince: number | null = null;
  let probing: NodeJS.Timeout | undefined;
  // The database's clock as seen from here, for webhooks that only the spill can take.
  let clockOffsetMs: number | null = null;

  /** Resolves once the webhook is kept; rejects when nothing could keep it. */
  const keep = (row: InboundRow): Promise<void> =>
    new Promise((kept, lost) => {
      gathering.push({ row, arrivedAt: Date.now(), kept, lost });
      if (!writing) {
        writing = true;
        setImmediate(write);
      }
    });

  const write = async () => {
    while (gathering.length > 0) {
      const batch = gathering.slice(0, maxBatch);
      gathering = gathering.slice(maxBatch);
      await (awaySince === null ? storeBatch(batch) : spillBatch(batch));
    }
    writing = false;
  };

  const storeBatch = async (batch: Waiting[], tries = 1): Promise<void> => {
    try {
      rung(batch, await store.gate.storeInbound(batch.map(({ row }) => row)));
    } catch (error) {
      if (isConflict(error) && tries < maxTries) return storeBatch(batch, tries + 1);
      if (isPassing(error)) {
        away(error);
        return spillBatch(batch);
      }
      if (batch.length === 1) {
        log.error({ event: 'inbox.refused', code: (error as { code?: string }).code });
        return batch[0]!.lost(error);
      }
      // One row that Postgres refuses must not take the others with it.
      for (const each of batch) await storeBatch([each]);
    }
  };

  const rung = (batch: Waiting[], stored: StoredRow[]) => {
    const newest = stored.at(-1);
    if (newest) {
      // Each answer shows the clock as it was when the batch began: the quickest is the nearest. A clock may drift.
      const seenMs = newest.storedAt.getTime() - Date.now();
      clockOffsetMs = Math.max(seenMs, (clockOffsetMs ?? seenMs) - 1);
    }
    stored.forEach(({ stored: isNew, conversationId }, index) => {
      const { row, kept } = batch[index]!;
      kept();
      if (!isNew || row.status === 'disabled') return;
      if (row.kind === 'status') ring('delivery-status', row.tenantId, row.channelId);
      else if (conversationId) ring('inbound', row.tenantId, conversationId);
    });
  };

  const spillBatch = async (batch: Waiting[]) => {
    try {
      if (!spill) throw new Error('Postgres is away and there is no Redis to keep webhooks in');
      await spill(
        batch.map(({ row, arrivedAt }) => ({
          ...row,
          source: row.source === 'webhook' ? 'spill' : row.source,
          receivedAt: row.receivedAt ?? new Date(arrivedAt + (clockOffsetMs ?? 0)),
        })),
      );
      for (const { kept } of batch) kept();
    } catch (error) {
      for (const { lost } of batch) lost(error);
    }
  };

  const away = (error: unknown) => {
    awaySince ??= Date.now();
    log.warn({ event: 'inbox.away', code: (error as { code?: string }).code, spill: spill !== null });
    probing ??= setInterval(async () => {
      try {
        await store.ping();
        awaySince = null;
        clearInterval(probing);
        probing = undefined;
        log.info({ event: 'inbox.back' });
      } catch {
        // Still away.
      }
    }, probeEveryMs);
    probing.unref();
  };

  const close = () => clearInterval(probing);

  return { keep, close, isAway: () => awaySince !== null };
};
