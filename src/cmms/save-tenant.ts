import { z } from 'zod';
import { newApiKey } from '../api-key.ts';
import { decrypt, sha256 } from '../crypto.ts';
import type { Deps } from '../deps.ts';
import { isCountry } from '../domain/phone.ts';
import { type DescribedChannel, retireOthers, saveChannel, type TwilioTokens } from '../sender.ts';
import type { StoredChannel } from '../store/channels.ts';
import type { Tx } from '../store/store.ts';
import type { Tenant } from '../store/tenants.ts';
import type { Bell } from './facts.ts';
import { collectFaults, type Faults, Refused, refuseIfFaulty } from './faults.ts';
import { type Fields, language, requireField, text, timeZone, withoutUndefined } from './fields.ts';
import { decideAnew } from './hold-back.ts';

const sid = (prefix: 'AC' | 'MG' | 'SK') =>
  z
    .string()
    .regex(new RegExp(`^${prefix}[0-9a-fA-F]{32}$`), `must be ${prefix} and 32 hexadecimal digits`)
    .meta({ examples: [`${prefix}${'0'.repeat(32)}`] });

const token = text(1, 200)
  .refine((value) => !/\s/.test(value), 'must hold no spaces')
  .meta({ minLength: 1, maxLength: 200, writeOnly: true });

const sender = z
  .string()
  .refine((value) => readSender(value) !== null, 'must be an international number, for example +14155238886')
  .meta({ examples: ['+14155238886'] });

/** A WhatsApp sender as the provider writes it. */
const readSender = (value: string): string | null => {
  const phone = value.replace(/^whatsapp:/, '').replace(/[\s().-]/g, '');
  return /^\+[1-9]\d{6,14}$/.test(phone) ? `whatsapp:${phone}` : null;
};

const channelChange = z
  .strictObject({
    provider: z.enum(['twilio', 'simulator']),
    from: sender,
    accountSid: sid('AC'),
    authToken: token,
    authTokenSecondary: token.nullable(),
    messagingServiceSid: sid('MG').nullable(),
  })
  .partial();

/** A channel as the panel may describe it: besides, what the API has no words for. */
export const channelInFull = channelChange.extend({
  messagesPerSecond: z
    .number('must be a number, for example 80')
    .gt(0, 'must be more than 0')
    .max(10_000, 'must be at most 10000')
    .optional(),
  apiKeySid: sid('SK').nullable().optional(),
  apiKeySecret: token.nullable().optional(),
});

export const tenantShape = {
  name: text(1, 200),
  timeZone,
  locale: language,
  defaultCountry: z
    .string()
    .refine(
      (value) => isCountry(value.toUpperCase()),
      'must be a country code of two letters, for example US',
    )
    .meta({ examples: ['US'] }),
  channel: channelChange.nullable(),
};

type TenantFields = Omit<Fields<typeof tenantShape>, 'channel'> & {
  channel?: z.infer<typeof channelInFull> | null | undefined;
};

export type TenantRules = {
  /** The simulator runs here, so that a channel may be its. */
  simulates: boolean;
  /** The rate of a sender. */
  messagesPerSecond: number;
  /** Of a new tenant, unless told. */
  defaultCountry: string;
  /** The environment names the WhatsApp sender of tenant `default`, and each start sets it to that. */
  describesSender: boolean;
};

export type SavedTenant = {
  created: boolean;
  tenant: Tenant;
  channel: StoredChannel | null;
  /** To be rung after the commit. */
  bells: Bell[];
  /** Made with the tenant; in the clear this once. */
  apiKey: string | null;
};

