import type { TechnicianFields } from '../../src/cmms/fields.ts';
import type { NewsValues, ReplyValues } from '../../src/commands/command.ts';
import { textsFor } from '../../src/texts/texts.ts';
import type { Stage } from './stage.ts';

/** A story is told once in each language, each time over the other queue. */
export const tellings = [
  { language: 'English', locale: 'en', backend: 'redis' },
  { language: 'Spanish', locale: 'es', backend: 'postgres' },
] as const;

type Locale = (typeof tellings)[number]['locale'];

/** Which of the two is said, or heard, in this telling. */
export const inLanguage =
  (locale: Locale) =>
  <T>(english: T, spanish: T): T =>
    locale === 'en' ? english : spanish;

type Key = keyof ReplyValues | keyof NewsValues;

/** The people of a story, who read its language; keeps which texts they heard. */
export const castIn = (locale: Locale, stageOf: () => Stage) => {
  const keyOf = new Map<string, string>();
  const heard = new Set<string>();
  const { replies, news } = textsFor(locale);
  const keys = [...Object.keys(replies), ...Object.keys(news)] as Key[];
  for (const texts of [replies, news] as unknown as Record<string, Write>[]) {
    for (const [key, write] of Object.entries(texts)) {
      texts[key] = (...about) => {
        const written = write(...about);
        keyOf.set(typeof written === 'string' ? written : written.text, key);
        return written;
      };
    }
  }

  /** A line may follow that says what came with the command and was kept. */
  const note = (text: string) => {
    for (const [written, key] of keyOf) if (`${text}\n`.startsWith(`${written}\n`)) heard.add(key);
  };

  return {
    technician: async (fields: TechnicianFields = {}) => {
      const person = await stageOf().technician({ locale, ...fields });
      return {
        ...person,
        /** Waits for one message with all of this in it, in this order. */
        hears: async (...parts: string[]) => {
          const message = await person.hears(new RegExp(parts.map(literally).join('[\\s\\S]*')));
          note(message.text);
          return message;
        },
      };
    },
    /** What none of them has been told so far. */
    unheard: () => keys.filter((key) => !heard.has(key)),
  };
};

type Write = (...about: unknown[]) => string | { text: string };

const literally = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** What only somebody hears who writes text messages: sms.test.ts. */
export const heardBySms: Key[] = ['cutOff'];
/** What is heard in phones.test.ts, and in ways.test.ts; conversation.test.ts hears all the rest. */
export const heardByPhones: Key[] = ['attached', 'attachedNowhere', 'unreadable'];
export const heardByWays: Key[] = ['technician.not-reached'];

/** What becomes of alerts: in cmms/alerts.test.ts. */
export const heardOfAlerts: Key[] = [
  ...(['alert.taken', 'alert.released', 'alert.reopened', 'alert.escalated'] as const),
  ...(['alert.unanswered', 'alert.seen', 'alert.resolved'] as const),
];

/** What technicians are answered about alerts: in alerts.test.ts. */
export const answersAboutAlerts: Key[] = [
  ...(['alertTaken', 'alertNotTaken', 'alertResolved', 'alertNotResolved', 'alertEscalated'] as const),
  ...(['alertHelpCalled', 'alertTakes', 'whichAlert', 'alertDetail', 'alertUndone'] as const),
  ...(['alertChangedSince', 'alertStaysEscalated'] as const),
];

/** What planners hear because time passes: in digests.test.ts. */
export const heardInTime: Key[] = ['technician.not-reading', 'maintenance.unconfirmed'];

/** What is heard of calls for help: in calls.test.ts. */
export const heardByCalls: Key[] = ['callTakenBefore', 'call.seen', 'call.unanswered'];

/** What whoever sends a code of the panel's hears: in enrolment.test.ts. */
export const heardByEnrolment: Key[] = ['enrolled', 'enrolledElsewhere'];
