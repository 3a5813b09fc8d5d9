import type { AttachmentKind, CommandName } from '../commands/command.ts';
import type { Vocabulary } from '../commands/words.ts';
import type { OrderStatus, Priority } from '../domain/work-order.ts';
import type { Commands, Style } from './by-way.ts';
import { plural } from './layout.ts';

// Only words: how they are put together, and the emoji, are in replies.ts, news.ts, notices.ts and digests.ts. The
// other languages have the same parts.
// Commands are named through `say`, `on` and `withNumber`: what they look like depends on the way (by-way.ts).

const vocabulary: Vocabulary = {
  words: {
    'MY WORK': ['MY WORK'],
    PENDING: ['PENDING'],
    STATUS: ['STATUS'],
    ACK: ['ACK'],
    START: ['START', 'RESUME'],
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
    STOP: ['STOP', 'PAUSE', 'STOPALL', 'UNSUBSCRIBE', 'OPTOUT'],
  },
  hints: {
    END: ['COMPLETE', 'STOP'],
    CANCEL: ['UNDO', 'STOP'],
    QUIT: ['COMPLETE', 'STOP'],
    DONE: ['COMPLETE'],
    FINISHED: ['COMPLETE'],
    OK: ['ACK'],
    BEGIN: ['START'],
    GO: ['START'],
    LIST: ['MY WORK'],
  },
  number: '{number}',
  all: ['ALL', 'ALL OF THEM'],
};

