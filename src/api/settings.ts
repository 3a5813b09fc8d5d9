import { z } from '@hono/zod-openapi';
import { ringAll } from '../cmms/facts.ts';
import { collectFaults } from '../cmms/faults.ts';
import { readFields } from '../cmms/fields.ts';
import { readSettings, saveSettings, settingsAnswer, settingsShape } from '../cmms/settings.ts';
import type { Deps } from '../deps.ts';
import type { Tx } from '../store/store.ts';
import { readJson } from './body.ts';
import { type ApiRoute, answer, inTenant, problems } from './route.ts';

const change = z.strictObject(settingsShape).partial().meta({ id: 'SettingsChange' });

export const settingsRoutes = (deps: Deps): ApiRoute[] => [
  {
    method: 'get',
    path: '/settings',
    summary: "The tenant's settings, with the defaults of what was never set",
    answers: { 200: answer(settingsAnswer, 'The settings'), ...problems() },
    handle: async (c) => c.json(await inTenant(c, deps, present)),
  },
  {
    method: 'put',
    path: '/settings',
    summary: 'Change settings',
    description:
      'Null goes back to the default. `enabled`: false keeps what comes in and cancels what would go out. `locale`: ' +
      'texts come in en and es; whoever reads neither gets them in English. `quietHours`: of everybody without hours of ' +
      'their own; what waits for their end is decided anew when they change. `reminders`: `days` before ' +
      'the due day, at that time in the reader’s zone; below zero: every day from that many days after it on. ' +
      '`fallbackSeconds`: a message that has not been delivered by then goes by the person’s next way as well. ' +
      '`onCall`: who is told when no planner or supervisor can be reached, in this order. ' +
      '`escalation`: per severity, whom to notify after waiting: external ids, `responsible`, `supervisor`, `on-call`. ' +
      'Each step waits from the start of the one before, and the last one repeats, until somebody responds. ' +
      '`retentionDays` is for what will be deleted: it is kept and shown, and nothing follows from it so far.',
    body: change,
    answers: { 200: answer(settingsAnswer, 'Changed'), ...problems(413, 415, 422) },
    handle: async (c) => {
      const faults = collectFaults();
      const fields = readFields(settingsShape, await readJson(c), faults);
      const { bells, saved } = await inTenant(c, deps, async (tx) => {
        const bells = await saveSettings(tx, fields, collectFaults(faults.all));
        return { bells, saved: await present(tx) };
      });
      ringAll(deps, c.get('caller').tenantId, bells);
      return c.json(saved);
    },
  },
];

const present = async (tx: Tx): Promise<z.infer<typeof settingsAnswer>> =>
  readSettings(tx, (await tx.tenants.get())!);
