import { z } from '@hono/zod-openapi';
import { ringAll } from '../cmms/facts.ts';
import { collectFaults } from '../cmms/faults.ts';
import { key, readFields } from '../cmms/fields.ts';
import {
  type SavedTenant,
  saveTenant,
  type TenantRules,
  tenantShape,
  twilioLike,
} from '../cmms/save-tenant.ts';
import type { Deps } from '../deps.ts';
import { dropReadOnly, keyToSave, readJson } from './body.ts';
import { type ApiRoute, answer, problems } from './route.ts';

const tenantAnswer = z
  .strictObject({
    slug: z.string(),
    name: z.string(),
    timeZone: z.string(),
    locale: z.string(),
    defaultCountry: z.string(),
    channel: z
      .strictObject({
        provider: z.enum(['twilio', 'simulator']),
        from: z.string().meta({ examples: ['+14155238886'] }),
        accountSid: z.string(),
        messagingServiceSid: z.string().nullable(),
      })
      .nullable()
      .meta({ description: 'Tokens are written only, and never shown' }),
    apiKey: z.string().nullable().meta({ description: 'In the first answer only: the key of the CMMS' }),
  })
  .meta({ id: 'Tenant' });

const change = z.strictObject(tenantShape).partial().meta({ id: 'TenantChange' });

const slugOf = key.regex(
  /^[A-Za-z0-9][A-Za-z0-9._-]*$/,
  'must hold letters, digits, dots, dashes and underscores only',
);

export const tenantRoutes = (deps: Deps, rules: TenantRules): ApiRoute[] => [
  {
    method: 'put',
    path: '/tenants/{slug}',
    keyOf: 'operator',
    summary: 'Create or change a tenant',
    description:
      "With the operator's key; without OPERATOR_API_KEY: 404. A new one needs a name; its first channel needs all " +
      'but `authTokenSecondary` and `messagingServiceSid`. The first answer holds `apiKey`, once. To rotate a ' +
      'token, make the second one at Twilio, give it here as `authToken` and the first as `authTokenSecondary`: both ' +
      'verify. Then promote it at Twilio, and clear `authTokenSecondary`. Another `from` replaces the sender; people who write to the one before are still answered. The ' +
      'country of tenant `default` belongs to the environment, and its channel where the environment names one: 409.',
    body: change,
    answers: {
      201: answer(tenantAnswer, 'Created'),
      200: answer(tenantAnswer, 'Changed'),
      ...problems(404, 409, 413, 415, 422),
    },
    handle: async (c) => {
      const faults = collectFaults();
      const given = c.req.param('slug')!;
      const body = dropReadOnly(
        await readJson(c),
        { slug: (value) => value === given, apiKey: (value) => value === null },
        faults,
      );
      const fields = readFields(tenantShape, body, faults);
      const slug = keyToSave(given, 'slug', slugOf, faults);
      const saved = await saveTenant(deps, rules, slug, fields, faults);
      ringAll(deps, saved.tenant.id, saved.bells);
      return c.json(present(saved), saved.created ? 201 : 200);
    },
  },
];

const present = ({ tenant, channel, apiKey }: SavedTenant): z.infer<typeof tenantAnswer> => ({
  slug: tenant.slug,
  name: tenant.name,
  timeZone: tenant.timeZone,
  locale: tenant.locale,
  defaultCountry: tenant.defaultCountry,
  channel: channel && {
    provider: twilioLike(channel),
    from: channel.address.replace(/^whatsapp:/, ''),
    accountSid: channel.accountSid,
    messagingServiceSid: channel.messagingServiceSid,
  },
  apiKey,
});
