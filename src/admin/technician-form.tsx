import { notificationNames, readPreferences } from '../cmms/preferences.ts';
import { type AddressKind, type ListedTechnician, technicianRoles } from '../store/technicians.ts';
import { Choice, Field, Tick } from './fields.tsx';

/** What stands in a form's fields: what is stored, or what was typed. */
export type Values = (name: string) => string;

const mostAddresses = 20;

/** What a new technician's form begins with. */
export const noValues: Values = (name) => {
  if (name === 'role') return 'technician';
  return /^(kind|way)-/.test(name) ? 'yes' : '';
};

export const valuesOf = (technician: ListedTechnician): Values => {
  const { paused, kinds, ways, quietHours } = readPreferences(technician.preferences);
  const values: Record<string, string | null> = {
    name: technician.name,
    phone: technician.phone,
    email: technician.email,
    role: technician.role,
    locale: technician.locale,
    timeZone: technician.timeZone,
    supervisor: technician.supervisor,
    paused: yes(paused),
    quietFrom: quietHours?.from ?? '',
    quietTo: quietHours?.to ?? '',
    ...Object.fromEntries(notificationNames.map((name) => [`kind-${name}`, yes(kinds[name] !== false)])),
    ...Object.fromEntries(Object.entries(ways).map(([way, isOn]) => [`way-${way}`, yes(isOn)])),
  };
  for (const [index, { kind, value, active }] of technician.addresses.entries()) {
    values[`address-${index}-kind`] = kind;
    values[`address-${index}-value`] = value;
    values[`address-${index}-active`] = yes(active);
  }
  return (name) => values[name] ?? '';
};

const yes = (is: boolean) => (is ? 'yes' : '');

/** The fields of a PUT, and in which row of the form each of its addresses stood. */
export const readTechnicianForm = (form: Values): { fields: Record<string, unknown>; rows: number[] } => {
  const orNull = (name: string) => form(name).trim() || null;
  const rows = rowsOf(form).filter((row) => form(`address-${row}-value`).trim() !== '');
  const isTicked = (name: string) => form(name) === 'yes';
  const quiet = { from: form('quietFrom').trim(), to: form('quietTo').trim() };
  return {
    rows,
    fields: {
      name: form('name').trim(),
      phone: orNull('phone'),
      email: orNull('email'),
      role: form('role'),
      locale: orNull('locale'),
      timeZone: orNull('timeZone'),
      supervisor: orNull('supervisor'),
      addresses: rows.map((row) => ({
        kind: form(`address-${row}-kind`),
        value: form(`address-${row}-value`).trim(),
        active: isTicked(`address-${row}-active`),
      })),
      preferences: {
        paused: isTicked('paused'),
        kinds: Object.fromEntries(
          notificationNames.map((name) => [name, isTicked(`kind-${name}`) ? null : false]),
        ),
        ways: Object.fromEntries(ways.map(([way]) => [way, isTicked(`way-${way}`)])),
        quietHours: quiet.from || quiet.to ? quiet : null,
      },
    },
  };
};

const rowsOf = (values: Values): number[] =>
  Array.from({ length: mostAddresses }, (_, row) => row).filter(
    (row) => values(`address-${row}-kind`) !== '' || values(`address-${row}-value`) !== '',
  );

const labels: Record<string, string> = {
  externalId: 'External id',
  name: 'Name',
  phone: 'Phone',
  email: 'E-mail address',
  role: 'Role',
  locale: 'Language',
  timeZone: 'Time zone',
  supervisor: 'Supervisor',
  preferences: 'Preferences',
};

/** A fault as a sentence, about the field as the page calls it. */
export const sayFault = ({ pointer, detail }: { pointer: string; detail: string }, rows: number[] = []) => {
  const [, field = '', index, ...rest] = pointer.split('/');
  const isQuiet = field === 'preferences' && index === 'quietHours';
  const label =
    field === 'addresses'
      ? `Address ${(rows[Number(index)] ?? Number(index)) + 1}`
      : isQuiet
        ? `Quiet hours${rest[0] === 'from' ? ', from,' : rest[0] === 'to' ? ', until,' : ''}`
        : (labels[field] ?? field);
  return /^[a-z]/.test(detail) ? `${label} ${detail}.` : `${label}: ${detail}.`;
};

export const kindNames: Record<AddressKind, string> = {
  whatsapp: 'WhatsApp number',
  'whatsapp-user-id': 'WhatsApp user id',
  sms: 'SMS number',
};