/** Creates or changes a tenant. Throws Refused, with `faults` and what else is wrong, and writes nothing then. */
export const saveTenant = async (
  deps: Deps,
  rules: TenantRules,
  slug: string,
  fields: TenantFields,
  faults: Faults,
): Promise<SavedTenant> => {
  for (let attempt = 1; ; attempt++) {
    // In this order: a tenant made in between is then found as the owner's own.
    const owner = await ownerOf(deps, fields);
    const [existing] = await deps.store.gate.tenantIds(slug);
    const tenantId = existing ?? deps.newId();
    try {
      return await deps.store.tenant(tenantId, (tx) =>
        saveTenantIn(tx, deps, rules, slug, fields, owner, collectFaults(faults.all)),
      );
    } catch (error) {
      // Somebody else has made it meanwhile, or taken the sender: asked again, one sees it.
      if ((error as { code?: string }).code !== '23505' || attempt > 3) throw error;
    }
  }
};

/** Whose sender it is already that is asked for, looked up outside of any tenant. */
export const ownerOf = async (
  { store }: Deps,
  { channel }: Pick<TenantFields, 'channel'>,
): Promise<string | null> => {
  const address = channel?.from && readSender(channel.from);
  return address ? ((await store.gate.route(address))[0]?.tenantId ?? null) : null;
};

/** `saveTenant` inside a transaction of that tenant's. Fails with 23505 if somebody takes the sender meanwhile. */
export const saveTenantIn = async (
  tx: Tx,
  deps: Deps,
  rules: TenantRules,
  slug: string,
  fields: TenantFields,
  owner: string | null,
  faults: Faults,
): Promise<SavedTenant> => {
  await tx.tenants.lock('tenant');
  const before = await tx.tenants.get();
  const current = inUse(await tx.channels.list());
  if (!before) requireField(fields, 'name', faults);
  const tenant: Tenant = {
    ...(before ?? {
      ...{ id: tx.tenantId, slug, name: '', timeZone: 'UTC', locale: 'en', enabled: true },
      ...{ defaultCountry: rules.defaultCountry, thumbsUpAcknowledges: true },
    }),
    ...withoutUndefined({
      name: fields.name,
      timeZone: fields.timeZone,
      locale: fields.locale && Intl.getCanonicalLocales(fields.locale)[0],
      defaultCountry: fields.defaultCountry?.toUpperCase(),
    }),
  };
  const described = fields.channel
    ? describe(fields.channel, current, deps, rules, faults.under('/channel'))
    : null;

  const taken = [
    ...(owner !== null && owner !== tx.tenantId
      ? [{ pointer: '/channel/from', detail: "is another tenant's sender" }]
      : []),
    ...(slug === 'default' ? ofTheEnvironment(fields, before, current, rules) : []),
  ];
  if (faults.all.length > 0) for (const { pointer, detail } of taken) faults.add(pointer, detail);
  refuseIfFaulty(faults);
  if (taken.length > 0) throw new Refused('conflict', taken);

  if (before) await tx.tenants.update(tenant);
  else await tx.tenants.create(tenant);
  const bells = before && before.timeZone !== tenant.timeZone ? await decideAnew(tx, null) : [];
  if (described) await saveChannel(tx, deps, described);
  if (fields.channel !== undefined) {
    await retireOthers(tx, deps, described ? [described] : [], ({ way }) => way === 'whatsapp');
  }
  const apiKey = before ? null : newApiKey();
  if (apiKey) await tx.apiKeys.add({ id: deps.newId(), label: 'first', hash: sha256(apiKey) });
  return {
    created: !before,
    tenant: (await tx.tenants.get())!,
    channel: inUse(await tx.channels.list()),
    bells,
    apiKey,
  };
};

/** The WhatsApp sender that new messages leave by. */
export const inUse = (channels: StoredChannel[]): StoredChannel | null =>
  channels.find(({ way, retiredAt }) => way === 'whatsapp' && retiredAt === null) ?? null;

