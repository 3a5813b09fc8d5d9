import type { Deps } from '../../deps.ts';
import { queueNames } from '../../queues.ts';
import type { Board } from '../board.ts';
import { NotFound } from '../errors.tsx';
import { Page, show } from '../frame.tsx';
import type { AdminRoute, Visit } from '../route.ts';
import { boardPath, type PanelParts, type PanelSettings } from '../settings.ts';
import { type Settling, settleJobs } from '../settle-jobs.ts';
import { runsInstallation } from './queues.tsx';

const notHere =
  'Only failed jobs can be retried or removed here, and those of schedules only retried. What waits is work to be done, and the service looks after its queues itself.';

const away = 'The queue does not answer just now. Look again before you repeat it.';

/** bull-board: every job of every queue, for whoever runs the installation. */
export const boardRoutes = (deps: Deps, settings: PanelSettings, parts: PanelParts): AdminRoute[] => {
  let board: Promise<Board> | null = null;
  /** Null while the queue was never there. Loaded when it is asked for: most processes never are. */
  const boardOf = () => {
    const queues = parts.queues.inner();
    if (queues) board ??= import('../board.ts').then(({ createBoard }) => createBoard(queues));
    return board;
  };

  const read = async (visit: Visit): Promise<Response> => {
    if (!runsInstallation(visit)) return show(visit, <NotFound visit={visit} />, 404);
    const ask = await boardOf();
    if (!ask) return show(visit, <Away visit={visit} />, 503);
    // Without the cookie, which is nothing to it.
    const answer = await ask(new Request(visit.c.req.url));
    answer.headers.set('content-security-policy', policy);
    if (visit.c.req.path.startsWith(`${boardPath}/static/`))
      answer.headers.set('cache-control', 'private, max-age=3600');
    if (answer.headers.get('content-type')?.startsWith('text/html'))
      answer.headers.append('set-cookie', tokenCookie(visit, settings));
    return answer;
  };

  const act = async (visit: Visit): Promise<Response> => {
    if (!runsInstallation(visit)) return show(visit, <NotFound visit={visit} />, 404);
    const asked = readAsked(visit.c.req.path);
    if (!asked) return visit.c.json(refusal(notHere), 403);
    const settled = await settleJobs(deps, parts, visit, asked);
    if (settled === 'gone') return visit.c.json(refusal(notHere), 403);
    if (settled === 'away') return visit.c.json(refusal(away), 503);
    return visit.c.json(asked.id === null && asked.how === 'retry' ? { retried: settled, skipped: 0 } : {});
  };

  const administrators = { for: ['administrator'], byScript: true } as const;
  const api = '/queues/board/api/*';
  return [
    { method: 'get', path: api, ...administrators, handle: read },
    { method: 'get', path: '/queues/board/*', for: ['administrator'], handle: read },
    { method: 'put', path: api, ...administrators, handle: act },
  ];
};

/**
 * What bull-board's page needs beyond the panel's policy: to name the folder that its addresses start from, and one
 * style, the same in each of its pages, that hides scroll bars.
 */
const policy =
  "default-src 'none'; style-src 'self' 'sha256-r2N1TB/gHbBtBZFKg7ejmq1acVSREzucTAEw6ga4hoU='; script-src 'self'; img-src 'self' data:; connect-src 'self'; " +
  "form-action 'none'; base-uri 'self'; frame-ancestors 'none'";

/** In bull-board's form, which its page shows to the reader. */
const refusal = (message: string) => ({ error: { key: 'ERRORS.FORBIDDEN' }, message });

// Its page sends this back as a header, from the same site only, as forms do with their field.
const tokenCookie = ({ csrf }: Visit, { publicBaseUrl }: PanelSettings): string =>
  `XSRF-TOKEN=${csrf}; Path=${boardPath}; SameSite=Strict${publicBaseUrl.startsWith('https:') ? '; Secure' : ''}`;

const howBy = { retry: 'retry', clean: 'discard' } as const;

const readAsked = (path: string): Settling | null => {
  const rest = path.slice(`${boardPath}/api/queues/`.length).split('/');
  const [name = '', second = '', third = ''] = rest;
  const queue = queueNames.find((known) => known === name);
  if (!queue || rest.length !== 3) return null;
  if (third === 'failed' && (second === 'retry' || second === 'clean'))
    return { queue, id: null, how: howBy[second] };
  if (third === 'retry' || third === 'clean') return { queue, id: decoded(second), how: howBy[third] };
  return null;
};

const decoded = (part: string): string => {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
};

const Away = ({ visit }: { visit: Visit }) => (
  <Page visit={visit} title="Job board">
    <p>The queue does not answer just now, so there is nothing to show. Try again in a moment.</p>
    <p>
      <a href="/admin/queues">Back to the queues</a>
    </p>
  </Page>
);
