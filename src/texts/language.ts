import type { NewsValues, Reply, ReplyValues } from '../commands/command.ts';
import type { AlertLine } from '../domain/alert.ts';
import type { Way } from '../domain/message.ts';
import type { WorkOrder } from '../domain/work-order.ts';
import type { en } from './en.ts';
import type { ExcursionValues } from './excursions.ts';

/** The words of one language, with English as the measure: the compiler names what another one lacks. */
export type Language = typeof en;

/** For whom a text is written. */
export type Reader = {
  /** By what it comes. */
  way: Way;
  locale: string;
  timeZone: string;
  now: Date;
  /** How long a page may be, if not as long as a message. */
  room?: number | undefined;
};

/** A text that MORE can continue, and how much of the list, or of the order, has been shown with it. */
export type Page = { text: string; shown: number };

/** Everything people read, in one language. */
export type Texts = {
  replies: { [Key in keyof ReplyValues]: (values: ReplyValues[Key], reader: Reader) => string | Page };
  news: { [Key in keyof NewsValues]: (values: NewsValues[Key], reader: Reader) => string };
  notices: Record<NoticeKind, (order: WorkOrder, reader: Reader) => string>;
  /** An order's fields in words. */
  fields: Record<OrderField, (order: WorkOrder, reader: Reader) => string>;
  /** Somebody is told of alerts: of one in full, of several in a list, as many as fit. */
  page: (alerts: AlertLine[], reader: Reader) => string;
  /** The same of one alert or several. */
  alertFields: Record<AlertField, (alerts: [AlertLine, ...AlertLine[]], reader: Reader) => string>;
  /** Several reminders in one message: as many orders as fit, in the order given. */
  digest: (orders: WorkOrder[], reader: Reader) => string;
  /** The same on one line, all of them, without what to answer. */
  digestLine: (orders: WorkOrder[], reader: Reader) => string;
  /** What the alert of a metric past its limit says. */
  excursion: (values: ExcursionValues, locale: string) => string;
  /** What stands on a button, by the command it sends: at most 20 characters. */
  buttons: Record<ButtonAction, string>;
  /** What a mail about it is headed with; the order's number follows. */
  subjects: Record<SubjectKind, string>;
  /** The line that says what came with a command and was kept. */
  kept: (kept: NonNullable<Reply['kept']>) => string;
  stranger: string;
  /** What stands below every e-mail; the numbers are those at which an answer of its reader is read. */
  mailFooter: (answerAt: { whatsapp: string | null; sms: string | null }) => string;
};

/** All that can be sent by mail. */
export type SubjectKind =
  | NoticeKind
  | keyof NewsValues
  | 'alert.raised'
  | 'work-order.digest'
  | 'message.send';

type NoticeKind =
  | 'work-order.assigned'
  | 'work-order.unassigned'
  | 'work-order.cancelled'
  | 'maintenance.scheduled'
  | 'work-order.reminder'
  | 'maintenance.reminder';

/** What a template's variable may say of an order, besides the people's names. */
type OrderField =
  | 'number'
  | 'title'
  | 'description'
  | 'priority'
  | 'kind'
  | 'asset'
  | 'dueAt'
  | 'dueIn'
  | 'scheduledFor'
  | 'status';

/** The same of an alert. */
type AlertField = 'externalId' | 'asset' | 'message' | 'severity' | 'raisedAt';

export type ButtonAction =
  | 'ACK'
  | 'START'
  | 'COMPLETE'
  | 'CONFIRM'
  | 'STATUS'
  | 'HELP'
  | 'RESPONDING'
  | 'ESCALATE';
