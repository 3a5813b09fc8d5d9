import { ringAll } from '../../cmms/facts.ts';
import { collectFaults, Refused } from '../../cmms/faults.ts';
import { readFields } from '../../cmms/fields.ts';
import { readSettings, type Settings, saveSettings, settingsShape } from '../../cmms/settings.ts';
import type { Deps } from '../../deps.ts';
import { ways } from '../../domain/message.ts';
import type { PanelRole } from '../../domain/panel-role.ts';
import { priorities } from '../../domain/work-order.ts';
import { hashOfValue } from '../../json.ts';
import type { Tx } from '../../store/store.ts';
import { Field, LongField, Tick } from '../fields.tsx';
import { type FormFaults, formFaults, noFaults } from '../form-faults.ts';
import { Form, show } from '../frame.tsx';
import { type AdminRoute, change, everybody, look, type Visit } from '../route.ts';
import { SettingsPage } from './settings.tsx';

const administrators: readonly PanelRole[] = ['administrator'];
const done = {
  saved: 'The rules are saved. They hold from now on.',
  same: 'Nothing was different, so nothing was changed.',
};

const mostRules = 20;
/** An empty row to fill in below those there are. */
const spare = 1;

const labels = {
  timeZone: 'Time zone',
  locale: 'Language',
  quietHours: 'Quiet hours',
  fallbackSeconds: 'Seconds until the next way',
  retentionDays: 'Days to keep',
  onCall: 'On call',
  reminders: 'Reminders',
  escalation: 'Escalation',
};

/** What holds for everybody of the tenant: the same settings that the API has. */
export const settingsRulesRoutes = (deps: Deps): AdminRoute[] => {
  const showRules = async (
    visit: Visit,
    { faults = noFaults, typed = null }: { faults?: FormFaults; typed?: Typed | null } = {},
  ) => {
    const settings = await look(deps, visit, readAll);
    return show(
      visit,
      <Rules {...{ visit, faults }} seen={markOf(settings)} typed={typed ?? write(settings)} />,
      faults.all.length > 0 ? 422 : 200,
    );
  };

  const save = async (visit: Visit) => {
    const typed = readTyped(visit);
    const { fields: asked, fieldOf } = read(typed);
    const wrong = collectFaults();
    const fields = readFields(settingsShape, asked, wrong);
    try {
      const { bells, isChanged } = await change(deps, visit, async (tx, note) => {
        // So that what is compared is what is changed.
        await tx.tenants.lock('tenant');
        const before = await readAll(tx);
        const faults = collectFaults(wrong.all);
        if (visit.form('seen') !== markOf(before)) faults.add('', madeMeanwhile);
        const changed = Object.fromEntries(
          Object.entries(fields).filter(
            ([name, value]) => !hashOfValue(value).equals(hashOfValue(before[name as keyof Settings])),
          ),
        );
        // Those that are wrong are looked into as well, so that all is said at once.
        const bells = await saveSettings(tx, changed, faults);
        const after = await readAll(tx);
        const changes = changesOf(before, after);
        const isChanged = Object.keys(changes).length > 0;
        if (isChanged) note('settings.saved', null, changes);
        return { bells, isChanged };
      });
      ringAll(deps, visit.tenant.id, bells);
      return visit.c.redirect(`/admin/settings/rules?done=${isChanged ? 'saved' : 'same'}`, 303);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      return showRules(visit, { faults: formFaults(error.faults, fieldOf), typed });
    }
  };

  return [
    { method: 'get', path: '/settings/rules', for: everybody, handle: (visit) => showRules(visit) },
    { method: 'post', path: '/settings/rules', for: administrators, handle: save },
  ];
};

const madeMeanwhile =
  'Somebody has changed the rules since you opened this page. What you typed is below: compare, and save again';

const readAll = async (tx: Tx): Promise<Settings> => readSettings(tx, (await tx.tenants.get())!);

/** Tells whether the rules are still those that the page showed. */
const markOf = ({ enabled: _elsewhere, ...settings }: Settings): string =>
  hashOfValue(settings).toString('base64url').slice(0, 16);

