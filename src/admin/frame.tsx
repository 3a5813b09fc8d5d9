import { html } from 'hono/html';
import type { Child } from 'hono/jsx';
import { DateTime } from 'luxon';
import type { PanelRole } from '../domain/panel-role.ts';
import { everybody, type Request, type Visit } from './route.ts';
import { scriptAddress } from './script.ts';
import { styleAddress } from './style.ts';

/** The pages in the navigation, in their order. */
const navigation: { path: string; label: string; for: readonly PanelRole[] }[] = [
  { path: '/admin', label: 'Overview', for: everybody },
  { path: '/admin/work-orders', label: 'Work orders', for: everybody },
  { path: '/admin/alerts', label: 'Alerts', for: everybody },
  { path: '/admin/technicians', label: 'Technicians', for: everybody },
  { path: '/admin/messages', label: 'Messages', for: everybody },
  { path: '/admin/queues', label: 'Queues', for: ['administrator', 'auditor'] },
  { path: '/admin/settings', label: 'Settings', for: everybody },
  { path: '/admin/users', label: 'Users', for: ['administrator'] },
  { path: '/admin/audit', label: 'Audit', for: ['administrator', 'auditor'] },
  { path: '/admin/account', label: 'My account', for: everybody },
];

type Content = { title: string; children?: Child };

/** A page for somebody signed in. `done` and `faults`: what came of the last form. */
export const Page = ({
  visit,
  title,
  done,
  faults = [],
  children,
}: Content & { visit: Visit; done?: string | null; faults?: string[] }) => (
  <Document title={`${title} – ${visit.tenant.name}`}>
    <a class="skip" href="#content">
      Skip to content
    </a>
    <header class="top">
      <p class="where">
        <b>{visit.tenant.name}</b> <span>Times in {visit.zone}</span>
      </p>
      <nav aria-label="Pages" data-user={visit.user.id}>
        <ul>
          {navigation
            .filter((page) => page.for.includes(visit.user.role))
            .map((page) => (
              <li>
                <a href={page.path} {...(isHere(visit, page.path) ? { 'aria-current': 'page' } : {})}>
                  {page.label}
                </a>
              </li>
            ))}
        </ul>
      </nav>
      <div class="who">
        <p>
          {visit.user.name} <span>{visit.user.role}</span>
        </p>
        <Form visit={visit} action="/admin/sign-out">
          <button type="submit" class="quiet">
            Sign out
          </button>
        </Form>
      </div>
    </header>
    <main id="content" tabindex={-1} {...(visit.livePath ? { 'data-live-from': visit.livePath } : {})}>
      <h1>{title}</h1>
      {done && (
        <p class="done" role="status">
          {done}
        </p>
      )}
      <Faults faults={faults} />
      {children}
    </main>
  </Document>
);

/** A page without anybody signed in. */
export const OpenPage = ({ title, faults = [], children }: Content & { faults?: string[] }) => (
  <Document title={title}>
    <main class="alone">
      <p class="brand">RBM WhatsApp</p>
      <h1>{title}</h1>
      <Faults faults={faults} />
      {children}
    </main>
  </Document>
);

/** A form that changes something: always with the session's token. */
export const Form = ({
  visit,
  action,
  class: className,
  children,
}: {
  visit: Visit;
  action: string;
  class?: string;
  children?: Child;
}) => (
  <form method="post" action={action} {...(className ? { class: className } : {})}>
    <input type="hidden" name="csrf" value={visit.csrf} />
    {children}
  </form>
);

/** A moment where the reader is. */
export const Moment = ({ at, zone }: { at: Date; zone: string }) => (
  <time datetime={at.toISOString()}>
    {DateTime.fromJSDate(at, { zone }).setLocale('en').toFormat('LLL d, yyyy, HH:mm')}
  </time>
);

/** A state in a word, coloured as it is meant; the word says it too. */
export const Badge = ({ tone, children }: { tone: 'good' | 'bad' | 'busy' | 'calm'; children: Child }) => (
  <span class={`badge ${tone}`}>{children}</span>
);

export const show = (
  { c }: Pick<Request, 'c'>,
  page: unknown,
  status: 200 | 403 | 404 | 413 | 422 | 429 | 500 | 503 = 200,
) => c.html(html`<!doctype html>${page}`, status);

const Faults = ({ faults }: { faults: string[] }) =>
  faults.length === 0 ? null : (
    <div class="faults" role="alert">
      {faults.map((fault) => (
        <p>{fault}</p>
      ))}
    </div>
  );

const Document = ({ title, children }: Content) => (
  <html lang="en">
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <meta name="color-scheme" content="light dark" />
      <title>{title}</title>
      <link rel="icon" href="data:," />
      <link rel="stylesheet" href={styleAddress} />
      <script src={scriptAddress} defer></script>
    </head>
    <body>{children}</body>
  </html>
);

// Below the overview stands everything else.
const isHere = ({ c }: Visit, path: string) =>
  c.req.path === path || (path !== '/admin' && c.req.path.startsWith(`${path}/`));
