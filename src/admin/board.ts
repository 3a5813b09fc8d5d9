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
  app.get(`${boardPath}/${wayBackPath}`, (c) =>
    c.body(wayBackStyle, 200, { 'content-type': 'text/css; charset=utf-8' }),
  );
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
    .replace(/ style="[^"]*"/g, '')
    .replace('</head>', `<link href="${wayBackPath}" rel="stylesheet"></head>`)
    .replace('<div id="root">', `${wayBack}<div id="root">`);

const wayBack =
  '<nav class="way-back" aria-label="Panel"><a href="/admin/queues">Back to the panel</a></nav>';
const wayBackPath = 'static/way-back.css';
// Above its header, which is fixed, and made higher as it would be for a label of its own.
const wayBackStyle = `
:root, .dark-mode { --header-offset: calc(var(--header-height) + 40px); }
.way-back {
  position: fixed; inset: 0 0 auto 0; z-index: 100; height: 40px; padding: 0 16px; box-sizing: border-box;
  border-bottom: 1px solid var(--border); background: var(--card); color: var(--foreground); line-height: 39px;
}
.way-back a { color: inherit; }
#root > header { padding-top: 40px; }
#root > header > a { max-height: var(--header-height); }
`;

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
