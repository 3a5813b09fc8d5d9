import { escalateAlert, resolveAlert, respondFor } from '../../cmms/change-alert.ts';
import { type Bell, type Facts, ringAll } from '../../cmms/facts.ts';
import { collectFaults } from '../../cmms/faults.ts';
import { key, readFields, text } from '../../cmms/fields.ts';
import { resolutionShape } from '../../cmms/notification-schemas.ts';
import { peopleOfNextStep } from '../../cmms/whom-to-tell.ts';
import type { Deps } from '../../deps.ts';
import { type Alert, alertStates } from '../../domain/alert.ts';
import { type Chain, nextStep } from '../../domain/chain.ts';
import { priorities } from '../../domain/work-order.ts';
import type { AlertFilter, FoundAlert } from '../../store/alerts.ts';
import type { Tx } from '../../store/store.ts';
import type { Threshold } from '../../store/thresholds.ts';
import type { AlertTimes, PageTimes } from '../../store/times.ts';
import { readCursor, writeCursor } from '../cursor.ts';
import { NotFound } from '../errors.tsx';
import { Choice, Field, LongField } from '../fields.tsx';
import { Badge, Form, Moment, Page, show } from '../frame.tsx';
import { Live } from '../live.tsx';
import { wayWords } from '../message-words.ts';
import { sayFaults } from '../order-form.ts';
import { doneOf, Fact, mostToChoose, Options, type People, runners } from '../parts.tsx';
import { type AdminRoute, backTo, change, everybody, look, type Note, type Visit } from '../route.ts';
import { Clock, type History, readBefore, readHistory, Timeline } from '../timeline.tsx';

const pageSize = 50;
const mostPages = 100;

export const alertPath = (externalId: string): string => `/admin/alerts/${encodeURIComponent(externalId)}`;

const done: Record<string, string> = {
  raised: 'The alert is raised. Below is who is told, and how far it has come.',
  known: 'An alert of this reference was raised before. It is shown as it is.',
  responded: 'The alert is claimed. Those who were told hear who is going.',
  escalated: 'The next people are being told.',
  'nobody-told':
    'Nobody further could be told: no step is left, or nobody in it can be reached. See below, and call somebody.',
  'switched-off':
    'Nobody is told now: messaging is switched off. Call somebody, or switch it on under Settings.',
  resolved: 'The alert is resolved. Whoever was told of it hears so.',
};

