import { escalateAlert, resolveAlert, respondFor } from '../../cmms/change-alert.ts';
import { type Bell, type Facts, ringAll } from '../../cmms/facts.ts';
import { collectFaults } from '../../cmms/faults.ts';
import { key, readFields, text } from '../../cmms/fields.ts';
import { resolutionShape } from '../../cmms/notification-schemas.ts';
import { peopleOfNextStep } from '../../cmms/whom-to-tell.ts';
import type { Deps } from '../../deps.ts';
import type { Alert } from '../../domain/alert.ts';
import type { Tx } from '../../store/store.ts';
import type { Threshold } from '../../store/thresholds.ts';
import { State } from '../alert.tsx';
import { NotFound } from '../errors.tsx';
import { Field, LongField } from '../fields.tsx';
import { Badge, Form, Moment, Page, show } from '../frame.tsx';
import { Live } from '../live.tsx';
import { sayFaults } from '../order-form.ts';
import { asOption, doneOf, Fact, mostToChoose, Options, type People, runners } from '../parts.tsx';
import { alertPath } from '../paths.ts';
import { type AdminRoute, backTo, change, everybody, look, type Note, type Visit } from '../route.ts';
import { Clock, type History, readBefore, readHistory, Timeline } from '../timeline.tsx';
import { mostPages, type Told, WhoWasTold } from '../who-was-told.tsx';

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

/** One alert: how it is, whom it has reached, and what is done to it by a button. */
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

type Found = Told & {
  responder: string | null;
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
      <About {...props} />
      {runners.includes(visit.user.role) && (
        <>
          <Options id="people" options={people.map(asOption)} />
          <Live id="actions">{!isOver && <Actions {...{ visit, alert, note }} />}</Live>
        </>
      )}
      <Live id="told">
        <WhoWasTold {...props} />
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
      <div class="row">
        {/* Read out whenever it changes, so nothing else is in it. */}
        <div role="status">
          <Live id="state">
            <p>
              <State alert={alert} responder={responder} exhausted={chain?.exhausted ?? false} />
            </p>
          </Live>
        </div>
        <Badge tone={alert.severity === 'critical' ? 'bad' : 'calm'}>{alert.severity}</Badge>
      </div>
      <Live id="facts">
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
      </Live>
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
