import type { News, Reply } from '../commands/command.ts';
import { joinVocabularies } from '../commands/words.ts';
import type { WorkOrder } from '../domain/work-order.ts';
import { en } from './en.ts';
import type { Page, Reader, Texts } from './language.ts';
import { maxBodyLength, shorten } from './shorten.ts';

/** Every language by its code. One more is one file and one line here. */
const languages: Record<string, Texts> = { en };

/** Every word that is understood, in whatever language it is written. Clashes stop the start. */
export const words = joinVocabularies(
  Object.fromEntries(Object.entries(languages).map(([code, { vocabulary }]) => [code, vocabulary])),
);

/** An answer in the reader's language; `shown` says where MORE goes on, null where there is nothing to go on with. */
export const writeReply = (reply: Reply, reader: Reader): { text: string; shown: number | null } => {
  const write = textsFor(reader.locale).replies[reply.key] as (values: unknown, to: Reader) => string | Page;
  const written = write(reply.values, reader);
  return typeof written === 'string'
    ? { text: keepShort(written), shown: null }
    : { ...written, text: keepShort(written.text) };
};

/** What somebody else is told of a technician's change. */
export const writeNews = (news: News, reader: Reader): string => {
  const write = textsFor(reader.locale).news[news.key] as (values: unknown, to: Reader) => string;
  return keepShort(write(news.values, reader));
};

export const writeNotice = (kind: keyof Texts['notices'], order: WorkOrder, reader: Reader): string =>
  keepShort(textsFor(reader.locale).notices[kind](order, reader));

export const textsFor = (locale: string): Texts => languages[locale.split('-')[0]!.toLowerCase()] ?? en;

const keepShort = (text: string): string => shorten(text, maxBodyLength);
