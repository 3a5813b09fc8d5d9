import { z } from 'zod';
import { type Facts, ringAll } from '../../cmms/facts.ts';
import { collectFaults, Refused } from '../../cmms/faults.ts';
import { readFields, text } from '../../cmms/fields.ts';
import { sendText } from '../../cmms/send-text.ts';
import type { Deps } from '../../deps.ts';
import { type DeliveryStatus, isAsFarAs } from '../../domain/delivery-status.ts';
import type { PanelRole } from '../../domain/panel-role.ts';
import { readPhone, variantsOf } from '../../domain/phone.ts';
import type { ListedMessage } from '../../store/messages.ts';
import type { Tx } from '../../store/store.ts';
import type { ListedTechnician, Technician } from '../../store/technicians.ts';
import { NotFound } from '../errors.tsx';
import { Field, LongField } from '../fields.tsx';
import { type FormFaults, formFaults, noFaults } from '../form-faults.ts';
import { Badge, Form, Moment, show } from '../frame.tsx';
import { Live } from '../live.tsx';
import { IdOfNew, idOfNew } from '../parts.tsx';
import { whatHappened } from '../plain-words.ts';
import { type AdminRoute, change, look, type Visit } from '../route.ts';
import { SettingsPage } from './settings.tsx';

const administrators: readonly PanelRole[] = ['administrator'];

/** So many are offered; anybody can be typed. */
const offered = 200;
/** Nobody who waits for it wants it any later. */
const expiresAfterMs = 15 * 60 * 1000;
const usualText = 'This is a test message from RBM WhatsApp. You need not do anything.';

const shape = { to: text(1, 64), text: text(1, 1500) };
const labels: Record<string, string> = { to: 'To', text: 'Text' };
type Typed = { to: string; text: string };

/** A message to somebody registered, as the CMMS would send it, whose ticks are followed live. */
export const settingsTestMessageRoutes = (deps: Deps): AdminRoute[] => {
  const showForm = async (visit: Visit, shown: { id?: string; faults?: FormFaults; typed?: Typed } = {}) => {
    const { id: idOfNext = deps.newId(), faults = noFaults, typed = { to: '', text: usualText } } = shown;
    const asked = visit.c.req.query('message');
    const id = z.uuid().safeParse(asked);
    const { people, message } = await look(deps, visit, async (tx) => ({
      people: await tx.technicians.list({ after: null, limit: offered }),
      message: id.success ? await tx.messages.get(id.data) : null,
    }));
    if (asked !== undefined && message?.kind !== 'message.send') {
      return show(visit, <NotFound visit={visit} />, 404);
    }
    const active = people.filter(({ active }) => active);
    return show(
      visit,
      <TestMessage {...{ visit, idOfNext, faults, typed, message }} people={active} now={deps.now()} />,
      faults.all.length > 0 ? 422 : 200,
    );
  };

  const send = async (visit: Visit) => {
    const typed = { to: visit.form('to').trim(), text: visit.form('text').trim() };
    const id = idOfNew(visit, deps);
    const found = collectFaults();
    readFields(shape, typed, found);
    try {
      const bells = await change(deps, visit, async (tx, note, facts) => {
        // The form may be posted twice at once; there is no row yet to lock.
        await tx.tenants.lock(`test message:${id}`);
        if (await tx.messages.get(id)) return [];
        const person = await findPerson(tx, typed.to, facts);
        const ask = {
          ...({ name: 'message.send', text: typed.text } as const),
          to: person?.externalId ?? typed.to,
          expiresAt: new Date(facts.now.getTime() + expiresAfterMs).toISOString(),
        };
        const sent = await sendText(tx, ask, facts, collectFaults(found.all), id);
        note('test-message.sent', person!.externalId);
        return sent.bells;
      });
      ringAll(deps, visit.tenant.id, bells);
      return visit.c.redirect(`/admin/settings/test-message?message=${id}`, 303);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      const faults = formFaults(error.faults, (pointer) => {
        const name = pointer.slice(1);
        return labels[name] ? { name, label: labels[name] } : null;
      });
      return showForm(visit, { id, faults, typed });
    }
  };

  return [
    {
      ...{ method: 'get', path: '/settings/test-message', for: administrators, liveMs: 1000 },
      handle: (visit: Visit) => showForm(visit),
    },
    { method: 'post', path: '/settings/test-message', for: administrators, handle: send },
  ];
};

