import { collectFaults, Refused, refuseIfFaulty } from '../../cmms/faults.ts';
import { readFields } from '../../cmms/fields.ts';
import { notificationNames } from '../../cmms/preferences.ts';
import { readTemplatePlace, saveTemplate, templateShape } from '../../cmms/save-template.ts';
import { templateFields } from '../../cmms/template-fields.ts';
import type { Deps } from '../../deps.ts';
import type { PanelRole } from '../../domain/panel-role.ts';
import { needsSomebody, whyUnusable } from '../../domain/template.ts';
import { lackingTemplates } from '../../messaging/poll-templates.ts';
import type { Template } from '../../store/templates.ts';
import { Choice, Field, LongField } from '../fields.tsx';
import { type FormFaults, formFaults, noFaults } from '../form-faults.ts';
import { Badge, Form, Moment, show } from '../frame.tsx';
import { type AdminRoute, change, everybody, look, type Visit } from '../route.ts';
import { SettingsPage } from './settings.tsx';

const administrators: readonly PanelRole[] = ['administrator'];

const done = {
  saved: 'The template is saved. Twilio is asked about its approval now.',
  removed: 'The template is taken away.',
};

const labels = { kind: 'Kind', locale: 'Language', contentSid: 'Content SID', variables: 'Variables' };
type Typed = Record<keyof typeof labels, string>;

/** What stands for each notice where the service window is closed, and whether WhatsApp has approved it. */
export const settingsTemplateRoutes = (deps: Deps): AdminRoute[] => {
  const showTemplates = async (
    visit: Visit,
    { faults = noFaults, typed = null }: { faults?: FormFaults; typed?: Typed | null } = {},
  ) => {
    const { templates, lacking } = await look(deps, visit, async (tx) => ({
      templates: await tx.templates.list(),
      lacking: await lackingTemplates(tx),
    }));
    const { kind, locale } = visit.c.req.query();
    const asked = templates.find((each) => each.kind === kind && each.locale === locale);
    return show(
      visit,
      <Templates {...{ visit, templates, lacking, faults }} typed={typed ?? write(asked)} />,
      faults.all.length > 0 ? 422 : 200,
    );
  };

  /** Sets one, or takes it away. */
  const save =
    (fieldsOf: (typed: Typed) => Record<string, unknown>, result: keyof typeof done) =>
    async (visit: Visit) => {
      const typed = Object.fromEntries(
        Object.keys(labels).map((name) => [name, visit.form(name).trim()]),
      ) as Typed;
      const found = collectFaults();
      const fields = readFields(templateShape, fieldsOf(typed), found);
      const place = readTemplatePlace(typed, found);
      try {
        if (!place) return refuseIfFaulty(found) as never;
        const { channel } = await change(deps, visit, async (tx, note) => {
          const { before, template, channel } = await saveTemplate(tx, place, fields, found);
          const subject = `${place.kind} ${place.locale}`;
          if (template) {
            note('template.saved', subject, {
              content: template.contentSid,
              variables: template.variables.join(' '),
            });
          } else if (before) note('template.removed', subject);
          return { channel };
        });
        if (channel) deps.ring('outbound', visit.tenant.id, channel.id);
        return visit.c.redirect(`/admin/settings/templates?done=${result}`, 303);
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        const faults = formFaults(error.faults, (pointer) => {
          const [, name = '', at] = pointer.split('/');
          if (!(name in labels)) return null;
          const label = labels[name as keyof Typed];
          return {
            name,
            label: at === undefined ? label : `${label}: ${words(typed.variables)[Number(at)]}`,
          };
        });
        return showTemplates(visit, { faults, typed });
      }
    };

  return [
    {
      method: 'get',
      path: '/settings/templates',
      for: everybody,
      handle: (visit) => showTemplates(visit),
    },
    {
      method: 'post',
      path: '/settings/templates',
      for: administrators,
      handle: save(({ contentSid, variables }) => ({ contentSid, variables: words(variables) }), 'saved'),
    },
    {
      method: 'post',
      path: '/settings/templates/remove',
      for: administrators,
      handle: save(() => ({ contentSid: null }), 'removed'),
    },
  ];
};

const words = (text: string): string[] => text.split(/[\s,;]+/).filter(Boolean);

const write = (template: Template | undefined): Typed => ({
  kind: template?.kind ?? '',
  locale: template?.locale ?? '',
  contentSid: template?.contentSid ?? '',
  variables: template?.variables.join('\n') ?? '',
});

type Props = {
  visit: Visit;
  templates: Template[];
  lacking: { kind: string; locale: string }[];
  faults: FormFaults;
  typed: Typed;
};

