import type { AttachmentKind, CommandName, OrderLine } from '../commands/command.ts';
import { daysUntil } from '../domain/dates.ts';
import type { OrderStatus, When, WorkOrder } from '../domain/work-order.ts';
import type { Language, Reader, Texts } from './language.ts';
import { joinLines, listPage, noticePage, numberOf, orderHeading, placeOf, textPage } from './layout.ts';
import { oneLine, shorten } from './shorten.ts';
import { writeDay, writeMoment } from './when.ts';

/** Everything people read, made of one language's words. */
export const writtenIn = (language: Language): Texts => ({
  replies: repliesIn(language),
  news: newsIn(language),
  notices: noticesIn(language),
  buttons: language.buttons,
  kept: ({ kinds, onOrder }) => {
    const { kept } = partsIn(language);
    const { attached, attachedNowhere } = language.replies;
    return `📎 ${onOrder ? attached(kept(kinds)) : attachedNowhere.head(kept(kinds))}`;
  },
  stranger: language.stranger,
});

const repliesIn = (language: Language): Texts['replies'] => {
  const { next, replies, statuses } = language;
  const { heading, listLine, place, day, scheduled, toldLine, names, kept, undone, need } = partsIn(language);
  const wordFor = (command: CommandName): string => language.vocabulary.words[command][0]!;
  const others = (count: number) => count > 0 && language.others(count);
  const whenWorkedOn = ({ status }: OrderLine, otherwise: string) =>
    status === 'in_progress' ? next.note : otherwise;
  const nextFor = ({ status }: OrderLine) => nextStep(next)[status];
  const notUnderstood = (given: string) => `🤔 ${replies.didYouMean.head(shorten(given, 80))}`;

  return {
    acknowledged: ({ order, others: count, toConfirm }) =>
      joinLines(
        `✅ ${replies.acknowledged}`,
        heading(order),
        toConfirm ? next.confirmOrStart : next.startWhenYouBegin,
        others(count),
      ),
    alreadyAcknowledged: ({ order }) =>
      joinLines(`ℹ️ ${replies.already(order.status)}`, heading(order), whenWorkedOn(order, next.start)),
    started: ({ order, resumed, others: count, paused }) =>
      joinLines(
        `▶️ ${resumed ? replies.resumedWork : replies.started}`,
        heading(order),
        next.work,
        others(count),
        paused && `🔕 ${replies.staysPaused}`,
      ),
    alreadyStarted: ({ order }) =>
      joinLines(`ℹ️ ${replies.already('in_progress')}`, heading(order), next.note),
    completed: ({ order, others: count }) =>
      joinLines(
        `🏁 ${replies.completed}`,
        heading(order),
        count === 0 ? `${replies.thanks} ${next.whatIsLeft}` : replies.thanks,
        others(count),
      ),
    alreadyClosed: ({ order }) =>
      joinLines(`ℹ️ ${replies.already(order.status)}`, heading(order), next.whatIsLeft),
    notStarted: ({ order }) =>
      joinLines(`⚠️ ${replies.notStarted.head}`, heading(order), replies.notStarted.next(numberOf(order))),
    confirmed: ({ order, others: count }) =>
      joinLines(`🗓️ ${replies.confirmed}`, heading(order), next.startWhenYouBegin, others(count)),
    alreadyConfirmed: ({ order }) =>
      joinLines(`ℹ️ ${replies.alreadyConfirmed}`, heading(order), whenWorkedOn(order, nextFor(order))),
    notScheduled: ({ order }) =>
      joinLines(
        `ℹ️ ${replies.notScheduled.head}`,
        heading(order),
        order.status === 'assigned' ? replies.notScheduled.next(numberOf(order)) : nextFor(order),
      ),
    noted: ({ order, text }) =>
      joinLines(
        `📝 ${replies.noted}`,
        heading(order),
        quoted(text, 300),
        order.status === 'in_progress' ? next.complete : nextFor(order),
      ),
    delayed: ({ order, reason, told }) =>
      joinLines(
        `⏸️ ${replies.delayed}`,
        heading(order),
        quoted(reason, 300),
        toldLine(told, 'planner'),
        next.startWhenYouGoOn,
      ),
    alreadyDelayed: ({ order }) =>
      joinLines(`ℹ️ ${replies.alreadyDelayed.head}`, heading(order), replies.alreadyDelayed.next),
    notAcknowledged: ({ order }) =>
      joinLines(
        `⚠️ ${replies.notAcknowledged.head}`,
        heading(order),
        replies.notAcknowledged.next(numberOf(order)),
      ),
    escalated: ({ order, told }) =>
      joinLines(
        `🆘 ${replies.escalated.head}`,
        order && heading(order),
        toldLine(told, 'supervisor'),
        !order && replies.escalated.noOrder,
        order && told.length > 0 && replies.escalated.next,
      ),
    needed: ({ order, what, told }) =>
      joinLines(
        `🙋 ${replies.needed}`,
        heading(order),
        quoted(need(what), 300),
        toldLine(told, 'supervisor'),
        // What nobody has acknowledged cannot be delayed, nor what is delayed already.
        order.status === 'in_progress' || order.status === 'acknowledged' ? next.noteOrWait : nextFor(order),
      ),
    needsText: ({ command, order }) => {
      const [question, example] = replies.needsText[command];
      return joinLines(`✏️ ${question}`, order && heading(order), example!);
    },
    whatDoYouNeed: ({ order }) =>
      joinLines(
        `❓ ${replies.whatDoYouNeed.head(numberOf(order))}`,
        heading(order),
        ...replies.whatDoYouNeed.lines,
        replies.whatDoYouNeed.commands,
      ),
    noAlert: () => joinLines(`👍 ${replies.noAlert}`, next.yourOrders),
    escalationTaken: ({ order, technician }) =>
      joinLines(
        `🏃 ${replies.escalationTaken.head}`,
        heading(order),
        technician ? replies.escalationTaken.told(oneLine(technician, 60)) : replies.escalationTaken.nobody,
      ),
    undone: ({ order, types, told }) =>
      joinLines(
        `↩️ ${replies.undone.head(undone(types))}`,
        order && heading(order),
        order && language.now(order.status),
        told.length > 0 && language.told(names(told)),
        replies.undone.next,
      ),
    nothingToUndo: () => `ℹ️ ${replies.nothingToUndo}`,
    tooLateToUndo: ({ order, at }, reader) =>
      joinLines(
        `ℹ️ ${replies.tooLateToUndo.head(writeMoment(at, reader))}`,
        order && heading(order),
        replies.tooLateToUndo.next,
      ),
    changedSince: ({ order, by, at }, reader) =>
      joinLines(
        `ℹ️ ${replies.changedSince.head(nameOf(by))}${at ? ` (${writeMoment(at, reader)})` : ''}`,
        heading(order),
        replies.changedSince.next(numberOf(order)),
      ),
    myWork: ({ orders, from }, reader) =>
      orders.length === 0
        ? `👍 ${replies.myWork.none}`
        : listPage(orders, from, {
            room: reader.room,
            head: `🧰 *${replies.myWork.head(orders.length)}*`,
            write: (order) => listLine(order, '•', reader),
            more: (left) => `… ${language.andMoreHere(left)}`,
            foot: replies.myWork.foot(numberOf(orders[0]!)),
          }),
    pending: ({ orders, from }, reader) =>
      orders.length === 0
        ? `👍 ${replies.pending.none}`
        : listPage(orders, from, {
            room: reader.room,
            head: `⏳ *${replies.pending.head(orders.length)}*`,
            write: (order) => listLine(order, '•', reader),
            more: (left) => `… ${language.andMoreHere(left)}`,
            foot: replies.pending.foot(numberOf(orders[0]!)),
          }),
    counts: ({ counts }) =>
      joinLines(
        `📊 *${replies.counts.head(Object.values(counts).reduce((sum, count) => sum + count, 0))}*`,
        ...(['in_progress', 'delayed', 'acknowledged', 'assigned'] as const).map(
          (status) => counts[status] !== undefined && replies.counts.line(counts[status], status),
        ),
        replies.counts.foot,
      ),
    orderDetail: ({ order, from }, reader) =>
      textPage(order.description?.trim() ?? '', from, {
        room: reader.room,
        head: joinLines(
          heading(order),
          from === 0 && `📍 ${place(order)}`,
          from === 0 &&
            `⚡ ${language.priorities[order.priority]} · ${statuses[order.status]}` +
              (order.escalated ? ` · ${replies.orderDetail.escalated}` : ''),
          from === 0 && order.due !== null && `📅 ${replies.orderDetail.due(day(order.due, reader))}`,
          from === 0 &&
            order.scheduled !== null &&
            `🗓️ ${replies.orderDetail.scheduled(scheduled(order, reader))}`,
        ),
        more: `… ${replies.orderDetail.readOn}`,
        foot: nextStep(next)[order.status],
      }),
    noMore: () => `ℹ️ ${replies.noMore}`,
    help: ({ name }) =>
      joinLines(
        `👋 ${replies.help.head(shorten(name, 60))}`,
        ...helpLines.map(([command, emoji]) => `${emoji} ${replies.help.commands[command]}`),
        ...replies.help.foot,
      ),
    paused: ({ already }) =>
      joinLines(`🔕 ${already ? replies.paused.already : replies.paused.head}`, ...replies.paused.next),
    resumed: ({ missed }, reader) =>
      missed.length === 0
        ? joinLines(`🔔 ${replies.resumed.none}`, next.yourOrders)
        : listPage(missed, 0, {
            room: reader.room,
            head: `🔔 ${replies.resumed.head(missed.length)}`,
            write: (order) => listLine(order, '•', reader),
            more: (left) => `… ${language.andMoreInMyWork(left)}`,
            foot: replies.resumed.foot,
          }).text,
    nothingToDo: ({ command }) => `👍 ${replies.nothingToDo(wordFor(command))}`,
    noSuchOrder: ({ given }) =>
      joinLines(`🔎 ${replies.noSuchOrder.head(shorten(given, 80))}`, replies.noSuchOrder.next),
    orderMoved: ({ order, holder, by, at }, reader) =>
      joinLines(
        `↪️ ${replies.orderMoved.head(nameOf(holder))}`,
        heading(order),
        at && replies.orderMoved.moved(nameOf(by), writeMoment(at, reader)),
        next.listOfOrders,
      ),
    whichOrder: ({ action, orders, from, leftOver }, reader) => {
      const { head, kept: keptFor, leftOver: notOne, foot, footFor } = replies.whichOrder;
      const question = action === 'ATTACH' ? keptFor : head;
      return listPage(orders, from, {
        room: reader.room,
        head: `❓ ${leftOver === null ? question : notOne(shorten(leftOver, 80))}`,
        write: (order, nth) => listLine(order, `${nth}.`, reader),
        more: (left) => `… ${language.andMoreHere(left)}`,
        foot: action === 'ATTACH' ? foot : footFor(wordFor(action)),
      });
    },
    didYouMean: ({ given, options, forwarded }) => {
      const shown = options.map((option) => shorten(option, 200));
      return joinLines(
        forwarded ? `🤔 ${replies.didYouMean.forwarded(shorten(given, 80))}` : notUnderstood(given),
        ...(shown.length === 1
          ? [replies.didYouMean.one(shown[0]!)]
          : [replies.didYouMean.several, ...shown.map((option, index) => `${index + 1}. ${option}`)]),
        next.allCommands,
      );
    },
    notUnderstood: ({ given, last }) =>
      joinLines(notUnderstood(given), replies.notUnderstood.next, last && replies.notUnderstood.last),
    tooMany: ({ skipped, more }) =>
      joinLines(
        `🚦 ${replies.tooMany.head}`,
        ...skipped.map((text) => `• ${oneLine(text, 100)}`),
        more > 0 && `… ${language.andMore(more)}`,
        replies.tooMany.foot,
      ),
    listClosed: () => `ℹ️ ${replies.listClosed}`,
    notOnList: ({ given, count }) => `❓ ${replies.notOnList(shorten(given, 40), count)}`,
    unreadable: ({ kind }) =>
      joinLines(`${kind === 'unknown' ? '🤔' : '🙂'} ${replies.unreadable[kind]}`, replies.unreadable.next),
    buttonUseless: ({ expired }) =>
      joinLines(
        `ℹ️ ${expired ? replies.buttonUseless.expired : replies.buttonUseless.forged}`,
        replies.buttonUseless.next,
      ),
    attached: ({ order, kinds }) =>
      joinLines(`📎 ${replies.attached(kept(kinds))}`, heading(order), whenWorkedOn(order, nextFor(order))),
    attachedNowhere: ({ kinds }) =>
      joinLines(`📎 ${replies.attachedNowhere.head(kept(kinds))}`, replies.attachedNowhere.next),
    tooLate: ({ given }) => `⏳ ${replies.tooLate(shorten(given, 200))}`,
    notDone: () => `⚠️ ${replies.notDone}`,
    notSureWho: () => `⚠️ ${replies.notSureWho}`,
  };
};