const toldOf: Record<(typeof notificationNames)[number], string> = {
  'work-order.assigned': 'New work orders',
  'maintenance.scheduled': 'Scheduled maintenance',
  'work-order.reminder': 'Reminders and digests',
  'alert.raised': 'Alerts (critical ones come all the same)',
  'alert.resolved': 'Resolved alerts',
  'message.send': 'Messages from the planner',
};

const ways = [
  ['whatsapp', 'WhatsApp'],
  ['sms', 'SMS'],
  ['email', 'E-mail'],
] as const;

/** Every field of a technician's form. */
export const TechnicianFields = ({ values }: { values: Values }) => {
  const known = rowsOf(values);
  const rows = [
    ...known,
    ...Array.from({ length: mostAddresses }, (_, row) => row)
      .filter((row) => !known.includes(row))
      .slice(0, 2),
  ];
  return (
    <>
      <div class="row even">
        <Field {...{ label: 'Name', name: 'name', required: true, maxlength: 200 }} value={values('name')} />
        <Field
          {...{ label: 'Phone', name: 'phone', type: 'tel', inputmode: 'tel', maxlength: 64 }}
          value={values('phone')}
          hint="In any spelling. It is their WhatsApp and SMS number."
        />
        <Field
          {...{ label: 'E-mail address', name: 'email', type: 'email', maxlength: 254 }}
          value={values('email')}
        />
      </div>
      <div class="row even">
        <Choice
          {...{ label: 'Role', name: 'role', value: values('role') }}
          options={technicianRoles.map((role) => [role, role])}
        />
        <Field
          {...{ label: 'Supervisor', name: 'supervisor', maxlength: 64 }}
          value={values('supervisor')}
          hint="Their external id."
        />
        <Field
          {...{ label: 'Language', name: 'locale', maxlength: 35, placeholder: 'en' }}
          value={values('locale')}
          hint="Like en or es. Empty: the site's."
        />
        <Field
          {...{ label: 'Time zone', name: 'timeZone', maxlength: 64, placeholder: 'Europe/Berlin' }}
          value={values('timeZone')}
          hint="Empty: the site's."
        />
      </div>
      <fieldset>
        <legend>Addresses</legend>
        <p class="soft">
          Where they write from and are written to. The phone's own come by themselves. Empty one to remove
          it; an identity that WhatsApp told can only be switched off.
        </p>
        {rows.map((row) => (
          <div class="row address">
            <p class="field">
              <label for={`address-${row}-kind`}>Address {row + 1}</label>
              <select id={`address-${row}-kind`} name={`address-${row}-kind`}>
                {Object.entries(kindNames).map(([kind, name]) => (
                  <option value={kind} selected={kind === values(`address-${row}-kind`)}>
                    {name}
                  </option>
                ))}
              </select>
            </p>
            <p class="field">
              <label for={`address-${row}-value`}>Number or id {row + 1}</label>
              <input
                id={`address-${row}-value`}
                name={`address-${row}-value`}
                value={values(`address-${row}-value`)}
                maxlength={140}
              />
            </p>
            <Tick
              label={`Address ${row + 1} is in use`}
              name={`address-${row}-active`}
              checked={!known.includes(row) || values(`address-${row}-active`) === 'yes'}
            />
          </div>
        ))}
      </fieldset>
      <fieldset>
        <legend>Preferences</legend>
        <p class="soft">Answers to commands and critical alerts come all the same.</p>
        <Tick label="Notifications are paused" name="paused" checked={values('paused') === 'yes'} />
        <div class="row even">
          {notificationNames.map((name) => (
            <Tick label={toldOf[name]} name={`kind-${name}`} checked={values(`kind-${name}`) === 'yes'} />
          ))}
        </div>
        <div class="row even">
          {ways.map(([way, label]) => (
            <Tick label={`By ${label}`} name={`way-${way}`} checked={values(`way-${way}`) === 'yes'} />
          ))}
        </div>
        <div class="row even">
          <Field
            {...{ label: 'Quiet hours from', name: 'quietFrom', placeholder: '22:00', maxlength: 5 }}
            value={values('quietFrom')}
          />
          <Field
            {...{ label: 'Quiet hours until', name: 'quietTo', placeholder: '06:00', maxlength: 5 }}
            value={values('quietTo')}
            hint="Both empty: the site's."
          />
        </div>
      </fieldset>
    </>
  );
};