/** The channel in full: what is left out is as it was. */
const describe = (
  given: z.infer<typeof channelInFull>,
  current: StoredChannel | null,
  deps: Deps,
  rules: TenantRules,
  faults: Faults,
): DescribedChannel | null => {
  const provider = given.provider ?? (current && twilioLike(current));
  const accountSid = given.accountSid ?? current?.accountSid;
  const address = given.from === undefined ? current?.address : readSender(given.from);
  if (!provider) faults.add('/provider', 'is required');
  if (given.provider === 'simulator' && current?.provider !== 'simulator' && !rules.simulates) {
    faults.add('/provider', 'must be twilio: the simulator does not run here');
  }
  if (!address) faults.add('/from', 'is required');
  if (!accountSid) faults.add('/accountSid', 'is required');

  // Another account's tokens are no use to this one.
  const kept = current && current.accountSid === accountSid ? readCredentials(current, deps) : null;
  const authToken = given.authToken ?? kept?.authToken;
  if (!authToken) {
    const why = current ? 'is required: for this account none is stored that can be read' : 'is required';
    faults.add('/authToken', why);
  }
  const apiKeySid = given.apiKeySid === undefined ? (kept?.apiKeySid ?? null) : given.apiKeySid;
  // Another key's secret is no use to this one.
  const keptSecret = kept?.apiKeySid === apiKeySid ? (kept?.apiKeySecret ?? null) : null;
  const apiKeySecret = apiKeySid === null ? null : (given.apiKeySecret ?? keptSecret);
  if (apiKeySid !== null && !apiKeySecret) faults.add('/apiKeySecret', 'is required with an API key');
  if (!provider || !accountSid || !address || !authToken) return null;
  return {
    way: 'whatsapp',
    provider,
    address,
    accountSid,
    messagingServiceSid:
      given.messagingServiceSid === undefined
        ? kept
          ? current!.messagingServiceSid
          : null
        : given.messagingServiceSid,
    messagesPerSecond: given.messagesPerSecond ?? current?.messagesPerSecond ?? rules.messagesPerSecond,
    credentials: {
      authToken,
      authTokenSecondary:
        given.authTokenSecondary === undefined
          ? (kept?.authTokenSecondary ?? null)
          : given.authTokenSecondary,
      ...(apiKeySid === null ? {} : { apiKeySid, apiKeySecret }),
    },
  };
};

/** A WhatsApp channel's provider: mail servers have none. */
export const twilioLike = ({ provider }: Pick<StoredChannel, 'provider'>): 'twilio' | 'simulator' =>
  provider === 'simulator' ? provider : 'twilio';

/** A Twilio channel's, in the clear; null if no key of ours opens them. */
export const readCredentials = (
  { credentials }: Pick<StoredChannel, 'credentials'>,
  { secretKeys }: Pick<Deps, 'secretKeys'>,
): TwilioTokens | null => {
  try {
    return JSON.parse(decrypt(credentials, secretKeys));
  } catch {
    // Encrypted under a key that is gone: the operator gives the token again.
    return null;
  }
};

/** What a start would set back to what the environment says. */
const ofTheEnvironment = (
  fields: TenantFields,
  before: Tenant | null,
  current: StoredChannel | null,
  { describesSender }: TenantRules,
) => {
  const { defaultCountry, channel } = fields;
  const now: Record<string, unknown> | null = current && {
    ...{ provider: current.provider, accountSid: current.accountSid },
    messagingServiceSid: current.messagingServiceSid,
  };
  const isSame =
    channel === null
      ? current === null
      : Object.entries(channel ?? {}).every(([name, value]) =>
          name === 'from' ? readSender(value as string) === current?.address : now?.[name] === value,
        );
  return [
    ...(defaultCountry !== undefined && defaultCountry.toUpperCase() !== before?.defaultCountry
      ? [{ pointer: '/defaultCountry', detail: 'is set by DEFAULT_COUNTRY for tenant default' }]
      : []),
    ...(isSame || !describesSender
      ? []
      : [
          {
            pointer: '/channel',
            detail:
              'is described by the environment (TWILIO_ACCOUNT_SID and so on) for tenant default: change it there',
          },
        ]),
  ];
};
