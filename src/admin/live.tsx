import { setTimeout as sleep } from 'node:timers/promises';
import type { Context } from 'hono';
import { raw } from 'hono/html';
import type { Child } from 'hono/jsx';
import { streamSSE } from 'hono/streaming';

/** A browser opens the stream again by itself, so that a session or a role that ended is noticed in time. */
const longestMs = 10 * 60 * 1000;

/** A proxy ends a connection that says nothing for a minute. */
const longestSilenceMs = 25_000;

/** Each open page asks the database now and then; a browser that is refused keeps the page as it came. */
const mostOpen = 200;
/** Nobody looks at so many pages at once, and nobody takes the places of all. */
const mostOfOne = 10;

/**
 * A part of a page that stays up to date, on a route with `liveMs`. What somebody is typing in it is left alone until
 * they are done. `id`: once in a page, letters and hyphens.
 */
export const Live = ({ id, children }: { id: string; children?: Child }) => (
  <div id={id} data-live="">
    {raw(`<!--live ${id}-->`)}
    {children}
    {raw('<!--/live-->')}
  </div>
);

/** The parts of a page that stay up to date, by their ids. */
export const livePartsOf = (page: string): Map<string, string> =>
  new Map(
    [...page.matchAll(/<!--live ([a-z-]+)-->(.*?)<!--\/live-->/gs)].map(([, id, part]) => [id!, part!]),
  );

/**
 * The live parts of a page as events `{ id, html }`, whenever one has changed, as long as `readPage` has a page: null
 * for a visitor who may not see it any more. When the process stops, all of them end at once.
 */
export const createLive = (onFault: (error: Error) => void, stopping: AbortSignal) => {
  const open = new Map<string, number>();
  let allOpen = 0;
  const closing = new Set<() => void>();
  stopping.addEventListener('abort', () => {
    for (const close of closing) close();
  });
  const take = (userId: string): boolean => {
    const his = open.get(userId) ?? 0;
    if (allOpen >= mostOpen || his >= mostOfOne) return false;
    open.set(userId, his + 1);
    allOpen += 1;
    return true;
  };
  const giveBack = (userId: string) => {
    const his = open.get(userId)! - 1;
    if (his > 0) open.set(userId, his);
    else open.delete(userId);
    allOpen -= 1;
  };

  return (c: Context, userId: string, everyMs: number, readPage: () => Promise<string | null>): Response => {
    // No content: the browser does not come back.
    if (!take(userId)) return c.body(null, 204);
    // nginx would keep the events back until the end.
    c.header('x-accel-buffering', 'no');
    return streamSSE(c, async (stream) => {
      const end = new AbortController();
      const close = () => end.abort();
      const over = new Promise<void>((done) => end.signal.addEventListener('abort', () => done()));
      const timer = setTimeout(close, longestMs);
      stream.onAbort(close);
      closing.add(close);
      try {
        if (stopping.aborted) return;
        let sent: Map<string, string> | null = null;
        let silentMs = 0;
        // To a browser that does not read, writing has no end.
        const write = (text: string) => {
          silentMs = 0;
          return Promise.race([stream.write(text), over]);
        };
        while (!end.signal.aborted) {
          const page = await readPage();
          if (page === null) return;
          const parts = livePartsOf(page);
          for (const [id, html] of parts) {
            // The first time everything: the page may have been read a while ago.
            if (sent?.get(id) === html) continue;
            await write(`data: ${JSON.stringify({ id, html })}\n\n`);
          }
          sent = parts;
          if (silentMs >= longestSilenceMs) await write(': nothing new\n\n');
          silentMs += everyMs;
          await sleep(everyMs, undefined, { signal: end.signal }).catch(() => {});
        }
      } catch (error) {
        // The browser comes back, and asks again. Hono would tell it what was thrown.
        onFault(error as Error);
      } finally {
        clearTimeout(timer);
        closing.delete(close);
        giveBack(userId);
      }
    });
  };
};
