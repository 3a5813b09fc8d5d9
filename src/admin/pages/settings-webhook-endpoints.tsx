import { eventTypes } from '../../cmms/event.ts';
import { ringAll } from '../../cmms/facts.ts';
import { collectFaults, Refused } from '../../cmms/faults.ts';
import { key as keyText, readFields } from '../../cmms/fields.ts';
import {
  rotateWebhookSecret,
  saveWebhookEndpoint,
  webhookEndpointShape,
} from '../../cmms/save-webhook-endpoint.ts';
import type { Deps } from '../../deps.ts';
import type { PanelRole } from '../../domain/panel-role.ts';
import type { WebhookEndpoint } from '../../store/webhook-endpoints.ts';
import { findAddressFault } from '../../webhooks/address.ts';
import { NotFound } from '../errors.tsx';
import { Field, LongField } from '../fields.tsx';
import { type FormFaults, formFaults, noFaults } from '../form-faults.ts';
import { Badge, Form, Moment, show } from '../frame.tsx';
import { type AdminRoute, change, look, type Visit } from '../route.ts';
import type { PanelSettings } from '../settings.ts';
import { SettingsPage } from './settings.tsx';

const administrators: readonly PanelRole[] = ['administrator'];
const pageSize = 100;

const done = {
  saved: 'The endpoint is saved.',
  on: 'The endpoint is on. It goes on where it stopped.',
  off: 'The endpoint is off: nothing more is sent there. Switched on again it goes on where it stopped.',
};

const labels = { id: 'Name', url: 'Address', types: 'Events' };
type Typed = Record<keyof typeof labels, string>;

/** Where the CMMS is told what changed: made, changed, rotated, switched off and on. */
export const settingsWebhookEndpointRoutes = (
  deps: Deps,
  { webhookRules }: Pick<PanelSettings, 'webhookRules'>,
): AdminRoute[] => {
  const showAll = async (visit: Visit, shown: { faults?: FormFaults; typed?: Typed; made?: Made } = {}) => {
    // Postgres takes no NUL in a text.
    const after = visit.c.req.query('after')?.replaceAll('\0', '') ?? null;
    const endpoints = await look(deps, visit, (tx) =>
      tx.webhookEndpoints.list({ after, limit: pageSize + 1 }),
    );
    const { faults = noFaults, typed = { id: '', url: '', types: '' } } = shown;
    return show(
      visit,
      <Endpoints {...{ visit, endpoints, ...shown, faults, typed }} />,
      faults.all.length > 0 ? 422 : 200,
    );
  };

  const showOne = async (visit: Visit, shown: { faults?: FormFaults; typed?: Typed; made?: Made } = {}) => {
    const endpoint = await look(deps, visit, (tx) => tx.webhookEndpoints.find(keyOf(visit)));
    if (!endpoint) return show(visit, <NotFound visit={visit} />, 404);
    const { faults = noFaults, typed = write(endpoint) } = shown;
    return show(
      visit,
      <Endpoint {...{ visit, endpoint, ...shown, faults, typed }} />,
      faults.all.length > 0 ? 422 : 200,
    );
  };

  /** Makes or changes one; the faults of what was typed, or its secret if it is new. */
  const save = async (visit: Visit, id: string, typed: Typed, isNew: boolean) => {
    const found = collectFaults();
    const types = typed.types.split(/[\s,;]+/).filter(Boolean);
    const fields = readFields(
      webhookEndpointShape,
      { url: typed.url, types: types.length > 0 ? types : null },
      found,
    );
    const name = keyText.safeParse(id);
    if (!name.success) for (const { message } of name.error.issues) found.add('/id', message);
    const addressFault = fields.url === undefined ? null : await findAddressFault(fields.url, webhookRules);
    if (addressFault) found.add('/url', addressFault);
    try {
      const saved = await change(deps, visit, async (tx, note) => {
        const before = name.success ? await tx.webhookEndpoints.lock(id) : null;
        const faults = collectFaults(found.all);
        if (isNew && before) faults.add('/id', 'is there already: change that one');
        const facts = { now: deps.now(), newId: deps.newId, secretKeys: deps.secretKeys };
        const saved = await saveWebhookEndpoint(tx, id, fields, facts, faults);
        const after = (await tx.webhookEndpoints.find(id))!;
        note(saved.created ? 'webhook-endpoint.made' : 'webhook-endpoint.saved', id, {
          ...(before?.url === after.url ? {} : { address: hostOf(after.url) }),
          ...(String(before?.types) === String(after.types)
            ? {}
            : { events: after.types?.join(' ') ?? 'all' }),
        });
        return saved;
      });
      ringAll(deps, visit.tenant.id, saved.bells);
      return { faults: null, secret: saved.secret };
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      return { faults: formFaults(error.faults, (pointer) => fieldOf(pointer, types)), secret: null };
    }
  };

  const make = async (visit: Visit) => {
    const typed = readTyped(visit, visit.form('id').trim());
    const { faults, secret } = await save(visit, typed.id, typed, true);
    return faults
      ? showAll(visit, { faults, typed })
      : showAll(visit, { made: { id: typed.id, secret: secret! } });
  };

  const alter = async (visit: Visit) => {
    const id = keyOf(visit);
    if (!(await look(deps, visit, (tx) => tx.webhookEndpoints.find(id)))) {
      return show(visit, <NotFound visit={visit} />, 404);
    }
    const typed = readTyped(visit, id);
    const { faults } = await save(visit, id, typed, false);
    return faults ? showOne(visit, { faults, typed }) : visit.c.redirect(`${pathOf(id)}?done=saved`, 303);
  };

  const turn = async (visit: Visit) => {
    const id = keyOf(visit);
    const active = visit.form('active') === 'yes';
    const saved = await change(deps, visit, async (tx, note) => {
      const before = await tx.webhookEndpoints.lock(id);
      if (!before) return null;
      if (before.active === active) return { bells: [] };
      note(active ? 'webhook-endpoint.on' : 'webhook-endpoint.off', id);
      const facts = { now: deps.now(), newId: deps.newId, secretKeys: deps.secretKeys };
      return saveWebhookEndpoint(tx, id, { active }, facts, collectFaults());
    });
    if (!saved) return show(visit, <NotFound visit={visit} />, 404);
    ringAll(deps, visit.tenant.id, saved.bells);
    return visit.c.redirect(`${pathOf(id)}?done=${active ? 'on' : 'off'}`, 303);
  };

  const rotate = async (visit: Visit) => {
    const id = keyOf(visit);
    const rotated = await change(deps, visit, async (tx, note) => {
      const facts = { now: deps.now(), secretKeys: deps.secretKeys };
      const rotated = await rotateWebhookSecret(tx, id, facts);
      if (rotated && 'secret' in rotated) note('webhook-endpoint.rotated', id);
      return rotated;
    });
    if (!rotated) return show(visit, <NotFound visit={visit} />, 404);
    if ('secret' in rotated) return showOne(visit, { made: { id, secret: rotated.secret } });
    const detail = `Five secrets sign already, and each earlier one does for a day. Another is possible from ${rotated.notBefore.toISOString()} on`;
    return showOne(visit, { faults: formFaults([{ pointer: '', detail }], () => null) });
  };

  const path = '/settings/webhook-endpoints';
  return [
    { method: 'get', path, for: administrators, handle: (visit) => showAll(visit) },
    { method: 'post', path, for: administrators, handle: make },
    {
      method: 'get',
      path: `${path}/:endpoint`,
      for: administrators,
      handle: (visit) => showOne(visit),
    },
    { method: 'post', path: `${path}/:endpoint`, for: administrators, handle: alter },
    { method: 'post', path: `${path}/:endpoint/active`, for: administrators, handle: turn },
    { method: 'post', path: `${path}/:endpoint/rotate`, for: administrators, handle: rotate },
  ];
};