const changesOf = (before: Settings, after: Settings): Record<string, string> =>
  Object.fromEntries(
    (Object.keys(labels) as (keyof typeof labels)[])
      .map((name) => [labels[name], spell(before[name]), spell(after[name])] as const)
      .filter(([, was, is]) => was !== is)
      .map(([label, was, is]) => [label, `${was} → ${is}`]),
  );

const spell = (value: unknown): string => {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > 1000 ? `${text.slice(0, 1000)}…` : text;
};

/** What the form holds, as text: so it can be shown again however wrong it is. */
type Typed = {
  one: Record<(typeof single)[number], string>;
  reminders: { id: string; days: string; at: string; priorities: string[] }[];
  escalation: Record<string, { waitSeconds: string; notify: string; ways: string[] }[]>;
};

const single = [
  ...(['timeZone', 'locale', 'quietFrom', 'quietTo', 'fallbackSeconds', 'retentionDays', 'onCall'] as const),
];

const write = (settings: Settings): Typed => ({
  one: {
    timeZone: settings.timeZone,
    locale: settings.locale,
    quietFrom: settings.quietHours?.from ?? '',
    quietTo: settings.quietHours?.to ?? '',
    fallbackSeconds: String(settings.fallbackSeconds),
    retentionDays: String(settings.retentionDays),
    onCall: settings.onCall.join('\n'),
  },
  reminders: settings.reminders.map(({ id, days, at, priorities }) => ({
    ...{ id, at, days: String(days), priorities: priorities ?? [] },
  })),
  escalation: Object.fromEntries(
    priorities.map((severity) => [
      severity,
      (settings.escalation[severity] ?? []).map(({ waitSeconds, notify, ways }) => ({
        ...{ waitSeconds: String(waitSeconds), notify: notify.join(', '), ways },
      })),
    ]),
  ),
});

const readTyped = ({ form }: Visit): Typed => {
  const rows = Array.from({ length: mostRules + spare }, (_, row) => row);
  const field = (name: string) => form(name).trim();
  const ticked = (words: readonly string[], prefix: string) =>
    words.filter((word) => form(`${prefix}-${word}`) === 'yes');
  return {
    one: Object.fromEntries(single.map((name) => [name, field(name)])) as Typed['one'],
    reminders: rows.map((row) => ({
      id: field(`reminder-${row}-id`),
      days: field(`reminder-${row}-days`),
      at: field(`reminder-${row}-at`),
      priorities: ticked(priorities, `reminder-${row}`),
    })),
    escalation: Object.fromEntries(
      priorities.map((severity) => [
        severity,
        rows.map((row) => ({
          waitSeconds: field(`${severity}-${row}-wait`),
          notify: field(`${severity}-${row}-notify`),
          ways: ticked(ways, `${severity}-${row}`),
        })),
      ]),
    ),
  };
};

/** A number as it was typed; what is none is left for the schema to complain of. */
const number = (text: string): unknown => (/^[+-]?\d+$/.test(text) ? Number(text) : text);

const words = (text: string): string[] =>
  text
    .split(/[\n,;]/)
    .map((word) => word.trim())
    .filter(Boolean);

