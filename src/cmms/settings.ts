import { z } from 'zod';
import { ways } from '../domain/message.ts';
import { priorities } from '../domain/work-order.ts';
import type { Tx } from '../store/store.ts';
import type { Tenant } from '../store/tenants.ts';
import type { Bell } from './facts.ts';
import { type Faults, pointerTo, refuseIfFaulty } from './faults.ts';
import { type Fields, key, language, text, timeZone } from './fields.ts';
import { decideAnew } from './hold-back.ts';
import { quietHours, timeOfDay } from './preferences.ts';

const groups = ['responsible', 'supervisor', 'on-call'] as const;

const listOf = <T extends string>(words: readonly [T, ...T[]]) =>
  z
    .array(z.enum(words))
    .min(1)
    .refine((values) => new Set(values).size === values.length, 'must name each once');

const reminderRule = z.strictObject({
  id: key,
  days: z.int().min(-365).max(365),
  at: timeOfDay,
  priorities: listOf(priorities).nullable().optional(),
});

const step = z.strictObject({
  waitSeconds: z.int().min(0).max(86_400),
  notify: z.array(text(1, 64)).min(1).max(50),
  ways: listOf(ways).optional(),
});

const steps = z.array(step).max(20);

/** What a PUT may say; null goes back to the default. */
export const settingsShape = {
  enabled: z.boolean(),
  timeZone,
  locale: language,
  quietHours: quietHours.nullable(),
  reminders: z
    .array(reminderRule)
    .max(20)
    .superRefine((rules, context) => {
      for (const [place, { id }] of rules.entries()) {
        if (rules.findIndex((rule) => rule.id === id) < place) {
          context.addIssue({ code: 'custom', path: [place, 'id'], message: 'is there twice' });
        }
      }
    })
    .nullable(),
  onCall: z.array(key).max(50).nullable(),
  escalation: z
    .strictObject(Object.fromEntries(priorities.map((severity) => [severity, steps.nullable().optional()])))
    .nullable(),
  fallbackSeconds: z.int().min(10).max(86_400).nullable(),
  retentionDays: z.int().min(1).max(36_500).nullable(),
};

const settingsInFull = z.strictObject({
  quietHours: z.strictObject({ from: timeOfDay, to: timeOfDay }).nullable(),
  reminders: z.array(reminderRule.extend({ priorities: z.array(z.enum(priorities)).nullable() })),
  onCall: z.array(z.string()),
  escalation: z.record(z.enum(priorities), z.array(step.extend({ ways: z.array(z.enum(ways)) }))),
  fallbackSeconds: z.int(),
  retentionDays: z.int(),
});

/** What a GET answers: nothing left out. */
export const settingsAnswer = settingsInFull
  .extend({ enabled: z.boolean(), timeZone: z.string(), locale: z.string() })
  .meta({ id: 'Settings' });

/** Everything that a GET answers. */
export type Settings = z.infer<typeof settingsAnswer>;

type Stored = z.infer<typeof settingsInFull>;

const supervisorAfter = (waitSeconds: number): Stored['escalation']['high'] => [
  { waitSeconds, notify: ['supervisor'], ways: ['whatsapp', 'sms'] },
];

const defaults: Stored = {
  quietHours: null,
  // A rule with less than no days left is for every day from then on, while the order is overdue.
  reminders: [
    { id: 'two-days-before', days: 2, at: '08:00', priorities: null },
    { id: 'one-day-before', days: 1, at: '08:00', priorities: null },
    { id: 'on-the-day', days: 0, at: '08:00', priorities: null },
    { id: 'overdue-daily', days: -1, at: '08:00', priorities: null },
  ],
  onCall: [],
  escalation: {
    low: [],
    medium: [],
    high: supervisorAfter(900),
    critical: [
      ...supervisorAfter(180),
      { waitSeconds: 300, notify: ['on-call'], ways: ['whatsapp', 'sms', 'email'] },
    ],
  },
  fallbackSeconds: 300,
  retentionDays: 365,
};

/** A tenant's settings in full. */
export const readSettings = async (tx: Tx, tenant: Tenant): Promise<Settings> => {
  const stored = (await tx.settings.get()) as Partial<Stored>;
  return {
    enabled: tenant.enabled,
    timeZone: tenant.timeZone,
    locale: tenant.locale,
    ...defaults,
    ...stored,
    escalation: { ...defaults.escalation, ...stored.escalation },
  };
};

/**
 * Changes what is given. Throws Refused, with `faults` and unknown people, and writes nothing then. Ring the bells
 * after the commit.
 */
export const saveSettings = async (
  tx: Tx,
  fields: Fields<typeof settingsShape>,
  faults: Faults,
): Promise<Bell[]> => {
  // The operator changes some of the same.
  await tx.tenants.lock('tenant');
  const tenant = (await tx.tenants.get())!;
  await checkPeople(tx, fields, faults);
  refuseIfFaulty(faults);

  const { enabled, timeZone, locale, escalation, reminders, ...rest } = fields;
  await tx.tenants.update({
    ...tenant,
    enabled: enabled ?? tenant.enabled,
    timeZone: timeZone ?? tenant.timeZone,
    locale: locale ? Intl.getCanonicalLocales(locale)[0]! : tenant.locale,
  });
  const before = (await tx.settings.get()) as Partial<Stored>;
  await tx.settings.save(
    withoutNull({
      ...before,
      ...rest,
      reminders:
        reminders === undefined
          ? before.reminders
          : (reminders?.map((rule) => ({ ...rule, priorities: rule.priorities ?? null })) ?? null),
      escalation:
        escalation === undefined
          ? before.escalation
          : escalation && withoutNull({ ...before.escalation, ...inFull(escalation) }),
    }),
  );
  return fields.quietHours !== undefined || timeZone !== undefined || enabled !== undefined
    ? decideAnew(tx, null)
    : [];
};

/** Everybody who is named must be known. */
const checkPeople = async (tx: Tx, fields: Fields<typeof settingsShape>, faults: Faults) => {
  const { onCall, escalation } = fields;
  const named: { pointer: string; externalId: string }[] = [];
  // Those that are wrong have left gaps, which forEach passes over.
  onCall?.forEach((externalId, place) => {
    named.push({ pointer: pointerTo(['onCall', place]), externalId });
  });
  for (const [place, { pointer, externalId }] of named.entries()) {
    if (named.findIndex((each) => each.externalId === externalId) < place)
      faults.add(pointer, 'is there twice');
  }
  for (const [severity, steps] of Object.entries(escalation ?? {})) {
    steps?.forEach(({ notify }, place) => {
      notify?.forEach((externalId, position) => {
        if (groups.some((group) => group === externalId)) return;
        named.push({ pointer: pointerTo(['escalation', severity, place, 'notify', position]), externalId });
      });
    });
  }
  const found = await tx.technicians.findMany([...new Set(named.map(({ externalId }) => externalId))]);
  const known = new Set(found.map(({ externalId }) => externalId));
  for (const { pointer, externalId } of named) {
    if (!known.has(externalId)) faults.add(pointer, 'names nobody we know');
  }
};

const inFull = (escalation: NonNullable<Fields<typeof settingsShape>['escalation']>) =>
  Object.fromEntries(
    Object.entries(escalation).map(([severity, steps]) => [
      severity,
      steps?.map((each) => ({ ...each, ways: each.ways ?? ['whatsapp', 'sms'] })) ?? null,
    ]),
  );

/** What is null has its default again. */
const withoutNull = (values: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null && value !== undefined));
