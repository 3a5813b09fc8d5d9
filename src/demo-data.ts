import type { Deps } from './deps.ts';
import { dayOf } from './domain/dates.ts';
import type { Asset, WorkOrder } from './domain/work-order.ts';
import type { Actor } from './store/events.ts';
import type { Tx } from './store/store.ts';
import type { Technician } from './store/technicians.ts';

export type DemoPerson = Pick<Technician, 'externalId' | 'name' | 'role' | 'phone'>;

/**
 * Fills an empty tenant with a small plant: people, assets, and work orders in every state, with their
 * history but without messages. Answers the people; none if somebody is there already.
 */
export const addDemoData = async (
  tx: Tx,
  { now, newId }: Pick<Deps, 'now' | 'newId'>,
): Promise<DemoPerson[]> => {
  if ((await tx.technicians.list({ after: null, limit: 1 })).length > 0) return [];
  const at = now();
  const timeZone = (await tx.tenants.get())?.timeZone ?? 'UTC';

  const team = new Map<string, Technician>();
  for (const person of people) {
    const technician: Technician = {
      ...person,
      id: newId(),
      email: null,
      locale: null,
      timeZone: null,
      supervisorId: person.role === 'technician' ? team.get('E-2004')!.id : null,
      active: true,
      preferences: {},
      lastSeenAt: null,
    };
    await tx.technicians.insert(technician);
    await tx.technicians.setAddresses(technician.id, [
      { kind: 'sms', value: person.phone, active: true },
      { kind: 'whatsapp', value: person.phone, active: true },
    ]);
    team.set(person.externalId, technician);
  }

  const plant = new Map<string, Asset>();
  for (const { responsible, ...described } of assets) {
    const asset = { ...described, id: newId() };
    await tx.assets.insert(asset);
    await tx.assets.setResponsible(
      asset.id,
      responsible.map((externalId) => team.get(externalId)!.id),
    );
    plant.set(asset.code, asset);
  }

  for (const order of orders) {
    const assignee = order.assignee ? team.get(order.assignee)! : null;
    const history = historyOf(order, at);
    const when = (type: string) => history.find((step) => step.type === type)?.at ?? null;
    const stored: WorkOrder = {
      id: newId(),
      number: order.number,
      title: order.title,
      description: order.description,
      priority: order.priority,
      kind: order.kind ?? 'corrective',
      asset: plant.get(order.asset)!,
      assigneeId: assignee?.id ?? null,
      plannerId: team.get('E-2011')!.id,
      due:
        order.dueInHours === undefined
          ? { on: dayOf(new Date(at.getTime() + order.dueInDays * dayMs), timeZone) }
          : { at: onTheHour(at, order.dueInHours) },
      scheduled: order.kind === 'preventive' ? { at: onTheHour(at, (order.dueInDays ?? 1) * 24) } : null,
      status: order.status,
      escalated: false,
      version: 1 + history.length,
      assignmentNo: assignee ? 1 : 0,
      assignedAt: when('work_order.assigned'),
      acknowledgedAt: when('work_order.acknowledged'),
      startedAt: when('work_order.started'),
      completedAt: when('work_order.completed'),
      confirmedAt: null,
      closedAt: when('work_order.completed') ?? when('work_order.cancelled'),
    };
    await tx.workOrders.insert(stored);
    for (const { type, data, ...step } of history) {
      const byTechnician: Actor = { kind: 'technician', id: order.assignee };
      await tx.events.add({
        id: newId(),
        type,
        at: step.at,
        actor: cmmsSteps.includes(type) ? { kind: 'cmms', id: null } : byTechnician,
        workOrderId: stored.id,
        messageId: null,
        data: type === 'work_order.assigned' ? { assignee: order.assignee } : data,
      });
    }
  }
  return [...team.values()].map(({ externalId, name, role, phone }) => ({ externalId, name, role, phone }));
};

const dayMs = 24 * 60 * 60 * 1000;
const hourMs = 60 * 60 * 1000;

const onTheHour = (now: Date, inHours: number): Date =>
  new Date(Math.round((now.getTime() + inHours * hourMs) / hourMs) * hourMs);

type DemoOrder = Pick<WorkOrder, 'number' | 'title' | 'description' | 'priority' | 'status'> & {
  kind?: WorkOrder['kind'];
  asset: string;
  assignee: string | null;
  note?: string;
} & ({ dueInDays: number; dueInHours?: never } | { dueInHours: number; dueInDays?: never });

const cmmsSteps = ['work_order.assigned', 'work_order.cancelled'];

/** The steps that lead to an order's status, the first yesterday, the last a while ago. */
const historyOf = ({ status, note }: DemoOrder, now: Date) => {
  const steps: { type: string; data: Record<string, unknown> }[] = paths[status].map((type) => ({
    type,
    data: type === 'work_order.delayed' ? { text: 'Waiting for the replacement seal' } : {},
  }));
  if (note) steps.splice(3, 0, { type: 'work_order.noted', data: { text: note } });
  return steps.map((step, position) => ({
    ...step,
    at: new Date(now.getTime() - dayMs + position * 4 * hourMs),
  }));
};

const paths: Record<WorkOrder['status'], string[]> = {
  open: [],
  assigned: ['work_order.assigned'],
  acknowledged: ['work_order.assigned', 'work_order.acknowledged'],
  in_progress: ['work_order.assigned', 'work_order.acknowledged', 'work_order.started'],
  delayed: ['work_order.assigned', 'work_order.acknowledged', 'work_order.started', 'work_order.delayed'],
  completed: ['work_order.assigned', 'work_order.acknowledged', 'work_order.started', 'work_order.completed'],
  cancelled: ['work_order.assigned', 'work_order.cancelled'],
};