/** What a PUT of the API would say, and the form's field behind each place in it. Rows left empty are not there. */
const read = ({ one, reminders, escalation }: Typed) => {
  const rules = reminders
    .map((rule, row) => ({ ...rule, row }))
    .filter(({ id, days, at }) => id !== '' || days !== '' || at !== '');
  const chains = Object.fromEntries(
    priorities.map((severity) => [
      severity,
      escalation[severity]!.map((step, row) => ({ ...step, row })).filter(
        ({ waitSeconds, notify }) => waitSeconds !== '' || notify !== '',
      ),
    ]),
  );
  const fields = {
    timeZone: one.timeZone,
    locale: one.locale,
    quietHours: one.quietFrom === '' && one.quietTo === '' ? null : { from: one.quietFrom, to: one.quietTo },
    fallbackSeconds: number(one.fallbackSeconds),
    retentionDays: number(one.retentionDays),
    onCall: words(one.onCall),
    reminders: rules.map(({ id, days, at, priorities }) => ({
      ...{ id, days: number(days), at, priorities: priorities.length > 0 ? priorities : null },
    })),
    escalation: Object.fromEntries(
      Object.entries(chains).map(([severity, steps]) => [
        severity,
        steps.map(({ waitSeconds, notify, ways }) => ({
          ...{ waitSeconds: number(waitSeconds), notify: words(notify), ways },
        })),
      ]),
    ),
  };
  const fieldOf = (pointer: string): { name: string; label: string } | null => {
    const [, top = '', second = '', third = '', fourth = ''] = pointer.split('/');
    if (top === 'quietHours')
      return { name: second === 'to' ? 'quietTo' : 'quietFrom', label: labels.quietHours };
    if (top === 'reminders') {
      const row = rules[Number(second)]?.row;
      return row === undefined
        ? { name: 'reminder-0-id', label: labels.reminders }
        : { name: `reminder-${row}-${third || 'id'}`, label: `Reminder ${row + 1}: ${third}` };
    }
    if (top === 'escalation') {
      const row = chains[second]?.[Number(third)]?.row;
      const part = fourth === 'waitSeconds' ? 'wait' : fourth === 'notify' ? 'notify' : 'whatsapp';
      return row === undefined
        ? { name: `${second}-0-wait`, label: `Escalation of ${second}` }
        : {
            name: `${second}-${row}-${part}`,
            label: `Escalation of ${second}, step ${row + 1}: ${nameOf(pointer)}`,
          };
    }
    if (top === 'onCall' && second !== '') {
      return {
        name: 'onCall',
        label: `On call, entry ${Number(second) + 1} (${fields.onCall[Number(second)]})`,
      };
    }
    return top in labels ? { name: top, label: labels[top as keyof typeof labels] } : null;
  };
  /** What a fault in a step is about. */
  const nameOf = (pointer: string): string => {
    const [, , severity = '', place = '', part = '', position] = pointer.split('/');
    if (part === 'notify' && position !== undefined)
      return words(chains[severity]![Number(place)]!.notify)[Number(position)] ?? 'who is told';
    return part === 'waitSeconds' ? 'seconds' : part === 'ways' ? 'ways' : 'who is told';
  };
  return { fields, fieldOf };
};

type Props = { visit: Visit; faults: FormFaults; seen: string; typed: Typed };

const Rules = (props: Props) => {
  const { visit, faults, seen } = props;
  const mayChange = administrators.includes(visit.user.role);
  const form = (
    <>
      <General {...props} />
      <Reminders {...props} />
      <Escalation {...props} />
    </>
  );
  return (
    <SettingsPage visit={visit} title="Rules" done={done} faults={faults.all}>
      {mayChange ? (
        <Form visit={visit} action="/admin/settings/rules" class="sections">
          <input type="hidden" name="seen" value={seen} />
          {form}
          <p>
            <button type="submit">Save the rules</button>
          </p>
        </Form>
      ) : (
        <>
          <p class="soft">An administrator can change these.</p>
          {/* Disabled, so that nobody types what cannot be saved. */}
          <fieldset disabled class="bare sections">
            {form}
          </fieldset>
        </>
      )}
    </SettingsPage>
  );
};

const General = ({ typed: { one }, faults }: Props) => {
  const common = (name: string) => ({ name, value: one[name as keyof typeof one], fault: faults.at(name) });
  return (
    <section class="card" aria-labelledby="general">
      <h2 id="general">General</h2>
      <div class="columns">
        <Field
          {...common('timeZone')}
          label="Time zone"
          hint="Where people are, for example Europe/Madrid."
        />
        <Field
          {...common('locale')}
          label="Language"
          hint="Texts come in en and es; with another, in English."
        />
        <Field
          {...common('quietFrom')}
          label="Quiet hours from"
          hint="Like 22:00. Empty: none. Critical alerts pass."
        />
        <Field {...common('quietTo')} label="Quiet hours to" hint="Like 06:00." />
        <Field
          {...common('fallbackSeconds')}
          label="Seconds until the next way"
          inputmode="numeric"
          hint="What is not delivered by then also goes by SMS or e-mail."
        />
        <Field
          {...common('retentionDays')}
          label="Days to keep"
          inputmode="numeric"
          hint="Kept and shown; nothing is deleted by it so far."
        />
      </div>
      <LongField
        {...common('onCall')}
        label="On call"
        hint="External ids of technicians, one in a line, in the order they are called."
      />
    </section>
  );
};

