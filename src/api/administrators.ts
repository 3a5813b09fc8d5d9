import { z } from '@hono/zod-openapi';
import { createInvite } from '../admin/invite.ts';
import { linkHours } from '../admin/links.ts';
import { collectFaults, refuseIfFaulty } from '../cmms/faults.ts';
import { readFields, requireField, text } from '../cmms/fields.ts';
import type { Deps } from '../deps.ts';
import { readJson } from './body.ts';
import { type ApiRoute, answer, inTenant, problems } from './route.ts';

const shape = {
  email: z.email('must be an e-mail address').max(254, 'must have at most 254 characters'),
  name: text(1, 100).nullable().optional(),
};

const administratorAnswer = z
  .strictObject({
    email: z.string(),
    name: z.string(),
    role: z.literal('administrator'),
    link: z.string().meta({ description: 'Sets their password, once; shown this once' }),
    linkExpiresAt: z.iso.datetime(),
  })
  .meta({ id: 'AdministratorInvited' });

export const administratorRoutes = (deps: Deps, settings: { publicBaseUrl: string }): ApiRoute[] => {
  const invite = createInvite(deps, settings);
  return [
    {
      method: 'post',
      path: '/tenants/{slug}/administrators',
      keyOf: 'operator',
      summary: "Make somebody an administrator of a tenant's panel",
      description:
        `The first one, or the way back in when every administrator has lost theirs. The link sets a password within ` +
        `${linkHours} hours; the links made for them before open nothing any more. Somebody of that address who is there ` +
        'already is an administrator again, enabled, with the name and second factor they had: who has lost that one, ' +
        'too, is invited under another address.',
      answersSecret: true,
      body: z.strictObject(shape).meta({ id: 'AdministratorToInvite' }),
      answers: {
        201: answer(administratorAnswer, 'Made, with the link'),
        200: answer(administratorAnswer, 'There already; a new link'),
        ...problems(404, 413, 415, 422),
      },
      handle: async (c) => {
        const faults = collectFaults();
        const { email, name = null } = readFields(shape, await readJson(c), faults);
        requireField({ email }, 'email', faults);
        refuseIfFaulty(faults);
        const address = email!.toLowerCase();
        const made = await inTenant(c, deps, (tx) => invite(tx, { email: address, name }));
        deps.log.info({
          event: 'administrator.invited',
          tenantId: c.get('caller').tenantId,
          isNew: made.isNew,
        });
        const linkExpiresAt = new Date(deps.now().getTime() + linkHours * 60 * 60 * 1000).toISOString();
        const { name: called, link } = made;
        return c.json(
          { email: address, name: called, role: 'administrator', link, linkExpiresAt },
          made.isNew ? 201 : 200,
        );
      },
    },
  ];
};
