import type { Way } from '../domain/message.ts';
import type { When, WorkOrder } from '../domain/work-order.ts';
import { roomFor } from './by-way.ts';
import type { Language, Reader, Texts } from './language.ts';
import { listPage, numberOf } from './layout.ts';
import { dueIn, partsIn } from './parts.ts';
import { oneLine } from './shorten.ts';

/** Several reminders in one message, made of one language's words. */
export const digestIn = (language: Language, way: Way): Texts['digest'] => {
  const { notices, replies, mail } = language;
  const { mark, bold, commandsFor } = partsIn(language, way);
  const [bullet, between] = way === 'whatsapp' ? ['•', ' · '] : ['-', ', '];
  const foot = (first: WorkOrder) =>
    way === 'email'
      ? `${mail.answerWith} ${commandsFor(first).on('START')}`
      : mark('💬', replies.myWork.foot(commandsFor(first)));
  const assetOf = ({ asset }: WorkOrder) => (asset ? oneLine(asset.name, 60) : language.noAsset);
  const duePart = (due: When | null, reader: Reader) =>
    due ? dueIn(due, language, reader) : language.noDueDate;
  return (orders, reader) =>
    listPage(orders, 0, {
      room: roomFor[way].notice,
      head: mark('⏰', bold(notices.digest(orders.length))),
      write: (order) =>
        `${bullet} ${[
          bold(numberOf(order)),
          oneLine(order.title, 60),
          assetOf(order),
          duePart(order.due, reader),
        ].join(between)}`,
      more: (left) => `${way === 'whatsapp' ? '… ' : ''}${language.andMoreInMyWork(left, commandsFor(null))}`,
      foot: orders[0] ? foot(orders[0]) : '',
    }).text;
};

/** On one line, for a template's variable: orders and their fields have separators of their own. */
export const digestLineIn =
  (language: Language): Texts['digestLine'] =>
  (orders, reader) => {
    const parts = ({ number, title, asset, due }: WorkOrder) => {
      const when = due ? dueIn(due, language, reader) : language.noDueDate;
      return [
        `${numberOf({ number })} ${oneLine(title, 60)}`,
        asset ? oneLine(asset.name, 60) : language.noAsset,
        when.charAt(0).toLowerCase() + when.slice(1),
      ].join(', ');
    };
    const entries = orders.map((order, at) => `${at + 1}) ${parts(order)}`);
    return `${language.notices.digest(orders.length)}: ${entries.join('; ')}`;
  };
