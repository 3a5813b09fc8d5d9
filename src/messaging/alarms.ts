const quietMs = 10 * 60 * 1000;

// Per process: a restart rings once more.
const rung = new Map<string, { atMs: number; more: number }>();

/**
 * Rings once per cause in ten minutes: a fault of the set-up meets every message. The others are logged without
 * an alarm, and `more` counts them when it rings again.
 */
export const alarmFor = (cause: (string | null)[], now: Date): { alarm: boolean; more?: number } => {
  const nowMs = now.getTime();
  for (const [key, { atMs, more }] of rung) {
    if (more === 0 && nowMs - atMs >= quietMs) rung.delete(key);
  }
  const key = JSON.stringify(cause);
  const last = rung.get(key);
  if (last && nowMs - last.atMs < quietMs) {
    last.more += 1;
    return { alarm: false };
  }
  rung.set(key, { atMs: nowMs, more: 0 });
  return { alarm: true, ...(last ? { more: last.more } : {}) };
};
