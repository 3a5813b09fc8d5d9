import type { OrderLine } from '../commands/command.ts';
import { daysUntil } from '../domain/dates.ts';
import type { Priority, When, WorkOrder } from '../domain/work-order.ts';
import type { Reader, Texts } from './language.ts';
import { maxBodyLength, oneLine, shorten } from './shorten.ts';
import { writeDay, writeMoment } from './when.ts';

const priorities: Record<Priority, string> = {
  low: 'Low',
  medium: 'Medium',
  high: 'High',
  critical: 'Critical',
};

const statuses = {
  open: 'open',
  assigned: 'not acknowledged',
  acknowledged: 'acknowledged',
  in_progress: 'in progress',
  delayed: 'delayed',
  completed: 'completed',
  cancelled: 'cancelled',
};

const assetName = (order: Pick<OrderLine, 'asset'>): string => (order.asset ? order.asset.name : 'no asset');

const heading = (order: OrderLine): string =>
  `*${oneLine(order.number, 64)}* · ${oneLine(assetName(order), 100)}\n${oneLine(order.title, 200)}`;

const due = (when: When | null, reader: Reader): string => (when ? writeDay(when, reader) : 'no date');

const others = (count: number): string =>
  count === 0 ? '' : `\n${count} other order${count === 1 ? '' : 's'} waiting: MY WORK`;

const dueIn = (when: When, reader: Reader): string => {
  const days = daysUntil(when, reader.timeZone, reader.now);
  const count = `${Math.abs(days)} day${Math.abs(days) === 1 ? '' : 's'}`;
  if (days === 0) return 'Due today';
  return days > 0 ? `Due in ${count}` : `Overdue by ${count}`;
};

const listLine = (order: OrderLine, reader: Reader): string =>
  `• *${oneLine(order.number, 64)}* · ${oneLine(assetName(order), 60)} · ${statuses[order.status]}` +
  `${order.due ? ` · due ${writeDay(order.due, reader)}` : ''}\n  ${oneLine(order.title, 80)}`;

/** As many lines as one message holds, and how many were left out. */
const list = (orders: OrderLine[], reader: Reader, room: number): string => {
  const lines: string[] = [];
  let length = 0;
  for (const order of orders) {
    const line = listLine(order, reader);
    if (length + line.length + 1 > room) break;
    lines.push(line);
    length += line.length + 1;
  }
  const left = orders.length - lines.length;
  return lines.join('\n') + (left > 0 ? `\n… and ${left} more` : '');
};

const notice = (order: WorkOrder, lines: { head: string; facts: string[]; options: string[] }): string => {
  const head = [lines.head, ...lines.facts].join('\n');
  const options = ['💬 *Reply with:*', ...lines.options].join('\n');
  const room = maxBodyLength - head.length - options.length - 4;
  const description = order.description?.trim() ? shorten(order.description.trim(), room) : '';
  return [head, description, options].filter((part) => part !== '').join('\n\n');
};

const orderFacts = (order: WorkOrder): string[] => [
  `📋 *WO#:* ${oneLine(order.number, 64)}`,
  `📝 *Title:* ${oneLine(order.title, 300)}`,
];

const assetFact = (order: WorkOrder): string =>
  `🏭 *Asset:* ${oneLine(assetName(order), 150)}${order.asset?.location ? ` (${oneLine(order.asset.location, 100)})` : ''}`;

