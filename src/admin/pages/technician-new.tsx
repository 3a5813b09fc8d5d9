import type { Deps } from '../../deps.ts';
import { Field } from '../fields.tsx';
import { Form, Page, show } from '../frame.tsx';
import { technicianPath } from '../paths.ts';
import type { AdminRoute, Visit } from '../route.ts';
import { saveTechnicianForm } from '../save-technician-form.ts';
import { editors } from '../technician.tsx';
import { noValues, TechnicianFields, type Values } from '../technician-form.tsx';

/** Adding a technician: what a PUT of the API does. */
export const newTechnicianRoutes = (deps: Deps): AdminRoute[] => {
  const add = async (visit: Visit) => {
    const externalId = visit.form('externalId').trim();
    const faults = await saveTechnicianForm(deps, visit, externalId, true);
    if (!faults) return visit.c.redirect(`${technicianPath(externalId)}?done=added`, 303);
    return show(visit, <New visit={visit} values={visit.form} faults={faults} />, 422);
  };

  return [
    {
      method: 'get',
      path: '/technicians/-/new',
      for: editors,
      handle: async (visit) => show(visit, <New visit={visit} values={noValues} />),
    },
    { method: 'post', path: '/technicians/-/new', for: editors, handle: add },
  ];
};

const New = ({ visit, values, faults }: { visit: Visit; values: Values; faults?: string[] }) => (
  <Page visit={visit} title="Add a technician" faults={faults ?? []}>
    <section class="card" aria-label="The new technician">
      <Form visit={visit} action="/admin/technicians/-/new" class="fields">
        <Field
          {...{ label: 'External id', name: 'externalId', required: true, maxlength: 64 }}
          value={values('externalId')}
          hint="Their key in your CMMS. It stays for ever."
        />
        <TechnicianFields values={values} />
        <p>
          <button type="submit">Add</button>
        </p>
      </Form>
    </section>
  </Page>
);