/** By external id, or by a phone in any spelling. */
const findPerson = async (tx: Tx, to: string, { tenant }: Facts): Promise<Technician | null> => {
  const named = to === '' ? null : await tx.technicians.find(to);
  const phone = named ? null : readPhone(to, tenant.defaultCountry);
  if (named || !phone) return named;
  const [owner] = await tx.technicians.phoneOwners(variantsOf(phone));
  return owner ? tx.technicians.get(owner) : null;
};

type Props = {
  visit: Visit;
  idOfNext: string;
  faults: FormFaults;
  typed: Typed;
  message: ListedMessage | null;
  people: ListedTechnician[];
  now: Date;
};

const TestMessage = ({ visit, idOfNext, faults, typed, message, people, now }: Props) => (
  <SettingsPage visit={visit} title="Test message" faults={faults.all}>
    {message && (
      <noscript>
        <a href={`/admin/settings/test-message?message=${message.id}`}>Show how far it is</a>
      </noscript>
    )}
    <Live id="message">{message && <Progress {...{ visit, message, people, now }} />}</Live>
    <section class="card" aria-labelledby="send">
      <h2 id="send">{message ? 'Send another' : 'Send a message'}</h2>
      <p class="soft">
        To somebody who is registered, you for example: it goes by the same way as a message of the CMMS. Who
        has not written to the sender within a day gets it as a template.
      </p>
      <Form visit={visit} action="/admin/settings/test-message" class="fields">
        <IdOfNew id={idOfNext} />
        <Field
          {...{ label: 'To', name: 'to', value: typed.to, required: true, maxlength: 64, list: 'people' }}
          fault={faults.at('to')}
          autocomplete="off"
          hint="A technician’s external id, or a registered phone number."
        />
        <datalist id="people">
          {people.map(({ externalId, name }) => (
            <option value={externalId}>{name}</option>
          ))}
        </datalist>
        <LongField
          {...{ label: 'Text', name: 'text', value: typed.text, rows: 3, required: true, maxlength: 1500 }}
          fault={faults.at('text')}
        />
        <p>
          <button type="submit">Send</button>
        </p>
      </Form>
    </section>
  </SettingsPage>
);

const steps: [DeliveryStatus, string, string][] = [
  ['queued', 'queued', 'It waits to be sent.'],
  ['accepted', 'accepted', 'The provider has taken it.'],
  ['sent', 'sent', 'It is on its way to the phone: one grey tick.'],
  ['delivered', 'delivered', 'It is on the phone: two grey ticks.'],
  ['read', 'read', 'It was read: two blue ticks. Who has read receipts switched off never gets here.'],
];

const Progress = ({
  visit,
  message,
  people,
  now,
}: Pick<Props, 'visit' | 'people' | 'now'> & { message: ListedMessage }) => {
  const status = message.status as DeliveryStatus;
  const { tone, word } = whatHappened(message);
  const hasEnded = ['failed', 'expired', 'cancelled'].includes(status);
  const when = (step: DeliveryStatus) => message.timeline.find((entry) => entry.status === step)?.at ?? null;
  const name = people.find(({ externalId }) => externalId === message.technician)?.name ?? message.technician;
  return (
    <section class="card" aria-labelledby="progress">
      <h2 id="progress">
        To {name} <Badge tone={tone}>{word}</Badge>
      </h2>
      <ol class="steps">
        {steps.map(([step, label, about]) => {
          const at = when(step);
          const isDone = at !== null || (!hasEnded && isAsFarAs(status, step));
          return (
            <li class={isDone ? 'reached' : ''}>
              <span aria-hidden="true">{isDone ? '✓' : '○'}</span> <b>{label}</b>{' '}
              {at ? <Moment at={at} zone={visit.zone} /> : !isDone && <span class="soft">not yet</span>}
              <br />
              <small>{about}</small>
            </li>
          );
        })}
      </ol>
      <Why message={message} waitedMs={now.getTime() - message.createdAt.getTime()} />
      <p>
        <a href={`/admin/messages/${message.id}`}>All about this message</a>
      </p>
    </section>
  );
};

/** What keeps it, and what to do. */
const Why = ({ message, waitedMs }: { message: ListedMessage; waitedMs: number }) => {
  const { why, todo } = whatHappened(message);
  if (['queued', 'sending'].includes(message.status) && waitedMs > 15_000) {
    return (
      <p class="bad-line">
        It still waits. {todo} <a href="/admin/settings/check">The self-test</a> says whether a worker is
        alive and the provider takes messages.
      </p>
    );
  }
  if (!['failed', 'expired', 'cancelled', 'unknown'].includes(message.status)) return null;
  return (
    <p class="bad-line">
      {why} <b>{todo}</b>
    </p>
  );
};
