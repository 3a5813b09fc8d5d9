import type { Child } from 'hono/jsx';
import type { PanelRole } from '../../domain/panel-role.ts';
import { Page, show } from '../frame.tsx';
import { doneOf } from '../parts.tsx';
import { type AdminRoute, everybody, type Visit } from '../route.ts';

const administrators: readonly PanelRole[] = ['administrator'];

/** The pages below, in the order somebody sets things up. */
const pages: { path: string; label: string; about: string; for: readonly PanelRole[] }[] = [
  {
    ...{ path: 'channel', label: 'Sender', for: administrators },
    about: 'The WhatsApp number and its account at Twilio, and the addresses to enter there.',
  },
  {
    ...{ path: 'check', label: 'Self-test', for: administrators },
    about:
      'Whether credentials, sender, addresses, templates, database, queue and workers are as they should be.',
  },
  {
    ...{ path: 'test-message', label: 'Test message', for: administrators },
    about: 'Send one to somebody and watch its ticks.',
  },
  {
    ...{ path: 'rules', label: 'Rules', for: everybody },
    about: 'Zone, language, quiet hours, reminders, escalation and who is on call.',
  },
  {
    ...{ path: 'templates', label: 'Templates', for: everybody },
    about: 'What goes to people who have not written for a day, and what WhatsApp says of it.',
  },
  {
    ...{ path: 'api-keys', label: 'API keys', for: administrators },
    about: 'Keys with which the CMMS calls this service.',
  },
  {
    ...{ path: 'webhook-endpoints', label: 'Webhook endpoints', for: administrators },
    about: 'Where the CMMS is told what changed.',
  },
];

export const settingsRoutes = (): AdminRoute[] => [
  {
    method: 'get',
    path: '/settings',
    for: everybody,
    handle: async (visit) => show(visit, <Settings visit={visit} />),
  },
];

const Settings = ({ visit }: { visit: Visit }) => (
  <Page visit={visit} title="Settings">
    <ul class="columns">
      {pages
        .filter((page) => page.for.includes(visit.user.role))
        .map(({ path, label, about }) => (
          <li class="card">
            <h2>
              <a href={`/admin/settings/${path}`}>{label}</a>
            </h2>
            <p class="soft">{about}</p>
          </li>
        ))}
    </ul>
  </Page>
);

/** One of the settings' pages, with the way to the others. */
export const SettingsPage = ({
  visit,
  title,
  done = {},
  faults = [],
  children,
}: {
  visit: Visit;
  title: string;
  /** What the last form did, by the word in the address. */
  done?: Record<string, string>;
  faults?: string[];
  children?: Child;
}) => (
  <Page visit={visit} title={title} faults={faults} done={doneOf(visit, done)}>
    <nav aria-label="Settings" class="below">
      <ul>
        {pages
          .filter((page) => page.for.includes(visit.user.role))
          .map(({ path, label }) => (
            <li>
              <a
                href={`/admin/settings/${path}`}
                {...(`${visit.c.req.path}/`.startsWith(`/admin/settings/${path}/`)
                  ? { 'aria-current': 'page' }
                  : {})}
              >
                {label}
              </a>
            </li>
          ))}
      </ul>
    </nav>
    {children}
  </Page>
);
