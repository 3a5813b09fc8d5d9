import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { HonoAdapter } from '@bull-board/hono';
import { serveStatic } from '@hono/node-server/serve-static';
import { Hono } from 'hono';
import type { AnyQueue } from '../queue-backend.ts';
import type { QueueName } from '../queues.ts';
import { knownJobName, shownData, withoutData } from './explain-job.ts';
import { boardPath } from './settings.ts';

export type Board = ReturnType<typeof createBoard>;

/** An answer that takes longer is none: the page asks again by itself. */
const deadlineMs = 5000;

/**
 * bull-board over our queues. Of a job it shows what it is about and none of its texts, phones, keys or webhooks; who may
 * ask, and what may be done, is decided before it is asked.
 */
export const createBoard = (queues: AnyQueue[]) => {
  const server = new HonoAdapter(serveStatic).setBasePath(boardPath);
  const adapters = queues.map((queue) => {
    const name = queue.name as QueueName;
    const adapter = new BullMQAdapter(queue as never);
    adapter.setFormatter('data', (data: unknown) => shownData(name, data));
    adapter.setFormatter('returnValue', () => null);
    adapter.setFormatter('progress', (progress: unknown) => (typeof progress === 'number' ? progress : null));
    adapter.setFormatter('name', (job: { name?: string }) => knownJobName(name, job.name ?? ''));
    return adapter;
  });
  createBullBoard({
    queues: adapters,
    serverAdapter: server,
    options: {
      uiConfig: {
        boardTitle: 'Job board',
        miscLinks: [{ text: 'Back to the panel', url: '/admin/queues' }],
        hideDocsLink: true,
        locale: { lng: 'en' },
        pollingInterval: { forceInterval: 5, showSetting: false },
        // Asks every server for all of its connections, with their addresses.
        showWorkers: false,
      },
      handlerHooks: {
        after: (_context, result) => ({ ...result, body: redacted(result.body) as never }),
      },
    },
  });
  // Its own would repeat what was thrown.
  server.setErrorHandler(() => ({ status: 503 as never, body: away }));
  const app = new Hono({ strict: false });
  app.route(boardPath, server.registerPlugin());

  return async (request: Request): Promise<Response> => {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<Response>((resolve) => {
      timer = setTimeout(() => resolve(Response.json(away, { status: 503 })), deadlineMs);
    });
    try {
      const response = await Promise.race([app.fetch(request), late]);
      if (!response.headers.get('content-type')?.startsWith('text/html')) return response;
      const headers = { 'content-type': 'text/html; charset=utf-8' };
      return new Response(ownPage(await response.text()), { status: response.status, headers });
    } finally {
      clearTimeout(timer);
    }
  };
};

const away = {
  error: { key: 'ERRORS.INTERNAL_SERVER_ERROR' },
  message: 'The queue does not answer just now.',
};

// Fonts from elsewhere and styles in the page: neither is allowed, nor needed.
const ownPage = (html: string): string =>
  html
    .replace(/<link [^>]*href="https?:[^>]*>/g, '')
    .replace(/<style>.*?<\/style>/gs, '')
    .replace(/ style="[^"]*"/g, '');

/** What a job threw may quote what it was about, and where it was thrown is for the log. */
const redacted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(redacted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, of]) => {
      if (key === 'stacktrace') return [key, []];
      if (key === 'failedReason' || key === 'deferredFailure') {
        return [key, typeof of === 'string' && of ? withoutData(of, 2000) : of];
      }
      return [key, key === 'data' ? of : redacted(of)];
    }),
  );
};
