import type { OrderLine } from '../commands/command.ts';
import type { AlertLine } from '../domain/alert.ts';
import type { CallKind } from '../domain/chain.ts';
import type { Way } from '../domain/message.ts';
import { type Commands, roomFor } from './by-way.ts';
import type { Language, Texts } from './language.ts';
import { joinLines, listPage } from './layout.ts';
import { partsIn } from './parts.ts';
import { oneLine } from './shorten.ts';
import { writeMoment } from './when.ts';

/** What others are told of somebody, made of one language's words. */
export const newsIn = (language: Language, way: Way): Texts['news'] => {
  const { news, mail } = language;
  const { mark, bold, heading, undone, need, quoted, commandsFor, scheduled, names, alertHeading } = partsIn(
    language,
    way,
  );
  const room = roomFor[way];
  const about = (name: string) => oneLine(name, 60);
  const answers = (commands: Commands) => {
    const { responding, escalate } = language.alerts.options(commands);
    const replyWith = way === 'email' ? mail.answerWith : language.notices.replyWith;
    return [`\n${mark('💬', bold(replyWith))}`, mark('🏃', responding), mark('🆘', escalate)];
  };
  const calledFor = (of: CallKind[]) => of.map((kind) => news.taken.what[kind]).join(` ${language.and} `);
  const toTake = (order: OrderLine | null) => {
    const { say, on, withNumber } = commandsFor(order);
    // Who named no order is found without one.
    const commands = { say, withNumber, on: order ? on : say };
    return way === 'email'
      ? `\n${mail.answerWith}\n${commands.on('RESPONDING')}`
      : news.escalated.next(commands);
  };
  /** One alert, or several in a list with as many as fit. */
  const aboutAlerts = (head: string, alerts: AlertLine[], ...foot: (string | null | false)[]) =>
    alerts.length === 1
      ? joinLines(head, alertHeading(alerts[0]!), ...foot)
      : listPage(alerts, 0, {
          room: room.notice,
          head,
          write: (alert) => `${way === 'whatsapp' ? '•' : '-'} ${alertHeading(alert)}`,
          more: language.andMore,
          foot: joinLines(...foot),
        }).text;
  return {
    'work-order.delayed': ({ order, by, reason }) =>
      joinLines(
        mark('⏸️', news.delayed(about(by), bold)),
        heading(order),
        quoted(reason, room.quote),
        news.priority(order.priority),
      ),
    'work-order.escalated': ({ order, by, reason }) =>
      joinLines(
        mark('🆘', bold(news.escalated.head(about(by)))),
        order ? heading(order) : news.escalated.noOrder,
        reason && quoted(reason, room.quote),
        toTake(order),
      ),
    'work-order.needed': ({ order, by, what }) =>
      joinLines(
        mark('🙋', bold(news.needed(about(by)))),
        heading(order),
        quoted(what.split('\n').map(need).join('; '), room.quote),
        toTake(order),
      ),
    'work-order.taken': ({ order, of, by, caller }) =>
      joinLines(
        mark(
          '🏃',
          bold(
            caller === null
              ? news.taken.yours(about(by), calledFor(of))
              : news.taken.others(about(by), calledFor(of), about(caller)),
          ),
        ),
        order && heading(order),
        caller !== null && news.taken.next,
      ),
    'call.seen': ({ order, of, name }) =>
      joinLines(mark('👀', news.seen(about(name), calledFor(of))), order && heading(order)),
    'call.unanswered': ({ order, of }) =>
      joinLines(
        mark('⚠️', bold(news.unanswered.head(calledFor(of)))),
        order && heading(order),
        news.unanswered.next,
      ),
    'work-order.undone': ({ order, by, types }) =>
      joinLines(
        mark('↩️', news.undone(about(by), undone(types), bold)),
        order && heading(order),
        order && language.now(order.status),
      ),
    'alert.taken': ({ alerts, by }) =>
      aboutAlerts(
        mark('🏃', bold(news.alertTaken(about(by), alerts.length))),
        alerts,
        news.alertTakenNext(commandsFor(null)),
      ),
    'alert.released': ({ alerts, by }) =>
      aboutAlerts(
        mark('↩️', bold(news.alertReleased(about(by), alerts.length))),
        alerts,
        ...answers(commandsFor(null)),
      ),
    'alert.reopened': ({ alerts, by }) =>
      aboutAlerts(mark('↩️', bold(news.alertReopened(about(by), alerts.length))), alerts),
    'alert.escalated': ({ alert, by, reason, responder }) =>
      joinLines(
        mark('🆘', bold(news.alertEscalated(about(by)))),
        alertHeading(alert),
        reason && quoted(reason, room.quote),
        news.alertResponder(about(responder)),
      ),
    'alert.unanswered': ({ alert, told }) =>
      joinLines(
        mark('⚠️', bold(news.alertUnanswered)),
        alertHeading(alert),
        told.length > 0 && language.told(names(told)),
        news.alertUnansweredNext,
        ...answers(commandsFor(null)),
      ),
    'alert.seen': ({ alert, by }) =>
      joinLines(mark('👀', news.alertSeen(bold(about(by)))), alertHeading(alert)),
    'alert.resolved': ({ alerts, by, note }) =>
      aboutAlerts(
        mark(
          '✅',
          bold(news.alertResolved(alerts.length)) +
            (by === null ? '' : ` ${news.alertResolvedBy(about(by))}`),
        ),
        alerts,
        note && quoted(note, room.quote),
      ),
    'technician.opted-out': ({ name, way: by }) => mark('🔕', news.optedOut[by](bold(about(name)))),
    'technician.identity-changed': ({ name }) => mark('⚠️', news.identityChanged(bold(about(name)))),
    'technician.not-reading': ({ name, since }, reader) =>
      mark('🔕', news.notReading(bold(about(name)), writeMoment(since, reader))),
    'maintenance.unconfirmed': ({ order, by }, reader) =>
      joinLines(
        mark('🗓️', news.unconfirmed(about(by), bold)),
        heading(order),
        mark('📅', `${bold(`${language.notices.labels.scheduled}:`)} ${scheduled(order, reader)}`),
      ),
    'technician.not-reached': ({ name, order, alert, ways }) =>
      joinLines(
        mark('📵', bold(news.notReached.head(about(name)))),
        order && heading(order),
        alert && alertHeading(alert),
        ...ways.map(
          ({ way: by, why }) =>
            `${way === 'whatsapp' ? '•' : '-'} ${by ? `${news.notReached.ways[by]}: ` : ''}${news.notReached.why[why]}`,
        ),
        news.notReached.next,
        news.notReached.further,
      ),
  };
};
