import { sha256 } from '../../src/crypto.ts';
import type { Deps } from '../../src/deps.ts';
import { conversationAddress } from '../../src/domain/phone.ts';
import type { ListedAtProvider } from '../../src/messaging/provider.ts';
import type { ProviderOf } from '../../src/messaging/providers.ts';
import type { StoredChannel } from '../../src/store/channels.ts';

export type CatchUpDeps = Deps & {
  providerOf: ProviderOf;
  mustWaitForSpill: () => Promise<boolean>;
};

const lookBackMs = 24 * 60 * 60 * 1000;
// A webhook this young may still be on its way.
const settleMs = 2 * 60 * 1000;

/** Stores what the provider received for us and we never heard of: Twilio tries a webhook for 15 seconds only. */
export const catchUp = (deps: CatchUpDeps) => async (tenantId: string) => {
  const { store, log } = deps;
  if (!deps.enabled || (await deps.mustWaitForSpill())) return;
  const [tenant, channels] = await store.tenant(tenantId, (tx) =>
    Promise.all([tx.tenants.get(), tx.channels.list()]),
  );
  if (!tenant?.enabled) return;
  // People still write to a number for a while after it was replaced.
  const asksFrom = deps.now().getTime() - lookBackMs;
  for (const channel of channels) {
    const { way, retiredAt } = channel;
    // Of e-mail nothing comes in.
    if (way === 'email' || (retiredAt && retiredAt.getTime() <= asksFrom)) continue;
    try {
      await catchUpChannel(deps, tenantId, { ...channel, way });
    } catch (error) {
      // One channel's provider may be away; the others, and the next run, go on.
      log.warn({
        event: 'catch-up.failed',
        channelId: channel.id,
        reason: (error as { code?: unknown }).code,
      });
    }
  }
};

const catchUpChannel = async (
  deps: CatchUpDeps,
  tenantId: string,
  channel: StoredChannel & { way: 'whatsapp' | 'sms' },
) => {
  const { store, ring, log, now, newId } = deps;
  const until = now().getTime() - settleMs;
  const since = new Date(Math.max(now().getTime() - lookBackMs, channel.createdAt.getTime()));
  const received = (await deps.providerOf(channel).listReceived(channel.address, since))
    .filter(({ createdAt }) => createdAt.getTime() <= until)
    // Oldest first, as they would have come.
    .sort((a, b) => a.createdAt.getTime() - b.createdAt.getTime());

  const keys = received.map(({ id }) => sha256(id));
  const unknown = new Set(
    (await store.tenant(tenantId, (tx) => tx.inbox.unknownKeys(channel.id, keys))).map((key) =>
      key.toString('hex'),
    ),
  );
  const missed = received.filter((_, index) => unknown.has(keys[index]!.toString('hex')));
  if (missed.length === 0) return;

  const stored = await store.gate.storeInbound(
    missed.map((message) => ({
      kind: 'message',
      tenantId,
      channelId: channel.id,
      id: newId(),
      key: sha256(message.id),
      raw: Buffer.from(asForm(message, channel)),
      source: 'catch-up',
      status: 'received',
      receivedAt: message.createdAt,
      way: channel.way,
      address: conversationAddress(message.from ?? ''),
      userId: null,
      providerId: message.id,
      attemptId: null,
    })),
  );
  log.warn({ event: 'catch-up.found', channelId: channel.id, count: missed.length });
  for (const { conversationId } of stored) if (conversationId) ring('inbound', tenantId, conversationId);
};

/** The part of the webhook's form that the provider's list knows. */
const asForm = (message: ListedAtProvider, channel: StoredChannel): string =>
  new URLSearchParams({
    MessageSid: message.id,
    AccountSid: channel.accountSid,
    From: message.from ?? '',
    To: channel.address,
    Body: message.text,
  }).toString();
