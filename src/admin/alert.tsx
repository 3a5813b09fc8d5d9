import type { Alert } from '../domain/alert.ts';
import { Badge } from './frame.tsx';

export const State = (props: { alert: Alert; responder: string | null; exhausted: boolean }) => {
  const { alert, responder, exhausted } = props;
  if (alert.state === 'resolved') return <Badge tone="good">Resolved</Badge>;
  if (alert.state === 'responding') return <Badge tone="busy">{responder ?? 'Somebody'} is going</Badge>;
  return (
    <>
      <Badge tone="bad">Nobody is going</Badge>
      {exhausted && (
        <>
          {' '}
          <Badge tone="bad">Everybody was told</Badge>
        </>
      )}
    </>
  );
};