const newsIn = (language: Language): Texts['news'] => {
  const { news } = language;
  const { heading, undone, need } = partsIn(language);
  return {
    'work-order.delayed': ({ order, by, reason }) =>
      joinLines(
        `⏸️ ${news.delayed(oneLine(by, 60))}`,
        heading(order),
        quoted(reason, 500),
        news.priority(order.priority),
      ),
    'work-order.escalated': ({ order, by, reason }) =>
      joinLines(
        `🆘 ${news.escalated.head(oneLine(by, 60))}`,
        order ? heading(order) : news.escalated.noOrder,
        reason && quoted(reason, 500),
        order && news.escalated.next,
      ),
    'work-order.needed': ({ order, by, what }) =>
      joinLines(`🙋 ${news.needed(oneLine(by, 60))}`, heading(order), quoted(need(what), 500)),
    'work-order.taken': ({ order, by }) => joinLines(`🏃 ${news.taken(oneLine(by, 60))}`, heading(order)),
    'work-order.undone': ({ order, by, types }) =>
      joinLines(
        `↩️ ${news.undone(oneLine(by, 60), undone(types))}`,
        order && heading(order),
        order && language.now(order.status),
      ),
    'technician.opted-out': ({ name, way }) => `🔕 ${news.optedOut[way](oneLine(name, 60))}`,
    'technician.identity-changed': ({ name }) => `⚠️ ${news.identityChanged(oneLine(name, 60))}`,
  };
};

