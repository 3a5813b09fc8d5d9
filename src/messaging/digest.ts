import { withMailFooter } from '../cmms/mail-footer.ts';
import { readerOf } from '../cmms/notify.ts';
import { byUrgency, isStillDue } from '../domain/reminder.ts';
import type { WorkOrder } from '../domain/work-order.ts';
import type { DueMessage, DueRow } from '../store/outbox.ts';
import type { Tx } from '../store/store.ts';
import type { Technician } from '../store/technicians.ts';
import type { Tenant } from '../store/tenants.ts';
import type { Reader } from '../texts/language.ts';
import { writeDigest, writeNotice } from '../texts/texts.ts';

type Line = { messageId: string; workOrderId: string; dueDay: string | null };

/** What the digests among due messages say. Their orders are to be locked before the messages. */
export const readDigests = async (tx: Tx, due: DueRow[]): Promise<Line[]> => {
  const ids = due.flatMap(({ id, kind }) => (kind === 'work-order.digest' ? id : []));
  return ids.length === 0 ? [] : tx.reminders.ofDigests(ids);
};

/**
 * A reminder or digest as it is to be said now, whenever it was written: in how many days an order is due changes with
 * the day, and orders that moved on drop out of a digest. Null if that leaves nothing. The orders and the message must
 * be locked.
 */
export const bringUpToDate = async (
  tx: Tx,
  message: DueMessage,
  lines: Line[],
  orders: Map<string, WorkOrder>,
  tenant: Tenant | null,
  now: Date,
): Promise<DueMessage | null> => {
  const isDigest = message.kind === 'work-order.digest';
  const reminded = message.kind === 'work-order.reminder' ? orders.get(message.workOrderId ?? '') : null;
  if (!isDigest && !reminded) return message;
  const technician = message.technicianId ? await tx.technicians.get(message.technicianId) : null;
  if (!technician || !tenant) return message;
  const reader = readerOf(technician, tenant, now, message.way);
  if (reminded)
    return say(tx, message, writeNotice('work-order.reminder', reminded, reader), [], reader, technician);

  const claims = lines.filter(({ messageId }) => messageId === message.id);
  if (claims.length === 0) return message;
  const left = claims.flatMap(({ workOrderId, dueDay }) => {
    const order = orders.get(workOrderId);
    return order && isStillDue(order, { technicianId: technician.id, dueDay }, reader.timeZone) ? order : [];
  });
  if (left.length === 0) return null;
  const stays = new Set(left.map(({ id }) => id));
  const dropped = claims.flatMap(({ workOrderId }) => (stays.has(workOrderId) ? [] : workOrderId));
  return say(
    tx,
    message,
    writeDigest(left.sort(byUrgency(reader.timeZone)), reader),
    dropped,
    reader,
    technician,
  );
};

const say = async (
  tx: Tx,
  message: DueMessage,
  written: string,
  dropped: string[],
  reader: Reader,
  technician: Technician,
): Promise<DueMessage> => {
  const text = await withMailFooter(tx, written, reader, technician);
  if (text === message.text && dropped.length === 0) return message;
  await tx.reminders.rewrite(message.id, dropped, text);
  return { ...message, text };
};
