import { presentEvent } from '../src/cmms/event.ts';
import type { Deps } from '../src/deps.ts';
import type { Doorbell } from '../src/queues.ts';
import type { ListedEvent } from '../src/store/events.ts';
import type { Tx } from '../src/store/store.ts';
import type { WebhookEndpoint } from '../src/store/webhook-endpoints.ts';
import type { WebhookRules } from '../src/webhooks/address.ts';
import { type PostOutcome, postLimits, postWebhook } from '../src/webhooks/post.ts';
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
const delaysMs = [5000, 30_000, 120_000, 600_000, 1_800_000, 3_600_000];
const giveUpMs = 24 * 60 * 60 * 1000;

/** Sends an endpoint the events it has not got yet, one at a time, in the order of the feed. */
export const webhooks = (deps: WebhooksDeps) => async (bell: Doorbell) => {
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
      const outcome = await send(deps, next.endpoint, next.event);
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

const send = async (
  deps: WebhooksDeps,
  endpoint: WebhookEndpoint,
  event: ListedEvent,
): Promise<PostOutcome> => {
  const fromMs = deps.monotonicMs();
  const body = JSON.stringify(presentEvent(event));
  const headers = signed(deps, endpoint, { id: event.id, body });
  const outcome: PostOutcome = headers
    ? await postWebhook(endpoint.url, { headers, body }, deps.webhookRules, deps.stopping, deps.webhookLimits)
    : { kind: 'failed', reason: 'its secret cannot be decrypted' };
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
const signed = (deps: WebhooksDeps, endpoint: WebhookEndpoint, event: { id: string; body: string }) => {
  try {
    return sign(event, endpoint.secrets, deps.now(), deps.secretKeys);
  } catch (error) {
    const reason = (error as Error).message;
    deps.log.error({ event: 'webhook.unsigned', alarm: true, endpointId: endpoint.id, reason });
    return null;
  }
};

/** Writes down how it went. Answers when to go on; null if nothing is left to do. */
const note = async (
  deps: WebhooksDeps,
  tenantId: string,
  holder: string,
  { endpoint, event }: Next,
  outcome: PostOutcome,
): Promise<number | null> => {
  const { store, now } = deps;
  if (outcome.kind === 'taken') {
    await store.tenant(tenantId, (tx) => tx.webhookEndpoints.delivered(endpoint.id, event.feedNo!));
    return null;
  }
  const since = endpoint.failingSince ?? now();
  const reason = outcome.kind === 'failed' ? outcome.reason : 'status 410: gone';
  if (outcome.kind === 'gone' || now().getTime() - since.getTime() >= giveUpMs) {
    await switchOff(deps, tenantId, holder, endpoint, since, reason);
    return null;
  }
  const afterMs = delayMs(endpoint.tries, deps.random);
  const noted = await store.tenant(tenantId, (tx) =>
    tx.webhookEndpoints.failed(endpoint, holder, { since, reason, afterMs }),
  );
  // Changed meanwhile: it may be tried at once, as it is now.
  return noted ? afterMs : 0;
};

const delayMs = (tries: number, random: () => number): number => {
  const last = delaysMs.at(-1)!;
  // So that those who failed together do not come back together.
  return delaysMs[tries] ?? Math.round(last * (0.9 + 0.2 * random()));
};

/** Gives the endpoint up until the CMMS makes it active again. What it has not got waits in the feed. */
const switchOff = async (
  deps: WebhooksDeps,
  tenantId: string,
  holder: string,
  endpoint: WebhookEndpoint,
  since: Date,
  reason: string,
) => {
  const at = deps.now();
  const isOff = await deps.store.tenant(tenantId, async (tx) => {
    if (!(await tx.webhookEndpoints.switchOff(endpoint, holder, { at, since, reason }))) return false;
    await tx.events.add({
      id: deps.newId(),
      type: 'message.failed',
      at,
      actor: { kind: 'system', id: null },
      workOrderId: null,
      messageId: null,
      data: { webhookEndpoint: endpoint.key, failingSince: since.toISOString(), reason },
    });
    return true;
  });
  if (!isOff) return;
  deps.ring('cmms-events', tenantId, tenantId);
  deps.log.error({ event: 'webhook.switched-off', alarm: true, endpointId: endpoint.id, reason });
};
