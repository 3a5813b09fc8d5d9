import type { Way } from '../domain/message.ts';
import type { WorkOrder } from '../domain/work-order.ts';
import { roomFor } from './by-way.ts';
import type { Language, Texts } from './language.ts';
import { noticePage, numberOf } from './layout.ts';
import { dueIn, partsIn } from './parts.ts';
import { oneLine } from './shorten.ts';

/** What people are told of their orders, made of one language's words. */
export const noticesIn = (language: Language, way: Way): Texts['notices'] => {
  const { notices, mail } = language;
  const { labels } = notices;
  const { mark, bold, commandsFor, place, day, scheduled } = partsIn(language, way);
  const room = roomFor[way];
  const fact = (emoji: string, label: string, value: string) => mark(emoji, `${bold(`${label}:`)} ${value}`);
  const orderFacts = (order: WorkOrder) => [
    fact('📋', labels.number, numberOf(order)),
    fact('📝', labels.title, oneLine(order.title, room.title)),
  ];
  const assetFact = (order: WorkOrder) => fact('🏭', labels.asset, place(order));

  /** How to answer, after the facts; null where nothing is to be answered. */
  const page = (description: string | null, head: string, facts: string[], answers: string[] | string) => {
    const options =
      typeof answers === 'string'
        ? [answers]
        : [mark('💬', bold(way === 'email' ? mail.answerWith : notices.replyWith)), ...answers];
    return noticePage(description, {
      head,
      facts,
      options,
      room: room.notice,
    });
  };
  const optionsFor = (order: WorkOrder) => notices.options(commandsFor(order));

  return {
    'work-order.assigned': (order, reader) => {
      const { ack, start, help } = optionsFor(order);
      const facts = [
        ...orderFacts(order),
        assetFact(order),
        fact('⚡', labels.priority, language.priorities[order.priority]),
        fact('📅', labels.due, day(order.due, reader)),
      ];
      const answers = [mark('✅', ack), mark('▶️', start), mark('❓', help)];
      return page(order.description, mark('🔧', bold(notices.assigned)), facts, answers);
    },
    'maintenance.scheduled': (order, reader) => {
      const { confirm, start, help } = optionsFor(order);
      const facts = [
        ...orderFacts(order),
        assetFact(order),
        fact('📅', labels.scheduled, scheduled(order, reader)),
      ];
      const answers = [mark('🗓️', confirm), mark('▶️', start), mark('❓', help)];
      return page(order.description, mark('🗓️', bold(notices.scheduled)), facts, answers);
    },
    'maintenance.reminder': (order, reader) => {
      const { confirm, start, help } = optionsFor(order);
      const facts = [
        mark('⏳', notices.notConfirmed),
        ...orderFacts(order),
        assetFact(order),
        fact('📅', labels.scheduled, scheduled(order, reader)),
      ];
      const answers = [mark('🗓️', confirm), mark('▶️', start), mark('❓', help)];
      return page(null, mark('🗓️', bold(notices.scheduled)), facts, answers);
    },
    'work-order.unassigned': (order) => {
      const facts = [...orderFacts(order), assetFact(order)];
      return page(null, mark('↪️', bold(notices.unassigned)), facts, notices.notYours);
    },
    'work-order.cancelled': (order) => {
      const facts = [...orderFacts(order), assetFact(order)];
      return page(null, mark('🚫', bold(notices.cancelled)), facts, notices.nothingToDo);
    },
    'work-order.reminder': (order, reader) => {
      const { status, delay, complete } = optionsFor(order);
      const facts = [
        ...orderFacts(order),
        mark('⏳', order.due ? dueIn(order.due, language, reader) : language.noDueDate),
        fact('📅', labels.dueDate, day(order.due, reader)),
      ];
      const answers = [mark('📊', status), mark('⏸️', delay), mark('🏁', complete)];
      return page(null, mark('⏰', bold(notices.reminder)), facts, answers);
    },
  };
};

/** An order's fields one by one, for templates. */
export const fieldsIn = (language: Language, way: Way): Texts['fields'] => {
  const { place, day, scheduled } = partsIn(language, way);
  return {
    number: numberOf,
    title: ({ title }) => oneLine(title, 300),
    description: ({ description }) => oneLine(description ?? '', 600),
    priority: ({ priority }) => language.priorities[priority],
    kind: ({ kind }) => language.orderKinds[kind],
    asset: place,
    dueAt: ({ due }, reader) => day(due, reader),
    dueIn: ({ due }, reader) => (due ? dueIn(due, language, reader) : language.noDueDate),
    scheduledFor: scheduled,
    status: ({ status }) => language.statuses[status],
  };
};
