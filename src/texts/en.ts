import type { AttachmentKind, CommandName, OrderLine } from '../commands/command.ts';
import { daysUntil } from '../domain/dates.ts';
import type { OrderStatus, Priority, When, WorkOrder } from '../domain/work-order.ts';
import type { Reader, Texts } from './language.ts';
import { joinLines, listPage, noticePage, numberOf, orderHeading, placeOf, textPage } from './layout.ts';
import { oneLine, shorten } from './shorten.ts';
import { writeDay, writeMoment } from './when.ts';

const words: Record<CommandName, string[]> = {
  'MY WORK': ['MY WORK'],
  PENDING: ['PENDING'],
  STATUS: ['STATUS'],
  ACK: ['ACK'],
  START: ['START'],
  COMPLETE: ['COMPLETE'],
  NOTE: ['NOTE'],
  DELAY: ['DELAY'],
  ESCALATE: ['ESCALATE'],
  RESPONDING: ['RESPONDING'],
  CONFIRM: ['CONFIRM'],
  HELP: ['HELP', 'MENU'],
  NEED: ['NEED'],
  UNDO: ['UNDO'],
  MORE: ['MORE'],
  STOP: ['STOP', 'STOPALL', 'UNSUBSCRIBE', 'OPTOUT'],
};

const hints: Record<string, CommandName[]> = {
  END: ['COMPLETE', 'STOP'],
  CANCEL: ['UNDO', 'STOP'],
  QUIT: ['COMPLETE', 'STOP'],
  DONE: ['COMPLETE'],
  FINISHED: ['COMPLETE'],
  OK: ['ACK'],
  BEGIN: ['START'],
  GO: ['START'],
  RESUME: ['START'],
  LIST: ['MY WORK'],
};

const priorities: Record<Priority, string> = {
  low: 'Low',
  medium: 'Medium',
  high: 'High',
  critical: 'Critical',
};

const statuses: Record<OrderStatus, string> = {
  open: 'open',
  assigned: 'not acknowledged',
  acknowledged: 'acknowledged',
  in_progress: 'in progress',
  delayed: 'delayed',
  completed: 'completed',
  cancelled: 'cancelled',
};

const kinds: Record<AttachmentKind, [one: string, several: string]> = {
  image: ['photo', 'photos'],
  audio: ['voice note', 'voice notes'],
  video: ['video', 'videos'],
  document: ['document', 'documents'],
  contact: ['contact card', 'contact cards'],
  location: ['location', 'locations'],
};

/** What UNDO took back, by the event it had been. */
const steps: Record<string, string> = {
  'work_order.acknowledged': 'acknowledgement',
  'work_order.started': 'start',
  'work_order.resumed': 'resumption',
  'work_order.completed': 'completion',
  'work_order.delayed': 'delay',
  'work_order.noted': 'note',
  'work_order.escalated': 'escalation',
  'work_order.confirmed': 'confirmation',
  'work_order.attachment': 'attachment',
};

const noAsset = 'no asset';
const heading = (order: OrderLine): string => orderHeading(order, noAsset);
const day = (when: When | null, reader: Reader): string => (when ? writeDay(when, reader) : 'no date');
const plural = (count: number, one: string, several = `${one}s`): string =>
  `${count} ${count === 1 ? one : several}`;

const others = (count: number): string | false =>
  count > 0 && `${plural(count, 'other order')} waiting: MY WORK`;

const dueIn = (when: When, reader: Reader): string => {
  const days = daysUntil(when, reader.timeZone, reader.now);
  if (days === 0) return 'Due today';
  return days > 0 ? `Due in ${plural(days, 'day')}` : `Overdue by ${plural(-days, 'day')}`;
};

const listLine = (order: OrderLine, mark: string, reader: Reader): string =>
  `${mark} *${numberOf(order)}* · ${order.asset ? oneLine(order.asset.name, 60) : noAsset} · ${statuses[order.status]}` +
  `${order.due ? ` · due ${writeDay(order.due, reader)}` : ''}\n  ${oneLine(order.title, 80)}`;

