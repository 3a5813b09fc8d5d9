import type { CommandName, OrderLine } from '../commands/command.ts';
import { wordOn } from '../commands/words.ts';
import type { Way } from '../domain/message.ts';
import type { WorkOrder } from '../domain/work-order.ts';
import { alertRepliesIn } from './alert-replies.ts';
import { roomFor } from './by-way.ts';
import type { Language, Reader, Texts } from './language.ts';
import { joinLines, listPage, numberOf, textPage } from './layout.ts';
import { nameOf, partsIn } from './parts.ts';
import { oneLine, shorten } from './shorten.ts';
import { writeMoment } from './when.ts';

/** What a technician is answered, made of one language's words. */
export const repliesIn = (language: Language, way: Way): Texts['replies'] => {
  const { replies, statuses } = language;
  const isPlain = way !== 'whatsapp';
  const room = roomFor[way];
  const { mark, bold, commandsFor, heading, listLine, place, day, scheduled, toldLine } = partsIn(
    language,
    way,
  );
  const { names, kept, undone, need, nextFor, quoted, alertHeading } = partsIn(language, way);
  const alertReplies = alertRepliesIn(language, way);
  const { alertsOnTop } = alertReplies;
  const commands = commandsFor(null);
  const next = (order: OrderLine | null) => language.next(commandsFor(order));
  const example = commandsFor({ number: 'WO-1042' });
  const usage = (command: CommandName): string => {
    const { say, withNumber } = commands;
    if (isPlain && aboutAnOrder.includes(command)) return withNumber(command);
    const { [command]: goesOn } = language.takes;
    return bold(say(command)) + (goesOn ? ` ${goesOn}` : '');
  };
  const shortList = commandsInShort.map(commands.say).join(', ');
  const wordFor = (command: CommandName): string => wordOn('whatsapp', language.vocabulary, command);
  const others = (count: number) => count > 0 && language.others(count, commands);
  const whenWorkedOn = (order: OrderLine, otherwise: string) =>
    order.status === 'in_progress' ? next(order).note : otherwise;
  const onDate = (order: WorkOrder, reader: Reader) =>
    order.scheduled !== null && mark('🗓️', replies.orderDetail.scheduled(scheduled(order, reader)));
  const notUnderstood = (given: string) => mark('🤔', replies.didYouMean.head(shorten(given, 80)));

  return {
    acknowledged: ({ order, others: count, toConfirm }) =>
      joinLines(
        mark('✅', replies.acknowledged),
        heading(order),
        toConfirm ? next(order).confirmOrStart : next(order).startWhenYouBegin,
        others(count),
      ),
    alreadyAcknowledged: ({ order }) =>
      joinLines(
        mark('ℹ️', replies.already(order.status)),
        heading(order),
        whenWorkedOn(order, next(order).start),
      ),
    started: ({ order, resumed, others: count, paused }) =>
      joinLines(
        mark('▶️', resumed ? replies.resumedWork : replies.started),
        heading(order),
        next(order).work,
        others(count),
        paused && mark('🔕', replies.staysPaused(commands)),
      ),
    alreadyStarted: ({ order }) =>
      joinLines(mark('ℹ️', replies.already('in_progress')), heading(order), next(order).note),
    completed: ({ order, others: count }) =>
      joinLines(
        mark('🏁', replies.completed),
        heading(order),
        count === 0 ? `${replies.thanks} ${next(order).whatIsLeft}` : replies.thanks,
        others(count),
      ),
    alreadyClosed: ({ order }) =>
      joinLines(mark('ℹ️', replies.already(order.status)), heading(order), next(order).whatIsLeft),
    notStarted: ({ order }) =>
      joinLines(
        mark('⚠️', replies.notStarted.head),
        heading(order),
        replies.notStarted.next(commandsFor(order)),
      ),
    confirmed: ({ order, others: count }, reader) =>
      joinLines(
        mark('🗓️', replies.confirmed),
        heading(order),
        onDate(order, reader),
        next(order).startWhenYouBegin,
        others(count),
      ),
    alreadyConfirmed: ({ order }, reader) =>
      joinLines(
        mark('ℹ️', replies.alreadyConfirmed),
        heading(order),
        onDate(order, reader),
        whenWorkedOn(order, nextFor(order)),
      ),
    notScheduled: ({ order }) =>
      joinLines(
        mark('ℹ️', replies.notScheduled.head),
        heading(order),
        order.status === 'assigned' ? replies.notScheduled.next(commandsFor(order)) : nextFor(order),
      ),
    noted: ({ order, text }) =>
      joinLines(
        mark('📝', replies.noted),
        heading(order),
        quoted(text, 300),
        order.status === 'in_progress' ? next(order).complete : nextFor(order),
      ),
    delayed: ({ order, reason, told }) =>
      joinLines(
        mark('⏸️', replies.delayed),
        heading(order),
        quoted(reason, 300),
        toldLine(told, 'planner'),
        next(order).startWhenYouGoOn,
      ),
    alreadyDelayed: ({ order }) =>
      joinLines(
        mark('ℹ️', replies.alreadyDelayed.head),
        heading(order),
        replies.alreadyDelayed.next(commandsFor(order)),
      ),
    notAcknowledged: ({ order }) =>
      joinLines(
        mark('⚠️', replies.notAcknowledged.head),
        heading(order),
        replies.notAcknowledged.next(commandsFor(order)),
      ),
    escalated: ({ order, told }) =>
      joinLines(
        mark('🆘', replies.escalated.head),
        order && heading(order),
        toldLine(told, 'supervisor'),
        !order && replies.escalated.noOrder,
        told.length > 0 && replies.escalated.next,
      ),
    needed: ({ order, what, told }) =>
      joinLines(
        mark('🙋', replies.needed),
        heading(order),
        quoted(need(what), 300),
        toldLine(told, 'supervisor'),
        // What nobody has acknowledged cannot be delayed, nor what is delayed already.
        order.status === 'in_progress' || order.status === 'acknowledged'
          ? next(order).noteOrWait
          : nextFor(order),
      ),
    needsText: ({ command, order }) => {
      const [question, example] = replies.needsText[command];
      return joinLines(mark('✏️', question!), order && heading(order), example!);
    },
    whatDoYouNeed: ({ order }) =>
      joinLines(
        mark('❓', replies.whatDoYouNeed.head(numberOf(order))),
        heading(order),
        ...replies.whatDoYouNeed.lines,
        isPlain ? next(null).allCommands : replies.whatDoYouNeed.commands(shortList, commands),
      ),
    noAlert: () => joinLines(mark('👍', replies.noAlert), next(null).yourOrders),
    ...alertReplies.replies,
    callTaken: ({ order, of, technician }) =>
      joinLines(
        mark('🏃', replies.callTaken.head(undone(of.map((kind) => stepCalledFor[kind])))),
        order && heading(order),
        technician ? replies.callTaken.told(oneLine(technician, 60)) : replies.callTaken.nobody,
      ),
    callTakenBefore: ({ order, by, at }, reader) =>
      joinLines(
        `${mark('ℹ️', replies.callTakenBefore(oneLine(by, 60)))} (${writeMoment(at, reader)})`,
        order && heading(order),
        next(null).yourOrders,
      ),
    undone: ({ order, types, told }) =>
      joinLines(
        mark('↩️', replies.undone.head(undone(types))),
        order && heading(order),
        order && language.now(order.status),
        told.length > 0 && language.told(names(told)),
        replies.undone.next(commands),
      ),
    nothingToUndo: () => mark('ℹ️', replies.nothingToUndo),
    tooLateToUndo: ({ order, alert = null, at }, reader) =>
      joinLines(
        mark('ℹ️', replies.tooLateToUndo.head(writeMoment(at, reader), commands)),
        order && heading(order),
        alert && alertHeading(alert),
        !alert && replies.tooLateToUndo.next(commandsFor(order)),
      ),
    changedSince: ({ order, by, at }, reader) =>
      joinLines(
        mark('ℹ️', replies.changedSince.head(nameOf(by))) + (at ? ` (${writeMoment(at, reader)})` : ''),
        heading(order),
        replies.changedSince.next(commandsFor(order)),
      ),
    myWork: ({ orders, alerts = [], from }, reader) =>
      orders.length === 0
        ? joinLines(alertsOnTop(alerts, from), mark('👍', replies.myWork.none))
        : listPage(orders, from, {
            room: reader.room,
            head: joinLines(alertsOnTop(alerts, from), mark('🧰', bold(replies.myWork.head(orders.length)))),
            write: (order) => listLine(order, '•', reader),
            more: (left) => `… ${language.andMoreHere(left, commands)}`,
            foot: replies.myWork.foot(commandsFor(orders[0]!)),
          }),
    pending: ({ orders, alerts = [], from }, reader) =>
      orders.length === 0
        ? joinLines(alertsOnTop(alerts, from), mark('👍', replies.pending.none(commands)))
        : listPage(orders, from, {
            room: reader.room,
            head: joinLines(alertsOnTop(alerts, from), mark('⏳', bold(replies.pending.head(orders.length)))),
            write: (order) => listLine(order, '•', reader),
            more: (left) => `… ${language.andMoreHere(left, commands)}`,
            foot: (isPlain ? replies.myWork : replies.pending).foot(commandsFor(orders[0]!)),
          }),
    counts: ({ counts }) =>
      joinLines(
        mark('📊', bold(replies.counts.head(Object.values(counts).reduce((sum, count) => sum + count, 0)))),
        ...(['in_progress', 'delayed', 'acknowledged', 'assigned'] as const).map(
          (status) => counts[status] !== undefined && replies.counts.line(counts[status], status),
        ),
        replies.counts.foot(commands),
      ),
    orderDetail: ({ order, from, readOnly }, reader) =>
      textPage(order.description?.trim() ?? '', from, {
        room: reader.room,
        head: joinLines(
          heading(order),
          from === 0 && mark('📍', place(order)),
          from === 0 &&
            mark('⚡', `${language.priorities[order.priority]} · ${statuses[order.status]}`) +
              (order.escalated ? ` · ${replies.orderDetail.escalated}` : ''),
          from === 0 && order.due !== null && mark('📅', replies.orderDetail.due(day(order.due, reader))),
          from === 0 && onDate(order, reader),
        ),
        more: `… ${replies.orderDetail.readOn(commands)}`,
        foot: readOnly ? '' : nextFor(order),
      }),
    noMore: () => mark('ℹ️', replies.noMore(commands)),
    help: ({ name }) => {
      const does = replies.help.commands(commands, bold);
      return joinLines(
        mark('👋', replies.help.head(shorten(name, 60))),
        ...helpLines.map(([command, emoji]) =>
          mark(
            emoji,
            `${usage(command)} - ${isPlain && command === 'HELP' ? replies.help.byNumber : does[command]}`,
          ),
        ),
        ...(isPlain ? [replies.help.footByNumber] : [replies.help.attachments, replies.help.foot(example)]),
      );
    },
    paused: ({ already }) =>
      joinLines(
        mark('🔕', already ? replies.paused.already : replies.paused.head),
        replies.paused.next,
        replies.paused.resume(commands),
      ),
    resumed: ({ missed }, reader) =>
      missed.length === 0
        ? joinLines(mark('🔔', replies.resumed.none), next(null).yourOrders)
        : listPage(missed, 0, {
            room: reader.room,
            head: mark('🔔', replies.resumed.head(missed.length, bold)),
            write: (order) => listLine(order, '•', reader),
            more: (left) => `… ${language.andMoreInMyWork(left, commands)}`,
            foot: replies.resumed.foot(missed.length === 1 ? commandsFor(missed[0]!) : commands),
          }).text,
    cutOff: ({ given, paused }) =>
      joinLines(
        mark('🔕', replies.cutOff.head(shorten(given, 40))),
        paused ? replies.cutOff.paused : replies.cutOff.next,
        replies.cutOff.again,
      ),
    nothingToDo: ({ command }) =>
      mark('👍', `${replies.nothingToDo.head}${isPlain ? '' : replies.nothingToDo.so(wordFor(command))}.`),
    noSuchOrder: ({ given }) =>
      joinLines(mark('🔎', replies.noSuchOrder.head(shorten(given, 80))), replies.noSuchOrder.next(commands)),
    orderMoved: ({ order, holder, by, at }, reader) =>
      joinLines(
        mark('↪️', replies.orderMoved.head(nameOf(holder))),
        heading(order),
        at && replies.orderMoved.moved(nameOf(by), writeMoment(at, reader)),
        next(order).listOfOrders,
      ),
    whichOrder: ({ action, orders, from, leftOver }, reader) => {
      const { head, kept: keptFor, leftOver: notOne, foot, footFor, footOr } = replies.whichOrder;
      const footWith = (command: CommandName) => {
        if (!isPlain) return footFor(wordFor(command));
        // Behind a text's command there is more to write than the number.
        return language.takes[command] ? foot : footOr(commands.on(command));
      };
      const question = action === 'ATTACH' ? keptFor : head;
      return listPage(orders, from, {
        room: reader.room,
        head: mark('❓', leftOver === null ? question : notOne(shorten(leftOver, 80))),
        write: (order, nth) => listLine(order, `${nth}.`, reader),
        more: (left) => `… ${language.andMoreHere(left, commands)}`,
        foot: action === 'ATTACH' ? foot : footWith(action),
      });
    },
    didYouMean: ({ given, options, forwarded }) => {
      const shown = options.map((option) => shorten(option, 200));
      return joinLines(
        forwarded ? mark('🤔', replies.didYouMean.forwarded(shorten(given, 80))) : notUnderstood(given),
        ...(shown.length === 1
          ? [replies.didYouMean.one(shown[0]!)]
          : [replies.didYouMean.several, ...shown.map((option, index) => `${index + 1}. ${option}`)]),
        next(null).allCommands,
      );
    },
    notUnderstood: ({ given, last }) =>
      joinLines(
        notUnderstood(given),
        replies.notUnderstood.next(commands),
        last && replies.notUnderstood.last,
      ),
    tooMany: ({ skipped, more }) =>
      joinLines(
        mark('🚦', replies.tooMany.head),
        ...skipped.map((text) => `• ${oneLine(text, room.listed)}`),
        more > 0 && `… ${language.andMore(more)}`,
        replies.tooMany.foot,
      ),
    listClosed: () => mark('ℹ️', replies.listClosed(commands)),
    notOnList: ({ given, count }) => mark('❓', replies.notOnList(shorten(given, 40), count)),
    unreadable: ({ kind }) => {
      const { reaction, next: after } = replies.unreadable;
      return joinLines(
        kind === 'reaction'
          ? mark('🙂', reaction(isPlain ? null : '👍', commands))
          : mark(kind === 'unknown' ? '🤔' : '🙂', replies.unreadable[kind]),
        after(commands),
      );
    },
    buttonUseless: ({ expired }) =>
      joinLines(
        mark('ℹ️', expired ? replies.buttonUseless.expired : replies.buttonUseless.forged),
        replies.buttonUseless.next(commands),
      ),
    buttonOutdated: ({ order }, reader) =>
      joinLines(
        mark('ℹ️', replies.buttonUseless.outdated),
        heading(order),
        onDate(order, reader),
        next(order).confirmOrStart,
      ),
    attached: ({ order, kinds }) =>
      joinLines(
        mark('📎', replies.attached(kept(kinds))),
        heading(order),
        whenWorkedOn(order, nextFor(order)),
      ),
    attachedNowhere: ({ kinds }) =>
      joinLines(mark('📎', replies.attachedNowhere.head(kept(kinds))), replies.attachedNowhere.next),
    tooLate: ({ given }) => mark('⏳', replies.tooLate(shorten(given, 200))),
    notDone: () => mark('⚠️', replies.notDone),
    notSureWho: () => mark('⚠️', replies.notSureWho),
    enrolled: ({ name }) =>
      joinLines(mark('✅', replies.enrolled.head(nameOf(name))), replies.enrolled.next(commands)),
    enrolledElsewhere: () => mark('⚠️', replies.enrolledElsewhere),
  };
};

// Help and ESCALATE go without an order as well.
const aboutAnOrder: CommandName[] = ['ACK', 'START', 'COMPLETE', 'NOTE', 'DELAY', 'CONFIRM', 'NEED'];

// As UNDO calls it.
const stepCalledFor = {
  'work-order.escalated': 'work_order.escalated',
  'work-order.needed': 'work_order.noted.need',
} as const;

const commandsInShort = [
  ...(['MY WORK', 'STATUS', 'ACK', 'START', 'COMPLETE'] as const),
  ...(['NOTE', 'DELAY', 'ESCALATE', 'UNDO'] as const),
];

const helpLines = [
  ['MY WORK', '🧰'],
  ['PENDING', '⏳'],
  ['STATUS', '📊'],
  ['ACK', '✅'],
  ['START', '▶️'],
  ['COMPLETE', '🏁'],
  ['NOTE', '📝'],
  ['DELAY', '⏸️'],
  ['CONFIRM', '🗓️'],
  ['NEED', '🙋'],
  ['ESCALATE', '🆘'],
  ['RESPONDING', '🏃'],
  ['UNDO', '↩️'],
  ['MORE', '➡️'],
  ['HELP', '❓'],
  ['STOP', '🔕'],
] as const;
