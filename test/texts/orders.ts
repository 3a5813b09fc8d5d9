import type { Alert } from '../../src/domain/alert.ts';
import type { Asset, WorkOrder } from '../../src/domain/work-order.ts';
import type { Reader } from '../../src/texts/language.ts';

export const reader: Reader = {
  way: 'whatsapp',
  locale: 'en',
  timeZone: 'UTC',
  now: new Date('2024-12-22T09:00:00Z'),
};

export const asset: Asset = { id: 'a', code: 'P-3', name: 'Feed Pump 3', location: 'Hall B' };

export const order = (fields: Partial<WorkOrder> = {}): WorkOrder => ({
  id: 'o',
  number: 'WO-1042',
  title: 'Replace the shaft seal',
  description: 'Leaks when warm.\nSeal is on shelf 4.',
  priority: 'high',
  kind: 'corrective',
  asset,
  assigneeId: 'ana',
  plannerId: null,
  due: { on: '2024-12-25' },
  scheduled: null,
  status: 'assigned',
  escalated: false,
  version: 1,
  assignmentNo: 1,
  assignedAt: null,
  acknowledgedAt: null,
  startedAt: null,
  completedAt: null,
  confirmedAt: null,
  closedAt: null,
  ...fields,
});

export const alert = (fields: Partial<Alert> = {}): Alert => ({
  ...{ id: 'al', externalId: 'A-17', asset, message: 'overheats', severity: 'critical', recipients: [] },
  ...{ state: 'open', raisedAt: new Date('2024-12-22T08:30:00Z'), responderId: null, claimedAt: null },
  ...{ resolvedAt: null, expiresAt: null, version: 1 },
  ...fields,
});

// As long as the API takes each, and every character two UTF-16 units.
const huge = (characters: number) => '😀'.repeat(characters);

/** An order with everything as long as it can be. */
export const monstrous = (index = 0): WorkOrder =>
  order({
    id: `o${index}`,
    number: `${index}${huge(30)}`,
    title: huge(200),
    description: huge(10_000),
    asset: { id: 'a', code: 'P', name: huge(200), location: huge(200) },
    due: { at: new Date('2024-12-25T10:00:00Z') },
    scheduled: { at: new Date('2024-12-25T10:00:00Z') },
  });

/** The same of alerts. */
export const monstrousAlert = (index = 0): Alert =>
  alert({
    id: `al${index}`,
    externalId: `${index}${huge(30)}`,
    message: huge(500),
    asset: { id: 'a', code: 'P', name: huge(200), location: huge(200) },
  });
