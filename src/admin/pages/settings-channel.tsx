import { ringAll } from '../../cmms/facts.ts';
import { collectFaults, Refused } from '../../cmms/faults.ts';
import { readFields } from '../../cmms/fields.ts';
import { channelInFull, inUse, ownerOf, readCredentials, saveTenantIn } from '../../cmms/save-tenant.ts';
import { saveSettings } from '../../cmms/settings.ts';
import type { Deps } from '../../deps.ts';
import type { PanelRole } from '../../domain/panel-role.ts';
import type { StoredChannel } from '../../store/channels.ts';
import type { Fault } from '../../store/notifications.ts';
import { Choice, Field, Tick } from '../fields.tsx';
import { type FormFaults, formFaults, noFaults } from '../form-faults.ts';
import { Badge, Form, show } from '../frame.tsx';
import { type AdminRoute, change, look, type Visit } from '../route.ts';
import type { PanelSettings } from '../settings.ts';
import { Sure } from '../sure.tsx';
import { SettingsPage } from './settings.tsx';

const administrators: readonly PanelRole[] = ['administrator'];

const done = {
  saved: 'The sender is saved. It is used from the next message on; the self-test shows whether it works.',
  on: 'Switched on. What comes in is run, and what is due is sent.',
  off: 'Switched off. What comes in is kept and never run; what would go out is cancelled.',
};

/** The parts of a sender, as they are called on the page. */
const labels = {
  provider: 'Provider',
  from: 'Sender',
  accountSid: 'Account SID',
  authToken: 'Auth token',
  authTokenSecondary: 'Second auth token',
  apiKeySid: 'API key SID',
  apiKeySecret: 'API key secret',
  messagingServiceSid: 'Messaging service SID',
  messagesPerSecond: 'Messages per second',
};
type Part = keyof typeof labels;
const parts = Object.keys(labels) as Part[];
const secrets: readonly Part[] = ['authToken', 'authTokenSecondary', 'apiKeySecret'];

/** The variable that says it where the environment describes the sender. */
const variables: Record<Part, string> = {
  provider: 'WHATSAPP_PROVIDER',
  from: 'WHATSAPP_FROM_NUMBER',
  accountSid: 'TWILIO_ACCOUNT_SID',
  authToken: 'TWILIO_AUTH_TOKEN',
  authTokenSecondary: 'TWILIO_AUTH_TOKEN_SECONDARY',
  apiKeySid: 'TWILIO_API_KEY_SID',
  apiKeySecret: 'TWILIO_API_KEY_SECRET',
  messagingServiceSid: 'TWILIO_MESSAGING_SERVICE_SID',
  messagesPerSecond: 'WHATSAPP_MESSAGES_PER_SECOND',
};

