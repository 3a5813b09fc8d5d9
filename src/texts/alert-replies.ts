import type { AlertNow, ReplyValues } from '../commands/command.ts';
import { wordOn } from '../commands/words.ts';
import type { AlertLine } from '../domain/alert.ts';
import type { Way } from '../domain/message.ts';
import type { Language, Reader, Texts } from './language.ts';
import { joinLines, listPage } from './layout.ts';
import { nameOf, partsIn } from './parts.ts';
import { oneLine, shorten } from './shorten.ts';
import { writeMoment } from './when.ts';

const mostOnTop = 3;

type AboutAlerts = Extract<keyof ReplyValues, `alert${string}` | 'whichAlert'>;

/** What a technician is answered about alerts, made of one language's words. */
export const alertRepliesIn = (language: Language, way: Way) => {
  const { replies: words } = language;
  const { mark, bold, commandsFor, listLine, toldLine, names, undone, alertHeading } = partsIn(language, way);
  const commands = commandsFor(null);
  const by = (name: string | null) => nameOf(name) ?? '';
  const since = (at: Date | null, reader: Reader) => (at ? writeMoment(at, reader) : '');
  // More of them are counted: what comes next must still fit.
  const most = way === 'sms' ? { listed: 3, missed: 1 } : { listed: 5, missed: 3 };
  const bullet = way === 'whatsapp' ? '•' : '-';

  const heading = (alert: AlertLine, reader: Reader) =>
    `${alertHeading(alert)}\n${words.alertSince(writeMoment(alert.raisedAt, reader))} · ${oneLine(alert.externalId, 64)}`;
  /** One in full, several by their lines. */
  const headings = (alerts: AlertLine[], reader: Reader) =>
    alerts.length === 1
      ? heading(alerts[0]!, reader)
      : joinLines(
          ...alerts.slice(0, most.listed).map((alert) => `${bullet} ${short(alert)}`),
          alerts.length > most.listed && language.andMore(alerts.length - most.listed),
        );
  const short = ({ asset, message }: AlertLine) =>
    `${bold(oneLine(asset.name, 40))} · ${oneLine(message, 60)}`;
  const line = ({ alert, state, by: who }: AlertNow) => {
    const { [state]: says } = words.alertStateInList;
    return `${short(alert)} · ${typeof says === 'string' ? says : says(oneLine(who ?? '', 30))}`;
  };
  const stateLine = ({ state, by: who, at }: AlertNow, reader: Reader) => {
    const { open, mine, taken, resolved } = words.alertState;
    if (state === 'open') return open;
    if (state === 'taken') return taken(by(who), since(at, reader));
    return (state === 'mine' ? mine : resolved)(since(at, reader));
  };
  /** Where no message can be quoted a command goes on with the alert's id; of several, with any. */
  const commandsOn = (alerts: AlertLine[]) =>
    alerts.length === 1 ? commandsFor({ number: alerts[0]!.externalId }) : commands;
  const nextIn = (state: AlertNow['state'], alerts: AlertLine[]) => {
    if (state === 'resolved') return false;
    const { mine, open } = words.alertTakes;
    if (state === 'mine') return mine(commandsOn(alerts));
    return state === 'open' ? open(commands) : words.alertNotTaken.help(commands);
  };
  /** Whoever is told, in a line of its own; nobody: nothing. */
  const toldOf = (told: string[], say: (names: string) => string) => told.length > 0 && say(names(told));

  const replies: Pick<Texts['replies'], AboutAlerts> = {
    alertTaken: ({ alerts, missed, told, others }, reader) =>
      joinLines(
        mark('🏃', words.alertTaken.head),
        headings(alerts, reader),
        missed.length > 0 && words.alertTaken.missed,
        ...missed.slice(0, most.missed).map((each) => `${bullet} ${line(each)}`),
        missed.length > most.missed && language.andMore(missed.length - most.missed),
        toldOf(told, words.alertTaken.told),
        words.alertTaken.next(commandsOn(alerts)),
        others > 0 && words.alertTaken.others(others, commands),
      ),
    alertNotTaken: ({ alert, state, by: who, at }, reader) => {
      const { mine, taken, resolved } = words.alertNotTaken;
      const when = since(at, reader);
      return joinLines(
        mark('ℹ️', state === 'mine' ? mine(when) : state === 'taken' ? taken(by(who), when) : resolved(when)),
        heading(alert, reader),
        nextIn(state, [alert]),
      );
    },
    alertResolved: ({ alerts, told }, reader) =>
      joinLines(
        mark('🏁', words.alertResolved.head),
        headings(alerts, reader),
        toldOf(told, words.alertResolved.told),
        `${words.thanks} ${language.next(commands).whatIsLeft}`,
      ),
    alertNotResolved: ({ alert, state, by: who, at }, reader) => {
      const { open, taken, respondFirst, byHim } = words.alertNotResolved;
      if (state === 'resolved') {
        return joinLines(
          mark('ℹ️', words.alertNotTaken.resolved(since(at, reader))),
          heading(alert, reader),
          language.next(commands).whatIsLeft,
        );
      }
      return joinLines(
        mark('⚠️', state === 'open' ? open : taken(by(who), since(at, reader))),
        heading(alert, reader),
        state === 'open' ? respondFirst(commandsOn([alert])) : byHim(by(who)),
      );
    },
    alertEscalated: ({ alert, told, released }, reader) =>
      joinLines(
        mark('🆘', released ? words.alertEscalated.released : words.alertEscalated.head),
        heading(alert, reader),
        toldLine(told, 'supervisor'),
        told.length > 0 && words.alertEscalated.next,
      ),
    alertHelpCalled: ({ alert, by: who, at, told }, reader) =>
      joinLines(
        mark('🆘', words.alertEscalated.head),
        heading(alert, reader),
        words.alertState.taken(by(who), since(at, reader)),
        toldLine(told, 'supervisor'),
      ),
    alertTakes: ({ alerts, command }, reader) => {
      const { command: notFor, thumb, kept } = words.alertTakes;
      const head =
        command === 'ATTACH'
          ? kept
          : command === null
            ? thumb(way === 'whatsapp' ? '👍' : null)
            : notFor(way === 'whatsapp' ? wordOn(way, language.vocabulary, command) : null);
      const [only, ...more] = alerts;
      const mine = alerts.filter(({ state }) => state === 'mine');
      return joinLines(
        mark('ℹ️', head),
        headings(
          alerts.map(({ alert }) => alert),
          reader,
        ),
        only && more.length === 0 ? stateLine(only, reader) : null,
        nextIn(
          mine[0]?.state ?? only?.state ?? 'open',
          mine.map(({ alert }) => alert),
        ),
      );
    },
    whichAlert: ({ alerts, orders, all, leftOver }, reader) => {
      const { head, leftOver: notOne, all: everything } = words.whichAlert;
      const entries = [
        ...alerts.map((each) => (nth: number) => `${nth}. ${line(each)}`),
        ...orders.map((order) => (nth: number) => listLine(order, `${nth}.`, reader)),
      ];
      const last = all ? `${entries.length + 1}. ${everything}` : '';
      return listPage(entries, 0, {
        room: reader.room,
        head: mark('❓', leftOver === null ? head : notOne(shorten(leftOver, 80))),
        write: (write, nth) => write(nth),
        more: (left) => `… ${language.andMore(left)}`,
        foot: joinLines(last, words.whichOrder.foot),
      }).text;
    },
    alertDetail: (now, reader) =>
      joinLines(
        mark('🚨', alertHeading(now.alert)),
        `${words.alertSince(writeMoment(now.alert.raisedAt, reader))} · ${language.priorities[now.alert.severity]} · ${oneLine(now.alert.externalId, 64)}`,
        stateLine(now, reader),
        now.told.length > 0 && language.told(names(now.told)),
        nextIn(now.state, [now.alert]),
      ),
    alertUndone: ({ alerts, types, told }, reader) => {
      const [only, ...more] = alerts;
      return joinLines(
        mark('↩️', words.undone.head(undone(types))),
        headings(
          alerts.map(({ alert }) => alert),
          reader,
        ),
        only && more.length === 0 ? stateLine(only, reader) : null,
        told.length > 0 && language.told(names(told)),
        words.undone.next(commands),
      );
    },
    alertStaysEscalated: (now, reader) =>
      joinLines(
        mark('ℹ️', words.alertStaysEscalated),
        heading(now.alert, reader),
        stateLine(now, reader),
        nextIn(now.state, [now.alert]),
      ),
    alertChangedSince: ({ alert, by: who, at }, reader) =>
      joinLines(
        `${mark('ℹ️', words.alertChangedSince.head(nameOf(who)))} (${writeMoment(at, reader)})`,
        heading(alert, reader),
      ),
  };

  return {
    replies,
    /** Above the first page of a list. */
    alertsOnTop: (alerts: AlertNow[], from: number) =>
      alerts.length > 0 &&
      from === 0 &&
      joinLines(
        mark('🚨', bold(words.alertsWaiting(alerts.length))),
        ...alerts.slice(0, mostOnTop).map((each) => `${bullet} ${line(each)}`),
        alerts.length > mostOnTop && language.andMore(alerts.length - mostOnTop),
      ),
  };
};