export const alertRoutes = (deps: Deps): AdminRoute[] => {
  const showAlert = async (visit: Visit, shown: { faults?: string[]; note?: string } = {}) => {
    const found = await look(deps, visit, (tx) => readAlert(tx, visit));
    if (!found) return show(visit, <NotFound visit={visit} />, 404);
    return show(visit, <Detail {...{ visit, ...found, ...shown }} />, shown.faults ? 422 : 200);
  };

  /** What is done to one alert; its faults are shown with the alert as it is now. */
  const onAlert =
    (
      work: (
        visit: Visit,
        tx: Tx,
        alert: Alert,
        facts: Facts,
        note: Note,
      ) => Promise<{ done: string; bells: Bell[] } | { faults: string[]; note?: string }>,
    ) =>
    async (visit: Visit) => {
      const externalId = externalIdIn(visit);
      const result = await change(deps, visit, async (tx, note, facts) => {
        const alert = externalId === null ? null : await tx.alerts.find(externalId);
        return alert && work(visit, tx, alert, facts, note);
      });
      if (!result) return show(visit, <NotFound visit={visit} />, 404);
      if ('faults' in result) return showAlert(visit, result);
      ringAll(deps, visit.tenant.id, result.bells);
      return visit.c.redirect(backTo(visit, alertPath(externalId!), result.done), 303);
    };

  const respond = onAlert(async (visit, tx, alert, facts, note) => {
    const wanted = visit.form('technician').trim();
    const person = key.safeParse(wanted).success ? await tx.technicians.find(wanted) : null;
    if (!person) return { faults: [`Nobody has the id “${wanted}”. Choose one from the list.`] };
    if (!person.active) return { faults: [`${person.name} does not work here any more.`] };
    const { isDone, bells } = await respondFor(tx, alert.id, person, facts);
    if (!isDone) return { faults: ['Nothing was done: somebody is going already, or it is resolved.'] };
    note('alert.responded', alert.externalId, { for: person.externalId });
    return { done: 'responded', bells };
  });

  const escalate = onAlert(async (visit, tx, alert, facts, note) => {
    const reason = visit.form('reason').trim();
    const read = text(0, 500).safeParse(reason);
    if (!read.success) return { faults: read.error.issues.map(({ message }) => `The reason ${message}.`) };
    const { isDone, told, bells } = await escalateAlert(tx, alert.id, reason || null, facts);
    if (!isDone) return { faults: ['Nothing was done: somebody is going already, or it is resolved.'] };
    note('alert.escalated', alert.externalId);
    if (told.length > 0) return { done: 'escalated', bells };
    return { done: facts.enabled ? 'nobody-told' : 'switched-off', bells };
  });

  const resolve = onAlert(async (visit, tx, found, facts, note) => {
    const typed = visit.form('note').trim();
    const faults = collectFaults();
    readFields(resolutionShape, { note: typed }, faults);
    if (faults.all.length > 0) return { faults: sayFaults(faults.all, { '/note': 'Note' }), note: typed };
    const alert = (await tx.alerts.lock([found.id])).get(found.id)!;
    if (alert.state === 'resolved') return { faults: ['It is resolved already.'] };
    const { bells } = await resolveAlert(tx, alert, { note: typed }, facts);
    note('alert.resolved', alert.externalId);
    return { done: 'resolved', bells };
  });

  return [
    { method: 'get', path: '/alerts', for: everybody, liveMs: 5000, handle: (visit) => list(deps, visit) },
    {
      method: 'get',
      path: '/alerts/:externalId',
      for: everybody,
      liveMs: 2000,
      handle: (visit) => showAlert(visit),
    },
    { method: 'post', path: '/alerts/:externalId/respond', for: runners, handle: respond },
    { method: 'post', path: '/alerts/:externalId/escalate', for: runners, handle: escalate },
    { method: 'post', path: '/alerts/:externalId/resolve', for: runners, handle: resolve },
  ];
};

const externalIdIn = ({ c }: Visit): string | null => key.safeParse(c.req.param('externalId')).data ?? null;

type Asked = { state: string; severity: string; asset: string; after: string };

const readAsked = ({ c }: Visit): Asked => {
  const one = (name: string) => (c.req.query(name) ?? '').replaceAll('\0', '').trim().slice(0, 64);
  const of = (name: string, known: readonly string[]) => (known.includes(one(name)) ? one(name) : '');
  return {
    state: of('state', ['any', ...alertStates]),
    severity: of('severity', priorities),
    asset: one('asset'),
    after: readCursor(one('after')) ? one('after') : '',
  };
};

const addressOf = (asked: Asked): string =>
  `/admin/alerts?${new URLSearchParams(Object.entries(asked).filter(([, value]) => value))}`;

const list = async (deps: Deps, visit: Visit) => {
  const asked = readAsked(visit);
  const { assets, found } = await look(deps, visit, async (tx) => {
    const assets = await tx.assets.toChoose(mostToChoose);
    const asset = asked.asset ? await tx.assets.find(asked.asset) : null;
    if (asked.asset && !asset) return { assets, found: null };
    const filter: AlertFilter = {
      state: asked.state === '' ? 'not-over' : alertStates.find((state) => state === asked.state),
      severity: priorities.find((severity) => severity === asked.severity),
      assetId: asset?.id,
    };
    return {
      assets,
      found: await tx.alerts.search(filter, { after: readCursor(asked.after), limit: pageSize + 1 }),
    };
  });
  return show(visit, <Alerts {...{ visit, asked, assets, found }} />);
};

