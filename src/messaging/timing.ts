/** How long things take around a provider. Tests shorten them; nothing else does. */
export type Timing = {
  /** How long a provider's answer is waited for; after that the call is unclear. */
  callTimeoutMs: number;
  /** How long a channel's lease lasts without being renewed. */
  leaseMs: number;
  /** A claim older than this is not acted on: another worker may have taken over. */
  claimMs: number;
  /** After how long an unclear try is looked for at the provider, each time counted from the try. */
  lookAfterMs: readonly [number, ...number[]];
  /** First pause before a refused try is made again; it doubles up to the maximum. */
  retryMs: number;
  maxRetryMs: number;
};

export const timing: Timing = {
  // Long enough for a slow answer, short enough that a dead call is looked into soon.
  callTimeoutMs: 10_000,
  leaseMs: 5000,
  claimMs: 5000,
  lookAfterMs: [15_000, 60_000, 180_000],
  retryMs: 1000,
  maxRetryMs: 60_000,
};

/** How long to wait before the next try, after that many; spread by `random` (0 to 1), so that many do not come at once. */
export const retryDelayMs = ({ retryMs, maxRetryMs }: Timing, tries: number, random: number): number =>
  Math.round(Math.min(maxRetryMs, retryMs * 2 ** Math.max(0, tries - 1)) * (0.5 + random / 2));
