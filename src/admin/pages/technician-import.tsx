import { readFacts, ringAll } from '../../cmms/facts.ts';
import { type CsvOutcome, planImport } from '../../cmms/import-technicians.ts';
import { type CsvFault, csvColumns, mostCsvLines } from '../../cmms/technician-csv.ts';
import { sha256 } from '../../crypto.ts';
import type { Deps } from '../../deps.ts';
import { LongField } from '../fields.tsx';
import { Form, Page, show } from '../frame.tsx';
import { technicianPath } from '../paths.ts';
import { type AdminRoute, change, look, type Visit } from '../route.ts';
import { editors } from '../technician.tsx';

/** 5,000 long lines, encoded as a form. */
const maxBytes = 3 * 1024 * 1024;
const mostShown = 300;
/** In one line of the audit. */
const mostNoted = 50;

type Preview = { outcomes: CsvOutcome[]; faults: CsvFault[] };

/** Technicians from a file: first what it would do, then, all or nothing, that. */
export const importRoutes = (deps: Deps): AdminRoute[] => {
  const preview = async (visit: Visit, notice: string | null = null) => {
    const csv = visit.form('csv');
    const { outcomes, faults } = await look(deps, visit, async (tx) => {
      const facts = await readFacts(tx, deps, { kind: 'admin', id: visit.user.email });
      return planImport(tx, csv, facts, { isForGood: false });
    });
    const isRefused = faults.length > 0 || notice !== null;
    return show(
      visit,
      <Import {...{ visit, csv, notice }} preview={{ outcomes, faults }} />,
      isRefused ? 422 : 200,
    );
  };

  const post = async (visit: Visit) => {
    if (visit.form('what') !== 'import') return preview(visit);
    const bells = await change(deps, visit, async (tx, note, facts) => {
      const planned = await planImport(tx, visit.form('csv'), facts, { isForGood: true });
      // What was agreed to, or nothing.
      if (planned.faults.length > 0 || fingerprint(planned.outcomes) !== visit.form('seen')) return null;
      const bells = await planned.carryOut();
      for (const what of ['created', 'changed'] as const) {
        const ids = planned.outcomes.flatMap((each) => (each.what === what ? each.externalId : []));
        for (let from = 0; from < ids.length; from += mostNoted) {
          note('technician.imported', null, { [what]: ids.slice(from, from + mostNoted).join(', ') });
        }
      }
      return bells;
    });
    if (!bells) {
      return preview(
        visit,
        'Nothing was imported: something changed since the preview. Look through it again.',
      );
    }
    ringAll(deps, visit.tenant.id, bells);
    return visit.c.redirect('/admin/technicians?done=imported', 303);
  };

  return [
    {
      method: 'get',
      path: '/technicians/-/import',
      for: editors,
      handle: async (visit) => show(visit, <Import visit={visit} csv="" notice={null} preview={null} />),
    },
    { method: 'post', path: '/technicians/-/import', for: editors, maxBytes, handle: post },
  ];
};

const fingerprint = (outcomes: CsvOutcome[]): string => sha256(JSON.stringify(outcomes)).toString('hex');

const Import = (props: { visit: Visit; csv: string; notice: string | null; preview: Preview | null }) => {
  const { visit, csv, notice, preview } = props;
  return (
    <Page visit={visit} title="Import technicians" faults={notice ? [notice] : []}>
      {preview && <Previewed visit={visit} csv={csv} {...preview} />}
      <section class="card" aria-labelledby="file">
        <h2 id="file">{preview ? 'Another file' : 'The file'}</h2>
        <p class="soft">
          CSV with a comma, semicolon or tab between the cells, as Excel and others export it. The first line
          names the columns, in any order: {Object.keys(csvColumns).join(', ')}. Only externalId is always
          needed, and name for somebody new. An empty cell leaves a value as it is, a hyphen clears it. At
          most {mostCsvLines} lines.
        </p>
        <p class="field" data-with-script="" hidden>
          <label for="chosen">Choose a file</label>
          <input id="chosen" type="file" accept=".csv,.txt,.tsv,text/csv" data-into="csv" />
        </p>
        <Form visit={visit} action="/admin/technicians/-/import" class="fields">
          <LongField label="Or paste its content" name="csv" rows={8} value={csv} required />
          <p>
            <button type="submit" name="what" value="preview">
              Preview
            </button>
          </p>
        </Form>
      </section>
    </Page>
  );
};

const Previewed = ({ visit, csv, outcomes, faults }: Preview & { visit: Visit; csv: string }) => {
  const of = (wanted: string) => outcomes.filter(({ what }) => what === wanted);
  const [created, changed, unchanged] = [of('created'), of('changed'), of('unchanged')];
  const isEmpty = created.length + changed.length === 0;
  if (faults.length > 0) {
    return (
      <section class="card" aria-labelledby="faults">
        <h2 id="faults">
          {faults.length} {faults.length === 1 ? 'fault' : 'faults'}: nothing is imported
        </h2>
        <table class="list">
          <thead>
            <tr>
              <th scope="col">Line</th>
              <th scope="col">Column</th>
              <th scope="col">What is wrong</th>
            </tr>
          </thead>
          <tbody>
            {faults.map(({ line, column, detail }) => (
              <tr>
                <td data-label="line:">{line}</td>
                <td data-label="column:">{column ?? 'the line'}</td>
                <td>{detail}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    );
  }
  return (
    <section class="card" aria-labelledby="preview">
      <h2 id="preview">What it would do</h2>
      <p>
        {created.length} created, {changed.length} changed, {unchanged.length} unchanged.
      </p>
      <Outcomes title="Created" outcomes={created} />
      <Outcomes title="Changed" outcomes={changed} isKnown />
      {isEmpty ? (
        <p>There is nothing to import: everybody is as the file has them.</p>
      ) : (
        <Form visit={visit} action="/admin/technicians/-/import">
          <input type="hidden" name="csv" value={csv} />
          <input type="hidden" name="seen" value={fingerprint(outcomes)} />
          <button type="submit" name="what" value="import">
            Import {created.length + changed.length}
          </button>
        </Form>
      )}
    </section>
  );
};

const Outcomes = (props: { title: string; outcomes: CsvOutcome[]; isKnown?: boolean }) =>
  props.outcomes.length === 0 ? null : (
    <>
      <h3>{props.title}</h3>
      <ul>
        {props.outcomes.slice(0, mostShown).map(({ line, externalId, name, changes }) => (
          <li>
            Line {line}: {props.isKnown ? <a href={technicianPath(externalId)}>{externalId}</a> : externalId},{' '}
            {name}
            {changes.length > 0 && `: ${changes.join(', ')}`}
          </li>
        ))}
        {props.outcomes.length > mostShown && <li>and {props.outcomes.length - mostShown} more</li>}
      </ul>
    </>
  );
