import { randomUUID } from 'node:crypto';
import { inbound } from '../../jobs/inbound.ts';
import { sha256 } from '../../src/crypto.ts';
import type { Deps } from '../../src/deps.ts';
import { conversationAddress } from '../../src/domain/phone.ts';
import type { TestTenant } from './tenant.ts';

/** A phone that writes to a tenant without anything running in between; `address` as the provider writes it. */
export const phoneAt = (
  deps: Deps,
  { tenantId, channelId }: TestTenant,
  address: string,
  userId?: string,
) => {
  /** Keeps what it sends; answers the message's id and what works it off. */
  const sends = async (text: string) => {
    const providerId = `SM${randomUUID().replaceAll('-', '')}`;
    const id = randomUUID();
    const raw = new URLSearchParams({
      From: address,
      Body: text,
      ...(userId ? { ExternalUserId: userId } : {}),
    });
    const [stored] = await deps.store.gate.storeInbound([
      {
        ...{ kind: 'message', tenantId, channelId: channelId!, id, key: sha256(providerId), attemptId: null },
        ...{
          raw: Buffer.from(raw.toString()),
          source: 'webhook',
          status: 'received',
          receivedAt: deps.now(),
        },
        ...{ way: 'whatsapp', address: conversationAddress(address), userId: userId ?? null, providerId },
      },
    ]);
    const work = () =>
      inbound({ ...deps, mustWaitForSpill: async () => false })({ tenantId, id: stored!.conversationId! });
    return { id, work };
  };

  return {
    sends,
    /** Sends it, and what it is answered: nothing is null. */
    says: async (text: string): Promise<string | null> => {
      const { id, work } = await sends(text);
      await work();
      return deps.store.tenant(tenantId, async (tx) => {
        const { answeredBy } = (await tx.messages.get(id))!;
        return answeredBy ? (await tx.messages.get(answeredBy))!.text : null;
      });
    },
  };
};
