import { readerOf } from '../cmms/notify.ts';
import { buttonOf } from '../cmms/template-fields.ts';
import type { Deps } from '../deps.ts';
import type { Alert } from '../domain/alert.ts';
import { byUrgency } from '../domain/reminder.ts';
import { windowOpenUntil } from '../domain/service-window.ts';
import { isUsable, languageOf, pickTemplate, whyUnusable } from '../domain/template.ts';
import type { WorkOrder } from '../domain/work-order.ts';
import type { Attempt } from '../store/attempts.ts';
import type { DueMessage } from '../store/outbox.ts';
import type { Tx } from '../store/store.ts';
import type { Technician } from '../store/technicians.ts';
import type { Template } from '../store/templates.ts';
import type { Tenant } from '../store/tenants.ts';
import type { Reader } from '../texts/language.ts';
import { localeFor, textsFor } from '../texts/texts.ts';
import { type About, aboutEach, payloadFor } from './about.ts';
import { readDigests } from './digest.ts';
import type { Outgoing } from './provider.ts';
import { cleanValue, fillIn, fitInto } from './template-variables.ts';
import { isTemplateFault } from './twilio-errors.ts';

/** How a message goes outside the service window: as a template, or not at all and why. */
export type AsTemplate =
  | {
      kind: 'template';
      /** As the phone shows it; empty before the provider has told the content's words. */
      text: string;
      content: NonNullable<Outgoing['content']>;
      /** Its kind, locale and content, for the log. */
      template: string;
    }
  | { kind: 'unusable'; text: string };

/**
 * Those of the messages that must go as templates: notices on WhatsApp to people whose window is closed. Left out
 * is what may go as it is, and what there is no template for: then the provider decides.
 */
export const chooseTemplates = async (
  tx: Tx,
  deps: Pick<Deps, 'now' | 'secretKeys'>,
  messages: DueMessage[],
  orders: Map<string, WorkOrder>,
  tenant: Tenant | null,
): Promise<Map<string, AsTemplate>> => {
  const chosen = new Map<string, AsTemplate>();
  const now = deps.now();
  const notices = messages.filter(isNotice);
  if (notices.length === 0 || !tenant) return chosen;
  const windows = await tx.conversations.windows(notices.map(({ conversationId }) => conversationId));
  const outside = notices.filter(({ conversationId }) => {
    const window = windows.get(conversationId);
    return window && !windowOpenUntil(window, now);
  });
  if (outside.length === 0) return chosen;
  const templates = await tx.templates.list();
  if (templates.length === 0) return chosen;

  const lines = await readDigests(tx, outside);
  const about = await aboutEach(tx, outside, orders);
  const people = await tx.technicians.getMany(outside.flatMap(({ technicianId }) => technicianId ?? []));
  const listedIn = ({ id }: DueMessage) =>
    lines.flatMap(({ messageId, workOrderId }) => (messageId === id ? (orders.get(workOrderId) ?? []) : []));
  for (const message of outside) {
    const person = people.get(message.technicianId ?? '');
    if (!person) continue;
    const found = templateFor(templates, message, person, tenant);
    if (!found) continue;
    chosen.set(
      message.id,
      isUsable(found.approval)
        ? await write(tx, deps, found, {
            message,
            person,
            tenant,
            ...about.get(message.id)!,
            listed: listedIn(message),
          })
        : { kind: 'unusable', text: unusable(found) },
    );
  }
  return chosen;
};

/**
 * What follows when the provider refuses a try as outside the window (63016): once more, as plain text if the
 * person has written meanwhile, else as a template. If neither can be, why in plain words.
 */
export const afterWindowClosed = async (
  tx: Tx,
  deps: Pick<Deps, 'now'>,
  attempt: Attempt,
  refusal: string,
): Promise<{ again: boolean; text: string }> => {
  await tx.conversations.windowRefusedFor(attempt.messageId, attempt.sendingAt);
  const tries = await tx.attempts.ofMessage(attempt.messageId);
  const message = await tx.outbox.get(attempt.messageId);
  const isLast = attempt.template !== null || tries.some(({ reason }) => reason === outsideWindow);
  if (isLast || !message) return { again: false, text: refusal };

  const window = (await tx.conversations.windows([message.conversationId])).get(message.conversationId);
  const found =
    window && windowOpenUntil(window, deps.now()) ? 'plain text' : await findTemplate(tx, message);
  if (found === null)
    return {
      again: false,
      text: isNotice(message) ? `${refusal}; none is set for "${message.kind}"` : refusal,
    };
  if (found !== 'plain text' && !isUsable(found.approval)) return { again: false, text: unusable(found) };
  await tx.outbox.sendAgain(message.id, 0, outsideWindow);
  return { again: true, text: refusal };
};

/**
 * When a message failed for the template it went as: has the provider asked about it, and says in plain words
 * which template it was and what to do. Null when something else is to blame.
 */
