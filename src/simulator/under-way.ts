import { setMaxListeners } from 'node:events';
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';

export type UnderWay = ReturnType<typeof createUnderWay>;

/** Counts what is under way, so that one can wait until nothing is, and ends every waiting when it is closed. */
export const createUnderWay = () => {
  const idleWaits = new Set<() => void>();
  const closing = new AbortController();
  // Everybody who waits for something listens to it.
  setMaxListeners(0, closing.signal);
  let count = 0;

  const track = async <T>(work: () => Promise<T>): Promise<T> => {
    count += 1;
    try {
      return await work();
    } finally {
      count -= 1;
      if (count === 0) {
        const waiting = [...idleWaits];
        idleWaits.clear();
        for (const resolve of waiting) resolve();
      }
    }
  };

  const settled = async () => {
    while (count > 0) await new Promise<void>((resolve) => idleWaits.add(resolve));
  };

  /** False once it is closed. */
  const wait = (ms: number) => {
    const signal = closing.signal;
    const passed = ms > 0 ? sleep(ms, true, { signal }) : setImmediate(true, { signal });
    return passed.catch(() => false);
  };

  const close = async () => {
    closing.abort();
    await settled();
  };

  return { closed: closing.signal, track, settled, wait, close };
};

/** Resolves when the signal is given, or was before. */
export const abandoned = (signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
