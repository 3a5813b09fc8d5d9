import type { Deps } from '../../deps.ts';
import type { PanelRole } from '../../domain/panel-role.ts';
import { describeFault } from '../../log.ts';
import { type CheckName, checks, runSelfTest } from '../../messaging/self-test.ts';
import type { Finding, SelfTest } from '../../store/self-tests.ts';
import { Badge, Form, Moment, show } from '../frame.tsx';
import { Live } from '../live.tsx';
import { type AdminRoute, change, look, type Visit } from '../route.ts';
import type { PanelParts, PanelSettings } from '../settings.ts';
import { SettingsPage } from './settings.tsx';

const administrators: readonly PanelRole[] = ['administrator'];

/** Whether everything is set up as it must be, part by part; it runs in the background and is followed live. */
export const settingsCheckRoutes = (
  deps: Deps,
  { publicBaseUrl, twilioApiBaseUrl }: PanelSettings,
  parts: PanelParts,
): AdminRoute[] => {
  const showCheck = async (visit: Visit) => {
    const test = await look(deps, visit, (tx) => tx.selfTests.get());
    return show(visit, <Check visit={visit} test={test} />);
  };

  const start = async (visit: Visit) => {
    const tenantId = visit.tenant.id;
    const id = deps.newId();
    const isStarted = await change(deps, visit, async (tx, note) => {
      const isStarted = await tx.selfTests.start(id);
      if (isStarted) note('self-test.started', null);
      return isStarted;
    });
    // Nobody waits for it: what it finds is on the page.
    if (isStarted) run(tenantId, id).catch(complain);
    return visit.c.redirect('/admin/settings/check', 303);
  };

  const run = async (tenantId: string, id: string) => {
    const { queues, providerOf, fetch } = parts;
    const asked = { queues, providerOf, fetch, publicBaseUrl, twilioApiBaseUrl };
    try {
      await runSelfTest(deps, asked, tenantId, (check, found) =>
        deps.store.tenant(tenantId, (tx) => tx.selfTests.note(id, check, found)),
      );
    } finally {
      await deps.store.tenant(tenantId, (tx) => tx.selfTests.finish(id));
    }
  };

  const complain = (error: Error) => deps.log.error({ event: 'self-test.failed', ...describeFault(error) });

  return [
    {
      ...{ method: 'get', path: '/settings/check', for: administrators, liveMs: 1000 },
      handle: showCheck,
    },
    { method: 'post', path: '/settings/check', for: administrators, handle: start },
  ];
};

const Check = ({ visit, test }: { visit: Visit; test: SelfTest | null }) => (
  <SettingsPage visit={visit} title="Self-test">
    <section class="card" aria-labelledby="start">
      <h2 id="start">Does everything work?</h2>
      <p class="soft">
        It asks Twilio about the account, the sender and the templates, and posts a form signed like Twilio’s
        to the public address. Nothing is sent to anybody, and nothing of it is kept but the result.
      </p>
      <Form visit={visit} action="/admin/settings/check">
        <button type="submit">Start the self-test</button>
      </Form>
    </section>
    <noscript>
      <a href="/admin/settings/check">Show how far it is</a>
    </noscript>
    <Live id="result">{test && <Result visit={visit} test={test} />}</Live>
  </SettingsPage>
);

const Result = ({ visit, test }: { visit: Visit; test: SelfTest }) => {
  const found = Object.values(test.findings).flat();
  const problems = found.filter(({ isOk }) => isOk === false).length;
  const isOver = test.finishedAt !== null || test.isLost;
  return (
    <section class="card" aria-labelledby="result-heading">
      <h2 id="result-heading">
        {test.finishedAt === null
          ? test.isLost
            ? 'It was not finished'
            : 'It runs'
          : problems === 0
            ? 'Everything is as it should be'
            : problems === 1
              ? 'One problem'
              : `${problems} problems`}
      </h2>
      <p class="soft">
        Started <Moment at={test.startedAt} zone={visit.zone} />.
        {test.isLost && ' The process that ran it has ended: start it again.'}
      </p>
      <ul class="checks">
        {(Object.keys(checks) as CheckName[]).map((name) => (
          <li>
            <h3>
              {checks[name]} <State found={test.findings[name]} isOver={isOver} />
            </h3>
            {test.findings[name]?.map((each) => (
              <p class={each.isOk === false ? 'bad-line' : ''}>
                {each.text}
                {each.todo && (
                  <>
                    {' '}
                    <b>{each.todo}</b>
                  </>
                )}
              </p>
            ))}
          </li>
        ))}
      </ul>
    </section>
  );
};

const State = ({ found, isOver }: { found: Finding[] | undefined; isOver: boolean }) => {
  if (!found) return isOver ? <Badge tone="calm">not checked</Badge> : <Badge tone="busy">checking</Badge>;
  if (found.some(({ isOk }) => isOk === false)) return <Badge tone="bad">problem</Badge>;
  if (found.length === 0 || found.some(({ isOk }) => isOk === null)) return <Badge tone="calm">waits</Badge>;
  return <Badge tone="good">ok</Badge>;
};
