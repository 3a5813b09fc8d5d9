import type { AttachmentKind, CommandName } from '../commands/command.ts';
import type { Vocabulary } from '../commands/words.ts';
import type { OrderStatus, Priority } from '../domain/work-order.ts';
import { plural } from './layout.ts';

// Only words: how they are put together, and the emoji, are in written-in.ts. The other languages have the same parts.

const vocabulary: Vocabulary = {
  words: {
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
    RESUME: ['START'],
    LIST: ['MY WORK'],
  },
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
  'work_order.confirmed': 'confirmation',
  'work_order.attachment': 'attachment',
};

/** What is asked for with a digit after HELP, as NEED keeps it. */
const needs: Record<string, string> = { hand: 'hand', part: 'part', permit: 'permit' };

const commandLines: Record<CommandName, string> = {
  'MY WORK': '*MY WORK* - your orders, what to do next first',
  PENDING: '*PENDING* - what waits for you',
  STATUS: '*STATUS* - counts; with a number: that order in full',
  ACK: '*ACK* - acknowledge receipt',
  START: '*START* - start or resume work',
  COMPLETE: '*COMPLETE* - mark as done',
  NOTE: '*NOTE* {text} - add a note',
  DELAY: '*DELAY* {reason} - report a delay',
  CONFIRM: '*CONFIRM* - accept scheduled maintenance',
  NEED: '*NEED* {what} - ask for a hand, a part, a permit',
  ESCALATE: '*ESCALATE* {reason} - call your supervisor',
  RESPONDING: '*RESPONDING* - take an alert',
  UNDO: '*UNDO* - take back your last change',
  MORE: '*MORE* - go on with the last list',
  HELP: '*HELP* - this; as a reply to an order: ask for what it needs',
  STOP: '*STOP* - pause notifications, *START* resumes them',
};