type Made = { id: string; secret: string };

const keyOf = ({ c }: Visit): string => (c.req.param('endpoint') ?? '').replaceAll('\0', '');

const pathOf = (id: string): string => `/admin/settings/webhook-endpoints/${encodeURIComponent(id)}`;

/** For the audit: what stands behind the host may be a secret. */
const hostOf = (url: string): string => new URL(url).host;

const readTyped = ({ form }: Visit, id: string): Typed => ({
  ...{ id, url: form('url').trim(), types: form('types').trim() },
});

const write = ({ key, url, types }: WebhookEndpoint): Typed => ({
  ...{ id: key, url, types: types?.join('\n') ?? '' },
});

const fieldOf = (pointer: string, types: string[]): { name: string; label: string } | null => {
  const [, name = '', place] = pointer.split('/');
  if (!(name in labels)) return null;
  const label = labels[name as keyof Typed];
  return { name, label: place === undefined ? label : `${label}: ${types[Number(place)]}` };
};

const Endpoints = (props: {
  visit: Visit;
  endpoints: WebhookEndpoint[];
  faults: FormFaults;
  typed: Typed;
  made?: Made;
}) => {
  const { visit, faults, typed, made } = props;
  const endpoints = props.endpoints.slice(0, pageSize);
  return (
    <SettingsPage visit={visit} title="Webhook endpoints" done={done} faults={faults.all}>
      {made && <Secret {...made} />}
      <section class="card" aria-labelledby="endpoints">
        <h2 id="endpoints">Endpoints</h2>
        {endpoints.length === 0 ? (
          <p>There is none yet.</p>
        ) : (
          <table class="list">
            <thead>
              <tr>
                <th scope="col">Name</th>
                <th scope="col">Address</th>
                <th scope="col">Events</th>
                <th scope="col">State</th>
              </tr>
            </thead>
            <tbody>
              {endpoints.map((endpoint) => (
                <tr>
                  <td>
                    <a href={pathOf(endpoint.key)}>
                      <b>{endpoint.key}</b>
                    </a>
                  </td>
                  <td data-label="address:">{endpoint.url}</td>
                  <td data-label="events:">{endpoint.types ? endpoint.types.length : 'all'}</td>
                  <td data-label="state:">
                    <State visit={visit} endpoint={endpoint} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
        {props.endpoints.length > pageSize && (
          <p>
            <a href={`/admin/settings/webhook-endpoints?after=${encodeURIComponent(endpoints.at(-1)!.key)}`}>
              More
            </a>
          </p>
        )}
      </section>
      <section class="card" aria-labelledby="make">
        <h2 id="make">Add an endpoint</h2>
        <Form visit={visit} action="/admin/settings/webhook-endpoints" class="fields">
          <Field
            {...{ label: labels.id, name: 'id', value: typed.id, required: true, maxlength: 64 }}
            fault={faults.at('id')}
            hint="How the API and this page call it, for example cmms."
          />
          <AddressFields typed={typed} faults={faults} />
          <p>
            <button type="submit">Add</button>
          </p>
        </Form>
      </section>
    </SettingsPage>
  );
};

const AddressFields = ({ typed, faults }: { typed: Typed; faults: FormFaults }) => (
  <>
    <Field
      {...{ label: labels.url, name: 'url', value: typed.url, required: true, maxlength: 2048 }}
      fault={faults.at('url')}
      hint="Where each event is posted to, like https://cmms.example.com/rbm-events."
    />
    <LongField
      {...{ label: labels.types, name: 'types', value: typed.types, rows: 3 }}
      fault={faults.at('types')}
      hint={`Empty: all. Else some of ${eventTypes.join(', ')}.`}
    />
  </>
);

const Endpoint = ({
  visit,
  endpoint,
  faults,
  typed,
  made,
}: {
  visit: Visit;
  endpoint: WebhookEndpoint;
  faults: FormFaults;
  typed: Typed;
  made?: Made;
}) => (
  <SettingsPage visit={visit} title={`Webhook endpoint ${endpoint.key}`} done={done} faults={faults.all}>
    {made && <Secret {...made} />}
    <section class="card" aria-labelledby="state">
      <h2 id="state">State</h2>
      <p>
        <State visit={visit} endpoint={endpoint} />
      </p>
      <div class="actions">
        <Form visit={visit} action={`${pathOf(endpoint.key)}/active`}>
          <input type="hidden" name="active" value={endpoint.active ? 'no' : 'yes'} />
          <button type="submit" class={endpoint.active ? 'grave' : ''}>
            {endpoint.active ? 'Switch off' : 'Switch on'}
          </button>
        </Form>
        <Form visit={visit} action={`${pathOf(endpoint.key)}/rotate`}>
          <button type="submit" class="quiet">
            New secret
          </button>
        </Form>
      </div>
      <p class="soft">After a new secret the one before signs too for 24 hours.</p>
    </section>
    <section class="card" aria-labelledby="change">
      <h2 id="change">Change</h2>
      <Form visit={visit} action={pathOf(endpoint.key)} class="fields">
        <AddressFields typed={typed} faults={faults} />
        <p>
          <button type="submit">Save</button>
        </p>
      </Form>
    </section>
  </SettingsPage>
);

const Secret = ({ id, secret }: Made) => (
  <section class="card done" aria-labelledby="secret">
    <h2 id="secret">Secret of {id}</h2>
    <p>Copy it now into the system that receives: it is shown only this once.</p>
    <p class="secret">
      <code id="secret-text">{secret}</code>
    </p>
    <p>
      <button type="button" class="quiet" data-copy="secret-text" aria-label="Copy the secret" hidden>
        Copy
      </button>
    </p>
  </section>
);

const State = ({ visit, endpoint }: { visit: Visit; endpoint: WebhookEndpoint }) => {
  const { active, switchedOffAt, failingSince, reason } = endpoint;
  if (!active) {
    return (
      <>
        <Badge tone="bad">switched off</Badge>{' '}
        {switchedOffAt && (
          <>
            given up <Moment at={switchedOffAt} zone={visit.zone} />
            {reason && `: ${reason}`}. Mend it there, then switch it on: it goes on where it stopped.
          </>
        )}
      </>
    );
  }
  if (failingSince) {
    return (
      <>
        <Badge tone="bad">failing</Badge> since <Moment at={failingSince} zone={visit.zone} />
        {reason && `: ${reason}`}. It is tried again, for a day.
      </>
    );
  }
  return <Badge tone="good">works</Badge>;
};
