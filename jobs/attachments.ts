import { createHash } from 'node:crypto';
import { contentTypeOf } from '../src/attachments/content-type.ts';
import { type Files, keyOf } from '../src/attachments/files.ts';
import type { Deps } from '../src/deps.ts';
import type { MediaAnswer, Provider } from '../src/messaging/provider.ts';
import type { ProviderOf } from '../src/messaging/providers.ts';
import type { Doorbell } from '../src/queues.ts';
import type { DueAttachment } from '../src/store/attachments.ts';

export type AttachmentsDeps = Deps & {
  providerOf: ProviderOf;
  files: Files;
  monotonicMs: () => number;
  /** Ends what is under way: the process stops. */
  stopping: AbortSignal;
};

// Side by side, so that a slow one does not hold up the others; few, since each is held in memory.
const lanes = 3;
// Longer than fetching and storing can take: after that, whoever took it has died.
const takenForMs = 90_000;
// Right after the webhook the provider may not have it yet.
const notThereDelaysMs = [2000, 10_000, 60_000, 300_000];
const delaysMs = [2000, 10_000, 60_000, 300_000, 900_000, 3_600_000];
const giveUpMs = 24 * 60 * 60 * 1000;

/** Fetches what a channel's technicians sent besides words, and keeps it. */
export const attachments = (deps: AttachmentsDeps) => async (bell: Doorbell) => {
  const { store, ring, providerOf, stopping } = deps;
  const { tenantId, id: channelId } = bell;
  const channel = await store.tenant(tenantId, (tx) => tx.channels.get(channelId));
  if (!channel) return;
  const provider = providerOf(channel);

  const work = async () => {
    while (!stopping.aborted) {
      const [due] = await store.tenant(tenantId, (tx) => tx.attachments.take(channelId, 1, takenForMs));
      if (!due) return;
      await fetchOne(deps, tenantId, provider, due);
    }
  };
  const ended = await Promise.allSettled(Array.from({ length: lanes }, work));
  const broken = ended.find((end) => end.status === 'rejected');
  if (broken) throw broken.reason;

  const nextInMs = await store.tenant(tenantId, (tx) => tx.attachments.nextDueInMs(channelId));
  if (nextInMs !== null && !stopping.aborted) ring('attachments', tenantId, channelId, Math.max(nextInMs, 1));
};

type Result =
  | { outcome: 'stored'; bytes: number; contentType: string }
  | { outcome: 'again'; reason: string; afterMs: number; alarm?: true }
  | { outcome: 'refused' | 'lost'; problem: string; alarm?: true };

const fetchOne = async (deps: AttachmentsDeps, tenantId: string, provider: Provider, due: DueAttachment) => {
  const fromMs = deps.monotonicMs();
  const answer = await provider.media(due.sourceUrl, deps.stopping);
  const result =
    answer.kind === 'got' ? await keep(deps, tenantId, due, answer.bytes) : next(deps, due, answer);
  if (result.outcome !== 'stored') {
    await deps.store.tenant(tenantId, (tx) =>
      result.outcome === 'again'
        ? tx.attachments.again(due.id, result.afterMs)
        : tx.attachments[result.outcome](due.id, result.problem),
    );
  }
  deps.log[result.outcome === 'stored' ? 'info' : 'warn']({
    event: 'attachment',
    attachmentId: due.id,
    ...result,
    ms: Math.round(deps.monotonicMs() - fromMs),
  });
};

/** Keeps the bytes, then says so: whoever dies in between does both again. */
const keep = async (
  deps: AttachmentsDeps,
  tenantId: string,
  due: DueAttachment,
  bytes: Buffer,
): Promise<Result> => {
  const contentType = await contentTypeOf(bytes, due.declaredType);
  try {
    await deps.files.put(keyOf(tenantId, due.id), bytes);
  } catch (error) {
    const { code, message } = error as { code?: string; message?: string };
    // As long as we cannot keep it, it is not lost: the provider still has it.
    return { ...later(due, `cannot be kept: ${code ?? message}`), alarm: true };
  }
  const isKept = await deps.store.tenant(tenantId, (tx) =>
    tx.attachments.stored(due.id, {
      contentType,
      sizeBytes: bytes.length,
      sha256: createHash('sha256').update(bytes).digest(),
    }),
  );
  if (!isKept) {
    // Whoever sent it was erased while it was fetched, and what is kept of them is gone.
    await deps.files.delete(keyOf(tenantId, due.id));
    return { outcome: 'lost', problem: 'it was given up while it was fetched' };
  }
  return { outcome: 'stored', bytes: bytes.length, contentType };
};

/** What follows when it could not be fetched. */
const next = ({ now }: Deps, due: DueAttachment, answer: Exclude<MediaAnswer, { kind: 'got' }>): Result => {
  const isOld = now().getTime() - due.receivedAt.getTime() >= giveUpMs;
  switch (answer.kind) {
    case 'stopped':
      return { outcome: 'again', reason: 'stopped', afterMs: 0 };
    case 'refused':
      return { outcome: 'refused', problem: answer.problem, ...(answer.alarm ? { alarm: true } : {}) };
    case 'not-there': {
      const afterMs = notThereDelaysMs[due.tries - 1];
      return afterMs === undefined
        ? { outcome: 'lost', problem: 'the provider does not have it' }
        : { outcome: 'again', reason: 'not there', afterMs };
    }
    case 'unauthorized':
      return isOld
        ? { outcome: 'lost', problem: 'the provider refused our credentials for a day', alarm: true }
        : { ...later(due, 'credentials refused'), alarm: true };
    case 'failed':
      return isOld
        ? { outcome: 'lost', problem: 'it could not be fetched from the provider for a day', alarm: true }
        : later(due, answer.reason);
  }
};

const later = ({ tries }: DueAttachment, reason: string) => ({
  outcome: 'again' as const,
  reason,
  afterMs: delaysMs[Math.min(tries, delaysMs.length) - 1]!,
});