/** The sender and its account: who sends, and what to enter at the provider. */
export const settingsChannelRoutes = (deps: Deps, settings: PanelSettings): AdminRoute[] => {
  const isOfTheEnvironment = ({ tenant }: Visit) =>
    tenant.slug === 'default' && settings.tenantRules.describesSender;

  const showChannel = async (
    visit: Visit,
    { faults = noFaults, typed = null }: { faults?: FormFaults; typed?: Known | null } = {},
  ) => {
    const channel = inUse(await look(deps, visit, (tx) => tx.channels.list()));
    const known = describe(channel, deps);
    return show(
      visit,
      <Channel
        {...{ visit, settings, channel, known, faults }}
        isFixed={isOfTheEnvironment(visit)}
        isOffForAll={!deps.enabled}
        values={typed ?? withoutSecrets(known)}
      />,
      faults.all.length > 0 ? 422 : 200,
    );
  };

  const save = async (visit: Visit) => {
    const typed = Object.fromEntries(parts.map((part) => [part, visit.form(part).trim()])) as Record<
      Part,
      string
    >;
    const found = collectFaults();
    const given = readFields(channelInFull.shape, asChange(visit, typed), found.under('/channel'));
    const { faults: wrong, bells } = await trying(async () => {
      if (isOfTheEnvironment(visit)) throw new Refused('conflict', [{ pointer: '', detail: ofEnvironment }]);
      const owner = await ownerOf(deps, { channel: given });
      return change(deps, visit, async (tx, note) => {
        const before = describe(inUse(await tx.channels.list()), deps);
        const fields = { channel: given };
        const faults = collectFaults(found.all);
        const { slug } = visit.tenant;
        const saved = await saveTenantIn(tx, deps, settings.tenantRules, slug, fields, owner, faults);
        const after = describe(saved.channel, deps);
        note('channel.saved', after.from, { ...changesOf(before, after), ...entered(given) });
        return saved.bells;
      });
    });
    if (wrong) {
      const faults = formFaults(wrong, (pointer) => {
        const part = parts.find((each) => pointer === `/channel/${each}`);
        return part ? { name: part, label: labels[part] } : null;
      });
      return showChannel(visit, { faults, typed: withoutSecrets(typed) });
    }
    ringAll(deps, visit.tenant.id, bells);
    return visit.c.redirect('/admin/settings/channel?done=saved', 303);
  };

  const turn = async (visit: Visit) => {
    const enabled = visit.form('enabled') === 'yes';
    const bells = await change(deps, visit, async (tx, note) => {
      if ((await tx.tenants.get())?.enabled === enabled) return [];
      note(enabled ? 'service.on' : 'service.off', null);
      return saveSettings(tx, { enabled }, collectFaults());
    });
    ringAll(deps, visit.tenant.id, bells);
    return visit.c.redirect(`/admin/settings/channel?done=${enabled ? 'on' : 'off'}`, 303);
  };

  return [
    {
      method: 'get',
      path: '/settings/channel',
      for: administrators,
      handle: (visit) => showChannel(visit),
    },
    { method: 'post', path: '/settings/channel', for: administrators, handle: save },
    { method: 'post', path: '/settings/enabled', for: administrators, handle: turn },
  ];
};

const ofEnvironment =
  'The sender of this installation is described by the environment: change it there and start again';

/** What the form says: a secret that is left empty stays, anything else that is empty is taken away. */
const asChange = (visit: Visit, typed: Record<Part, string>): Record<string, unknown> => {
  const optional: readonly Part[] = ['messagingServiceSid', 'apiKeySid'];
  const given = parts.flatMap((part): [string, unknown][] => {
    if (part === 'authTokenSecondary' && visit.form('forgetSecondary') === 'yes') return [[part, null]];
    if (typed[part] === '') return optional.includes(part) ? [[part, null]] : [];
    if (part === 'messagesPerSecond') return [[part, Number(typed[part].replace(',', '.'))]];
    return [[part, typed[part]]];
  });
  return Object.fromEntries(given);
};

const trying = async <T,>(
  work: () => Promise<T>,
): Promise<{ faults: null; bells: T } | { faults: Fault[]; bells: null }> => {
  try {
    return { faults: null, bells: await work() };
  } catch (error) {
    if (error instanceof Refused) return { faults: error.faults, bells: null };
    // Somebody has taken it just now.
    if ((error as { code?: string }).code === '23505') {
      return { faults: [{ pointer: '/channel/from', detail: "is another tenant's sender" }], bells: null };
    }
    throw error;
  }
};

type Known = Record<Part, string>;

/** A sender in words; of a secret only whether it is there. */
const describe = (channel: StoredChannel | null, deps: Deps): Known => {
  const tokens = channel && readCredentials(channel, deps);
  const set = (value: unknown) => (value ? 'set' : 'not set');
  return {
    provider: channel?.provider ?? '',
    from: channel?.address.replace(/^whatsapp:/, '') ?? '',
    accountSid: channel?.accountSid ?? '',
    authToken: channel && !tokens ? 'cannot be read: enter it again' : set(tokens?.authToken),
    authTokenSecondary: set(tokens?.authTokenSecondary),
    apiKeySid: tokens?.apiKeySid ?? '',
    apiKeySecret: set(tokens?.apiKeySecret),
    messagingServiceSid: channel?.messagingServiceSid ?? '',
    messagesPerSecond: channel ? String(channel.messagesPerSecond) : '',
  };
};

