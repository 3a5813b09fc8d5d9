import { readFacts, ringAll } from '../../cmms/facts.ts';
import { collectFaults, type Faults, Refused } from '../../cmms/faults.ts';
import { readFields } from '../../cmms/fields.ts';
import { alertShape } from '../../cmms/notification-schemas.ts';
import { type AlertFields, raiseAlert, type WouldPage, whomToPage } from '../../cmms/raise-alert.ts';
import { withAsset } from '../../cmms/save-asset.ts';
import type { Deps } from '../../deps.ts';
import { dayOf } from '../../domain/dates.ts';
import { priorities } from '../../domain/work-order.ts';
import type { Fault } from '../../store/notifications.ts';
import { Choice, Field, LongField } from '../fields.tsx';
import { Form, Page, show } from '../frame.tsx';
import { wayWords } from '../message-words.ts';
import { readNewAsset, sayFaults } from '../order-form.ts';
import { mostToChoose, Options, type People, runners } from '../parts.tsx';
import { alertPath } from '../paths.ts';
import { type AdminRoute, change, look, type Visit } from '../route.ts';

const names = ['externalId', 'asset', 'assetName', 'severity', 'message', 'recipients'] as const;
type Typed = Record<(typeof names)[number], string>;

const labels: Record<keyof Typed, string> = {
  externalId: 'Reference',
  asset: 'Asset',
  assetName: 'Name of the new asset',
  severity: 'Severity',
  message: 'What is wrong',
  recipients: 'Whom to tell first',
};

/** Raising an alert: a form, then who would be told, and only then it is done. */
export const alertFormRoutes = (deps: Deps): AdminRoute[] => {
  const showForm = async (visit: Visit, typed: Typed, faults: string[] = []) => {
    const chosen = await look(deps, visit, async (tx) => ({
      people: await tx.technicians.toChoose(mostToChoose),
      assets: await tx.assets.toChoose(mostToChoose),
    }));
    const page = <AlertForm {...{ visit, typed, faults, ...chosen }} />;
    return show(visit, page, faults.length > 0 ? 422 : 200);
  };

  const preview = (visit: Visit, typed: Typed) =>
    look(deps, visit, async (tx) => {
      const facts = await readFacts(tx, deps, { kind: 'admin', id: visit.user.email });
      const faults = collectFaults();
      const { fields, asset } = read(typed, faults);
      return { would: await whomToPage(tx, fields, asset, facts, faults), isOn: facts.enabled };
    });

  const raise = (visit: Visit, typed: Typed) =>
    change(deps, visit, async (tx, note, facts) => {
      const faults = collectFaults();
      const { fields, asset } = read(typed, faults);
      const isNewAsset = asset !== null && (await tx.assets.find(asset.code)) === null;
      const alert = await withAsset(tx, fields, asset, facts, faults);
      const raised = await raiseAlert(tx, alert, facts, faults);
      if (!raised.isNew) return raised;
      if (isNewAsset) note('asset.added', asset.code, { name: asset.name });
      note('alert.raised', raised.alert.externalId, { severity: raised.alert.severity });
      return raised;
    });

  const post = async (visit: Visit) => {
    const typed = Object.fromEntries(
      names.map((name) => [name, visit.form(name).replaceAll('\r\n', '\n').trim()]),
    ) as Typed;
    const step = visit.form('step');
    if (step === 'change') return showForm(visit, typed);
    try {
      if (step !== 'raise') {
        return show(visit, <Preview {...{ visit, typed, ...(await preview(visit, typed)) }} />);
      }
      const { alert, isNew, bells } = await raise(visit, typed);
      ringAll(deps, visit.tenant.id, bells);
      return visit.c.redirect(`${alertPath(alert.externalId)}?done=${isNew ? 'raised' : 'known'}`, 303);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      const said = Object.fromEntries(Object.entries(labels).map(([name, label]) => [`/${name}`, label]));
      return showForm(visit, typed, sayFaults(error.faults.map(namingPerson(typed)), said));
    }
  };

  return [
    {
      method: 'get',
      path: '/alerts/-/new',
      for: runners,
      handle: (visit) => {
        const day = dayOf(deps.now(), visit.tenant.timeZone).replaceAll('-', '');
        const externalId = `P-${day}-${deps.newId().slice(0, 6)}`;
        return showForm(visit, {
          ...{ externalId, asset: '', assetName: '', severity: 'high', message: '', recipients: '' },
        });
      },
    },
    { method: 'post', path: '/alerts', for: runners, handle: post },
  ];
};

const keysIn = ({ recipients }: Typed): string[] =>
  [...new Set(recipients.split(/[,;\n]/).map((each) => each.trim()))].filter(Boolean);

