import type { Timing } from '../../src/messaging/timing.ts';

export const quickTiming: Timing = {
  callTimeoutMs: 10_000,
  leaseMs: 2000,
  claimMs: 2000,
  lookAfterMs: [400, 800, 1600],
  retryMs: 50,
  maxRetryMs: 400,
};
