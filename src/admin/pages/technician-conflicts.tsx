import type { Child } from 'hono/jsx';
import { ringAll } from '../../cmms/facts.ts';
import { settleConflict } from '../../cmms/settle-conflict.ts';
import type { Deps } from '../../deps.ts';
import type { Enrolment } from '../../store/enrolments.ts';
import type { Doubt, Technician } from '../../store/technicians.ts';
import { Form, Moment, Page, show } from '../frame.tsx';
import { doneOf } from '../parts.tsx';
import { technicianPath } from '../paths.ts';
import { type AdminRoute, change, everybody, look, type Visit } from '../route.ts';
import { editors, mayEdit } from '../technician.tsx';
import { kindNames } from '../technician-form.tsx';

const done: Record<string, string> = {
  settled: 'Settled.',
  gone: 'Nothing was changed: that was settled already, or the phone is neither of theirs any more.',
};

/** Identities and phones of which somebody has to say whose they are. */
export const conflictRoutes = (deps: Deps): AdminRoute[] => {
  const showConflicts = async (visit: Visit, faults: string[] = []) => {
    const found = await look(deps, visit, async (tx) => {
      const doubts = await tx.technicians.doubts();
      const enrolments = await tx.enrolments.conflicts();
      const people = await tx.technicians.getMany([
        ...doubts.flatMap(({ technicianId, disputedBy }) => [technicianId, disputedBy ?? []].flat()),
        ...enrolments.flatMap(({ technicianId, conflictWith }) => [technicianId, conflictWith ?? []].flat()),
      ]);
      return { doubts, enrolments, people };
    });
    return show(visit, <Conflicts {...{ visit, faults, ...found }} />, faults.length > 0 ? 422 : 200);
  };

  const settle = async (visit: Visit) => {
    const what = visit.form('what') === 'enrolment' ? 'enrolment' : 'identity';
    const decision = (['accept', 'refuse'] as const).find((each) => each === visit.form('decision'));
    if (!decision) return showConflicts(visit, ['Choose what to do.']);
    const bells = await change(deps, visit, async (tx, note, facts) => {
      const settled = await settleConflict(tx, { what, id: visit.form('id') }, decision, facts);
      if (!settled) return null;
      note(actions[what][decision], settled.technician.externalId);
      return settled.bells;
    });
    if (bells) ringAll(deps, visit.tenant.id, bells);
    return visit.c.redirect(`/admin/technicians/-/conflicts?done=${bells ? 'settled' : 'gone'}`, 303);
  };

  return [
    {
      method: 'get',
      path: '/technicians/-/conflicts',
      for: everybody,
      handle: (visit) => showConflicts(visit),
    },
    { method: 'post', path: '/technicians/-/conflicts', for: editors, handle: settle },
  ];
};

const actions = {
  identity: { accept: 'technician.identity-accepted', refuse: 'technician.identity-refused' },
  enrolment: { accept: 'technician.phone-moved', refuse: 'technician.phone-kept' },
} as const;

type People = Map<string, Technician>;

const Conflicts = (props: {
  visit: Visit;
  doubts: Doubt[];
  enrolments: Enrolment[];
  people: People;
  faults: string[];
}) => {
  const { visit, doubts, enrolments, people, faults } = props;
  return (
    <Page visit={visit} title="Conflicts" faults={faults} done={doneOf(visit, done)}>
      <p>
        <a href="/admin/technicians">Back to the technicians</a>
      </p>
      {doubts.length + enrolments.length === 0 && <p>No phone or identity is in doubt.</p>}
      {doubts.map((doubt) =>
        doubt.disputedBy ? (
          <Disputed {...{ visit, doubt, people, by: doubt.disputedBy }} />
        ) : (
          <Replaced {...{ visit, doubt, people }} />
        ),
      )}
      {enrolments.map((enrolment) => (
        <Enrolled {...{ visit, enrolment, people }} />
      ))}
    </Page>
  );
};

const Replaced = ({ visit, doubt, people }: { visit: Visit; doubt: Doubt; people: People }) => {
  const person = people.get(doubt.technicianId)!;
  return (
    <Conflict
      {...{ visit, what: 'identity', id: doubt.userId }}
      title={`Another WhatsApp identity on ${person.name}'s phone`}
      accept={`It is ${person.name}: accept`}
      refuse="It is somebody else: lock the phone"
    >
      <p>
        Since {doubt.replacedAt && <Moment at={doubt.replacedAt} zone={visit.zone} />} messages from{' '}
        <Who is={person} />
        {doubt.phone && ` at ${doubt.phone}`} come under another WhatsApp identity than {doubt.userId}. A new
        account of theirs, or the phone has another owner now.
      </p>
      <p class="soft">
        Call them. Accepting forgets the old identity; until you decide, the new one counts. Locking switches
        the phone and its identity off: nothing is sent there, and what comes from there is a stranger's.
      </p>
    </Conflict>
  );
};

const Disputed = ({
  visit,
  doubt,
  people,
  by,
}: {
  visit: Visit;
  doubt: Doubt;
  people: People;
  by: string;
}) => {
  const [owner, other] = [people.get(doubt.technicianId)!, people.get(by)!];
  return (
    <Conflict
      {...{ visit, what: 'identity', id: doubt.userId }}
      title={`${owner.name}'s WhatsApp identity on ${other.name}'s phone`}
      accept={`The identity is ${other.name}'s now`}
      refuse={`It is ${owner.name}'s: lock ${other.name}'s phone`}
    >
      <p>
        A message from the phone of <Who is={other} /> came under the WhatsApp identity {doubt.userId}, which
        is that of <Who is={owner} />. Until you decide, what comes so is answered and not carried out.
      </p>
    </Conflict>
  );
};

const Enrolled = ({ visit, enrolment, people }: { visit: Visit; enrolment: Enrolment; people: People }) => {
  const [wanted, owner] = [people.get(enrolment.technicianId)!, people.get(enrolment.conflictWith!)!];
  return (
    <Conflict
      {...{ visit, what: 'enrolment', id: enrolment.id }}
      title={`${wanted.name} and ${owner.name} want one phone`}
      accept={`Give it to ${wanted.name}`}
      refuse={`Leave it with ${owner.name}`}
    >
      <p>
        The code of <Who is={wanted} /> came from the {enrolment.kind && kindNames[enrolment.kind]}{' '}
        {enrolment.value}, which is that of <Who is={owner} />. Nothing was changed.
      </p>
    </Conflict>
  );
};

const Who = ({ is }: { is: Technician }) => (
  <a href={technicianPath(is.externalId)}>
    {is.name} ({is.externalId})
  </a>
);

const Conflict = (props: {
  visit: Visit;
  what: string;
  id: string;
  title: string;
  accept: string;
  refuse: string;
  children: Child;
}) => (
  <section class="card" aria-label={props.title}>
    <h2>{props.title}</h2>
    {props.children}
    {mayEdit(props.visit) && (
      <Form visit={props.visit} action="/admin/technicians/-/conflicts" class="row">
        <input type="hidden" name="what" value={props.what} />
        <input type="hidden" name="id" value={props.id} />
        <button type="submit" name="decision" value="accept">
          {props.accept}
        </button>
        <button type="submit" name="decision" value="refuse" class="grave">
          {props.refuse}
        </button>
      </Form>
    )}
  </section>
);