const Alerts = (props: {
  visit: Visit;
  asked: Asked;
  assets: { code: string; name: string }[];
  /** Null: there is no such asset. */
  found: FoundAlert[] | null;
}) => {
  const { visit, asked, assets, found } = props;
  const alerts = (found ?? []).slice(0, pageSize);
  return (
    <Page visit={visit} title="Alerts">
      {runners.includes(visit.user.role) && (
        <p>
          <a class="button" href="/admin/alerts/new">
            Raise an alert
          </a>
        </p>
      )}
      <form method="get" action="/admin/alerts" class="card row">
        <Choice
          {...{ label: 'State', name: 'state', value: asked.state }}
          options={[
            ['', 'not resolved'],
            ['open', 'nobody is going'],
            ['responding', 'somebody is going'],
            ['resolved', 'resolved'],
            ['any', 'any'],
          ]}
        />
        <Choice
          {...{ label: 'Severity', name: 'severity', value: asked.severity }}
          options={[['', 'any'], ...priorities.toReversed().map((each) => [each, each] as const)]}
        />
        <Field {...{ label: 'Asset', name: 'asset', value: asked.asset, maxlength: 64, list: 'assets' }} />
        <button type="submit">Show</button>
      </form>
      <Options id="assets" options={assets.map(({ code, name }) => [code, name])} />
      <Live id="alerts">
        <section class="card" aria-label="Found">
          {alerts.length === 0 ? (
            <p>{found ? 'No alert fits.' : `No asset has the code ${asked.asset}.`}</p>
          ) : (
            <AlertTable {...{ visit, alerts }} />
          )}
          {found && found.length > pageSize && (
            <p>
              <a href={addressOf({ ...asked, after: writeCursor(alerts.at(-1)!.cursor) })}>More</a>
            </p>
          )}
        </section>
      </Live>
    </Page>
  );
};

const AlertTable = ({ visit, alerts }: { visit: Visit; alerts: FoundAlert[] }) => (
  <table class="list">
    <thead>
      <tr>
        <th scope="col">Alert</th>
        <th scope="col">State</th>
        <th scope="col">Severity</th>
        <th scope="col">Asset</th>
        <th scope="col">Raised</th>
        <th scope="col">Told</th>
      </tr>
    </thead>
    <tbody>
      {alerts.map((alert) => (
        <tr>
          <td>
            <a href={alertPath(alert.externalId)}>{alert.externalId}</a>
            <br />
            {alert.message}
          </td>
          <td data-label="state:">
            <State alert={alert} responder={alert.responderName} exhausted={alert.exhausted} />
          </td>
          <td data-label="severity:">{alert.severity}</td>
          <td data-label="asset:">{alert.asset.name}</td>
          <td data-label="raised:">
            <Moment at={alert.raisedAt} zone={visit.zone} />
          </td>
          <td data-label="told:">
            {alert.told === 0 ? 'nobody' : `${alert.told}, read by ${alert.seen}`}
            {alert.step ? `, step ${alert.step}` : ''}
          </td>
        </tr>
      ))}
    </tbody>
  </table>
);

const State = (props: { alert: Alert; responder: string | null; exhausted: boolean }) => {
  const { alert, responder, exhausted } = props;
  if (alert.state === 'resolved') return <Badge tone="good">Resolved</Badge>;
  if (alert.state === 'responding') return <Badge tone="busy">{responder ?? 'Somebody'} is going</Badge>;
  return (
    <>
      <Badge tone="bad">Nobody is going</Badge>
      {exhausted && (
        <>
          {' '}
          <Badge tone="bad">Everybody was told</Badge>
        </>
      )}
    </>
  );
};

type Found = {
  alert: Alert;
  responder: string | null;
  chain: Chain | null;
  next: string[] | null;
  times: AlertTimes;
  pages: PageTimes[];
  /** By external ids. */
  names: Map<string, string>;
  thresholds: Threshold[];
  history: History;
  people: People;
};

const readAlert = async (tx: Tx, visit: Visit): Promise<Found | null> => {
  const externalId = externalIdIn(visit);
  const alert = externalId === null ? null : await tx.alerts.find(externalId);
  if (!alert) return null;
  const [chain = null] = await tx.chains.ofAlerts([alert.id]);
  const pages = await tx.times.newestPages(alert.id, mostPages);
  const told = await tx.technicians.findMany([...new Set(pages.map(({ technician }) => technician))]);
  const runs = chain !== null && chain.nextAt !== null && alert.state === 'open';
  const next = runs ? await peopleOfNextStep(tx, chain, alert, []) : null;
  const responder = alert.responderId ? await tx.technicians.get(alert.responderId) : null;
  return {
    alert,
    responder: responder?.name ?? null,
    chain,
    next: next?.map(({ name }) => name) ?? null,
    times: (await tx.times.ofAlerts([alert.id])).get(alert.id)!,
    pages,
    names: new Map(told.map(({ externalId, name }) => [externalId, name])),
    thresholds: await tx.thresholds.list(alert.asset.id),
    history: await readHistory(
      tx,
      { alertId: alert.id },
      // What is done to an alert is in its events.
      { subject: alert.externalId, actions: [] },
      readBefore(visit),
    ),
    people: runners.includes(visit.user.role) ? await tx.technicians.toChoose(mostToChoose) : [],
  };
};