const noticesIn = (language: Language): Texts['notices'] => {
  const { notices } = language;
  const { labels, options } = notices;
  const { place, day, scheduled } = partsIn(language);
  const orderFacts = (order: WorkOrder) => [
    `📋 *${labels.number}:* ${numberOf(order)}`,
    `📝 *${labels.title}:* ${oneLine(order.title, 300)}`,
  ];
  const assetFact = (order: WorkOrder) => `🏭 *${labels.asset}:* ${place(order)}`;
  const replyWith = `💬 *${notices.replyWith}*`;

  return {
    'work-order.assigned': (order, reader) =>
      noticePage(order.description, {
        head: `🔧 *${notices.assigned}*`,
        facts: [
          ...orderFacts(order),
          assetFact(order),
          `⚡ *${labels.priority}:* ${language.priorities[order.priority]}`,
          `📅 *${labels.due}:* ${day(order.due, reader)}`,
        ],
        options: [replyWith, `✅ ${options.ack}`, `▶️ ${options.start}`, `❓ ${options.help}`],
      }),
    'maintenance.scheduled': (order, reader) =>
      noticePage(order.description, {
        head: `🗓️ *${notices.scheduled}*`,
        facts: [
          ...orderFacts(order),
          assetFact(order),
          `📅 *${labels.scheduled}:* ${scheduled(order, reader)}`,
        ],
        options: [replyWith, `🗓️ ${options.confirm}`, `▶️ ${options.start}`, `❓ ${options.help}`],
      }),
    'work-order.unassigned': (order) =>
      noticePage(null, {
        head: `↪️ *${notices.unassigned}*`,
        facts: [...orderFacts(order), assetFact(order)],
        options: [notices.notYours],
      }),
    'work-order.reminder': (order, reader) =>
      noticePage(null, {
        head: `⏰ *${notices.reminder}*`,
        facts: [
          ...orderFacts(order),
          `⏳ ${order.due ? dueIn(order.due, language, reader) : language.noDueDate}`,
          `📅 *${labels.dueDate}:* ${day(order.due, reader)}`,
        ],
        options: [replyWith, `📊 ${options.status}`, `⏸️ ${options.delay}`, `🏁 ${options.complete}`],
      }),
  };
};

