import type { Deps } from '../../deps.ts';
import { alertStates } from '../../domain/alert.ts';
import { priorities } from '../../domain/work-order.ts';
import type { AlertFilter, FoundAlert } from '../../store/alerts.ts';
import { State } from '../alert.tsx';
import { readCursor, writeCursor } from '../cursor.ts';
import { Choice, Field } from '../fields.tsx';
import { Moment, Page, show } from '../frame.tsx';
import { Live } from '../live.tsx';
import { mostToChoose, Options, runners } from '../parts.tsx';
import { alertPath } from '../paths.ts';
import { type AdminRoute, everybody, look, type Visit } from '../route.ts';

const pageSize = 50;

/** The alerts, searched by what they are. */
export const alertListRoutes = (deps: Deps): AdminRoute[] => [
  { method: 'get', path: '/alerts', for: everybody, liveMs: 5000, handle: (visit) => list(deps, visit) },
];

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
          <a class="button" href="/admin/alerts/-/new">
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