/** What a command goes on with. */
const takes: Partial<Record<CommandName, string>> = {
  NOTE: '{text}',
  DELAY: '{reason}',
  NEED: '{what}',
  ESCALATE: '{reason}',
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

const attachments: Record<AttachmentKind, (count: number) => string> = {
  image: (count) => plural(count, 'photo', 'photos'),
  audio: (count) => plural(count, 'voice note', 'voice notes'),
  video: (count) => plural(count, 'video', 'videos'),
  document: (count) => plural(count, 'document', 'documents'),
  contact: (count) => plural(count, 'contact card', 'contact cards'),
  location: (count) => plural(count, 'location', 'locations'),
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
  'work_order.escalated.taken': 'taking it over',
  'work_order.noted.need': 'request',
  'work_order.noted.taken': 'taking it over',
  'work_order.confirmed': 'confirmation',
  'work_order.attachment': 'attachment',
  'alert.claimed': 'going to it',
  'alert.released': 'no longer going',
  'alert.escalated': 'escalation',
  'alert.resolved': 'resolution',
};

/** What is asked for with a digit after HELP, as NEED keeps it. */
const needs: Record<string, string> = { hand: 'hand', part: 'part', permit: 'permit' };

/** What each command does; the command itself is put before it. */
const commandLines = ({ say }: Commands, bold: Style['bold']): Record<CommandName, string> => ({
  'MY WORK': 'your orders, what to do next first',
  PENDING: 'what waits for you',
  STATUS: 'counts; with a number: that order in full',
  ACK: 'acknowledge receipt',
  START: 'start or resume work',
  COMPLETE: 'mark as done',
  NOTE: 'add a note',
  DELAY: 'report a delay',
  CONFIRM: 'accept scheduled maintenance',
  NEED: 'ask for a hand, a part, a permit',
  ESCALATE: 'call your supervisor',
  RESPONDING: 'take an alert',
  UNDO: 'take back your last change',
  MORE: 'go on with the last list',
  HELP: 'this; as a reply to an order: ask for what it needs',
  STOP: `pause notifications, ${bold(say('START'))} resumes them`,
});

export const en = {
  vocabulary,
  takes,
  priorities,
  orderKinds: { corrective: 'Corrective', preventive: 'Preventive' },
  statuses,
  attachments,
  needs,

  noAsset: 'no asset',
  noDate: 'no date',
  noDueDate: 'No due date',
  and: 'and',
  due: (day: string) => `due ${day}`,
  dueToday: 'Due today',
  dueIn: (days: number) => `Due in ${plural(days, 'day', 'days')}`,
  overdueBy: (days: number) => `Overdue by ${plural(days, 'day', 'days')}`,
  now: (status: OrderStatus) => `Now ${statuses[status]}.`,
  step: (type: string) => steps[type] ?? 'change',
  others: (count: number, { say }: Commands) =>
    `${plural(count, 'other order', 'other orders')} waiting: ${say('MY WORK')}`,
  told: (names: string) => `Told: ${names}`,
  nobodyTold: {
    planner: 'No planner could be told: please call.',
    supervisor: 'No supervisor could be told: please call.',
  },
  andMore: (left: number) => `and ${left} more`,
  andMoreHere: (left: number, { say }: Commands) => `and ${left} more: send ${say('MORE')}`,
  andMoreInMyWork: (left: number, { say }: Commands) => `and ${left} more: ${say('MY WORK')}`,

  next: ({ say, on }: Commands) => ({
    ackOrStart: `Next: ${on('ACK')} or ${on('START')}.`,
    confirmOrStart: `Next: ${on('CONFIRM')} that the date suits you, ${on('START')} when you begin.`,
    start: `Next: ${on('START')}.`,
    startWhenYouBegin: `Next: ${on('START')} when you begin.`,
    startWhenYouGoOn: `Next: ${on('START')} when you go on.`,
    startToResume: `Next: ${on('START')} to resume, or ${on('COMPLETE')}.`,
    work: `Next: ${on('NOTE')} as you go, ${on('COMPLETE')} when it is done.`,
    note: `Next: ${on('NOTE')} or ${on('COMPLETE')}.`,
    noteOrDelay: `Next: ${on('NOTE')}, ${on('DELAY')} or ${on('COMPLETE')}.`,
    noteOrWait: `Next: ${on('NOTE')}, or ${on('DELAY')} if you must wait.`,
    complete: `Next: ${on('COMPLETE')} when it is done.`,
    whatIsLeft: `${say('MY WORK')} shows what is left.`,
    yourOrders: `${say('MY WORK')} shows your orders.`,
    listOfOrders: `${say('MY WORK')} lists your orders.`,
    allCommands: `${say('HELP')} shows all commands.`,
  }),

  replies: {
    acknowledged: 'Acknowledged',
    already: (status: OrderStatus) => `Nothing changed: already ${statuses[status]}`,
    started: 'Started',
    resumedWork: 'Resumed',
    staysPaused: ({ say }: Commands) =>
      `Notifications stay paused: send only ${say('START')} to resume them.`,
    completed: 'Completed',
    thanks: 'Thank you.',
    notStarted: {
      head: 'Not completed: not started yet',
      next: ({ on, withNumber }: Commands) => `Send ${withNumber('START')} first, then ${on('COMPLETE')}.`,
    },
    confirmed: 'Confirmed',
    alreadyConfirmed: 'Nothing changed: already confirmed',
    notScheduled: {
      head: 'Nothing changed: only scheduled maintenance is confirmed',
      next: ({ withNumber }: Commands) => `This one takes ${withNumber('ACK')} or ${withNumber('START')}.`,
    },
    noted: 'Note saved',
    delayed: 'Delayed',
    alreadyDelayed: {
      head: 'Nothing changed: already delayed',
      next: ({ on }: Commands) => `${on('NOTE')} adds to the reason, ${on('START')} resumes.`,
    },
    notAcknowledged: {
      head: 'Not delayed: not acknowledged yet',
      next: ({ on, withNumber }: Commands) => `Send ${withNumber('ACK')} first, then ${on('DELAY')}.`,
    },
    escalated: {
      head: 'Escalated',
      noOrder: 'It names no open order of yours: tell them where you are.',
      next: 'You hear from us when somebody takes it.',
    },
    needed: 'Asked for',
    needsText: {
      NOTE: ['Nothing saved yet: what should the note say?', 'Send it now, for example: seal replaced'],
      DELAY: [
        'Nothing changed yet: why is it delayed?',
        'Send the reason now, for example: waiting for a part',
      ],
      NEED: ['Nobody asked yet: what do you need?', 'Send it now, for example: a second pair of hands'],
    },
    whatDoYouNeed: {
      head: (number: string) => `What do you need for ${number}?`,
      lines: ['1 a hand', '2 a part', '3 a permit', 'Reply 1, 2 or 3, or say what.'],
      commands: (words: string, { say }: Commands) =>
        `Commands: ${words}. ${say('HELP')} alone explains them.`,
    },
    noAlert: 'Nothing changed: no alert is open for you.',
    alertState: {
      open: 'Nobody is going yet.',
      mine: (at: string) => `You are going, since ${at}.`,
      taken: (by: string, at: string) => `${by} is going, since ${at}.`,
      resolved: (at: string) => `Resolved at ${at}.`,
    },
    /** The same at the end of a line. */
    alertStateInList: {
      open: 'nobody is going yet',
      mine: 'you are going',
      taken: (by: string) => `${by} is going`,
      resolved: 'resolved',
    },
    alertSince: (at: string) => `Since ${at}`,
    alertTaken: {
      head: 'You are going',
      told: (names: string) => `Told that you are going: ${names}`,
      next: ({ say, on }: Commands) =>
        `Next: ${on('COMPLETE')} when it is done, ${say('ESCALATE')} if you cannot.`,
      others: (count: number, { say }: Commands) =>
        `${plural(count, 'other alert', 'other alerts')} open: ${say('MY WORK')}`,
      missed: 'Nothing changed for:',
    },
    alertNotTaken: {
      mine: (at: string) => `Nothing changed: you are going already, since ${at}`,
      taken: (by: string, at: string) => `Nothing changed: ${by} is going, since ${at}`,
      resolved: (at: string) => `Nothing changed: already resolved at ${at}`,
      help: ({ say }: Commands) => `${say('ESCALATE')} calls a supervisor.`,
    },
    alertResolved: {
      head: 'Resolved',
      told: (names: string) => `Told: ${names}`,
    },
    alertNotResolved: {
      open: 'Not resolved: nobody is going to it yet',
      taken: (by: string, at: string) => `Not resolved: ${by} is going, since ${at}`,
      respondFirst: ({ say, on }: Commands) =>
        `If it was you, send ${say('RESPONDING')} first, then ${on('COMPLETE')}.`,
      byHim: (by: string) => `Only ${by} can say that it is done.`,
    },
    alertEscalated: {
      head: 'Escalated',
      released: 'Escalated: you are no longer going',
      next: 'You hear from us when it is read.',
    },
    alertTakes: {
      command: (command: string | null) =>
        `Nothing changed: ${command ?? 'that'} is for work orders, and this is an alert`,
      thumb: (thumb: string | null) =>
        `Nothing changed: ${thumb ?? 'a thumbs-up'} does not say that you are going`,
      kept: 'An alert keeps no attachments',
      open: ({ say }: Commands) =>
        `${say('RESPONDING')} if you go, ${say('ESCALATE')} if you need a supervisor.`,
      mine: ({ say, on }: Commands) => `${on('COMPLETE')} when it is done, ${say('ESCALATE')} if you cannot.`,
    },
    whichAlert: {
      head: 'Nothing changed: which one?',
      leftOver: (given: string) => `Nothing changed: “${given}” names none of these. Which one do you mean?`,
      all: 'All of them',
    },
    alertStaysEscalated: 'Nothing taken back: whoever was called for it stays called',
    alertChangedSince: {
      head: (by: string | null) => `Nothing taken back: ${by ?? 'The maintenance system'} changed it since`,
    },
    callTaken: {
      head: (what: string) => `You are taking it: ${what}`,
      told: (name: string) => `${name} is told that you are on it.`,
      nobody: 'Nobody is assigned to it now.',
    },
    callTakenBefore: (by: string) => `Nothing changed: ${by} is taking it already`,
    undone: {
      head: (what: string) => `Taken back: ${what}`,
      next: ({ say }: Commands) => `${say('UNDO')} again takes back the change before.`,
    },
    nothingToUndo: 'Nothing changed: there is no change of yours to take back.',
    tooLateToUndo: {
      head: (at: string, { say }: Commands) =>
        `Nothing changed: your last change was at ${at}, and ${say('UNDO')} works for 10 minutes.`,
      next: ({ on }: Commands) => `${on('NOTE')} tells the planner what is wrong.`,
    },
    changedSince: {
      head: (by: string | null) => `Nothing taken back: ${by ?? 'The planner'} changed it since`,
      next: ({ withNumber }: Commands) => `${withNumber('STATUS')} shows how it is now.`,
    },
    alertsWaiting: (count: number) => `Alerts (${count})`,
    myWork: {
      none: 'No open work orders are assigned to you.',
      head: (count: number) => `Your work orders (${count})`,
      foot: ({ withNumber }: Commands) =>
        `Reply with a command and the number, for example: ${withNumber('START')}`,
    },
    pending: {
      none: ({ say }: Commands) => `No order waits for you. ${say('MY WORK')} shows what you have in hand.`,
      head: (count: number) => `Waiting for you (${count})`,
      foot: ({ say, withNumber }: Commands) =>
        `${say('ACK')}, ${say('CONFIRM')} or ${say('START')} with the number, for example: ${withNumber('START')}`,
    },
    counts: {
      head: (count: number) => `Your orders (${count})`,
      line: (count: number, status: OrderStatus) => `${count} ${statuses[status]}`,
      foot: ({ say }: Commands) =>
        `${say('STATUS')} and a number shows an order in full; ${say('MY WORK')} lists them.`,
    },
    orderDetail: {
      escalated: 'escalated',
      due: (day: string) => `Due: ${day}`,
      scheduled: (when: string) => `Scheduled: ${when}`,
      readOn: ({ say }: Commands) => `send ${say('MORE')} to read on`,
    },
    noMore: ({ say }: Commands) => `There is nothing more to show. ${say('MY WORK')} begins again.`,
    help: {
      head: (name: string) => `${name}, these are the commands:`,
      commands: commandLines,
      /** Instead of its line, where no message can be replied to. */
      byNumber: 'this; with a number: ask for what that order needs',
      attachments: 'Photos, voice notes and places are kept with your order.',
      foot: ({ withNumber }: Commands) =>
        `Add the number if you have several orders, for example: ${withNumber('ACK')}. The end of the number is enough.`,
      footByNumber: 'The end of a number is enough, but not before a text.',
    },
    paused: {
      head: 'Notifications are paused.',
      already: 'Notifications are paused already.',
      next: 'Critical alerts still come, and your commands are answered.',
      resume: ({ say }: Commands) => `${say('START')} turns them on again.`,
    },
    resumed: {
      none: 'Notifications are on again. You have missed none.',
      head: (count: number, bold: Style['bold']) =>
        `${bold('Notifications are on again.')} Meanwhile held back (${count}):`,
      foot: ({ withNumber }: Commands) => `To start work, send ${withNumber('START')}.`,
    },
    /** START is Twilio's word, in every language, so it is not written like a command of ours. */
    cutOff: {
      head: (given: string) => `Text messages to you are switched off, because you sent “${given}” there.`,
      paused: 'Notifications are paused here, too; critical alerts still come.',
      next: 'Your orders are as they were, and messages still come here.',
      again: 'To have text messages again, send “Start” as a text message.',
    },
    nothingToDo: {
      head: 'Nothing changed: no open work orders are assigned to you',
      so: (command: string) => `, so there is nothing to ${command}`,
    },
    noSuchOrder: {
      head: (given: string) => `Nothing changed: ${given} is not among your orders.`,
      next: ({ say }: Commands) => `${say('MY WORK')} lists them.`,
    },
    orderMoved: {
      head: (holder: string | null) =>
        `Nothing changed: it is ${holder === null ? 'no longer yours' : `now with ${holder}`}`,
      moved: (by: string | null, at: string) => `${by ?? 'The planner'} moved it at ${at}.`,
    },
    whichOrder: {
      head: 'Nothing changed: which order?',
      kept: 'Kept, but for which order?',
      leftOver: (given: string) =>
        `Nothing changed: “${given}” is not one of your orders. Which one do you mean?`,
      foot: 'Reply with its number in this list.',
      footFor: (command: string) => `Reply with its number in this list to ${command}.`,
      footOr: (command: string) => `Reply with its number in this list, or send ${command}.`,
    },
    didYouMean: {
      head: (given: string) => `Nothing changed: I did not understand “${given}”.`,
      forwarded: (given: string) => `Nothing changed: “${given}” was forwarded.`,
      one: (option: string) => `Did you mean ${option}? Reply 1.`,
      several: 'Did you mean one of these? Reply with its number.',
    },
    notUnderstood: {
      next: ({ say }: Commands) =>
        `Send ${say('MY WORK')} for your orders or ${say('HELP')} for all commands.`,
      last: 'That was the fifth in a row. I stay silent until I understand one.',
    },
    tooMany: {
      head: 'Too many messages within one minute. Not done, and nothing changed:',
      foot: 'Please send again what you still want.',
    },
    listClosed: ({ say }: Commands) =>
      `Nothing changed: that list is closed. Please send the command again, or ${say('MY WORK')} for your orders.`,
    notOnList: (given: string, count: number) =>
      `Nothing changed: ${given} is not on the list. Reply with a number from 1 to ${count}.`,
    unreadable: {
      sticker: 'Nothing changed: stickers are not kept.',
      reaction: (thumb: string | null, { on }: Commands) =>
        `Nothing changed: of reactions, only ${thumb ?? 'a thumbs-up'} on an assignment counts (as ${on('ACK')}).`,
      unknown: 'Nothing changed: I cannot read this kind of message. An edited message must be sent again.',
      next: ({ say }: Commands) => `${say('MY WORK')} shows your orders, ${say('HELP')} all commands.`,
    },
    buttonUseless: {
      expired: 'Nothing changed: this button is too old.',
      forged: 'Nothing changed: this button is not valid.',
      outdated: 'Nothing changed: this button is of an earlier notice',
      next: ({ say }: Commands) => `${say('MY WORK')} lists your orders; send a command and the number.`,
    },
    attached: (what: string) => `Kept: ${what}`,
    attachedNowhere: {
      head: (what: string) => `Kept, but with no order: ${what}`,
      next: 'No open work orders are assigned to you.',
    },
    tooLate: (given: string) =>
      `Nothing changed: your message “${given}” reached us late. If you still want it, please send it again.`,
    notDone:
      'Your message was not carried out, and nothing changed. The fault is ours and has been reported. Please send it again later.',
    notSureWho:
      'Nothing changed: your number and your WhatsApp identity belong to two different people in our records. Your supervisor has been told. Until it is settled, please call.',
    enrolled: {
      head: (name: string | null) => `This phone is registered for ${name ?? 'you'}`,
      next: ({ say }: Commands) =>
        `Send ${say('MY WORK')} for your work orders, ${say('HELP')} for what else you can do here.`,
    },
    enrolledElsewhere:
      'Nothing changed: this phone is registered for another person. Who made the code sees it on the screen.',
  },

  news: {
    delayed: (by: string, bold: Style['bold']) => `${bold('Delayed')} by ${by}`,
    priority: (priority: Priority) => `Priority: ${priorities[priority]}`,
    escalated: {
      head: (by: string) => `${by} needs a supervisor`,
      noOrder: 'No order was named.',
      next: ({ on }: Commands) => `Reply ${on('RESPONDING')} to take it.`,
    },
    needed: (by: string) => `${by} needs something`,
    taken: {
      yours: (by: string, what: string) => `${by} takes your ${what}`,
      others: (by: string, what: string, caller: string) => `${by} takes the ${what} of ${caller}`,
      what: { 'work-order.escalated': 'escalation', 'work-order.needed': 'request' },
      next: 'You need not do anything.',
    },
    seen: (name: string, what: string) => `${name} has read your ${what}. Nobody has taken it yet.`,
    unanswered: {
      head: (what: string) => `Nobody has taken your ${what} yet`,
      next: 'Everybody who was to hear of it has been told. Please call.',
    },
    undone: (by: string, what: string, bold: Style['bold']) => `${bold('Taken back')} by ${by}: ${what}`,
    alertTaken: (by: string, count: number) =>
      count === 1 ? `${by} is going` : `${by} is going to ${count} alerts`,
    alertTakenNext: ({ say }: Commands) => `You need not go. ${say('ESCALATE')} calls a supervisor.`,
    alertReleased: (by: string, count: number) =>
      count === 1 ? `${by} is no longer going` : `${by} is no longer going to ${count} alerts`,
    alertReopened: (by: string, count: number) =>
      `${count === 1 ? 'Not' : `${count} alerts not`} resolved yet: ${by} took that back`,
    alertEscalated: (by: string) => `${by} needs a supervisor`,
    alertResponder: (name: string) => `${name} is going there.`,
    alertUnanswered: 'Nobody has answered an alert',
    alertUnansweredNext: 'Please call somebody: everybody there is to tell has been told.',
    alertSeen: (by: string) => `${by} has read your call`,
    alertResolved: (count: number) => (count === 1 ? 'Resolved' : `${count} alerts resolved`),
    alertResolvedBy: (by: string) => `by ${by}`,
    optedOut: {
      sms: (name: string) =>
        `${name} has opted out of text messages: nothing reaches them there until they opt in again from their phone.`,
      whatsapp: (name: string) =>
        `${name} has opted out of WhatsApp messages: nothing reaches them there until they opt in again from their phone.`,
    },
    notReached: {
      head: (name: string) => `A message to ${name} has not arrived`,
      ways: { whatsapp: 'WhatsApp', sms: 'Text message', email: 'E-mail' },
      why: {
        'not-on-whatsapp': 'the number is not on WhatsApp',
        blocked: 'blocked on their phone',
        'opted-out': 'they have opted out',
        'no-such-address': 'the address does not exist',
        'no-template': 'no template is approved for it',
        'not-arrived': 'not delivered in time',
        fault: 'a fault on our side, which has been reported',
        'no-address': 'there is no address to write to',
        inactive: 'they are registered as inactive',
      },
      next: 'Please tell them yourself.',
      further: 'Further ones like it within the hour are not told one by one: they are in the message log.',
    },
    identityChanged: (name: string) =>
      `${name} writes from the same number with another WhatsApp identity. Please check that it is still their phone.`,
    notReading: (name: string, since: string) =>
      `${name} has not read the last three reminders, the first of ${since}. No more are sent until they read one or write. Please call.`,
    unconfirmed: (by: string, bold: Style['bold']) => `${bold('Maintenance not confirmed')} by ${by}`,
  },

  alerts: {
    head: (severity: Priority) =>
      severity === 'critical' ? 'CRITICAL EQUIPMENT ALERT' : `EQUIPMENT ALERT (${priorities[severity]})`,
    several: (count: number, isCritical: boolean) =>
      isCritical ? `${count} CRITICAL EQUIPMENT ALERTS` : `${count} EQUIPMENT ALERTS`,
    alert: 'Alert',
    time: 'Time',
    attention: 'Immediate attention required!',
    options: ({ say }: Commands) => ({
      responding: `${say('RESPONDING')} - On my way`,
      escalate: `${say('ESCALATE')} - Need supervisor`,
    }),
  },

  notices: {
    assigned: 'New Work Order Assigned',
    scheduled: 'Scheduled Maintenance',
    unassigned: 'Work Order Reassigned',
    notYours: 'It is no longer yours. You need not do anything.',
    cancelled: 'Work Order Cancelled',
    nothingToDo: 'You need not do anything.',
    reminder: 'Work Order Reminder',
    digest: (count: number) => `Work Order Reminders (${count})`,
    notConfirmed: 'Not confirmed yet',
    labels: {
      number: 'WO#',
      title: 'Title',
      asset: 'Asset',
      priority: 'Priority',
      due: 'Due',
      dueDate: 'Due Date',
      scheduled: 'Scheduled',
    },
    replyWith: 'Reply with:',
    options: ({ on }: Commands) => ({
      ack: `${on('ACK')} - Acknowledge receipt`,
      start: `${on('START')} - Start work`,
      help: `${on('HELP')} - Request assistance`,
      confirm: `${on('CONFIRM')} - Accept the date`,
      status: `${on('STATUS')} - Update status`,
      delay: `${on('DELAY')} - Report delay`,
      complete: `${on('COMPLETE')} - Mark as done`,
    }),
  },

  /** An alert of a metric: its name, value and limit. */
  excursion: {
    high: (metric: string, value: string, limit: string) =>
      `${metric}: ${value}, above the limit of ${limit}`,
    low: (metric: string, value: string, limit: string) => `${metric}: ${value}, below the limit of ${limit}`,
  },

  mail: {
    /** By what way stands below. */
    answerWith: 'Answer with:',
    /** Below every e-mail. */
    notRead: 'Replies to this e-mail are not read.',
    answerByWhatsapp: (number: string) => `To answer, write to ${number} on WhatsApp.`,
    answerBySms: (number: string) => `To answer by text message, write to ${number}.`,
    answerNowhere: 'No phone of yours can answer here: tell your planner instead.',
    /** Of what is not a notice; those have their headings. */
    subjects: {
      'work-order.delayed': 'Work order delayed',
      'work-order.escalated': 'A supervisor is needed',
      'work-order.needed': 'Something is needed',
      'work-order.taken': 'A call for help is taken',
      'call.seen': 'Your call for help was read',
      'call.unanswered': 'Nobody has taken your call for help',
      'work-order.undone': 'A change was taken back',
      'alert.raised': 'Equipment alert',
      'alert.taken': 'Somebody is going',
      'alert.released': 'Nobody is going any more',
      'alert.reopened': 'Not resolved yet',
      'alert.escalated': 'A supervisor is needed',
      'alert.unanswered': 'Nobody has answered an alert',
      'alert.seen': 'Your call was read',
      'alert.resolved': 'Alert resolved',
      'technician.opted-out': 'A technician has opted out',
      'technician.identity-changed': 'A phone with another WhatsApp identity',
      'technician.not-reached': 'A message has not arrived',
      'technician.not-reading': 'Reminders not read',
      'maintenance.unconfirmed': 'Maintenance not confirmed',
      'work-order.digest': 'Work Order Reminders',
      'message.send': 'Message about your work',
    },
  },

  /** On a button, at most 20 characters. */
  buttons: {
    ACK: 'Acknowledge',
    START: 'Start',
    COMPLETE: 'Complete',
    CONFIRM: 'Confirm',
    STATUS: 'Status',
    HELP: 'Help',
    RESPONDING: 'Responding',
    ESCALATE: 'Escalate',
  },

  stranger:
    'This number is for registered technicians. If you should have access, please ask your supervisor to add your phone.',
};
