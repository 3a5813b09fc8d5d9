import { type Alert, whyUntrue } from '../domain/alert.ts';
import { byUrgency } from '../domain/reminder.ts';
import type { WorkOrder } from '../domain/work-order.ts';
import type { OfTheFirstWay, QuickReplyButton } from '../store/outbox.ts';
import type { Tx } from '../store/store.ts';
import type { Technician } from '../store/technicians.ts';
import type { Reader } from '../texts/language.ts';
import { textsFor, writeDigest, writeNews, writeNotice, writePage } from '../texts/texts.ts';
import { alertNews, isAlertNews } from './alert-news.ts';
import { alertButtons } from './chains.ts';
import { withMailFooter } from './mail-footer.ts';
import { buttonsOf, type NoticeKind } from './notify.ts';

/** The alerts of which what a message says is still so; null: it is about none. What is taken is asked under lock. */
export const alertsStillTold = async (
  tx: Tx,
  { kind, alertIds, by }: OfTheFirstWay,
): Promise<Alert[] | null> => {
  if (alertIds.length === 0) return null;
  const found = await tx.alerts.getMany(alertIds);
  const alerts = alertIds.flatMap((id) => found.get(id) ?? []);
  return alerts.filter((alert) => whyUntrue(kind, alert, by?.id ?? null) === null);
};

/** What a message says when it is said once more, by the reader's way. */
export const sayAgain = async (
  tx: Tx,
  message: OfTheFirstWay,
  { order, alerts }: { order: WorkOrder | null; alerts: Alert[] | null },
  reader: Reader,
  person: Technician,
): Promise<{ text: string; buttons: QuickReplyButton[] | null }> => {
  const { kind } = message;
  const text = await textFor(tx, message, order, alerts, reader, person);
  return {
    text: await withMailFooter(tx, text, reader, person),
    buttons: kind === 'alert.raised' ? alertButtons(reader) : isNotice(kind) ? buttonsOf(kind, reader) : null,
  };
};

/** Pages, what somebody did to alerts, notices and digests are written anew, as alerts and orders are now; other texts were written for every way with the first message. */
const textFor = async (
  tx: Tx,
  message: OfTheFirstWay,
  order: WorkOrder | null,
  alerts: Alert[] | null,
  reader: Reader,
  person: Technician,
): Promise<string> => {
  if (alerts && message.kind === 'alert.raised') return writePage(alerts, reader);
  if (alerts && message.by && isAlertNews(message.kind))
    return writeNews(alertNews(message.kind, alerts, message.by.name), reader);
  if (order && isNotice(message.kind)) return writeNotice(message.kind, order, reader);
  if (message.kind === 'work-order.digest') {
    const orders = await tx.workOrders.getMany(message.workOrderIds);
    return writeDigest(orders.sort(byUrgency(reader.timeZone)), reader);
  }
  const firstWay = message.tried[0]!.way;
  const text = message.texts[reader.way] ?? message.texts[firstWay] ?? '';
  if (firstWay !== 'email') return text;
  // What was first written as e-mail has its footer.
  const footer = await withMailFooter(tx, '', { ...reader, way: 'email' }, person);
  return text.endsWith(footer) ? text.slice(0, -footer.length) : text;
};

const isNotice = (kind: string): kind is NoticeKind => kind in textsFor('en').notices;
