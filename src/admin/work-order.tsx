import { DateTime } from 'luxon';
import { dayOf } from '../domain/dates.ts';
import { isOpen, type OrderStatus, type When, type WorkOrder } from '../domain/work-order.ts';
import { Badge, Moment } from './frame.tsx';
import type { Visit } from './route.ts';

/** As its address has it; NUL is in no number. */
export const numberIn = ({ c }: Visit): string => (c.req.param('number') ?? '').replaceAll('\0', '');

/** What the form was made from; null: it does not say. */
export const versionIn = (visit: Visit): number | null =>
  /^\d{1,9}$/.test(visit.form('version')) ? Number(visit.form('version')) : null;

export const statusWords: Record<OrderStatus, string> = {
  open: 'Open',
  assigned: 'Assigned',
  acknowledged: 'Acknowledged',
  in_progress: 'In progress',
  delayed: 'Delayed',
  completed: 'Completed',
  cancelled: 'Cancelled',
};
const tones: Record<OrderStatus, 'good' | 'bad' | 'busy' | 'calm'> = {
  ...({ open: 'calm', assigned: 'busy', acknowledged: 'busy', in_progress: 'busy' } as const),
  ...({ delayed: 'bad', completed: 'good', cancelled: 'calm' } as const),
};

/** Due before now, or on a day that is over in the tenant's zone. */
export const isLate = (order: WorkOrder, now: Date, timeZone: string): boolean =>
  isOpen(order) &&
  order.due !== null &&
  ('at' in order.due ? order.due.at < now : order.due.on < dayOf(now, timeZone));

export const Status = ({ order, isOverdue }: { order: WorkOrder; isOverdue: boolean }) => (
  <>
    <Badge tone={tones[order.status]}>{statusWords[order.status]}</Badge>
    {isOverdue && (
      <>
        {' '}
        <Badge tone="bad">Overdue</Badge>
      </>
    )}
    {order.escalated && (
      <>
        {' '}
        <Badge tone="bad">Escalated</Badge>
      </>
    )}
  </>
);

/** A day, or a moment where the reader is. */
export const Day = ({ when, zone }: { when: When | null; zone: string }) => {
  if (!when) return <>–</>;
  if ('at' in when) return <Moment at={when.at} zone={zone} />;
  return (
    <time datetime={when.on}>
      {DateTime.fromISO(when.on, { zone: 'utc' }).setLocale('en').toFormat('LLL d, yyyy')}
    </time>
  );
};