export const en = {
  vocabulary,
  priorities,
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
  others: (count: number) => `${plural(count, 'other order', 'other orders')} waiting: MY WORK`,
  told: (names: string) => `Told: ${names}`,
  nobodyTold: {
    planner: 'No planner could be told: please call.',
    supervisor: 'No supervisor could be told: please call.',
  },
  andMore: (left: number) => `and ${left} more`,
  andMoreHere: (left: number) => `and ${left} more: send MORE`,
  andMoreInMyWork: (left: number) => `and ${left} more: MY WORK`,

  next: {
    ackOrStart: 'Next: ACK or START.',
    confirmOrStart: 'Next: CONFIRM that the date suits you, START when you begin.',
    start: 'Next: START.',
    startWhenYouBegin: 'Next: START when you begin.',
    startWhenYouGoOn: 'Next: START when you go on.',
    startToResume: 'Next: START to resume, or COMPLETE.',
    work: 'Next: NOTE {text} as you go, COMPLETE when it is done.',
    note: 'Next: NOTE {text} or COMPLETE.',
    noteOrDelay: 'Next: NOTE {text}, DELAY {reason} or COMPLETE.',
    noteOrWait: 'Next: NOTE {text}, or DELAY {reason} if you must wait.',
    complete: 'Next: COMPLETE when it is done.',
    whatIsLeft: 'MY WORK shows what is left.',
    yourOrders: 'MY WORK shows your orders.',
    listOfOrders: 'MY WORK lists your orders.',
    allCommands: 'HELP shows all commands.',
  },

  replies: {
    acknowledged: 'Acknowledged',
    already: (status: OrderStatus) => `Nothing changed: already ${statuses[status]}`,
    started: 'Started',
    resumedWork: 'Resumed',
    staysPaused: 'Notifications stay paused: send only START to resume them.',
    completed: 'Completed',
    thanks: 'Thank you.',
    notStarted: {
      head: 'Not completed: not started yet',
      next: (number: string) => `Send START ${number} first, then COMPLETE.`,
    },
    confirmed: 'Confirmed',
    alreadyConfirmed: 'Nothing changed: already confirmed',
    notScheduled: {
      head: 'Nothing changed: only scheduled maintenance is confirmed',
      next: (number: string) => `This one takes ACK ${number} or START ${number}.`,
    },
    noted: 'Note saved',
    delayed: 'Delayed',
    alreadyDelayed: {
      head: 'Nothing changed: already delayed',
      next: 'NOTE {text} adds to the reason, START resumes.',
    },
    notAcknowledged: {
      head: 'Not delayed: not acknowledged yet',
      next: (number: string) => `Send ACK ${number} first, then DELAY and the reason.`,
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
      commands:
        'Commands: MY WORK, STATUS, ACK, START, COMPLETE, NOTE, DELAY, ESCALATE, UNDO. HELP alone explains them.',
    },
    noAlert: 'Nothing changed: no alert is open for you.',
    escalationTaken: {
      head: 'You are taking it',
      told: (name: string) => `${name} is told that you are on it.`,
      nobody: 'Nobody is assigned to it now.',
    },
    undone: {
      head: (what: string) => `Taken back: ${what}`,
      next: 'UNDO again takes back the change before.',
    },
    nothingToUndo: 'Nothing changed: there is no change of yours to take back.',
    tooLateToUndo: {
      head: (at: string) => `Nothing changed: your last change was at ${at}, and UNDO works for 10 minutes.`,
      next: 'NOTE {text} tells the planner what is wrong.',
    },
    changedSince: {
      head: (by: string | null) => `Nothing taken back: ${by ?? 'The planner'} changed it since`,
      next: (number: string) => `STATUS ${number} shows how it is now.`,
    },
    myWork: {
      none: 'No open work orders are assigned to you.',
      head: (count: number) => `Your work orders (${count})`,
      foot: (number: string) => `Reply with a command and the number, for example: START ${number}`,
    },
    pending: {
      none: 'No order waits for you. MY WORK shows what you have in hand.',
      head: (count: number) => `Waiting for you (${count})`,
      foot: (number: string) => `ACK, CONFIRM or START with the number, for example: START ${number}`,
    },
    counts: {
      head: (count: number) => `Your orders (${count})`,
      line: (count: number, status: OrderStatus) => `${count} ${statuses[status]}`,
      foot: 'STATUS and a number shows an order in full; MY WORK lists them.',
    },
    orderDetail: {
      escalated: 'escalated',
      due: (day: string) => `Due: ${day}`,
      scheduled: (when: string) => `Scheduled: ${when}`,
      readOn: 'send MORE to read on',
    },
    noMore: 'There is nothing more to show. MY WORK begins again.',
    help: {
      head: (name: string) => `${name}, these are the commands:`,
      commands: commandLines,
      foot: [
        'Photos, voice notes and places are kept with your order.',
        'Add the number if you have several orders, for example: ACK WO-1042. The end of the number is enough.',
      ],
    },
    paused: {
      head: 'Notifications are paused.',
      already: 'Notifications are paused already.',
      next: ['Critical alerts still come, and your commands are answered.', 'START resumes them.'],
    },
    resumed: {
      none: 'Notifications are on again. You have missed none.',
      head: (count: number) => `*Notifications are on again.* Meanwhile held back (${count}):`,
      foot: 'To start work, send START and the number.',
    },
    nothingToDo: (command: string) =>
      `Nothing changed: no open work orders are assigned to you, so there is nothing to ${command}.`,
    noSuchOrder: {
      head: (given: string) => `Nothing changed: ${given} is not among your orders.`,
      next: 'MY WORK lists them.',
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
    },
    didYouMean: {
      head: (given: string) => `Nothing changed: I did not understand “${given}”.`,
      forwarded: (given: string) => `Nothing changed: “${given}” was forwarded.`,
      one: (option: string) => `Did you mean ${option}? Reply 1.`,
      several: 'Did you mean one of these? Reply with its number.',
    },
    notUnderstood: {
      next: 'Send MY WORK for your orders or HELP for all commands.',
      last: 'That was the fifth in a row. I stay silent until I understand one.',
    },
    tooMany: {
      head: 'Too many messages within one minute. Not done, and nothing changed:',
      foot: 'Please send again what you still want.',
    },
    listClosed:
      'Nothing changed: that list is closed. Please send the command again, or MY WORK for your orders.',
    notOnList: (given: string, count: number) =>
      `Nothing changed: ${given} is not on the list. Reply with a number from 1 to ${count}.`,
    unreadable: {
      sticker: 'Nothing changed: stickers are not kept.',
      reaction: 'Nothing changed: of reactions, only 👍 on an assignment counts (as ACK).',
      unknown: 'Nothing changed: I cannot read this kind of message. An edited message must be sent again.',
      next: 'MY WORK shows your orders, HELP all commands.',
    },
    buttonUseless: {
      expired: 'Nothing changed: this button is too old.',
      forged: 'Nothing changed: this button is not valid.',
      next: 'MY WORK lists your orders; send a command and the number.',
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
  },

  news: {
    delayed: (by: string) => `*Delayed* by ${by}`,
    priority: (priority: Priority) => `Priority: ${priorities[priority]}`,
    escalated: {
      head: (by: string) => `*${by} needs a supervisor*`,
      noOrder: 'No order was named.',
      next: 'Reply RESPONDING to take it.',
    },
    needed: (by: string) => `*${by} needs something*`,
    taken: (by: string) => `*${by} takes your escalation*`,
    undone: (by: string, what: string) => `*Taken back* by ${by}: ${what}`,
    optedOut: {
      sms: (name: string) =>
        `*${name}* has opted out of text messages: nothing reaches them there until they opt in again from their phone.`,
      whatsapp: (name: string) =>
        `*${name}* has opted out of WhatsApp messages: nothing reaches them there until they opt in again from their phone.`,
    },
    identityChanged: (name: string) =>
      `*${name}* writes from the same number with another WhatsApp identity. Please check that it is still their phone.`,
  },

  notices: {
    assigned: 'New Work Order Assigned',
    scheduled: 'Scheduled Maintenance',
    unassigned: 'Work Order Reassigned',
    notYours: 'It is no longer yours. You need not do anything.',
    reminder: 'Work Order Reminder',
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
    options: {
      ack: 'ACK - Acknowledge receipt',
      start: 'START - Start work',
      help: 'HELP - Request assistance',
      confirm: 'CONFIRM - Accept the date',
      status: 'STATUS - Update status',
      delay: 'DELAY {reason} - Report delay',
      complete: 'COMPLETE - Mark as done',
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
  },

  stranger:
    'This number is for registered technicians. If you should have access, please ask your supervisor to add your phone.',
};
