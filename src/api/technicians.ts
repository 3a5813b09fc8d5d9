import { z } from '@hono/zod-openapi';
import { ringAll } from '../cmms/facts.ts';
import { collectFaults } from '../cmms/faults.ts';
import { key, readFields, technicianShape } from '../cmms/fields.ts';
import { preferencesAnswer, readPreferences } from '../cmms/preferences.ts';
import { saveTechnician } from '../cmms/save-technician.ts';
import type { Deps } from '../deps.ts';
import { windowOpenUntil } from '../domain/service-window.ts';
import { type ListedTechnician, technicianRoles } from '../store/technicians.ts';
import { dropReadOnly, keyToFind, keyToSave, readJson } from './body.ts';
import { afterKey, limit, page, readQuery, toPage } from './lists.ts';
import { notFound } from './problem.ts';
import { type ApiRoute, answer, asCmms, inTenant, problems } from './route.ts';

const technicianAnswer = z
  .strictObject({
    externalId: z.string(),
    name: z.string(),
    phone: z
      .string()
      .nullable()
      .meta({ examples: ['+15005550101'] }),
    email: z.string().nullable(),
    addresses: z.array(
      z.strictObject({
        kind: z.enum(['whatsapp', 'whatsapp-user-id', 'sms']),
        value: z.string(),
        active: z.boolean(),
      }),
    ),
    role: z.enum(technicianRoles),
    locale: z.string().nullable(),
    timeZone: z.string().nullable(),
    supervisor: z.string().nullable(),
    active: z.boolean(),
    preferences: preferencesAnswer,
    windowOpenUntil: z.iso.datetime().nullable(),
    lastSeenAt: z.iso.datetime().nullable(),
  })
  .meta({ id: 'Technician' });

const change = z.strictObject(technicianShape).partial().meta({ id: 'TechnicianChange' });

const listQuery = { limit, after: afterKey };

export const technicianRoutes = (deps: Deps): ApiRoute[] => [
  {
    method: 'put',
    path: '/technicians/{externalId}',
    summary: 'Create or change a technician',
    description:
      'A new one needs a name. The phone gives a WhatsApp and an SMS address by itself; `addresses` replaces the others. ' +
      '`preferences`: what the person does not want to be told, by which ways not, and when not; answers and critical ' +
      'alerts come all the same.',
    body: change,
    answers: {
      201: answer(technicianAnswer, 'Created'),
      200: answer(technicianAnswer, 'Changed'),
      ...problems(409, 413, 415, 422),
    },
    handle: async (c) => {
      const faults = collectFaults();
      const given = c.req.param('externalId')!;
      const body = dropReadOnly(
        await readJson(c),
        { externalId: (value) => value === given, windowOpenUntil: () => true, lastSeenAt: () => true },
        faults,
      );
      const fields = readFields(technicianShape, body, faults);
      const externalId = keyToSave(given, 'externalId', key, faults);
      const { created, bells, technician } = await asCmms(c, deps, async (tx, facts) => {
        const saved = await saveTechnician(tx, externalId, fields, facts, collectFaults(faults.all));
        return { ...saved, technician: (await tx.technicians.detail(externalId))! };
      });
      ringAll(deps, c.get('caller').tenantId, bells);
      return c.json(present(technician, deps.now()), created ? 201 : 200);
    },
  },
  {
    method: 'get',
    path: '/technicians/{externalId}',
    summary: 'One technician',
    answers: { 200: answer(technicianAnswer, 'The technician'), ...problems(404) },
    handle: async (c) => {
      const externalId = keyToFind(c.req.param('externalId')!);
      const found = await inTenant(c, deps, (tx) => tx.technicians.detail(externalId));
      return c.json(present(found ?? notFound(), deps.now()));
    },
  },
  {
    method: 'get',
    path: '/technicians',
    summary: 'All technicians, by external id',
    query: listQuery,
    answers: { 200: answer(page(technicianAnswer), 'A page'), ...problems(422) },
    handle: async (c) => {
      const { limit, after = null } = readQuery(c, listQuery);
      const found = await inTenant(c, deps, (tx) => tx.technicians.list({ after, limit: limit + 1 }));
      const { items, next } = toPage(found, limit, ({ externalId }) => externalId);
      return c.json({ items: items.map((each) => present(each, deps.now())), next });
    },
  },
];

const present = (technician: ListedTechnician, now: Date): z.infer<typeof technicianAnswer> => ({
  externalId: technician.externalId,
  name: technician.name,
  phone: technician.phone,
  email: technician.email,
  addresses: technician.addresses,
  role: technician.role,
  locale: technician.locale,
  timeZone: technician.timeZone,
  supervisor: technician.supervisor,
  active: technician.active,
  preferences: readPreferences(technician.preferences),
  windowOpenUntil: windowOpenUntil(technician, now)?.toISOString() ?? null,
  lastSeenAt: technician.lastSeenAt?.toISOString() ?? null,
});
