import { z } from 'zod';
import { apiKeyShape, makeApiKey, revokeApiKey } from '../../cmms/api-keys.ts';
import { collectFaults } from '../../cmms/faults.ts';
import { readFields } from '../../cmms/fields.ts';
import type { Deps } from '../../deps.ts';
import type { PanelRole } from '../../domain/panel-role.ts';
import type { StoredApiKey } from '../../store/api-keys.ts';
import { NotFound } from '../errors.tsx';
import { Field } from '../fields.tsx';
import { type FormFaults, formFaults, noFaults } from '../form-faults.ts';
import { Badge, Form, Moment, show } from '../frame.tsx';
import { type AdminRoute, change, look, type Visit } from '../route.ts';
import { Sure } from '../sure.tsx';
import { SettingsPage } from './settings.tsx';

const administrators: readonly PanelRole[] = ['administrator'];
const pageSize = 100;
const keyId = z.uuid();

const done = { revoked: 'The key is revoked. From now on it opens nothing.' };

/** Keys of the tenant's CMMS: made, shown once, revoked for good. */
export const settingsApiKeyRoutes = (deps: Deps): AdminRoute[] => {
  const showKeys = async (
    visit: Visit,
    shown: { faults?: FormFaults; typed?: string; made?: { label: string; key: string } } = {},
  ) => {
    const after = keyId.safeParse(visit.c.req.query('after'));
    const keys = await look(deps, visit, (tx) =>
      tx.apiKeys.list({ after: after.success ? after.data : null, limit: pageSize + 1 }),
    );
    const { faults = noFaults } = shown;
    const status = faults.all.length > 0 ? 422 : 200;
    return show(visit, <ApiKeys {...{ visit, keys, faults, typed: '', ...shown }} />, status);
  };

  const make = async (visit: Visit) => {
    const typed = visit.form('label').trim();
    const found = collectFaults();
    const { label } = readFields(apiKeyShape, { label: typed }, found);
    if (label === undefined) {
      return showKeys(visit, { faults: formFaults(found.all, () => labelField), typed });
    }
    const { key } = await change(deps, visit, async (tx, note) => {
      note('api-key.made', label);
      return makeApiKey(tx, deps, label, `admin ${visit.user.id}`);
    });
    return showKeys(visit, { made: { label, key } });
  };

  const revoke = async (visit: Visit) => {
    const id = keyId.safeParse(visit.c.req.param('keyId'));
    const revoked = await change(deps, visit, async (tx, note) => {
      const before = id.success ? await tx.apiKeys.get(id.data) : null;
      if (!before) return null;
      const revoked = await revokeApiKey(tx, deps, before.id, `admin ${visit.user.id}`);
      if (revoked !== 'last' && !before.revokedAt) note('api-key.revoked', before.label);
      return revoked;
    });
    if (revoked === 'last') return showKeys(visit, { faults: formFaults([lastKey], () => null) });
    if (!revoked) return show(visit, <NotFound visit={visit} />, 404);
    return visit.c.redirect('/admin/settings/api-keys?done=revoked', 303);
  };

  return [
    {
      method: 'get',
      path: '/settings/api-keys',
      for: administrators,
      handle: (visit) => showKeys(visit),
    },
    { method: 'post', path: '/settings/api-keys', for: administrators, handle: make },
    { method: 'post', path: '/settings/api-keys/:keyId/revoke', for: administrators, handle: revoke },
  ];
};

const labelField = { name: 'label', label: 'Who uses it' };
const lastKey = { pointer: '', detail: 'This is the last key that works: make another one first' };

type Props = {
  visit: Visit;
  keys: StoredApiKey[];
  faults: FormFaults;
  typed: string;
  made?: { label: string; key: string };
};

const ApiKeys = ({ visit, keys: found, faults, typed, made }: Props) => {
  const keys = found.slice(0, pageSize);
  return (
    <SettingsPage visit={visit} title="API keys" done={done} faults={faults.all}>
      {made && (
        <section class="card done" aria-labelledby="made">
          <h2 id="made">Key for {made.label}</h2>
          <p>Copy it now into the system that uses it: it is shown only this once.</p>
          <p class="secret">
            <code id="key">{made.key}</code>
          </p>
          <p>
            <button type="button" class="quiet" data-copy="key" aria-label="Copy the key" hidden>
              Copy
            </button>
          </p>
        </section>
      )}
      <section class="card" aria-labelledby="keys">
        <h2 id="keys">Keys</h2>
        <p class="soft">To replace a key: make another one, use it, and revoke the old one.</p>
        <table class="list">
          <thead>
            <tr>
              <th scope="col">Who uses it</th>
              <th scope="col">Made</th>
              <th scope="col">State</th>
              <th scope="col">Actions</th>
            </tr>
          </thead>
          <tbody>
            {keys.map((key) => (
              <tr class={key.revokedAt ? 'off' : ''}>
                <td>
                  <b>{key.label}</b>
                </td>
                <td data-label="made:">
                  <Moment at={key.createdAt} zone={visit.zone} />
                </td>
                <td data-label="state:">
                  {key.revokedAt ? (
                    <>
                      revoked <Moment at={key.revokedAt} zone={visit.zone} />
                    </>
                  ) : (
                    <Badge tone="good">works</Badge>
                  )}
                </td>
                <td>
                  {!key.revokedAt && (
                    <div class="actions">
                      <Sure
                        visit={visit}
                        action={`/admin/settings/api-keys/${key.id}/revoke`}
                        ask="Revoke"
                        of={key.label}
                        what="Whoever uses it is refused from then on. It never works again."
                        yes="Yes, revoke it"
                      />
                    </div>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
        {found.length > pageSize && (
          <p>
            <a href={`/admin/settings/api-keys?after=${keys.at(-1)!.id}`}>More</a>
          </p>
        )}
      </section>
      <section class="card" aria-labelledby="make">
        <h2 id="make">Make a key</h2>
        <Form visit={visit} action="/admin/settings/api-keys" class="row">
          <Field
            {...labelField}
            value={typed}
            required
            maxlength={100}
            fault={faults.at('label')}
            hint="For example CMMS. It is named as the actor of what is changed with the key."
          />
          <button type="submit">Make</button>
        </Form>
      </section>
    </SettingsPage>
  );
};
