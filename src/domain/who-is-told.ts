/** Somebody who can be told of what happens to an order. */
export type Person = {
  id: string;
  externalId: string;
  name: string;
  role: 'technician' | 'supervisor' | 'planner';
  /** Registered with an address we can write to, and not paused. */
  reachable: boolean;
};

/** Everybody who may be told on behalf of one technician, himself left out. */
export type People = {
  all: Person[];
  supervisorId: string | null;
  /** In the order they are to be called. */
  onCall: string[];
};

/** The order's planner, else all planners, else the supervisor, else whoever is on call; those who can be reached. */
export const plannersToTell = (people: People, plannerId: string | null): Person[] =>
  firstReachable([
    people.all.filter(({ id }) => id === plannerId),
    people.all.filter(({ role }) => role === 'planner'),
    supervisorOf(people),
    onCall(people),
  ]);

/** The technician's supervisor, else all supervisors, else all planners, else whoever is on call. */
export const supervisorsToTell = (people: People): Person[] =>
  firstReachable([
    supervisorOf(people),
    people.all.filter(({ role }) => role === 'supervisor'),
    people.all.filter(({ role }) => role === 'planner'),
    onCall(people),
  ]);

const supervisorOf = ({ all, supervisorId }: People) => all.filter(({ id }) => id === supervisorId);

const onCall = ({ all, onCall: ids }: People) => ids.flatMap((id) => all.filter((each) => each.id === id));

// Whoever cannot be reached does not know, however high he stands in the list.
const firstReachable = (groups: Person[][]): Person[] =>
  groups.map((group) => group.filter(({ reachable }) => reachable)).find((group) => group.length > 0) ?? [];