const Templates = (props: Props) => {
  const { visit, templates, lacking, faults } = props;
  const mayChange = administrators.includes(visit.user.role);
  return (
    <SettingsPage visit={visit} title="Templates" done={done} faults={faults.all}>
      <section class="card" aria-labelledby="templates">
        <h2 id="templates">Set</h2>
        <p class="soft">
          Who has not written to the sender within a day gets a notice only as a template that WhatsApp has
          approved.
        </p>
        {templates.length === 0 ? (
          <p>There is none yet.</p>
        ) : (
          <table class="list">
            <thead>
              <tr>
                <th scope="col">Notice</th>
                <th scope="col">Content</th>
                <th scope="col">Approval</th>
                {mayChange && <th scope="col">Actions</th>}
              </tr>
            </thead>
            <tbody>
              {templates.map((template) => (
                <tr>
                  <td>
                    <b>{template.kind}</b> {template.locale}
                  </td>
                  <td data-label="content:">
                    <code>{template.contentSid}</code>
                    <br />
                    <span class="soft">{template.variables.join(', ')}</span>
                  </td>
                  <td data-label="approval:">
                    <Approval visit={visit} template={template} />
                  </td>
                  {mayChange && (
                    <td>
                      <Actions visit={visit} template={template} />
                    </td>
                  )}
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </section>
      {lacking.length > 0 && (
        <section class="card" aria-labelledby="lacking">
          <h2 id="lacking">Without a template of their own</h2>
          <p class="soft">
            These go as message.send where there is one in the language; else nothing reaches who has not
            written for a day. Run <code>npm run templates -- submit</code>, or enter a content below.
          </p>
          <ul>
            {lacking.map(({ kind, locale }) => (
              <li>
                {kind} <b>{locale}</b>
              </li>
            ))}
          </ul>
        </section>
      )}
      {mayChange && <SetForm {...props} />}
    </SettingsPage>
  );
};

const Approval = ({ visit, template: { approval } }: { visit: Visit; template: Template }) => {
  if (!approval) return <Badge tone="calm">not asked yet</Badge>;
  const { status, checkedAt } = approval;
  const tone = status === 'approved' ? 'good' : needsSomebody(status) ? 'bad' : 'busy';
  return (
    <>
      <Badge tone={tone}>{status}</Badge>
      {status !== 'approved' && ` ${whyUnusable(approval)}`}
      <br />
      <span class="soft">
        {approval.category && `${approval.category.toLowerCase()}, `}asked{' '}
        <Moment at={checkedAt} zone={visit.zone} />
      </span>
    </>
  );
};

const Actions = ({ visit, template: { kind, locale } }: { visit: Visit; template: Template }) => (
  <div class="actions">
    <a
      class="button quiet"
      href={`/admin/settings/templates?${new URLSearchParams({ kind, locale })}#set`}
      aria-label={`Change: ${kind} ${locale}`}
    >
      Change
    </a>
    <Form visit={visit} action="/admin/settings/templates/remove">
      <input type="hidden" name="kind" value={kind} />
      <input type="hidden" name="locale" value={locale} />
      <button type="submit" class="grave" aria-label={`Take away: ${kind} ${locale}`}>
        Take away
      </button>
    </Form>
  </div>
);

const SetForm = ({ visit, typed, faults }: Props) => {
  const common = (name: keyof Typed) => ({ name, label: labels[name], fault: faults.at(name) });
  return (
    <section class="card" aria-labelledby="set">
      <h2 id="set">Set or change one</h2>
      <Form visit={visit} action="/admin/settings/templates" class="fields">
        <Choice
          {...common('kind')}
          value={typed.kind}
          options={notificationNames.map((name) => [name, name])}
        />
        <Field
          {...common('locale')}
          value={typed.locale}
          required
          maxlength={35}
          hint="Like en, es or pt-BR."
        />
        <Field
          {...common('contentSid')}
          value={typed.contentSid}
          required
          maxlength={34}
          hint="HX and 32 digits, from Twilio’s Content Template Builder."
        />
        <LongField
          {...common('variables')}
          value={typed.variables}
          rows={4}
          hint="The field that each variable takes, in their order, one in a line."
        />
        <details>
          <summary>The fields there are</summary>
          <dl>
            {notificationNames.map((name) => (
              <>
                <dt>
                  <b>{name}</b>
                </dt>
                <dd>{templateFields[name].join(', ')}</dd>
              </>
            ))}
          </dl>
        </details>
        <p>
          <button type="submit">Save</button>
        </p>
      </Form>
    </section>
  );
};