const more = (left: number): string => `… and ${left} more: send MORE`;

const names = (told: string[]): string => {
  const shown = told.slice(0, 3).map((name) => oneLine(name, 60));
  return shown.join(', ') + (told.length > 3 ? ` and ${told.length - 3} more` : '');
};

const toldLine = (told: string[], whom: string): string =>
  told.length > 0 ? `Told: ${names(told)}` : `⚠️ No ${whom} could be told: please call.`;

const several = (sent: AttachmentKind[]): string =>
  [...new Set(sent)]
    .map((kind) => plural(sent.filter((each) => each === kind).length, ...kinds[kind]))
    .join(', ');

const undoneSteps = (types: string[]): string =>
  [...new Set(types)].map((type) => steps[type] ?? 'change').join(' and ');

const who = (by: string | null): string => (by === null ? 'The planner' : oneLine(by, 60));

const orderFacts = (order: WorkOrder): string[] => [
  `📋 *WO#:* ${numberOf(order)}`,
  `📝 *Title:* ${oneLine(order.title, 300)}`,
];

const assetFact = (order: WorkOrder): string => `🏭 *Asset:* ${placeOf(order, noAsset)}`;

const replyWith = '💬 *Reply with:*';
const option = {
  ack: '✅ ACK - Acknowledge receipt',
  start: '▶️ START - Start work',
  help: '❓ HELP - Request assistance',
};

