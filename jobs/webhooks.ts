import { presentEvent } from '../src/cmms/event.ts';
import type { Deps } from '../src/deps.ts';
import type { Doorbell } from '../src/queues.ts';
import type { ListedEvent } from '../src/store/events.ts';
import type { Tx } from '../src/store/store.ts';
import type { WebhookEndpoint } from '../src/store/webhook-endpoints.ts';
import type { WebhookRules } from '../src/webhooks/address.ts';
import { type PostOutcome, postLimits, postWebhook } from '../src/webhooks/post.ts';
import { retryDelayMs } from '../src/webhooks/retry.ts';
import { sign } from '../src/webhooks/secrets.ts';

export type WebhooksDeps = Deps & {
  webhookRules: WebhookRules;
  /** Tests shorten them. */
  webhookLimits?: typeof postLimits;
  random: () => number;
  /** Milliseconds of a clock that is never set. */
  monotonicMs: () => number;
  /** Ends what is under way: the process stops. */
  stopping: AbortSignal;
};

// Then it rings again, behind the others.
const maxPerRun = 50;
const maxRunMs = 10_000;
// Longer than a call may take, with what leads up to it and the note after it.
const leaseMs = 20_000;
const giveUpMs = 24 * 60 * 60 * 1000;
// Longer than between any two tries; what is longer was our own absence.
const countedGapMs = 2 * 60 * 60 * 1000;
// Another process may hold the key, or this one be replaced by one that does.
const unreadableMs = 30_000;
const alarmEveryMs = 60 * 60 * 1000;

/** Sends an endpoint the events it has not got yet, one at a time, in the order of the feed. */
export const webhooks = (deps: WebhooksDeps) => {
  const alarmedMs = new Map<string, number>();
  return (bell: Doorbell) => deliver(deps, bell, alarmedMs);
};

const deliver = async (deps: WebhooksDeps, bell: Doorbell, alarmedMs: Map<string, number>) => {
  const { store, ring, monotonicMs, stopping } = deps;
  const { tenantId, id } = bell;
  // Each run holds the lease for itself: a second bell for the endpoint must not let it go.
  const holder = deps.newId();
  const fromMs = monotonicMs();
  let afterMs: number | null = null;
  try {
    for (let count = 0; !stopping.aborted; count++) {
      if (count === maxPerRun || monotonicMs() - fromMs > maxRunMs) {
        afterMs = 0;
        break;
      }
      const askedMs = monotonicMs();
      const next = await store.tenant(tenantId, (tx) => takeNext(tx, id, holder));
      if (next.kind !== 'event') {
        afterMs = next.kind === 'busy' ? next.retryAfterMs + 50 : null;
        break;
      }
      // Another may hold it before this call ended.
      if (monotonicMs() - askedMs > leaseMs - postLimits.totalMs - 1000) continue;
      const outcome = await send(deps, next.endpoint, next.event, alarmedMs);
      if (outcome.kind === 'stopped') break;
      afterMs = await note(deps, tenantId, holder, next, outcome);
      if (outcome.kind !== 'taken') break;
    }
  } finally {
    await store.tenant(tenantId, (tx) => tx.webhookEndpoints.release(id, holder)).catch(() => {});
  }
  if (afterMs !== null && !stopping.aborted) ring('webhooks', tenantId, id, afterMs);
};

type Next = { kind: 'event'; endpoint: WebhookEndpoint; event: ListedEvent };

const takeNext = async (
  tx: Tx,
  id: string,
  holder: string,
): Promise<Next | { kind: 'none' } | { kind: 'busy'; retryAfterMs: number }> => {
  const endpoint = await tx.webhookEndpoints.acquire(id, holder, leaseMs);
  if (!endpoint) return { kind: 'none' };
  if ('retryAfterMs' in endpoint) return { kind: 'busy', retryAfterMs: endpoint.retryAfterMs };
  // Asked first: what is published from here on lies behind it.
  const end = await tx.events.end();
  const [event] = await tx.events.feed({ after: endpoint.feedNo, limit: 1, types: endpoint.types });
  if (event) return { kind: 'event', endpoint, event };
  if (end > endpoint.feedNo) await tx.webhookEndpoints.passBy(id, end);
  return { kind: 'none' };
};

type Outcome = PostOutcome | { kind: 'unsigned'; reason: string };

