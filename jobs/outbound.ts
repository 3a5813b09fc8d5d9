import { setTimeout as sleep } from 'node:timers/promises';
import type { Deps } from '../src/deps.ts';
import { makeContent } from '../src/messaging/content.ts';
import type { Provider } from '../src/messaging/provider.ts';
import type { ProviderOf } from '../src/messaging/providers.ts';
import { settleUnclear } from '../src/messaging/reconcile.ts';
import { createAnswerRecorder, type Rings, recordOutcome } from '../src/messaging/record.ts';
import { type Taken, takeDue } from '../src/messaging/take.ts';
import type { Timing } from '../src/messaging/timing.ts';
import type { Doorbell } from '../src/queues.ts';
import type { StoredChannel } from '../src/store/channels.ts';

export type OutboundDeps = Deps & {
  providerOf: ProviderOf;
  timing: Timing;
  publicBaseUrl: string;
  random: () => number;
  /** Milliseconds of a clock that is never set. */
  monotonicMs: () => number;
  /** Ends the run between two messages: the process stops. */
  stopping: AbortSignal;
};

// At most this long is claimed ahead, so that a critical message never waits behind more.
const claimAheadMs = 250;
const maxInFlight = 200;
const gatherMs = 20;

/** Sends a channel's due messages, by lane and rate, and records how each went. */
export const outbound = (deps: OutboundDeps) => async (bell: Doorbell) => {
  const { store, ring, timing, providerOf, log } = deps;
  const { tenantId, id: channelId } = bell;
  // Each run holds the lease for itself: a second bell for the channel must not let it go.
  const holder = deps.newId();

  const start = await store.tenant(tenantId, async (tx) => ({
    channel: await tx.channels.get(channelId),
    lease: await tx.leases.acquire(channelId, holder, timing.leaseMs),
  }));
  if (!start.channel) return;
  if (!start.lease.held) return ring('outbound', tenantId, channelId, start.lease.retryAfterMs + 50);
  const { channel } = start;
  const provider = providerOf(channel);
  const lease = keepLease(deps, tenantId, channelId, holder);

  const recordAnswer = createAnswerRecorder(deps, tenantId, timing);
  const inFlight = new Set<Promise<void>>();
  const track = (work: Promise<void>) => {
    const tracked = work.catch((error) =>
      log.error({ event: 'outbound.failed', reason: (error as Error).message }),
    );
    inFlight.add(tracked);
    void tracked.finally(() => inFlight.delete(tracked));
  };
  const settle = async () => {
    try {
      ringForOutcomes(deps, tenantId, await settleUnclear(deps, tenantId, channel, provider, timing));
    } catch (error) {
      log.error({ event: 'reconcile.failed', reason: (error as Error).message });
    }
  };

  let isMaking = false;
  const make = async () => {
    if (isMaking) return;
    isMaking = true;
    await makeContent(deps, tenantId, channel, provider).finally(() => {
      isMaking = false;
    });
  };

  try {
    // Beside the sending: a list that takes its time holds nothing up.
    track(settle());
    while (!deps.stopping.aborted && lease.held()) {
      // What ends while we ask may let its conversation's next message go.
      const wasBusy = inFlight.size > 0;
      const { dealtWith, waitMs } = await sendChunk(deps, tenantId, channel, holder, track, (message) => {
        if (message.lacksContent) track(make());
        return send(deps, tenantId, channel, provider, recordAnswer, message);
      });
      if (waitMs > 0) await sleep(Math.min(waitMs, 1000));
      else if (dealtWith === 0 && !wasBusy) break;
      // What is under way may hold back its conversation's next message, and nobody else's. Several that end
      // shortly after each other are followed up by one claim.
      else if (inFlight.size > 0 && (dealtWith === 0 || inFlight.size >= maxInFlight))
        await Promise.race([Promise.all(inFlight), sleep(gatherMs)]);
    }
    await Promise.all(inFlight);
  } finally {
    await lease.stop();
  }
  await ringForTheRest(deps, tenantId, channelId, holder);
};

/**
 * Claims the next messages and starts sending each at its slot. Answers how many rows it dealt with, or how
 * long to wait because the next slot is further away than anything is claimed ahead.
 */
