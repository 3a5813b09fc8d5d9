const delaysMs = [5000, 30_000, 120_000, 600_000, 1_800_000, 3_600_000];
const lastMs = delaysMs.at(-1)!;

/**
 * How long to wait after so many tries in vain: ever longer, an hour at last. A receiver that asks for more
 * (`Retry-After`) gets it, up to an hour.
 */
export const retryDelayMs = (
  tries: number,
  retryAfter: string | null,
  now: Date,
  random: () => number,
): number => {
  // So that those who failed together do not come back together.
  const usual = delaysMs[tries] ?? Math.round(lastMs * (0.9 + 0.2 * random()));
  return Math.max(usual, Math.min(askedMs(retryAfter, now), lastMs));
};

/** RFC 9110: seconds, or a date. What is neither asks for nothing. */
const askedMs = (retryAfter: string | null, now: Date): number => {
  if (retryAfter === null) return 0;
  if (/^\d+$/.test(retryAfter)) return Number(retryAfter) * 1000;
  const at = Date.parse(retryAfter);
  return Number.isNaN(at) ? 0 : at - now.getTime();
};