const Detail = (props: Found & { visit: Visit; faults?: string[]; note?: string }) => {
  const { visit, alert, history, people, faults = [], note = '' } = props;
  const isOver = alert.state === 'resolved';
  return (
    <Page
      visit={visit}
      title={`Alert ${alert.externalId}`}
      faults={faults}
      done={faults.length > 0 ? null : doneOf(visit, done)}
    >
      <Live id="alert">
        <About {...props} />
      </Live>
      {runners.includes(visit.user.role) && (
        <>
          <Options id="people" options={people.map(({ externalId, name }) => [externalId, name])} />
          <Live id="actions">{!isOver && <Actions {...{ visit, alert, note }} />}</Live>
        </>
      )}
      <Live id="told">
        <Told {...props} />
      </Live>
      <Thresholds {...props} />
      <Live id="history">
        <Timeline {...{ visit, history }} path={alertPath(alert.externalId)} />
      </Live>
    </Page>
  );
};

const About = ({ visit, alert, responder, chain, times }: Found & { visit: Visit }) => {
  const steps = [
    ['Raised', times.raised],
    ['First sent', times.sent],
    ['First delivered', times.delivered],
    ['First read', times.read],
    ['Answered', times.answered],
    ['Resolved', times.resolved],
  ] as const;
  return (
    <section class="card" aria-labelledby="about">
      <h2 id="about">{alert.message}</h2>
      <p>
        <State alert={alert} responder={responder} exhausted={chain?.exhausted ?? false} />{' '}
        <Badge tone={alert.severity === 'critical' ? 'bad' : 'calm'}>{alert.severity}</Badge>
      </p>
      <dl class="facts">
        <Fact name="Asset">
          {alert.asset.name} ({alert.asset.code}){alert.asset.location ? `, ${alert.asset.location}` : ''}
        </Fact>
        {responder && <Fact name={alert.state === 'resolved' ? 'Went' : 'Is going'}>{responder}</Fact>}
        {steps.map(([name, at], place) => (
          <Fact name={name}>
            {at ? (
              <>
                {place === 0 ? (
                  <Moment at={at} zone={visit.zone} />
                ) : (
                  <Clock at={at} from={times.raised} zone={visit.zone} />
                )}
                {place > 0 && (
                  <span class="soft"> after {sayTime(at.getTime() - times.raised.getTime())}</span>
                )}
              </>
            ) : (
              'not yet'
            )}
          </Fact>
        ))}
      </dl>
    </section>
  );
};

/** How long, to two units. */
const sayTime = (ms: number): string => {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const [minutes, hours] = [Math.floor(seconds / 60), Math.floor(seconds / 3600)];
  if (hours > 0) return `${hours} h ${minutes % 60} min`;
  return minutes > 0 ? `${minutes} min ${seconds % 60} s` : `${seconds} s`;
};

const Actions = ({ visit, alert, note }: { visit: Visit; alert: Alert; note: string }) => {
  const action = (what: string) => `${alertPath(alert.externalId)}/${what}`;
  return (
    <section class="card" aria-labelledby="do">
      <h2 id="do">Do something</h2>
      {alert.state === 'open' && (
        <>
          <Form visit={visit} action={action('respond')} class="row">
            <Field
              {...{
                label: 'Who is going',
                name: 'technician',
                list: 'people',
                required: true,
                maxlength: 64,
              }}
              hint="By their id, when they have told you so. They hear of it too."
            />
            <button type="submit">Claim it for them</button>
          </Form>
          <Form visit={visit} action={action('escalate')} class="row">
            <Field {...{ label: 'Why the next people are needed now', name: 'reason', maxlength: 500 }} />
            <button type="submit" class="quiet">
              Tell the next people now
            </button>
          </Form>
        </>
      )}
      <Form visit={visit} action={action('resolve')} class="fields">
        <LongField {...{ label: 'What was done', name: 'note', maxlength: 1500, rows: 2, value: note }} />
        <p>
          <button type="submit">Resolve</button>
        </p>
      </Form>
    </section>
  );
};

