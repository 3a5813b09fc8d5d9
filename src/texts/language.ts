import type { NewsValues, Reply, ReplyValues } from '../commands/command.ts';
import type { WorkOrder } from '../domain/work-order.ts';
import type { en } from './en.ts';

/** The words of one language, with English as the measure: the compiler names what another one lacks. */
export type Language = typeof en;

/** For whom a text is written. */
export type Reader = {
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
  notices: {
    'work-order.assigned': (order: WorkOrder, reader: Reader) => string;
    'work-order.unassigned': (order: WorkOrder, reader: Reader) => string;
    'maintenance.scheduled': (order: WorkOrder, reader: Reader) => string;
    'work-order.reminder': (order: WorkOrder, reader: Reader) => string;
  };
  /** What stands on a button, by the command it sends: at most 20 characters. */
  buttons: Record<ButtonAction, string>;
  /** The line that says what came with a command and was kept. */
  kept: (kept: NonNullable<Reply['kept']>) => string;
  stranger: string;
};

export type ButtonAction = 'ACK' | 'START' | 'COMPLETE' | 'CONFIRM' | 'STATUS' | 'HELP';