const send = async (
  deps: WebhooksDeps,
  endpoint: WebhookEndpoint,
  event: ListedEvent,
  alarmedMs: Map<string, number>,
): Promise<Outcome> => {
  const fromMs = deps.monotonicMs();
  const body = JSON.stringify(presentEvent(event));
  const headers = signed(deps, endpoint, { id: event.id, body }, alarmedMs);
  if (!headers) return { kind: 'unsigned', reason: 'its secret cannot be decrypted' };
  const { webhookRules, stopping, webhookLimits } = deps;
  const outcome = await postWebhook(endpoint.url, { headers, body }, webhookRules, stopping, webhookLimits);
  deps.log[outcome.kind === 'taken' ? 'info' : 'warn']({
    event: 'webhook',
    endpointId: endpoint.id,
    eventId: event.id,
    outcome: outcome.kind,
    ...(outcome.kind === 'failed' ? { reason: outcome.reason } : {}),
    ms: Math.round(deps.monotonicMs() - fromMs),
  });
  return outcome;
};

/** The headers; null when SECRET_KEY is not the one that its secrets were encrypted with. */
const signed = (
  deps: WebhooksDeps,
  endpoint: WebhookEndpoint,
  event: { id: string; body: string },
  alarmedMs: Map<string, number>,
) => {
  try {
    return sign(event, endpoint.secrets, deps.now(), deps.secretKeys);
  } catch (error) {
    const reason = (error as Error).message;
    const nowMs = deps.monotonicMs();
    if (nowMs >= (alarmedMs.get(endpoint.id) ?? 0)) {
      alarmedMs.set(endpoint.id, nowMs + alarmEveryMs);
      deps.log.error({ event: 'webhook.unsigned', alarm: true, endpointId: endpoint.id, reason });
    }
    return null;
  }
};

/** Writes down how it went. Answers when to go on; null if nothing is left to do. */
const note = async (
  deps: WebhooksDeps,
  tenantId: string,
  holder: string,
  { endpoint, event }: Next,
  outcome: Outcome,
): Promise<number | null> => {
  const { store } = deps;
  if (outcome.kind === 'taken') {
    await store.tenant(tenantId, (tx) => tx.webhookEndpoints.delivered(endpoint.id, event.feedNo!));
    return null;
  }
  if (outcome.kind === 'unsigned') {
    const { reason } = outcome;
    const noted = await store.tenant(tenantId, (tx) =>
      tx.webhookEndpoints.putOff(endpoint, holder, { reason, afterMs: unreadableMs }),
    );
    return noted ? unreadableMs : 0;
  }
  const reason = outcome.kind === 'failed' ? outcome.reason : 'status 410: gone';
  const retryAfter = (outcome.kind === 'failed' && outcome.retryAfter) || null;
  const afterMs = retryDelayMs(endpoint.tries, retryAfter, deps.now(), deps.random);
  const noted = await store.tenant(tenantId, async (tx) => {
    const failed = await tx.webhookEndpoints.failed(endpoint, holder, { reason, afterMs, countedGapMs });
    if (!failed) return 'changed';
    if (outcome.kind !== 'gone' && failed.failedForMs < giveUpMs) return 'failed';
    await switchOff(tx, deps, holder, endpoint, failed.failingSince, reason);
    return 'off';
  });
  if (noted === 'off') {
    deps.ring('cmms-events', tenantId, tenantId);
    deps.log.error({ event: 'webhook.switched-off', alarm: true, endpointId: endpoint.id, reason });
    return null;
  }
  // Changed meanwhile: it may be tried at once, as it is now.
  return noted === 'failed' ? afterMs : 0;
};

/** Gives the endpoint up until the CMMS makes it active again. What it has not got waits in the feed. */
const switchOff = async (
  tx: Tx,
  deps: WebhooksDeps,
  holder: string,
  endpoint: WebhookEndpoint,
  since: Date,
  reason: string,
) => {
  await tx.webhookEndpoints.switchOff(endpoint, holder);
  await tx.events.add({
    id: deps.newId(),
    type: 'message.failed',
    at: deps.now(),
    actor: { kind: 'system', id: null },
    workOrderId: null,
    messageId: null,
    data: { webhookEndpoint: endpoint.key, failingSince: since.toISOString(), reason },
  });
};