const Reminders = ({ typed, faults }: Props) => (
  <section class="card" aria-labelledby="reminders">
    <h2 id="reminders">Reminders</h2>
    <p class="soft">
      So many days before the due day, at that time where the reader is. Below zero: every day from that many
      days after it on. Without a tick a rule holds for every priority. An empty row is no rule.
    </p>
    {shownRows(typed.reminders, ({ id, days, at }) => id + days + at !== '', {
      ...{ id: '', days: '', at: '', priorities: [] },
    }).map((rule, row) => {
      const common = (name: 'id' | 'days' | 'at') => ({
        ...{
          name: `reminder-${row}-${name}`,
          value: rule[name],
          fault: faults.at(`reminder-${row}-${name}`),
        },
      });
      return (
        <fieldset>
          <legend>{rule.id ? `Reminder ${row + 1}` : `Reminder ${row + 1}, empty`}</legend>
          <div class="row">
            <Field {...common('id')} label="Name" maxlength={64} />
            <Field {...common('days')} label="Days before" inputmode="numeric" maxlength={4} />
            <Field {...common('at')} label="At" maxlength={5} placeholder="08:00" />
          </div>
          <Ticks words={priorities} prefix={`reminder-${row}`} ticked={rule.priorities} />
        </fieldset>
      );
    })}
  </section>
);

const Escalation = ({ typed, faults }: Props) => (
  <section class="card" aria-labelledby="escalation">
    <h2 id="escalation">Escalation of alerts</h2>
    <p class="soft">
      Who is told next while nobody responds: external ids, or the words responsible, supervisor, on-call,
      with commas between them. Each step waits from the start of the one before; the last one repeats. An
      empty row is no step.
    </p>
    {priorities.map((severity) => (
      <>
        <h3>{severity}</h3>
        {shownRows(typed.escalation[severity]!, ({ waitSeconds, notify }) => waitSeconds + notify !== '', {
          ...{ waitSeconds: '', notify: '', ways: ['whatsapp', 'sms'] },
        }).map((step, row) => {
          const prefix = `${severity}-${row}`;
          return (
            <fieldset>
              <legend>
                {severity}, step {row + 1}
                {step.notify ? '' : ', empty'}
              </legend>
              <div class="row">
                <Field
                  {...{ name: `${prefix}-wait`, label: 'Seconds to wait', value: step.waitSeconds }}
                  fault={faults.at(`${prefix}-wait`)}
                  inputmode="numeric"
                  maxlength={5}
                />
                <Field
                  {...{ name: `${prefix}-notify`, label: 'Who is told', value: step.notify }}
                  fault={faults.at(`${prefix}-notify`)}
                />
              </div>
              <Ticks words={ways} prefix={prefix} ticked={step.ways} />
              {faults.at(`${prefix}-whatsapp`) && (
                <small class="fault">Ways: {faults.at(`${prefix}-whatsapp`)}</small>
              )}
            </fieldset>
          );
        })}
      </>
    ))}
  </section>
);

/** Those that hold something, each in its place, and room for more. */
const shownRows = <T,>(rows: T[], isFilled: (row: T) => boolean, empty: T): T[] => {
  const filled = rows.findLastIndex(isFilled) + 1;
  const shown = rows.slice(0, filled);
  while (shown.length < Math.min(mostRules, filled + spare)) shown.push(empty);
  return shown;
};

const Ticks = (props: { words: readonly string[]; prefix: string; ticked: string[] }) => (
  <div class="ticks">
    {props.words.map((word) => (
      <Tick label={word} name={`${props.prefix}-${word}`} checked={props.ticked.includes(word)} />
    ))}
  </div>
);