const withoutSecrets = (values: Known): Known =>
  Object.fromEntries(parts.map((part) => [part, secrets.includes(part) ? '' : values[part]])) as Known;

/** For the audit. */
const changesOf = (before: Known, after: Known): Record<string, string> =>
  Object.fromEntries(
    parts
      .filter((part) => before[part] !== after[part])
      .map((part) => [labels[part], `${before[part] || 'none'} → ${after[part] || 'none'}`]),
  );

/** A secret that was entered leaves no other trace. */
const entered = (given: Record<string, unknown>): Record<string, string> =>
  Object.fromEntries(
    secrets.filter((part) => typeof given[part] === 'string').map((part) => [labels[part], 'entered anew']),
  );

type Props = {
  visit: Visit;
  settings: PanelSettings;
  channel: StoredChannel | null;
  known: Known;
  faults: FormFaults;
  isFixed: boolean;
  isOffForAll: boolean;
  values: Known;
};

const Channel = (props: Props) => {
  const { visit, settings, faults, isFixed, channel } = props;
  return (
    <SettingsPage visit={visit} title="Sender" done={done} faults={faults.all}>
      {!channel && (
        <p class="faults">
          There is no sender yet, so nothing can be sent. Enter it below, then run the self-test.
        </p>
      )}
      <Switch {...props} />
      <Addresses base={settings.publicBaseUrl} />
      {isFixed ? <Fixed {...props} /> : <ChannelForm {...props} />}
      {!isFixed && visit.tenant.slug === 'default' && (
        <p class="soft">
          What is saved here stays when the service starts again. Only if the environment names a sender some
          day (TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN and WHATSAPP_FROM_NUMBER, or
          WHATSAPP_PROVIDER=simulator), that one takes this one’s place.
        </p>
      )}
    </SettingsPage>
  );
};

const Switch = ({ visit, isOffForAll, channel }: Props) => {
  const { enabled } = visit.tenant;
  return (
    <section class="card" aria-labelledby="switch">
      <h2 id="switch">Service</h2>
      <p>
        {enabled ? <Badge tone="good">switched on</Badge> : <Badge tone="bad">switched off</Badge>}{' '}
        {enabled
          ? channel && 'Messages are run and sent.'
          : 'What comes in is kept and never run; what would go out is cancelled.'}
      </p>
      {isOffForAll && (
        <p>
          <Badge tone="bad">switched off for everybody</Badge> The environment says WHATSAPP_ENABLED=false:
          set it to true and start again.
        </p>
      )}
      {enabled ? (
        <Sure
          visit={visit}
          action="/admin/settings/enabled"
          ask="Switch off"
          what="From then on nobody is told anything: what comes in is kept and never run, what would go out is cancelled."
          yes="Yes, switch off"
        >
          <input type="hidden" name="enabled" value="no" />
        </Sure>
      ) : (
        <Form visit={visit} action="/admin/settings/enabled">
          <input type="hidden" name="enabled" value="yes" />
          <button type="submit">Switch on</button>
        </Form>
      )}
    </section>
  );
};

// How often and how fast Twilio tries again, as its console takes it behind the address.
const connectionSettings = '#rc=2&rp=ct,rt,5xx&ct=2000&rt=4500';

const Addresses = ({ base }: { base: string }) => (
  <section class="card" aria-labelledby="addresses">
    <h2 id="addresses">Addresses for Twilio’s console</h2>
    <p class="soft">
      Under Messaging, Senders, WhatsApp senders, your number: both as POST. They begin with PUBLIC_BASE_URL.
    </p>
    <Address
      name="incoming"
      label="When a message comes in"
      value={`${base}/api/whatsappwebhook/incoming${connectionSettings}`}
    />
    <Address name="status" label="Status callback" value={`${base}/api/whatsappwebhook/status`} />
  </section>
);

