import type { News, Reply } from '../commands/command.ts';
import { joinVocabularies } from '../commands/words.ts';
import type { AlertLine } from '../domain/alert.ts';
import { type Way, ways } from '../domain/message.ts';
import type { WorkOrder } from '../domain/work-order.ts';
import { plainText, roomFor } from './by-way.ts';
import type { Language, Page, Reader, SubjectKind, Texts } from './language.ts';
import { joinLines, numberOf } from './layout.ts';
import { maxBodyLength, shorten } from './shorten.ts';
import { writtenIn } from './written-in.ts';

/** Several languages side by side; what none of them is asked for is written in English. */
export const joinLanguages = ({ en, ...others }: { en: Language } & Record<string, Language>) => {
  const languages = { en, ...others };
  const texts = new Map(
    Object.entries(languages).map(([code, language]) => [
      code,
      Object.fromEntries(ways.map((way) => [way, writtenIn(language, way)])) as Record<Way, Texts>,
    ]),
  );

  const hasTexts = (locale: string): boolean => texts.has(codeOf(locale));
  const of = (locale: string) => texts.get(codeOf(locale)) ?? texts.get('en')!;
  const textsFor = (locale: string, way: Way = 'whatsapp'): Texts => of(locale)[way];

  return {
    /** Every word that is understood, in whatever language it is written. Clashes stop the start. */
    words: joinVocabularies(
      Object.fromEntries(Object.entries(languages).map(([code, { vocabulary }]) => [code, vocabulary])),
    ),

    textsFor,

    /** The language that texts for a locale are in. */
    textLanguage: (locale: string): string => (hasTexts(locale) ? codeOf(locale) : 'en'),

    /**
     * The locale to write to a person in: their own, or the tenant's where only that has texts. Where
     * neither has, texts are in English, and dates as in the person's own.
     */
    localeFor: (own: string | null, tenant: string): string =>
      own === null || (!hasTexts(own) && of(tenant) !== texts.get('en')) ? tenant : own,

    /** An answer in the reader's language; `shown` says where MORE goes on, null where there is nothing to go on with. */
    writeReply: (reply: Reply, reader: Reader): { text: string; shown: number | null } => {
      const { replies, kept: writeKept } = textsFor(reader.locale, reader.way);
      const write = replies[reply.key] as Write<string | Page>;
      const kept = reply.kept ? writeKept(reply.kept) : '';
      const room = roomFor[reader.way].page - (kept ? kept.length + 1 : 0);
      const written = write(reply.values, { ...reader, room });
      const page = typeof written === 'string' ? { text: written, shown: null } : written;
      return { ...page, text: finish(joinLines(shorten(page.text, room), kept), reader.way) };
    },

    /** What somebody else is told of a technician's change. */
    writeNews: (news: News, reader: Reader): string => {
      const write = textsFor(reader.locale, reader.way).news[news.key] as Write<string>;
      return finish(write(news.values, reader), reader.way);
    },

    writePage: (alerts: AlertLine[], reader: Reader): string =>
      finish(textsFor(reader.locale, reader.way).page(alerts, reader), reader.way),

    writeDigest: (orders: WorkOrder[], reader: Reader): string =>
      finish(textsFor(reader.locale, reader.way).digest(orders, reader), reader.way),

    writeNotice: (kind: keyof Texts['notices'], order: WorkOrder, reader: Reader): string =>
      finish(textsFor(reader.locale, reader.way).notices[kind](order, reader), reader.way),

    /** The subject of a mail: one line. */
    writeSubject: (kind: SubjectKind, order: Pick<WorkOrder, 'number'> | null, reader: Reader): string => {
      const heading = textsFor(reader.locale, 'email').subjects[kind];
      return order ? `${heading}: ${numberOf(order)}` : heading;
    },
  };
};

// The values belong to the key, which the compiler cannot follow.
type Write<Written> = (values: unknown, reader: Reader) => Written;

const codeOf = (locale: string): string => locale.split('-')[0]!.toLowerCase();

const finish = (text: string, way: Way): string =>
  way === 'sms' ? plainText(text) : way === 'whatsapp' ? shorten(text, maxBodyLength) : text;
