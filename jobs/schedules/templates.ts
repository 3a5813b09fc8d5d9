import type { Deps } from '../../src/deps.ts';
import { askAbout, reportGaps, whatsappChannel } from '../../src/messaging/poll-templates.ts';
import type { ProviderOf } from '../../src/messaging/providers.ts';

/** Asks where the approval of each template stands, so that one that cannot be used is known before it is needed. */
export const templates = (deps: Deps & { providerOf: ProviderOf }) => async (tenantId: string) => {
  const { channel, all } = await deps.store.tenant(tenantId, async (tx) => ({
    channel: await whatsappChannel(tx),
    all: await tx.templates.list(),
  }));
  if (!channel) return;
  await askAbout(deps, tenantId, deps.providerOf(channel), all);
  await reportGaps(deps, tenantId);
};
