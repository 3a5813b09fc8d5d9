import type { Tx } from '../store/store.ts';
import { Badge } from './frame.tsx';
import type { Visit } from './route.ts';
import { mayEdit } from './technician.tsx';

type Beginnings = { hasSender: boolean; hasPeople: boolean };

/** What a tenant needs before anybody can be told anything. */
export const readBeginnings = async (tx: Tx): Promise<Beginnings> => ({
  hasSender: (await tx.channels.list()).some(({ retiredAt }) => retiredAt === null),
  hasPeople: (await tx.technicians.list({ after: null, limit: 1 })).length > 0,
});

export const FirstSteps = ({ visit, hasSender, hasPeople }: Beginnings & { visit: Visit }) => {
  const mayAll = visit.user.role === 'administrator';
  const steps = [
    ...(mayAll
      ? [
          { href: '/admin/settings/channel', text: 'Set up the sender', isDone: hasSender },
          { href: '/admin/settings/check', text: 'Run the self-test', isDone: false },
        ]
      : []),
    ...(mayEdit(visit)
      ? [{ href: '/admin/technicians', text: 'Add or import technicians', isDone: hasPeople }]
      : []),
    ...(mayAll ? [{ href: '/admin/settings/test-message', text: 'Send a test message', isDone: false }] : []),
  ];
  return (
    <section class="card calm" aria-labelledby="needs">
      <h2 id="needs">First steps</h2>
      <p>
        {hasSender ? 'Nobody is registered yet' : 'There is no sender yet'}, so nobody can be told anything.
        {!hasSender && !mayAll && ' An administrator sets up the sender first.'}
      </p>
      {steps.length > 0 && (
        <ol class="numbered">
          {steps.map(({ href, text, isDone }) => (
            <li>
              <a href={href}>{text}</a> {isDone && <Badge tone="good">done</Badge>}
            </li>
          ))}
        </ol>
      )}
    </section>
  );
};
