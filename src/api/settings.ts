import { z } from '@hono/zod-openapi';
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
      'Null goes back to the default. In use now: `enabled`, `timeZone`, `locale` and `onCall`. The others are kept and ' +
      'shown, and not acted upon yet: so far each order is reminded of once, a day before. `reminders`: `days` before ' +
      'the due day, at that time in the reader’s zone; below zero: every day from that many days after it on. ' +
      '`escalation`: per severity, whom to notify after waiting: external ids, `responsible`, `supervisor`, `on-call`.',
    body: change,
    answers: { 200: answer(settingsAnswer, 'Changed'), ...problems(413, 415, 422) },
    handle: async (c) => {
      const faults = collectFaults();
      const fields = readFields(settingsShape, await readJson(c), faults);
      const saved = await inTenant(c, deps, async (tx) => {
        await saveSettings(tx, fields, collectFaults(faults.all));
        return present(tx);
      });
      return c.json(saved);
    },
  },
];

const present = async (tx: Tx): Promise<z.infer<typeof settingsAnswer>> =>
  readSettings(tx, (await tx.tenants.get())!);
