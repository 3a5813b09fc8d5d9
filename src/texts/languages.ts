import type { News, Reply } from '../commands/command.ts';
import { joinVocabularies } from '../commands/words.ts';
import type { WorkOrder } from '../domain/work-order.ts';
import type { Language, Page, Reader, Texts } from './language.ts';
import { joinLines } from './layout.ts';
import { maxBodyLength, shorten } from './shorten.ts';
import { writtenIn } from './written-in.ts';

/** Several languages side by side; what none of them is asked for is written in English. */
export const joinLanguages = ({ en, ...others }: { en: Language } & Record<string, Language>) => {
  const languages = { en, ...others };
  const texts = new Map(Object.entries(languages).map(([code, language]) => [code, writtenIn(language)]));

  const hasTexts = (locale: string): boolean => texts.has(codeOf(locale));
  const textsFor = (locale: string): Texts => texts.get(codeOf(locale)) ?? texts.get('en')!;

  return {
    /** Every word that is understood, in whatever language it is written. Clashes stop the start. */
    words: joinVocabularies(
      Object.fromEntries(Object.entries(languages).map(([code, { vocabulary }]) => [code, vocabulary])),
    ),

    textsFor,

    /**
     * The locale to write to a person in: their own, or the tenant's where only that has texts. Where
     * neither has, texts are in English, and dates as in the person's own.
     */
    localeFor: (own: string | null, tenant: string): string =>
      own === null || (!hasTexts(own) && textsFor(tenant) !== texts.get('en')) ? tenant : own,

    /** An answer in the reader's language; `shown` says where MORE goes on, null where there is nothing to go on with. */
    writeReply: (reply: Reply, reader: Reader): { text: string; shown: number | null } => {
      const write = textsFor(reader.locale).replies[reply.key] as Write<string | Page>;
      const kept = reply.kept ? textsFor(reader.locale).kept(reply.kept) : '';
      const room = maxBodyLength - (kept ? kept.length + 1 : 0);
      const written = write(reply.values, { ...reader, room });
      const page = typeof written === 'string' ? { text: written, shown: null } : written;
      return { ...page, text: joinLines(shorten(page.text, room), kept) };
    },

    /** What somebody else is told of a technician's change. */
    writeNews: (news: News, reader: Reader): string => {
      const write = textsFor(reader.locale).news[news.key] as Write<string>;
      return keepShort(write(news.values, reader));
    },

    writeNotice: (kind: keyof Texts['notices'], order: WorkOrder, reader: Reader): string =>
      keepShort(textsFor(reader.locale).notices[kind](order, reader)),
  };
};

// The values belong to the key, which the compiler cannot follow.
type Write<Written> = (values: unknown, reader: Reader) => Written;

const codeOf = (locale: string): string => locale.split('-')[0]!.toLowerCase();

const keepShort = (text: string): string => shorten(text, maxBodyLength);