export const en: Texts = {
  replies: {
    acknowledged: ({ order, others: count }) =>
      `✅ Acknowledged\n${heading(order)}\nNext: START when you begin.${others(count)}`,
    alreadyAcknowledged: ({ order }) =>
      `ℹ️ Nothing changed: already ${order.status === 'in_progress' ? 'in progress' : statuses[order.status]}\n${heading(order)}\nNext: ${order.status === 'in_progress' ? 'NOTE {text} or COMPLETE' : 'START'}.`,
    started: ({ order, resumed, others: count }) =>
      `▶️ ${resumed ? 'Resumed' : 'Started'}\n${heading(order)}\nNext: NOTE {text} as you go, COMPLETE when it is done.${others(count)}`,
    alreadyStarted: ({ order }) =>
      `ℹ️ Nothing changed: already in progress\n${heading(order)}\nNext: NOTE {text} or COMPLETE.`,
    completed: ({ order, others: count }) =>
      `🏁 Completed\n${heading(order)}\nThank you.${count === 0 ? ' MY WORK shows what is left.' : others(count)}`,
    alreadyClosed: ({ order }) =>
      `ℹ️ Nothing changed: already ${statuses[order.status]}\n${heading(order)}\nMY WORK shows what is left.`,
    notStarted: ({ order }) =>
      `⚠️ Not completed: not started yet\n${heading(order)}\nSend START ${oneLine(order.number, 64)} first, then COMPLETE.`,
    noted: ({ order, text }) =>
      `📝 Note saved\n${heading(order)}\n“${shorten(text, 300)}”\nNext: COMPLETE when it is done.`,
    noteNeedsText: () => '✏️ Nothing saved: what should the note say?\nSend for example: NOTE seal replaced',
    myWork: ({ orders }, reader) =>
      orders.length === 0
        ? '👍 No open work orders are assigned to you.'
        : `🧰 *Your work orders (${orders.length})*\n${list(orders, reader, 1300)}\nReply with a command and the number, for example: START ${oneLine(orders[0]!.number, 64)}`,
    help: ({ name }) =>
      [
        `👋 ${shorten(name, 60)}, these are the commands:`,
        '🧰 *MY WORK* - your work orders, what to do next first',
        '✅ *ACK* - acknowledge receipt',
        '▶️ *START* - start or resume work',
        '🏁 *COMPLETE* - mark as done',
        '📝 *NOTE* {text} - add a note',
        '❓ *HELP* - this list',
        'Add the number if you have several orders, for example: ACK WO-1042. The end of the number is enough.',
      ].join('\n'),
    nothingToDo: ({ command }) =>
      `👍 Nothing changed: no open work orders are assigned to you, so there is nothing to ${command}.`,
    noSuchOrder: ({ given }) =>
      `🔎 Nothing changed: ${shorten(given, 80)} is not among your orders.\nMY WORK lists them.`,
    whichOrder: ({ command, orders, leftOver }, reader) =>
      `❓ Nothing changed: ${leftOver === null ? 'which order?' : `“${shorten(leftOver, 80)}” is not one of your orders. Which one do you mean?`}\n${list(orders, reader, 1100)}\nSend for example: ${command} ${oneLine(orders[0]!.number, 64)}${command === 'NOTE' ? ' {text}' : ''}`,
    notUnderstood: ({ given }) =>
      `🤔 Nothing changed: I did not understand “${shorten(given, 80)}”.\nSend MY WORK for your orders or HELP for all commands.`,
    textOnly: () =>
      '🤔 Nothing changed: I can only read text so far.\nSend MY WORK for your orders or HELP for all commands.',
    tooLate: ({ given }) =>
      `⏳ Nothing changed: your message “${shorten(given, 200)}” reached us late. If you still want it, please send it again.`,
    notDone: () =>
      '⚠️ Your message was not carried out, and nothing changed. The fault is ours and has been reported. Please send it again later.',
  },

  notices: {
    'work-order.assigned': (order, reader) =>
      notice(order, {
        head: '🔧 *New Work Order Assigned*',
        facts: [
          ...orderFacts(order),
          assetFact(order),
          `⚡ *Priority:* ${priorities[order.priority]}`,
          `📅 *Due:* ${due(order.due, reader)}`,
        ],
        options: ['✅ ACK - Acknowledge receipt', '▶️ START - Start work', '❓ HELP - Request assistance'],
      }),
    'maintenance.scheduled': (order, reader) =>
      notice(order, {
        head: '🗓️ *Scheduled Maintenance*',
        facts: [
          ...orderFacts(order),
          assetFact(order),
          `📅 *Scheduled:* ${order.scheduled && 'at' in order.scheduled ? writeMoment(order.scheduled.at, reader) : due(order.scheduled, reader)}`,
        ],
        options: ['✅ ACK - Acknowledge receipt', '▶️ START - Start work', '❓ HELP - Request assistance'],
      }),
    'work-order.unassigned': (order) =>
      `↪️ *Work Order Reassigned*\n${orderFacts(order).join('\n')}\n${assetFact(order)}\n\nIt is no longer yours. You need not do anything.`,
    'work-order.reminder': (order, reader) =>
      notice(
        { ...order, description: null },
        {
          head: '⏰ *Work Order Reminder*',
          facts: [
            ...orderFacts(order),
            `⏳ ${order.due ? dueIn(order.due, reader) : 'No due date'}`,
            `📅 *Due Date:* ${due(order.due, reader)}`,
          ],
          options: [
            '📊 STATUS - Update status',
            '⏸️ DELAY {reason} - Report delay',
            '🏁 COMPLETE - Mark as done',
          ],
        },
      ),
  },

  buttons: {
    ACK: 'Acknowledge',
    START: 'Start',
    COMPLETE: 'Complete',
    CONFIRM: 'Confirm',
    STATUS: 'Status',
    HELP: 'Help',
  },

  stranger:
    'This number is for registered technicians. If you should have access, please ask your supervisor to add your phone.',
};