/** What several texts are made of. */
const partsIn = (language: Language) => {
  const day = (when: When | null, reader: Reader) => (when ? writeDay(when, reader) : language.noDate);
  const names = (told: string[]) => {
    const shown = told.slice(0, 3).map((name) => oneLine(name, 60));
    return shown.join(', ') + (told.length > 3 ? ` ${language.andMore(told.length - 3)}` : '');
  };
  return {
    day,
    names,
    heading: (order: OrderLine) => orderHeading(order, language.noAsset),
    place: (order: WorkOrder) => placeOf(order, language.noAsset),
    scheduled: ({ scheduled: when }: WorkOrder, reader: Reader) =>
      when && 'at' in when ? writeMoment(when.at, reader) : day(when, reader),
    listLine: (order: OrderLine, mark: string, reader: Reader) =>
      `${mark} *${numberOf(order)}* · ${order.asset ? oneLine(order.asset.name, 60) : language.noAsset}` +
      ` · ${language.statuses[order.status]}` +
      `${order.due ? ` · ${language.due(writeDay(order.due, reader))}` : ''}\n  ${oneLine(order.title, 80)}`,
    toldLine: (told: string[], whom: keyof Language['nobodyTold']) =>
      told.length > 0 ? language.told(names(told)) : `⚠️ ${language.nobodyTold[whom]}`,
    kept: (sent: AttachmentKind[]) =>
      [...new Set(sent)]
        .map((kind) => language.attachments[kind](sent.filter((each) => each === kind).length))
        .join(', '),
    undone: (types: string[]) => [...new Set(types)].map(language.step).join(` ${language.and} `),
    need: (what: string) => (Object.hasOwn(language.needs, what) ? language.needs[what]! : what),
  };
};

const nameOf = (name: string | null): string | null => (name ? oneLine(name, 60) : null);

const quoted = (text: string, length: number): string => `“${shorten(text, length)}”`;

const dueIn = (when: When, language: Language, reader: Reader): string => {
  const days = daysUntil(when, reader.timeZone, reader.now);
  if (days === 0) return language.dueToday;
  return days > 0 ? language.dueIn(days) : language.overdueBy(-days);
};

const nextStep = (next: Language['next']): Record<OrderStatus, string> => ({
  open: '',
  assigned: next.ackOrStart,
  acknowledged: next.startWhenYouBegin,
  in_progress: next.noteOrDelay,
  delayed: next.startToResume,
  completed: '',
  cancelled: '',
});

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