const Address = ({ name, label, value }: { name: string; label: string; value: string }) => (
  <div class="row copied">
    <Field {...{ name, label, value }} readonly />
    <button type="button" class="quiet" data-copy={name} aria-label={`Copy: ${label}`} hidden>
      Copy
    </button>
  </div>
);

/** What the environment says is only shown. */
const Fixed = ({ known, settings }: Props) => (
  <section class="card" aria-labelledby="sender">
    <h2 id="sender">Sender</h2>
    <p>
      {settings.tenantRules.simulates
        ? 'This installation runs the simulator: no real message leaves it. To send with Twilio, set the variables below and start again.'
        : 'The environment describes the sender of this installation: to change it, change the variable and start again.'}
    </p>
    <table class="list">
      <thead>
        <tr>
          <th scope="col">What</th>
          <th scope="col">Now</th>
          <th scope="col">Variable</th>
        </tr>
      </thead>
      <tbody>
        {parts.map((part) => (
          <tr>
            <td>
              <b>{labels[part]}</b>
            </td>
            <td data-label="now:">{known[part] || 'not set'}</td>
            <td data-label="variable:">
              <code>{variables[part]}</code>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  </section>
);

const ChannelForm = ({ visit, settings, values, known, faults, channel }: Props) => {
  const common = (name: Part) => ({ name, label: labels[name], fault: faults.at(name) });
  const secret = (name: Part) => ({
    ...common(name),
    ...{ type: 'password', autocomplete: 'off', maxlength: 200 },
    hint: known[name] === 'set' ? 'Set. Leave it empty to keep it; it is never shown.' : known[name],
  });
  const providers: [string, string][] = [
    ['twilio', 'Twilio'],
    ...(settings.tenantRules.simulates || known.provider === 'simulator'
      ? [['simulator', 'Simulator'] as [string, string]]
      : []),
  ];
  return (
    <section class="card" aria-labelledby="sender">
      <h2 id="sender">Sender</h2>
      <Form visit={visit} action="/admin/settings/channel" class="fields">
        <Choice {...common('provider')} options={providers} value={values.provider || 'twilio'} />
        <Field
          {...common('from')}
          value={values.from}
          required
          inputmode="tel"
          maxlength={40}
          hint="The WhatsApp number, for example +14155238886. People who write to the one before are still answered."
        />
        <Field
          {...common('accountSid')}
          value={values.accountSid}
          required
          maxlength={34}
          hint="AC and 32 digits, on the first page of Twilio’s console."
        />
        <Field {...secret('authToken')} />
        <Field {...secret('authTokenSecondary')} />
        {known.authTokenSecondary === 'set' && (
          <Tick label="Forget the second auth token" name="forgetSecondary" checked={false} />
        )}
        <Field
          {...common('apiKeySid')}
          value={values.apiKeySid}
          maxlength={34}
          hint="Optional: SK and 32 digits, to send with an API key instead of the auth token."
        />
        <Field {...secret('apiKeySecret')} />
        <Field
          {...common('messagingServiceSid')}
          value={values.messagingServiceSid}
          maxlength={34}
          hint="Optional: MG and 32 digits, if the number is in a messaging service."
        />
        <Field
          {...common('messagesPerSecond')}
          value={values.messagesPerSecond || String(settings.tenantRules.messagesPerSecond)}
          inputmode="decimal"
          maxlength={10}
          hint="How fast this sender may send: 80 for most, 0.33 for Twilio’s sandbox."
        />
        <p>
          <button type="submit">{channel ? 'Save' : 'Set up'}</button>
        </p>
      </Form>
    </section>
  );
};