const Told = ({ visit, alert, chain, next, pages, names, times }: Found & { visit: Visit }) => (
  <section class="card" aria-labelledby="told-title">
    <h2 id="told-title">Who was told</h2>
    {chain && <p>{sayChain(chain, alert)}</p>}
    {chain?.nextAt && next && (
      <p>
        Next: <Moment at={chain.nextAt} zone={visit.zone} />
        {next.length > 0 ? `, ${next.join(', ')}` : ', whoever there is'}
        {sayWays(chain)}.
      </p>
    )}
    {pages.length === 0 ? (
      <p>Nobody yet.</p>
    ) : (
      <table class="list">
        <thead>
          <tr>
            <th scope="col">Who</th>
            <th scope="col">Step</th>
            <th scope="col">Told</th>
            <th scope="col">Sent</th>
            <th scope="col">Delivered</th>
            <th scope="col">Seen</th>
            <th scope="col">Answered</th>
          </tr>
        </thead>
        <tbody>
          {pages.map((page) => (
            <tr>
              <td>
                <b>{names.get(page.technician) ?? page.technician}</b>
                <br />
                <WayLink page={page} person={names.get(page.technician) ?? page.technician} />
              </td>
              <td data-label="step:">{page.step === 0 ? 'first' : page.step}</td>
              {(
                [
                  ['told:', page.paged],
                  ['sent:', page.sent],
                  ['delivered:', page.delivered],
                  ['seen:', page.read],
                  ['answered:', page.answered],
                ] as const
              ).map(([label, at]) => (
                <td data-label={label}>
                  {at ? <Clock at={at} from={times.raised} zone={visit.zone} /> : 'no'}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    )}
    {pages.length === mostPages && <p class="soft">The last {mostPages} are shown.</p>}
  </section>
);

const WayLink = ({ page, person }: { page: PageTimes; person: string }) => {
  const ways = page.ways.map((way) => wayWords[way]).join(', then ');
  return (
    <a href={`/admin/messages/${page.messageId}`} aria-label={`${ways}: the message to ${person}`}>
      {ways}
    </a>
  );
};

const ends: Record<NonNullable<Chain['ended']>, string> = {
  claimed: 'Nobody further is told: somebody is going.',
  resolved: 'Nobody further is told: it is resolved.',
  withdrawn: 'Nobody further is told: it was withdrawn.',
  expired: 'Nobody further is told: it was too late.',
  nobody: 'There is nobody who can be told.',
  'no-steps': 'The settings have no escalation for this severity: nobody further is told.',
};

const sayChain = ({ step, steps, exhausted, ended }: Chain, { state }: Alert): string => {
  const at = step === 0 ? 'The first people were told' : `Step ${step} of ${steps.length} has been reached`;
  const all = exhausted && state === 'open' ? ' Everybody there is was told, and nobody has answered.' : '';
  return ended ? `${at}. ${ends[ended]}` : `${at}.${all}`;
};

const sayWays = (chain: Chain): string => {
  const step = nextStep(chain);
  return step === null
    ? ''
    : ` by ${chain.steps[step - 1]!.ways.map((way) => wayWords[way]).join(', then ')}`;
};

const Thresholds = ({ alert, thresholds }: Found) =>
  thresholds.length === 0 ? null : (
    <section class="card" aria-labelledby="thresholds">
      <h2 id="thresholds">Limits of {alert.asset.name}</h2>
      <table class="list">
        <thead>
          <tr>
            <th scope="col">Reading</th>
            <th scope="col">Not below</th>
            <th scope="col">Not above</th>
            <th scope="col">Back by</th>
            <th scope="col">Severity</th>
          </tr>
        </thead>
        <tbody>
          {thresholds.map(({ metric, low, high, clear, severity }) => (
            <tr>
              <td>{metric}</td>
              <td data-label="not below:">{low ?? '–'}</td>
              <td data-label="not above:">{high ?? '–'}</td>
              <td data-label="back by:">{clear ?? '–'}</td>
              <td data-label="severity:">{severity}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
