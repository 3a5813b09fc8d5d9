import type { Reply } from '../commands/command.ts';
import type { WorkOrder } from '../domain/work-order.ts';
import { en } from './en.ts';
import type { Reader, Texts } from './language.ts';
import { maxBodyLength, shorten } from './shorten.ts';

const languages: Record<string, Texts> = { en };

export const writeReply = (reply: Reply, reader: Reader): string => {
  const write = textsFor(reader.locale).replies[reply.key] as (values: unknown, reader: Reader) => string;
  return keepShort(write(reply.values, reader));
};

export const writeNotice = (kind: keyof Texts['notices'], order: WorkOrder, reader: Reader): string =>
  keepShort(textsFor(reader.locale).notices[kind](order, reader));

export const textsFor = (locale: string): Texts => languages[locale.split('-')[0]!.toLowerCase()] ?? en;

const keepShort = (text: string): string => shorten(text, maxBodyLength);
