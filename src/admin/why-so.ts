import { windowOpenUntil } from '../domain/service-window.ts';
import type { MessageDetail } from '../store/messages.ts';
import { wayWords } from './message-words.ts';

type Try = MessageDetail['attempts'][number];

/** What was decided about a message and why, as far as the log holds it; `say` writes a moment. */
export const decisionsOf = (detail: MessageDetail, say: (at: Date) => string): string[] => {
  const { message, attempts, dueAt, family, firstId } = detail;
  if (message.direction === 'in') return [];
  const { lane, reason, way } = message;
  const own = family.find(({ id }) => id === message.id);
  const by = wayWords[way];
  return [
    ...(lane && lanes[lane] ? [lanes[lane]] : []),
    ...(own?.resentOf
      ? [`Somebody had it sent again, by ${by} and no other way.`]
      : message.id !== firstId
        ? [`It says by ${by} what had not arrived by the way before.`]
        : []),
    ...(reason === 'quiet-hours' && dueAt
      ? [`It waits for the end of quiet hours, until ${say(dueAt)}.`]
      : []),
    ...(reason !== 'quiet-hours' && dueAt && attempts.length > 0
      ? [`It is tried again at ${say(dueAt)}.`]
      : []),
    ...(attempts.length === 0 && endedUntried.has(message.status) ? ['No try was made to send it.'] : []),
    ...attempts.flatMap((each, index) => aboutTry(each, index + 1, message.way, message.kind, say)),
  ];
};

const endedUntried = new Set(['failed', 'expired', 'cancelled']);

const lanes: Record<string, string> = {
  critical: 'It is critical: it goes before everything else and waits for no quiet hours.',
  reply: 'It answers somebody or calls for help: it waits for no quiet hours.',
  notification: 'It is a notice: it can be paused, and waits for the end of quiet hours.',
  digest: 'It can wait: it goes after everything else, and not in quiet hours.',
};

const aboutTry = (
  { reason, template, contentSid, sendingAt, heardAt }: Try,
  number: number,
  way: string,
  kind: string | null,
  say: (at: Date) => string,
): string[] => {
  const which = `Try ${number}`;
  const why = whyTried(reason);
  return [
    ...(why ? [`${which}: ${why}`] : []),
    ...(way === 'whatsapp'
      ? [`${which}: ${windowAt(sendingAt, heardAt, say)} ${form(template, contentSid, kind)}`]
      : []),
  ];
};

const whyTried = (reason: string): string | null => {
  if (reason === 'possible-duplicate')
    return 'the one before got no clear answer and was not found at the provider, so it was sent once more. It may have arrived twice.';
  if (reason.startsWith('retry:')) return 'the one before was refused for something that passes.';
  const [, code] = /^failed:(\w+)/.exec(reason) ?? [];
  if (code === '63016')
    return 'WhatsApp had said that the 24 hours were over, so it was sent in the form that is allowed then.';
  return code
    ? `the one before had failed with ${code === 'null' ? 'an error' : `error ${code}`}, and another try could help.`
    : null;
};

const windowAt = (sendingAt: Date, heardAt: Date | null, say: (at: Date) => string): string => {
  if (!heardAt)
    return 'the person had not written lately, so the 24 hours in which any text is allowed were not open.';
  const until = windowOpenUntil({ lastInboundAt: heardAt, windowRefusedAt: null }, sendingAt);
  return until
    ? `the person had written at ${say(heardAt)}, so any text was allowed.`
    : `the person had last written at ${say(heardAt)}, so the 24 hours in which any text is allowed were over.`;
};

const form = (template: string | null, contentSid: string | null, kind: string | null): string => {
  if (template) {
    const [name, locale, sid] = template.split('/');
    return `It went as the template for ${name}, ${locale} (${sid}).`;
  }
  const plain = contentSid ? 'It went as text with buttons.' : 'It went as plain text.';
  return kind === 'reply' ? plain : `${plain} No template was used.`;
};
