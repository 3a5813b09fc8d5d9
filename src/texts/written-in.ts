import type { Way } from '../domain/message.ts';
import { alertFieldsIn } from './alert-fields.ts';
import { pageIn } from './alerts.ts';
import { plainText } from './by-way.ts';
import { digestIn, digestLineIn } from './digests.ts';
import { excursionIn } from './excursions.ts';
import type { Language, Texts } from './language.ts';
import { joinLines } from './layout.ts';
import { newsIn } from './news.ts';
import { fieldsIn, noticesIn } from './notices.ts';
import { partsIn } from './parts.ts';
import { repliesIn } from './replies.ts';

/** Everything people read by that way, made of one language's words. */
export const writtenIn = (language: Language, way: Way): Texts => ({
  replies: repliesIn(language, way),
  news: newsIn(language, way),
  notices: noticesIn(language, way),
  page: pageIn(language, way),
  digest: digestIn(language, way),
  digestLine: digestLineIn(language),
  subjects: {
    'work-order.assigned': language.notices.assigned,
    'work-order.unassigned': language.notices.unassigned,
    'work-order.cancelled': language.notices.cancelled,
    'maintenance.scheduled': language.notices.scheduled,
    'work-order.reminder': language.notices.reminder,
    'maintenance.reminder': language.notices.scheduled,
    ...language.mail.subjects,
  },
  excursion: excursionIn(language),
  buttons: language.buttons,
  fields: fieldsIn(language, way),
  alertFields: alertFieldsIn(language),
  kept: ({ kinds, onOrder }) => {
    const { kept, mark } = partsIn(language, way);
    const { attached, attachedNowhere } = language.replies;
    return mark('📎', onOrder ? attached(kept(kinds)) : attachedNowhere.head(kept(kinds)));
  },
  stranger: way === 'sms' ? plainText(language.stranger) : language.stranger,
  mailFooter: ({ whatsapp, sms }) =>
    joinLines(
      language.mail.notRead,
      whatsapp !== null && language.mail.answerByWhatsapp(whatsapp),
      sms !== null && language.mail.answerBySms(sms),
      whatsapp === null && sms === null && language.mail.answerNowhere,
    ),
});
