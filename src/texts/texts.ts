import type { Reply, ReplyValues } from '../commands/command.ts';
import type { WorkOrder } from '../domain/work-order.ts';
import { en } from './en.ts';
import { maxBodyLength, shorten } from './shorten.ts';

/** For whom a text is written. */
export type Reader = { locale: string; timeZone: string; now: Date };

/** Everything people read, in one language. */
export type Texts = {
  replies: { [Key in keyof ReplyValues]: (values: ReplyValues[Key], reader: Reader) => string };
  notices: {
    'work-order.assigned': (order: WorkOrder, reader: Reader) => string;
    'work-order.unassigned': (order: WorkOrder, reader: Reader) => string;
    'maintenance.scheduled': (order: WorkOrder, reader: Reader) => string;
    'work-order.reminder': (order: WorkOrder, reader: Reader) => string;
  };
  stranger: string;
};

const languages: Record<string, Texts> = { en };

export const writeReply = (reply: Reply, reader: Reader): string => {
  const write = textsFor(reader.locale).replies[reply.key] as (values: unknown, reader: Reader) => string;
  return keepShort(write(reply.values, reader));
};

export const writeNotice = (kind: keyof Texts['notices'], order: WorkOrder, reader: Reader): string =>
  keepShort(textsFor(reader.locale).notices[kind](order, reader));

export const textsFor = (locale: string): Texts => languages[locale.split('-')[0]!.toLowerCase()] ?? en;

const keepShort = (text: string): string => shorten(text, maxBodyLength);
