import type { AttachmentKind, OrderLine } from '../commands/command.ts';
import type { AlertLine } from '../domain/alert.ts';
import { daysUntil } from '../domain/dates.ts';
import type { Way } from '../domain/message.ts';
import type { OrderStatus, When, WorkOrder } from '../domain/work-order.ts';
import { roomFor, styleOf } from './by-way.ts';
import type { Language, Reader } from './language.ts';
import { numberOf, orderHeading, placeOf } from './layout.ts';
import { oneLine, shorten } from './shorten.ts';
import { writeDay, writeMoment } from './when.ts';

/** What several texts are made of. */
export const partsIn = (language: Language, way: Way) => {
  const style = styleOf(language, way);
  const { mark, bold, commandsFor } = style;
  const day = (when: When | null, reader: Reader) => (when ? writeDay(when, reader) : language.noDate);
  const names = (told: string[]) => {
    const shown = told.slice(0, 3).map((name) => oneLine(name, 60));
    return shown.join(', ') + (told.length > 3 ? ` ${language.andMore(told.length - 3)}` : '');
  };
  return {
    ...style,
    day,
    names,
    nextFor: (order: OrderLine) => nextStep(language.next(commandsFor(order)))[order.status],
    quoted: (text: string, length: number) => `“${shorten(text, Math.min(length, roomFor[way].quote))}”`,
    heading: (order: OrderLine) => orderHeading(order, language.noAsset, bold),
    /** What is wrong and where, on a line. */
    alertHeading: ({ asset, message }: AlertLine) =>
      `${bold(oneLine(asset.name, 100))} · ${oneLine(message, 200)}`,
    place: (order: WorkOrder) => placeOf(order, language.noAsset),
    scheduled: ({ scheduled: when }: WorkOrder, reader: Reader) =>
      when && 'at' in when ? writeMoment(when.at, reader) : day(when, reader),
    listLine: (order: OrderLine, bullet: string, reader: Reader) =>
      `${bullet} ${bold(numberOf(order))} · ${order.asset ? oneLine(order.asset.name, 60) : language.noAsset}` +
      ` · ${language.statuses[order.status]}` +
      `${order.due ? ` · ${language.due(writeDay(order.due, reader))}` : ''}\n  ${oneLine(order.title, 80)}`,
    toldLine: (told: string[], whom: keyof Language['nobodyTold']) =>
      told.length > 0 ? language.told(names(told)) : mark('⚠️', language.nobodyTold[whom]),
    kept: (sent: AttachmentKind[]) =>
      [...new Set(sent)]
        .map((kind) => language.attachments[kind](sent.filter((each) => each === kind).length))
        .join(', '),
    undone: (types: string[]) => [...new Set(types)].map(language.step).join(` ${language.and} `),
    need: (what: string) => (Object.hasOwn(language.needs, what) ? language.needs[what]! : what),
  };
};

export const nameOf = (name: string | null): string | null => (name ? oneLine(name, 60) : null);

export const dueIn = (when: When, language: Language, reader: Reader): string => {
  const days = daysUntil(when, reader.timeZone, reader.now);
  if (days === 0) return language.dueToday;
  return days > 0 ? language.dueIn(days) : language.overdueBy(-days);
};

const nextStep = (next: ReturnType<Language['next']>): Record<OrderStatus, string> => ({
  open: '',
  assigned: next.ackOrStart,
  acknowledged: next.startWhenYouBegin,
  in_progress: next.noteOrDelay,
  delayed: next.startToResume,
  completed: '',
  cancelled: '',
});