const sendChunk = async (
  deps: OutboundDeps,
  tenantId: string,
  channel: StoredChannel,
  holder: string,
  track: (work: Promise<void>) => void,
  sendOne: (message: Taken) => Promise<void>,
): Promise<{ dealtWith: number; waitMs: number }> => {
  const { store, timing } = deps;
  const intervalMs = 1000 / channel.messagesPerSecond;
  const limit = Math.max(1, Math.floor(claimAheadMs / intervalMs));

  const claimedAtMs = deps.monotonicMs();
  const claim = await store
    .tenant(tenantId, async (tx) => {
      const waitMs = await tx.leases.nextSlotInMs(channel.id);
      if (waitMs > claimAheadMs) {
        const due = await tx.outbox.due(channel.id, 1);
        return { taken: [], seen: 0, slots: [], waitMs: due.length > 0 ? waitMs : 0 };
      }
      const { taken, seen } = await takeDue(tx, deps, channel.id, limit, timing);
      const slots = await tx.leases.reserveSlots(channel.id, holder, taken.length, intervalMs);
      // Without the lease another worker may be sending: nothing is taken.
      if (!slots) throw new LeaseLost();
      return { taken, seen, slots, waitMs: 0 };
    })
    .catch((error) => {
      if (error instanceof LeaseLost) return null;
      throw error;
    });
  if (!claim) return { dealtWith: 0, waitMs: 0 };

  const startedAtMs = deps.monotonicMs();
  for (const [index, message] of claim.taken.entries()) {
    const waitMs = claim.slots[index]! - (deps.monotonicMs() - startedAtMs);
    if (waitMs > 1) await sleep(waitMs);
    const isFresh = deps.monotonicMs() - claimedAtMs < timing.claimMs;
    track(isFresh ? sendOne(message) : giveBack(deps, tenantId, channel, message));
  }
  return { dealtWith: claim.seen, waitMs: claim.waitMs };
};

class LeaseLost extends Error {}

const send = async (
  deps: OutboundDeps,
  tenantId: string,
  channel: StoredChannel,
  provider: Provider,
  recordAnswer: ReturnType<typeof createAnswerRecorder>,
  message: Taken,
) => {
  const { store, timing, log } = deps;
  const fromMs = deps.monotonicMs();
  const outcome = await provider.send({
    from: channel.address,
    to: message.to,
    text: message.text,
    content: message.content,
    messagingServiceSid: channel.messagingServiceSid,
    statusCallback: `${deps.publicBaseUrl}/api/whatsappwebhook/status?a=${message.attemptId}`,
  });
  const attempt = {
    id: message.attemptId,
    messageId: message.messageId,
    channelId: channel.id,
    tries: message.tries,
  };
  const rings =
    outcome.kind === 'accepted'
      ? await recordAnswer(attempt, outcome.id)
      : await store.tenant(tenantId, (tx) => recordOutcome(tx, deps, attempt, outcome, timing));
  log.info({
    event: 'attempt',
    attemptId: attempt.id,
    messageId: attempt.messageId,
    outcome: outcome.kind,
    code: outcome.kind === 'refused' ? outcome.code : undefined,
    ms: Math.round(deps.monotonicMs() - fromMs),
  });
  ringForOutcomes(deps, tenantId, [rings]);
};

/** A claim that grew old before its slot came: no call was made, so it simply waits again. */
const giveBack = async (deps: OutboundDeps, tenantId: string, channel: StoredChannel, message: Taken) => {
  await deps.store.tenant(tenantId, (tx) =>
    recordOutcome(
      tx,
      deps,
      { id: message.attemptId, messageId: message.messageId, channelId: channel.id, tries: message.tries },
      { kind: 'refused', code: null, text: 'the claim grew old before it was its turn', next: 'retry' },
      deps.timing,
    ),
  );
};

const ringForOutcomes = (deps: Deps, tenantId: string, rings: Rings[]) => {
  for (const { statusOf, events } of rings) {
    if (statusOf) deps.ring('delivery-status', tenantId, statusOf);
    if (events) deps.ring('cmms-events', tenantId, tenantId);
  }
};

/** Renews the lease while the run lasts; `held` turns false as soon as it could have passed to another. */
const keepLease = (
  { store, timing, monotonicMs }: OutboundDeps,
  tenantId: string,
  channelId: string,
  holder: string,
) => {
  let renewedAtMs = monotonicMs();
  const renew = async () => {
    const askedAtMs = monotonicMs();
    const lease = await store.tenant(tenantId, (tx) => tx.leases.acquire(channelId, holder, timing.leaseMs));
    if (lease.held) renewedAtMs = askedAtMs;
  };
  let renewing: Promise<void> | null = null;
  const timer = setInterval(() => {
    renewing ??= renew()
      // A renewal that fails is noticed by its age.
      .catch(() => {})
      .finally(() => {
        renewing = null;
      });
  }, timing.leaseMs / 3);
  return {
    held: () => monotonicMs() - renewedAtMs < timing.leaseMs,
    /** Resolves once no renewal is under way: one that came after the release would take the lease again. */
    stop: async () => {
      clearInterval(timer);
      await renewing;
    },
  };
};

/** Lets the lease go, and rings for what is due later or came meanwhile. */
const ringForTheRest = async (
  { store, ring, now, stopping }: OutboundDeps,
  tenantId: string,
  channelId: string,
  holder: string,
) => {
  const nextDueAt = await store.tenant(tenantId, async (tx) => {
    await tx.leases.release(channelId, holder);
    return tx.outbox.nextDueAt(channelId);
  });
  if (!nextDueAt || stopping.aborted) return;
  // What is due already is held back by its conversation or its pair budget: a moment later it may go.
  ring('outbound', tenantId, channelId, Math.max(nextDueAt.getTime() - now().getTime(), 500));
};
