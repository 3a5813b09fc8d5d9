/** What is known of a conversation's window: the last message that came in, and when what was refused as outside it was sent. */
export type Window = { lastInboundAt: Date | null; windowRefusedAt: Date | null };

// Ten minutes less than the provider's 24 hours: what is sent last must still arrive inside.
const windowMs = (23 * 60 + 50) * 60 * 1000;

/** Until when anything may be sent, not only a template; null while it may not. */
export const windowOpenUntil = ({ lastInboundAt, windowRefusedAt }: Window, now: Date): Date | null => {
  if (!lastInboundAt || (windowRefusedAt && windowRefusedAt >= lastInboundAt)) return null;
  const until = new Date(lastInboundAt.getTime() + windowMs);
  return until > now ? until : null;
};
