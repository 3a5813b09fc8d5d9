import { key } from '../cmms/fields.ts';
import { readPreferences } from '../cmms/preferences.ts';
import type { PanelRole } from '../domain/panel-role.ts';
import { windowOpenUntil } from '../domain/service-window.ts';
import type { Tx } from '../store/store.ts';
import type { ListedTechnician } from '../store/technicians.ts';
import { Badge, Moment } from './frame.tsx';
import type { Visit } from './route.ts';

/** Who may change technicians. */
export const editors: readonly PanelRole[] = ['administrator', 'planner'];
export const mayEdit = (visit: Visit) => editors.includes(visit.user.role);

type Troubles = { optedOut: boolean; conflict: boolean };
export type Shown = ListedTechnician & Troubles;

/** The technician whom the address names, if there is one. */
export const findShown = async (tx: Tx, visit: Visit): Promise<Shown | null> => {
  const read = key.safeParse(visit.c.req.param('externalId'));
  const found = read.success ? await tx.technicians.detail(read.data) : null;
  return found ? (await withTroubles(tx, [found]))[0]! : null;
};

export const withTroubles = async (tx: Tx, found: ListedTechnician[]): Promise<Shown[]> => {
  const troubles = await tx.technicians.troubles(found.map(({ id }) => id));
  return found.map((each) => ({
    ...each,
    ...(troubles.get(each.id) ?? { optedOut: false, conflict: false }),
  }));
};

export const Badges = ({ of }: { of: Shown }) => (
  <>
    {!of.active && <Badge tone="calm">left</Badge>}
    {readPreferences(of.preferences).paused && <Badge tone="busy">paused</Badge>}
    {of.optedOut && <Badge tone="bad">opted out</Badge>}
    {of.conflict && <Badge tone="bad">conflict</Badge>}
  </>
);

export const Window = ({ of, now, visit }: { of: Shown; now: Date; visit: Visit }) => {
  const until = windowOpenUntil(of, now);
  return until ? (
    <>
      open until <Moment at={until} zone={visit.zone} />
    </>
  ) : (
    <>closed</>
  );
};

export const LastSeen = ({ of, visit }: { of: Shown; visit: Visit }) =>
  of.lastSeenAt ? <Moment at={of.lastSeenAt} zone={visit.zone} /> : <>never</>;