const people = [
  { externalId: 'E-2004', name: 'Grace Okafor', role: 'supervisor', phone: '+15005550104' },
  { externalId: 'E-2011', name: 'Tomasz Wolski', role: 'planner', phone: '+15005550105' },
  { externalId: 'E-2037', name: 'Maria Santos', role: 'technician', phone: '+15005550101' },
  { externalId: 'E-2052', name: 'James Carter', role: 'technician', phone: '+15005550102' },
  { externalId: 'E-2068', name: 'Amina Diallo', role: 'technician', phone: '+15005550103' },
] as const;

const assets = [
  { code: 'PMP-207', name: 'Feed water pump 7', location: 'Boiler house, level -1', responsible: ['E-2037'] },
  {
    code: 'CNV-112',
    name: 'Conveyor 2',
    location: 'Packing hall, line B',
    responsible: ['E-2052', 'E-2068'],
  },
  {
    code: 'CMP-301',
    name: 'Air compressor 1',
    location: 'Utility building, room 3',
    responsible: ['E-2037'],
  },
  { code: 'AHU-404', name: 'Air handling unit 4', location: 'Roof, east side', responsible: ['E-2068'] },
  { code: 'FLT-512', name: 'Forklift 12', location: 'Warehouse, dock 5', responsible: ['E-2052'] },
  {
    code: 'GEN-601',
    name: 'Standby generator',
    location: 'Yard, north gate',
    responsible: ['E-2037', 'E-2052'],
  },
];

const orders: DemoOrder[] = [
  {
    number: 'WO-8301',
    title: 'Replace leaking shaft seal',
    description:
      'Water under the pump since the morning round. Isolate at V-12 and V-13 before opening. Seal kit SK-40 is in store 2.',
    priority: 'high',
    asset: 'PMP-207',
    assignee: 'E-2037',
    status: 'assigned',
    dueInHours: 30,
  },
  {
    number: 'WO-8302',
    title: 'Check belt tracking after jam',
    description: 'Belt ran to the left and stopped twice during the night shift.',
    priority: 'critical',
    asset: 'CNV-112',
    assignee: 'E-2052',
    status: 'in_progress',
    dueInHours: 6,
    note: 'Tail roller worn on one side, adjusted for now',
  },
  {
    number: 'WO-8303',
    title: 'Change oil and filter',
    description: '4,000 hours reached. Take an oil sample for the laboratory.',
    priority: 'medium',
    kind: 'preventive',
    asset: 'CMP-301',
    assignee: 'E-2037',
    status: 'acknowledged',
    dueInDays: 2,
  },
  {
    number: 'WO-8304',
    title: 'Replace bag filters',
    description: 'Pressure drop over the second stage is 280 Pa. Eight filters F7 are at the roof access.',
    priority: 'medium',
    asset: 'AHU-404',
    assignee: 'E-2068',
    status: 'assigned',
    dueInDays: 1,
  },
  {
    number: 'WO-8305',
    title: 'Mast chain stretched',
    description: 'Driver reports jerks above three metres. Do not lift loads until it is checked.',
    priority: 'high',
    asset: 'FLT-512',
    assignee: 'E-2052',
    status: 'delayed',
    dueInDays: -1,
    note: 'Both chains over the limit, new ones ordered',
  },
  {
    number: 'WO-8306',
    title: 'Monthly test run under load',
    description: 'Thirty minutes at 70 % load. Write down oil pressure and coolant temperature.',
    priority: 'medium',
    kind: 'preventive',
    asset: 'GEN-601',
    assignee: 'E-2037',
    status: 'assigned',
    dueInDays: 4,
  },
  {
    number: 'WO-8307',
    title: 'Vibration above alarm level',
    description: 'Drive end bearing at 7.2 mm/s. Listen, measure again, plan the bearing change.',
    priority: 'critical',
    asset: 'PMP-207',
    assignee: 'E-2068',
    status: 'acknowledged',
    dueInHours: 10,
  },
  {
    number: 'WO-8308',
    title: 'Guard switch does not latch',
    description: 'Line B stops when the door at station 4 is touched.',
    priority: 'high',
    asset: 'CNV-112',
    assignee: 'E-2052',
    status: 'completed',
    dueInDays: 0,
    note: 'Switch cleaned and realigned, tested five times',
  },
  {
    number: 'WO-8309',
    title: 'Drain condensate trap',
    description: 'Automatic drain sticks. Clean the float, check the bypass.',
    priority: 'low',
    asset: 'CMP-301',
    assignee: 'E-2037',
    status: 'completed',
    dueInDays: -1,
  },
  {
    number: 'WO-8310',
    title: 'Renew the safety labels',
    description: null,
    priority: 'low',
    asset: 'CNV-112',
    assignee: null,
    status: 'open',
    dueInDays: 12,
  },
  {
    number: 'WO-8311',
    title: 'Battery charger shows a fault',
    description: 'Red light since Monday, code E4.',
    priority: 'medium',
    asset: 'GEN-601',
    assignee: null,
    status: 'open',
    dueInDays: 3,
  },
  {
    number: 'WO-8312',
    title: 'Repair the seat switch',
    description: 'Done by the manufacturer under warranty.',
    priority: 'medium',
    asset: 'FLT-512',
    assignee: 'E-2052',
    status: 'cancelled',
    dueInDays: 5,
  },
];