const namingPerson =
  (typed: Typed) =>
  (fault: Fault): Fault => {
    const [, place] = /^\/recipients\/(\d+)$/.exec(fault.pointer) ?? [];
    return place ? { ...fault, detail: `“${keysIn(typed)[Number(place)]}” ${fault.detail}` } : fault;
  };

const read = (typed: Typed, faults: Faults) => {
  const { externalId, asset, severity, message, assetName } = typed;
  const given = { externalId, asset, severity, message };
  const said = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== ''));
  const fields: AlertFields = readFields(alertShape, { ...said, recipients: keysIn(typed) }, faults);
  return { fields, asset: readNewAsset(asset, assetName, faults) };
};

const AlertForm = (props: {
  visit: Visit;
  typed: Typed;
  faults: string[];
  people: People;
  assets: { code: string; name: string }[];
}) => {
  const { visit, typed, faults, people, assets } = props;
  const of = (name: keyof Typed) => ({ label: labels[name], name, value: typed[name] });
  return (
    <Page visit={visit} title="Raise an alert" faults={faults}>
      <section class="card" aria-label="The alert">
        <Form visit={visit} action="/admin/alerts" class="fields">
          <Options id="assets" options={assets.map(({ code, name }) => [code, name])} />
          <div class="row">
            <Field
              {...of('asset')}
              {...{ required: true, maxlength: 64, list: 'assets' }}
              hint="Its code: type a part of it or of the name."
            />
            <Field {...of('assetName')} maxlength={200} hint="Only if the asset is not there yet." />
          </div>
          <Choice
            {...of('severity')}
            options={priorities.toReversed().map((each) => [each, each])}
            hint="A critical one is sent at once, also to those who sleep, have paused or switched it off."
          />
          <LongField {...of('message')} {...{ required: true, maxlength: 500, rows: 3 }} />
          <LongField
            {...of('recipients')}
            rows={2}
            hint="Ids, with commas between them. Empty: whoever is responsible for the asset, else on call, else the supervisors, else the planners."
          />
          {people.length > 0 && (
            <details>
              <summary>Ids of people</summary>
              <ul>
                {people.map(({ externalId, name }) => (
                  <li>
                    {externalId}: {name}
                  </li>
                ))}
              </ul>
            </details>
          )}
          <Field
            {...of('externalId')}
            required
            maxlength={64}
            hint="Under this it is known, here and to the CMMS."
          />
          <p>
            <button type="submit">See who would be told</button>
          </p>
        </Form>
      </section>
    </Page>
  );
};

const groups: Record<NonNullable<WouldPage['as']>, string> = {
  named: 'whom you named',
  responsible: 'responsible for the asset',
  'on-call': 'on call',
  supervisors: 'the supervisors',
  planners: 'the planners',
};

const Preview = (props: { visit: Visit; typed: Typed; would: WouldPage; isOn: boolean }) => {
  const { visit, typed, would, isOn } = props;
  const { as, people, left, steps } = would;
  return (
    <Page visit={visit} title="Raise this alert?">
      <section class="card" aria-labelledby="what">
        <h2 id="what">{typed.message}</h2>
        <p>
          {typed.severity}, {typed.asset}
          {typed.assetName ? `, ${typed.assetName}` : ''}. Nothing is sent yet.
        </p>
        {!isOn && <p class="bad">The service is switched off: nobody is told until it is switched on.</p>}
        {as ? (
          <p>
            Told first, {groups[as]}: <b>{people.map(({ name }) => name).join(', ')}</b>
          </p>
        ) : (
          <p class="bad">There is nobody who can be told first.</p>
        )}
        {left.length > 0 && (
          <p>Cannot be told, or do not want to be: {left.map(({ name }) => name).join(', ')}</p>
        )}
        {steps.length === 0 ? (
          <p>The settings have no escalation for this severity: nobody further is told.</p>
        ) : (
          <ol class="timeline">
            {steps.map(({ waitSeconds, notify, ways }, place) => (
              <li>
                Step {place + 1}, {sayWait(waitSeconds)} later without an answer: {notify.join(', ')} by{' '}
                {ways.map((way) => wayWords[way]).join(', then ')}
              </li>
            ))}
          </ol>
        )}
        <div class="actions">
          <Form visit={visit} action="/admin/alerts">
            <Hidden typed={typed} />
            <input type="hidden" name="step" value="raise" />
            <button type="submit">Raise it</button>
          </Form>
          <Form visit={visit} action="/admin/alerts">
            <Hidden typed={typed} />
            <input type="hidden" name="step" value="change" />
            <button type="submit" class="quiet">
              Change it
            </button>
          </Form>
        </div>
      </section>
    </Page>
  );
};

const Hidden = ({ typed }: { typed: Typed }) => (
  <>
    {names.map((name) => (
      <input type="hidden" name={name} value={typed[name]} />
    ))}
  </>
);

const sayWait = (seconds: number): string => (seconds % 60 === 0 ? `${seconds / 60} min` : `${seconds} s`);
