import { alertNews, isAlertNews } from '../cmms/alert-news.ts';
import { withMailFooter } from '../cmms/mail-footer.ts';
import { readerOf } from '../cmms/notify.ts';
import { type Alert, whyUntrue } from '../domain/alert.ts';
import type { DueMessage, DueRow } from '../store/outbox.ts';
import type { Tx } from '../store/store.ts';
import type { Tenant } from '../store/tenants.ts';
import type { Reader } from '../texts/language.ts';
import { writeNews, writePage } from '../texts/texts.ts';

/** The alerts that messages are about, kept as they are: nobody claims or resolves one before its page is marked. */
type About = Map<string, Alert>;

/** To be asked after the orders are locked, and before the messages. */
export const readAlerts = async (tx: Tx, due: DueRow[]): Promise<About> => {
  const ids = due.flatMap(({ id, kind }) => (isOfAlert(kind) ? id : []));
  if (ids.length === 0) return new Map();
  const alertIds = [...(await tx.alerts.ofMessages(ids)).values()].flat();
  return tx.alerts.keep([...new Set(alertIds)]);
};

/**
 * Messages with their alerts, as they are now that nobody changes them. One that has been joined by an alert meanwhile
 * is left for the next time: that alert may still be claimed.
 */
export const withTheirAlerts = async (
  tx: Tx,
  locked: DueMessage[],
  about: About,
): Promise<{ messages: DueMessage[]; alertsOf: Map<string, Alert[]> }> => {
  const ids = locked.flatMap(({ id, kind }) => (isOfAlert(kind) ? id : []));
  if (ids.length === 0) return { messages: locked, alertsOf: new Map() };
  const alertIds = await tx.alerts.ofMessages(ids);
  const messages = locked.filter(({ id }) => (alertIds.get(id) ?? []).every((each) => about.has(each)));
  return {
    messages,
    alertsOf: new Map(
      [...alertIds].map(([id, each]) => [id, each.flatMap((alertId) => about.get(alertId) ?? [])]),
    ),
  };
};

const isOfAlert = (kind: string): boolean => kind.startsWith('alert.');

/**
 * A message about alerts as it is to be said now: those of which it is not so any more drop out of it. Why it is not
 * sent if that leaves nothing. The alerts and the message must be locked.
 */
export const bringPageUpToDate = async (
  tx: Tx,
  message: DueMessage,
  alerts: Alert[],
  tenant: Tenant | null,
  now: Date,
): Promise<{ message: DueMessage } | { untrue: 'alert-claimed' | 'order-moved-on' }> => {
  if (alerts.length === 0) return { message };
  const by = message.by?.id ?? null;
  const why = new Map(alerts.map((alert) => [alert.id, whyUntrue(message.kind, alert, by)]));
  const left = alerts.filter(({ id }) => why.get(id) === null);
  const dropped = alerts.flatMap(({ id }) => (why.get(id) === null ? [] : id));
  if (left.length === 0)
    return { untrue: [...why.values()].includes('alert-claimed') ? 'alert-claimed' : 'order-moved-on' };
  const write = writing(message, left, dropped.length > 0);
  if (!write) return { message };
  const technician = message.technicianId ? await tx.technicians.get(message.technicianId) : null;
  if (!technician || !tenant) return { message };
  const reader = readerOf(technician, tenant, now, message.way);
  const text = await withMailFooter(tx, write(reader), reader, technician);
  if (text === message.text && dropped.length === 0) return { message };
  // What may have left was about all of them.
  await tx.alerts.rewrite(message.id, message.tries > 0 ? [] : dropped, text);
  return { message: { ...message, text } };
};

/** How it is said of the alerts that are left; null: as it was written. */
const writing = (
  { kind, by }: DueMessage,
  left: Alert[],
  isFewer: boolean,
): ((reader: Reader) => string) | null => {
  if (kind === 'alert.raised') return (reader) => writePage(left, reader);
  if (!isFewer || !by || !isAlertNews(kind)) return null;
  return (reader) => writeNews(alertNews(kind, left, by.name), reader);
};