export const afterTemplateRefused = async (
  tx: Tx,
  { template }: Attempt,
  { code, text }: { code: string | null; text: string },
): Promise<string | null> => {
  if (template === null || !isTemplateFault(code)) return null;
  const [kind, locale, contentSid] = template.split('/') as [string, string, string];
  await tx.templates.askAgain({ kind, locale, contentSid });
  // What 63016 says by itself, that only a template is allowed, is not true of one.
  const why = code === '63016' ? 'WhatsApp does not take it for an approved one' : text;
  return `the provider refused the template ${kind}/${locale} (${contentSid}): ${why}; check its approval, its language and its variables at the provider, then set it anew`;
};

/** The reason of the one try that follows a refusal as outside the window. */
const outsideWindow = 'failed:63016';

const isNotice = ({ kind, way }: DueMessage): boolean => kind !== 'reply' && way === 'whatsapp';

const findTemplate = async (tx: Tx, message: DueMessage): Promise<Template | null> => {
  const person = message.technicianId ? await tx.technicians.get(message.technicianId) : null;
  const tenant = await tx.tenants.get();
  return isNotice(message) && person && tenant
    ? templateFor(await tx.templates.list(), message, person, tenant)
    : null;
};

const templateFor = (
  templates: Template[],
  { kind, lane }: DueMessage,
  person: Technician,
  tenant: Tenant,
): Template | null => {
  const pick = (from: Template[]) =>
    pickTemplate(from, kind, localeFor(person.locale, tenant.locale), tenant.locale);
  if (kind !== 'alert.raised' || lane === 'critical') return pick(templates);
  // One that does not show the severity says of every alert that it is critical, as ours does.
  const fitting = templates.filter((each) => each.kind !== kind || each.variables.includes('severity'));
  return pick(fitting) ?? pick(templates);
};

const unusable = ({ kind, locale, approval }: Template): string =>
  `outside the 24 hours after their last message only a template is allowed, and ${whyUnusable(approval!)} (${kind}, ${locale})`;

type Told = About & {
  message: DueMessage;
  person: Technician;
  tenant: Tenant;
  /** Of a digest: its orders. */
  listed: WorkOrder[];
};

const write = async (
  tx: Tx,
  deps: Pick<Deps, 'now' | 'secretKeys'>,
  { kind, locale, contentSid, variables, content }: Template,
  told: Told,
): Promise<AsTemplate> => {
  const { person, order, alerts, tenant } = told;
  const own = readerOf(person, tenant, deps.now());
  // In the template's language; as the reader's own country writes it where that is the same.
  const reader = languageOf(own.locale) === languageOf(locale) ? own : { ...own, locale };
  const read = order ? await namesOf(tx, variables, order) : await noteOf(tx, variables, alerts);
  const values = variables.map((field) => {
    const action = buttonOf(field);
    if (action !== null) return payloadFor(tx, deps, told, action);
    return cleanValue(read[field] ?? valueIn(field, told, reader));
  });
  const buttons = new Set(variables.flatMap((field, at) => (buttonOf(field) === null ? [] : at)));
  const filled = fitInto(content?.body ?? null, values, buttons);
  return {
    kind: 'template',
    text: content ? fillIn(content.body, filled) : '',
    content: { sid: contentSid, variables: filled },
    template: `${kind}/${locale}/${contentSid}`,
  };
};

const namesOf = async (
  tx: Tx,
  variables: string[],
  { assigneeId, plannerId }: WorkOrder,
): Promise<Record<string, string>> => {
  if (!variables.includes('assignee') && !variables.includes('planner')) return {};
  const names = await tx.technicians.names([assigneeId, plannerId].flatMap((id) => id ?? []));
  return {
    assignee: names.get(assigneeId ?? '') ?? '',
    planner: names.get(plannerId ?? '') ?? '',
  };
};

/** What was said as the alert was resolved. */
const noteOf = async (tx: Tx, variables: string[], [alert]: Alert[]): Promise<Record<string, string>> =>
  alert && variables.includes('note') ? { note: (await tx.events.noteOnResolved(alert.id)) ?? '' } : {};

const valueIn = (field: string, { message, person, order, alerts, listed }: Told, reader: Reader): string => {
  if (field === 'technician') return person.name;
  const { fields, alertFields, digestLine } = textsFor(reader.locale);
  if (field === 'text') {
    return listed.length > 0 ? digestLine(listed.sort(byUrgency(reader.timeZone)), reader) : message.text;
  }
  const [alert, ...others] = alerts;
  if (alert && has(alertFields, field)) return alertFields[field]([alert, ...others], reader);
  return order && has(fields, field) ? fields[field](order, reader) : '';
};

const has = <Fields extends object>(fields: Fields, field: PropertyKey): field is keyof Fields =>
  Object.hasOwn(fields, field);
