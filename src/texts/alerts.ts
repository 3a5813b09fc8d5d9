import type { AlertLine } from '../domain/alert.ts';
import type { Way } from '../domain/message.ts';
import { roomFor } from './by-way.ts';
import type { Language, Reader, Texts } from './language.ts';
import { joinLines, listPage, noticePage, placeOf } from './layout.ts';
import { partsIn } from './parts.ts';
import { oneLine } from './shorten.ts';
import { writeMoment } from './when.ts';

/** What somebody is paged with, made of one language's words. */
export const pageIn = (language: Language, way: Way): Texts['page'] => {
  const { alerts: words, notices, mail } = language;
  const { mark, bold, commandsFor, alertHeading } = partsIn(language, way);
  const fact = (emoji: string, label: string, value: string) => mark(emoji, `${bold(`${label}:`)} ${value}`);
  const attention = (alert: AlertLine) => alert.severity === 'critical' && mark('⚠️', bold(words.attention));
  const options = () => {
    const { responding, escalate } = words.options(commandsFor(null));
    const replyWith = way === 'email' ? mail.answerWith : notices.replyWith;
    return [mark('💬', bold(replyWith)), mark('🏃', responding), mark('🆘', escalate)];
  };

  const one = (alert: AlertLine, reader: Reader) => {
    const facts = [
      fact('🏭', notices.labels.asset, placeOf(alert, language.noAsset)),
      fact('🔔', words.alert, oneLine(alert.message, 500)),
      fact('🕐', words.time, writeMoment(alert.raisedAt, reader)),
    ];
    const isUrgent = attention(alert);
    return noticePage(null, {
      head: mark('🚨', bold(words.head(alert.severity))),
      facts: isUrgent ? [...facts, '', isUrgent] : facts,
      options: options(),
      room: roomFor[way].notice,
    });
  };

  const several = (alerts: AlertLine[], reader: Reader) => {
    const isCritical = alerts.every(({ severity }) => severity === 'critical');
    const bullet = way === 'whatsapp' ? '•' : '-';
    const isUrgent = isCritical && attention(alerts[0]!);
    return listPage(alerts, 0, {
      room: roomFor[way].notice,
      head: mark('🚨', bold(words.several(alerts.length, isCritical))),
      write: (alert) => `${bullet} ${alertHeading(alert)} · ${writeMoment(alert.raisedAt, reader)}`,
      more: (left) => language.andMore(left),
      foot: joinLines(isUrgent && `\n${isUrgent}`, `\n${options().join('\n')}`),
    }).text;
  };

  return (alerts, reader) => (alerts.length === 1 ? one(alerts[0]!, reader) : several(alerts, reader));
};