export const en: Texts = {
  vocabulary: { words, hints },

  replies: {
    acknowledged: ({ order, others: count, toConfirm }) =>
      joinLines(
        '✅ Acknowledged',
        heading(order),
        toConfirm
          ? 'Next: CONFIRM that the date suits you, START when you begin.'
          : 'Next: START when you begin.',
        others(count),
      ),
    alreadyAcknowledged: ({ order }) =>
      joinLines(
        `ℹ️ Nothing changed: already ${statuses[order.status]}`,
        heading(order),
        order.status === 'in_progress' ? 'Next: NOTE {text} or COMPLETE.' : 'Next: START.',
      ),
    started: ({ order, resumed, others: count, paused }) =>
      joinLines(
        `▶️ ${resumed ? 'Resumed' : 'Started'}`,
        heading(order),
        'Next: NOTE {text} as you go, COMPLETE when it is done.',
        others(count),
        paused && '🔕 Notifications stay paused: send only START to resume them.',
      ),
    alreadyStarted: ({ order }) =>
      joinLines('ℹ️ Nothing changed: already in progress', heading(order), 'Next: NOTE {text} or COMPLETE.'),
    completed: ({ order, others: count }) =>
      joinLines(
        '🏁 Completed',
        heading(order),
        `Thank you.${count === 0 ? ' MY WORK shows what is left.' : ''}`,
        others(count),
      ),
    alreadyClosed: ({ order }) =>
      joinLines(
        `ℹ️ Nothing changed: already ${statuses[order.status]}`,
        heading(order),
        'MY WORK shows what is left.',
      ),
    notStarted: ({ order }) =>
      joinLines(
        '⚠️ Not completed: not started yet',
        heading(order),
        `Send START ${numberOf(order)} first, then COMPLETE.`,
      ),
    confirmed: ({ order, others: count }) =>
      joinLines('🗓️ Confirmed', heading(order), 'Next: START when you begin.', others(count)),
    alreadyConfirmed: ({ order }) =>
      joinLines(
        'ℹ️ Nothing changed: already confirmed',
        heading(order),
        order.status === 'in_progress' ? 'Next: NOTE {text} or COMPLETE.' : 'Next: START when you begin.',
      ),
    notScheduled: ({ order }) =>
      joinLines(
        'ℹ️ Nothing changed: only scheduled maintenance is confirmed',
        heading(order),
        `This one takes ACK ${numberOf(order)} or START ${numberOf(order)}.`,
      ),
    noted: ({ order, text }) =>
      joinLines(
        '📝 Note saved',
        heading(order),
        `“${shorten(text, 300)}”`,
        order.status === 'in_progress' ? 'Next: COMPLETE when it is done.' : 'Next: START when you begin.',
      ),
    delayed: ({ order, reason, told }) =>
      joinLines(
        '⏸️ Delayed',
        heading(order),
        `“${shorten(reason, 300)}”`,
        toldLine(told, 'planner'),
        'Next: START when you go on.',
      ),
    alreadyDelayed: ({ order }) =>
      joinLines(
        'ℹ️ Nothing changed: already delayed',
        heading(order),
        'NOTE {text} adds to the reason, START resumes.',
      ),
    notAcknowledged: ({ order }) =>
      joinLines(
        '⚠️ Not delayed: not acknowledged yet',
        heading(order),
        `Send ACK ${numberOf(order)} first, then DELAY and the reason.`,
      ),
    escalated: ({ order, told }) =>
      joinLines(
        '🆘 Escalated',
        order && heading(order),
        toldLine(told, 'supervisor'),
        !order && 'No order was named: tell them where you are.',
        told.length > 0 && 'You hear from us when somebody takes it.',
      ),
    needed: ({ order, what, told }) =>
      joinLines(
        '🙋 Asked for',
        heading(order),
        `“${shorten(what, 300)}”`,
        toldLine(told, 'supervisor'),
        'Next: NOTE {text}, or DELAY {reason} if you must wait.',
      ),
    needsText: ({ command, order }) =>
      joinLines(
        {
          NOTE: '✏️ Nothing saved yet: what should the note say?',
          DELAY: '✏️ Nothing changed yet: why is it delayed?',
          NEED: '✏️ Nobody asked yet: what do you need?',
        }[command],
        order && heading(order),
        {
          NOTE: 'Send it now, for example: seal replaced',
          DELAY: 'Send the reason now, for example: waiting for a part',
          NEED: 'Send it now, for example: a second pair of hands',
        }[command],
      ),
    whatDoYouNeed: ({ order }) =>
      joinLines(
        `❓ What do you need for ${numberOf(order)}?`,
        heading(order),
        '1 a hand',
        '2 a part',
        '3 a permit',
        'Reply 1, 2 or 3, or say what.',
        'Commands: MY WORK, STATUS, ACK, START, COMPLETE, NOTE, DELAY, ESCALATE, UNDO. HELP alone explains them.',
      ),
    noAlert: () => '👍 Nothing changed: no alert is open for you.\nMY WORK shows your orders.',
    escalationTaken: ({ order, technician }) =>
      joinLines(
        '🏃 You are taking it',
        heading(order),
        technician
          ? `${oneLine(technician, 60)} is told that you are on it.`
          : 'Nobody is assigned to it now.',
      ),
    undone: ({ order, types, told }) =>
      joinLines(
        `↩️ Taken back: ${undoneSteps(types)}`,
        order && heading(order),
        order && `Now ${statuses[order.status]}.`,
        told.length > 0 && `Told: ${names(told)}`,
        'UNDO again takes back the change before.',
      ),
    nothingToUndo: () => 'ℹ️ Nothing changed: there is no change of yours to take back.',
    tooLateToUndo: ({ order, at }, reader) =>
      joinLines(
        `ℹ️ Nothing changed: your last change was at ${writeMoment(at, reader)}, and UNDO works for 10 minutes.`,
        order && heading(order),
        'NOTE {text} tells the planner what is wrong.',
      ),
    changedSince: ({ order, by, at }, reader) =>
      joinLines(
        `ℹ️ Nothing taken back: ${who(by)} changed it since${at ? ` (${writeMoment(at, reader)})` : ''}`,
        heading(order),
        `STATUS ${numberOf(order)} shows how it is now.`,
      ),
    myWork: ({ orders, from }, reader) =>
      orders.length === 0
        ? '👍 No open work orders are assigned to you.'
        : listPage(orders, from, {
            head: `🧰 *Your work orders (${orders.length})*`,
            write: (order) => listLine(order, '•', reader),
            more,
            foot: `Reply with a command and the number, for example: START ${numberOf(orders[0]!)}`,
          }),
    pending: ({ orders, from }, reader) =>
      orders.length === 0
        ? '👍 No order waits for you. MY WORK shows what you have in hand.'
        : listPage(orders, from, {
            head: `⏳ *Waiting for you (${orders.length})*`,
            write: (order) => listLine(order, '•', reader),
            more,
            foot: `ACK, CONFIRM or START with the number, for example: START ${numberOf(orders[0]!)}`,
          }),
    counts: ({ counts }) =>
      joinLines(
        `📊 *Your orders (${Object.values(counts).reduce((sum, count) => sum + count, 0)})*`,
        ...(['in_progress', 'delayed', 'acknowledged', 'assigned'] as const).map(
          (status) => counts[status] !== undefined && `${counts[status]} ${statuses[status]}`,
        ),
        'STATUS and a number shows an order in full; MY WORK lists them.',
      ),
    orderDetail: ({ order, from }, reader) =>
      textPage(order.description?.trim() ?? '', from, {
        head: joinLines(
          heading(order),
          from === 0 && `📍 ${placeOf(order, noAsset)}`,
          from === 0 &&
            `⚡ ${priorities[order.priority]} · ${statuses[order.status]}${order.escalated ? ' · escalated' : ''}`,
          from === 0 && order.due !== null && `📅 Due: ${day(order.due, reader)}`,
          from === 0 && order.scheduled !== null && `🗓️ Scheduled: ${scheduled(order, reader)}`,
        ),
        more: '… send MORE to read on',
        foot: nextStep(order),
      }),
    noMore: () => 'ℹ️ There is nothing more to show. MY WORK begins again.',
    help: ({ name }) =>
      [
        `👋 ${shorten(name, 60)}, these are the commands:`,
        '🧰 *MY WORK* - your orders, what to do next first',
        '⏳ *PENDING* - what waits for you',
        '📊 *STATUS* - counts; with a number: that order in full',
        '✅ *ACK* - acknowledge receipt',
        '▶️ *START* - start or resume work',
        '🏁 *COMPLETE* - mark as done',
        '📝 *NOTE* {text} - add a note',
        '⏸️ *DELAY* {reason} - report a delay',
        '🗓️ *CONFIRM* - accept scheduled maintenance',
        '🙋 *NEED* {what} - ask for a hand, a part, a permit',
        '🆘 *ESCALATE* {reason} - call your supervisor',
        '🏃 *RESPONDING* - take an alert',
        '↩️ *UNDO* - take back your last change',
        '➡️ *MORE* - go on with the last list',
        '❓ *HELP* - this; as a reply to an order: ask for what it needs',
        '🔕 *STOP* - pause notifications, *START* resumes them',
        'Photos, voice notes and places are kept with your order.',
        'Add the number if you have several orders, for example: ACK WO-1042. The end of the number is enough.',
      ].join('\n'),
    paused: ({ already }) =>
      joinLines(
        already ? '🔕 Notifications are paused already.' : '🔕 Notifications are paused.',
        'Critical alerts still come, and your commands are answered.',
        'START resumes them.',
      ),
    resumed: ({ missed }, reader) =>
      missed.length === 0
        ? '🔔 Notifications are on again. You have missed none.\nMY WORK shows your orders.'
        : listPage(missed, 0, {
            head: `🔔 *Notifications are on again.* Meanwhile held back (${missed.length}):`,
            write: (order) => listLine(order, '•', reader),
            more: (left) => `… and ${left} more: MY WORK`,
            foot: 'To start work, send START and the number.',
          }).text,
    nothingToDo: ({ command }) =>
      `👍 Nothing changed: no open work orders are assigned to you, so there is nothing to ${command}.`,
    noSuchOrder: ({ given }) =>
      `🔎 Nothing changed: ${shorten(given, 80)} is not among your orders.\nMY WORK lists them.`,
    orderMoved: ({ order, holder, by, at }, reader) =>
      joinLines(
        `↪️ Nothing changed: it is ${holder ? `now with ${oneLine(holder, 60)}` : 'no longer yours'}`,
        heading(order),
        at && `${who(by)} moved it at ${writeMoment(at, reader)}.`,
        'MY WORK lists your orders.',
      ),
    whichOrder: ({ action, orders, from, leftOver }, reader) =>
      listPage(orders, from, {
        head:
          leftOver === null
            ? `❓ ${action === 'ATTACH' ? 'Kept, but for which order?' : 'Nothing changed: which order?'}`
            : `❓ Nothing changed: “${shorten(leftOver, 80)}” is not one of your orders. Which one do you mean?`,
        write: (order, place) => listLine(order, `${place}.`, reader),
        more,
        foot: `Reply with its number in this list${action === 'ATTACH' ? '' : ` to ${action}`}.`,
      }),
    didYouMean: ({ given, options, forwarded }) =>
      joinLines(
        `🤔 Nothing changed: ${forwarded ? `“${shorten(given, 80)}” was forwarded.` : `I did not understand “${shorten(given, 80)}”.`}`,
        options.length === 1
          ? `Did you mean ${shorten(options[0]!, 200)}? Reply 1.`
          : 'Did you mean one of these? Reply with its number.',
        ...(options.length === 1 ? [] : options.map((each, index) => `${index + 1}. ${shorten(each, 200)}`)),
        'HELP shows all commands.',
      ),
    notUnderstood: ({ given, last }) =>
      joinLines(
        `🤔 Nothing changed: I did not understand “${shorten(given, 80)}”.`,
        'Send MY WORK for your orders or HELP for all commands.',
        last && 'That was the fifth in a row. I stay silent until I understand one.',
      ),
    tooMany: ({ skipped }) =>
      joinLines(
        '🚦 Too many messages within one minute. Not done, and nothing changed:',
        ...skipped.slice(0, 10).map((text) => `• ${oneLine(text, 100)}`),
        skipped.length > 10 && `… and ${skipped.length - 10} more`,
        'Please send again what you still want.',
      ),
    listClosed: () =>
      'ℹ️ Nothing changed: that list is closed. Please send the command again, or MY WORK for your orders.',
    notOnList: ({ given, count }) =>
      `❓ Nothing changed: ${shorten(given, 40)} is not on the list. Reply with a number from 1 to ${count}.`,
    unreadable: ({ kind }) =>
      joinLines(
        {
          sticker: '🙂 Nothing changed: stickers are not kept.',
          reaction: '🙂 Nothing changed: of reactions, only 👍 on an assignment counts (as ACK).',
          unknown:
            '🤔 Nothing changed: I cannot read this kind of message. An edited message must be sent again.',
        }[kind],
        'MY WORK shows your orders, HELP all commands.',
      ),
    buttonUseless: ({ expired }) =>
      joinLines(
        `ℹ️ Nothing changed: this button is ${expired ? 'too old' : 'not valid'}.`,
        'MY WORK lists your orders; send a command and the number.',
      ),
    attached: ({ order, kinds: sent }) =>
      joinLines(`📎 Kept: ${several(sent)}`, heading(order), 'Next: NOTE {text} or COMPLETE.'),
    attachedNowhere: ({ kinds: sent }) =>
      joinLines(`📎 Kept, but with no order: ${several(sent)}`, 'No open work orders are assigned to you.'),
    tooLate: ({ given }) =>
      `⏳ Nothing changed: your message “${shorten(given, 200)}” reached us late. If you still want it, please send it again.`,
    notDone: () =>
      '⚠️ Your message was not carried out, and nothing changed. The fault is ours and has been reported. Please send it again later.',
  },

  news: {
    'work-order.delayed': ({ order, by, reason }) =>
      joinLines(
        `⏸️ *Delayed* by ${oneLine(by, 60)}`,
        heading(order),
        `“${shorten(reason, 500)}”`,
        `Priority: ${priorities[order.priority]}`,
      ),
    'work-order.escalated': ({ order, by, reason }) =>
      joinLines(
        `🆘 *${oneLine(by, 60)} needs a supervisor*`,
        order ? heading(order) : 'No order was named.',
        reason && `“${shorten(reason, 500)}”`,
        order && 'Reply RESPONDING to take it.',
      ),
    'work-order.needed': ({ order, by, what }) =>
      joinLines(`🙋 *${oneLine(by, 60)} needs something*`, heading(order), `“${shorten(what, 500)}”`),
    'work-order.taken': ({ order, by }) =>
      joinLines(`🏃 *${oneLine(by, 60)} takes your escalation*`, heading(order)),
    'work-order.undone': ({ order, by, types }) =>
      joinLines(
        `↩️ *Taken back* by ${oneLine(by, 60)}: ${undoneSteps(types)}`,
        order && heading(order),
        order && `Now ${statuses[order.status]}.`,
      ),
    'technician.opted-out': ({ name, way }) =>
      `🔕 *${oneLine(name, 60)}* has opted out of ${way === 'sms' ? 'text messages' : 'WhatsApp messages'}: nothing reaches them there until they opt in again from their phone.`,
    'technician.identity-changed': ({ name }) =>
      `⚠️ *${oneLine(name, 60)}* writes from the same number with another WhatsApp identity. Please check that it is still their phone.`,
  },

  notices: {
    'work-order.assigned': (order, reader) =>
      noticePage(order.description, {
        head: '🔧 *New Work Order Assigned*',
        facts: [
          ...orderFacts(order),
          assetFact(order),
          `⚡ *Priority:* ${priorities[order.priority]}`,
          `📅 *Due:* ${day(order.due, reader)}`,
        ],
        options: [replyWith, option.ack, option.start, option.help],
      }),
    'maintenance.scheduled': (order, reader) =>
      noticePage(order.description, {
        head: '🗓️ *Scheduled Maintenance*',
        facts: [...orderFacts(order), assetFact(order), `📅 *Scheduled:* ${scheduled(order, reader)}`],
        options: [replyWith, '🗓️ CONFIRM - Accept the date', option.start, option.help],
      }),
    'work-order.unassigned': (order) =>
      `↪️ *Work Order Reassigned*\n${orderFacts(order).join('\n')}\n${assetFact(order)}\n\nIt is no longer yours. You need not do anything.`,
    'work-order.reminder': (order, reader) =>
      noticePage(null, {
        head: '⏰ *Work Order Reminder*',
        facts: [
          ...orderFacts(order),
          `⏳ ${order.due ? dueIn(order.due, reader) : 'No due date'}`,
          `📅 *Due Date:* ${day(order.due, reader)}`,
        ],
        options: [
          replyWith,
          '📊 STATUS - Update status',
          '⏸️ DELAY {reason} - Report delay',
          '🏁 COMPLETE - Mark as done',
        ],
      }),
  },

  stranger:
    'This number is for registered technicians. If you should have access, please ask your supervisor to add your phone.',
};

const scheduled = ({ scheduled: when }: WorkOrder, reader: Reader): string =>
  when && 'at' in when ? writeMoment(when.at, reader) : day(when, reader);

const nextStep = ({ status }: WorkOrder): string =>
  ({
    open: '',
    assigned: 'Next: ACK or START.',
    acknowledged: 'Next: START when you begin.',
    in_progress: 'Next: NOTE {text}, DELAY {reason} or COMPLETE.',
    delayed: 'Next: START to resume, or COMPLETE.',
    completed: '',
    cancelled: '',
  })[status];
