import { setTimeout as sleep } from 'node:timers/promises';
import { ringAll } from '../src/cmms/facts.ts';
import type { Deps } from '../src/deps.ts';
import { describeFault } from '../src/log.ts';
import { makeContent } from '../src/messaging/content.ts';
import { followOverdue } from '../src/messaging/overdue.ts';
import { askAboutNew } from '../src/messaging/poll-templates.ts';
import type { Provider } from '../src/messaging/provider.ts';
import type { ProviderOf } from '../src/messaging/providers.ts';
import { settleUnclear } from '../src/messaging/reconcile.ts';
import {
  createAnswerRecorder,
  noteNoProgress,
  type Rings,
  recordOutcome,
  recordSent,
} from '../src/messaging/record.ts';
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
  /** What runs have under way in this process, by channel: a run that has had its time leaves it behind. */
  underWay: Map<string, Set<Promise<void>>>;
};

// At most this long is claimed ahead, so that a critical message never waits behind more.
const claimAheadMs = 250;
const maxInFlight = 200;
// A channel with more to send than this takes then lets others have its place, and comes back behind them.
const maxRunMs = 1000;
const gatherMs = 20;
// So often, while the channel is paused, it looks for what its next way is due for.
const followUpMs = 10_000;

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
  const followUp = async () => {
    try {
      if (await followOverdue(deps, tenantId, channelId)) ring('outbound', tenantId, channelId);
    } catch (error) {
      log.error({ event: 'overdue.failed', ...describeFault(error as Error) });
    }
  };
  if (!start.lease.held) {
    ring('outbound', tenantId, channelId, Math.min(start.lease.retryAfterMs + 50, followUpMs));
    // Without the lease, and while the channel is paused: they go by another channel.
    return followUp();
  }
  const { channel } = start;
  const provider = providerOf(channel);
  const lease = keepLease(deps, tenantId, channelId, holder);

  const recordAnswer = createAnswerRecorder(deps, tenantId, timing);
  const inFlight = deps.underWay.get(channelId) ?? new Set<Promise<void>>();
  deps.underWay.set(channelId, inFlight);
  const track = (work: Promise<void>) => {
    const tracked = work.catch((error) =>
      log.error({ event: 'outbound.failed', ...describeFault(error as Error) }),
    );
    inFlight.add(tracked);
    void tracked.finally(() => inFlight.delete(tracked));
  };
  const settle = async () => {
    try {
      ringForOutcomes(deps, tenantId, await settleUnclear(deps, tenantId, channel, provider, timing));
    } catch (error) {
      log.error({ event: 'reconcile.failed', ...describeFault(error as Error) });
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

  const endsAtMs = deps.monotonicMs() + maxRunMs;
  let againAfterMs: number | null = null;
  let isOver = false;
  try {
    // Beside the sending: neither a list that takes its time nor many that wait for their next way hold anything up.
    track(settle());
    track(followUp());
    if (channel.way === 'whatsapp' && !channel.retiredAt) track(askAboutNew(deps, tenantId, provider));
    while (!isOver && !deps.stopping.aborted && lease.held()) {
      isOver = deps.monotonicMs() >= endsAtMs;
      // What ends while we ask may let its conversation's next message go.
      const wasBusy = inFlight.size > 0;
      const sendOne = (message: Taken) => {
        if (message.lacksContent) track(make());
        return send(deps, tenantId, channel, provider, recordAnswer, message);
      };
      const chunk = { channel, holder, isLast: isOver };
      const { dealtWith, waitMs } = await sendChunk(deps, tenantId, chunk, track, sendOne);
      if (waitMs > maxRunMs || (isOver && (dealtWith > 0 || waitMs > 0))) {
        isOver = true;
        againAfterMs = Math.max(0, waitMs - claimAheadMs);
      } else if (isOver) continue;
      else if (waitMs > 0) await sleep(waitMs);
      else if (dealtWith === 0 && !wasBusy) break;
      // What is under way may hold back its conversation's next message, and nobody else's. Several that end
      // shortly after each other are followed up by one claim.
      else if (inFlight.size > 0 && (dealtWith === 0 || inFlight.size >= maxInFlight))
        await Promise.race([Promise.all(inFlight), sleep(gatherMs)]);
    }
    // A call that takes its time holds up neither the channel nor the others.
    if (!isOver) await Promise.all(inFlight);
  } finally {
    await lease.stop();
    if (inFlight.size === 0) deps.underWay.delete(channelId);
  }
  await ringForTheRest(deps, tenantId, channelId, holder, againAfterMs);
};

/**
 * Claims the next messages and starts sending each at its slot. Answers how many rows it dealt with, or how
 * long to wait because the next slot is further away than anything is claimed ahead.
 */
const sendChunk = async (
  deps: OutboundDeps,
  tenantId: string,
  { channel, holder, isLast }: { channel: StoredChannel; holder: string; isLast: boolean },
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
        return { taken: [], seen: 0, rings: [], slots: [], waitMs: due.length > 0 ? waitMs : 0 };
      }
      const { taken, seen, rings } = await takeDue(tx, deps, channel.id, limit, timing);
      const slots = await tx.leases.reserveSlots(channel.id, holder, taken.length, intervalMs);
      // Without the lease another worker may be sending: nothing is taken.
      if (!slots) throw new LeaseLost();
      return { taken, seen, rings, slots, waitMs: 0 };
    })
    .catch((error) => {
      if (error instanceof LeaseLost) return null;
      throw error;
    });
  if (!claim) return { dealtWith: 0, waitMs: 0 };
  ringForOutcomes(deps, tenantId, claim.rings);

  const startedAtMs = deps.monotonicMs();
  const slot = async (index: number) => {
    const waitMs = claim.slots[index]! - (deps.monotonicMs() - startedAtMs);
    if (waitMs > 1) await sleep(waitMs);
  };
  const sendInTime = (message: Taken) => {
    const isFresh = deps.monotonicMs() - claimedAtMs < timing.claimMs;
    return isFresh ? sendOne(message) : giveBack(deps, tenantId, channel, message);
  };
  for (const [index, message] of claim.taken.entries()) {
    // The last ones have their slots: while these pass, the next run begins, so that there is no gap between the two.
    if (isLast) track(slot(index).then(() => sendInTime(message)));
    else {
      await slot(index);
      track(sendInTime(message));
    }
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
    messageId: message.messageId,
    orderNumber: message.orderNumber,
    at: deps.now(),
  });
  const attempt = {
    id: message.attemptId,
    messageId: message.messageId,
    channelId: channel.id,
    tries: message.tries,
  };
  const rings =
    outcome.kind === 'accepted'
      ? outcome.status
        ? await store.tenant(tenantId, (tx) => recordSent(tx, attempt, outcome.id, timing))
        : await recordAnswer(attempt, outcome.id)
      : await store.tenant(tenantId, async (tx) => {
          const rings = await recordOutcome(tx, deps, attempt, outcome, timing);
          await noteNoProgress(tx, deps, channel, outcome);
          return rings;
        });
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
  for (const { statusOf, events, bells = [] } of rings) {
    ringAll(deps, tenantId, bells);
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

/** Lets the lease go, and rings for what is due later or came meanwhile; after that time if it is known. */
const ringForTheRest = async (
  { store, ring, now, stopping }: OutboundDeps,
  tenantId: string,
  channelId: string,
  holder: string,
  againAfterMs: number | null,
) => {
  const nextDueAt = await store.tenant(tenantId, async (tx) => {
    await tx.leases.release(channelId, holder);
    return againAfterMs === null ? tx.outbox.nextDueAt(channelId) : null;
  });
  if (stopping.aborted) return;
  if (againAfterMs !== null) return ring('outbound', tenantId, channelId, againAfterMs);
  if (!nextDueAt) return;
  // What is due already is held back by its conversation or its pair budget: a moment later it may go.
  ring('outbound', tenantId, channelId, Math.max(nextDueAt.getTime() - now().getTime(), 500));
};
