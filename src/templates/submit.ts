import type { Deps } from '../deps.ts';
import { needsSomebody, whyUnusable } from '../domain/template.ts';
import { askAbout } from '../messaging/poll-templates.ts';
import type { Provider } from '../messaging/provider.ts';
import type { Template, TemplateContent } from '../store/templates.ts';
import type { Proposal } from './proposal.ts';

type SubmitDeps = Pick<Deps, 'store' | 'log' | 'now'>;

/**
 * Makes the proposed templates at the provider, asks for their approval and sets them as the tenant's. What is
 * there already stays, the tenant's own above all; what was rejected is made anew once its file has other words.
 * Safe to repeat. Says a line for each; false if one of them needs somebody, or nobody can say.
 */
export const submitTemplates = async (
  deps: SubmitDeps,
  tenantId: string,
  provider: Provider,
  proposals: Proposal[],
  say: (line: string) => void,
): Promise<boolean> => {
  let allWell = true;
  for (const proposal of proposals) {
    const { kind, locale } = proposal;
    const done = await submit(deps, tenantId, provider, proposal);
    const template = await deps.store.tenant(tenantId, (tx) => tx.templates.get(kind, locale));
    const [notTold] = template && !done.fault ? await askAbout(deps, tenantId, provider, [template]) : [];
    const now = await deps.store.tenant(tenantId, (tx) => tx.templates.get(kind, locale));
    if (done.fault || notTold || (now?.approval && needsSomebody(now.approval.status))) allWell = false;
    const state = notTold ? `its state is not known, ${problemOf(notTold.code)}` : stateOf(now);
    say(`${labelOf(proposal)} ${done.fault ?? `${done.did}: ${state}`}`);
  }
  return allWell;
};

type Done = { did: string; fault?: never } | { fault: string };

const submit = async (
  deps: SubmitDeps,
  tenantId: string,
  provider: Provider,
  proposal: Proposal,
): Promise<Done> => {
  const { kind, locale, name, category } = proposal;
  const stored = await deps.store.tenant(tenantId, (tx) => tx.templates.get(kind, locale));
  const state = stored
    ? await provider.templates.approval(stored.contentSid)
    : ({ kind: 'missing' } as const);
  if (state.kind === 'failed') return { fault: `was not submitted: ${problemOf(state.code)}` };

  let contentSid = stored?.contentSid ?? '';
  const isGivenUp = state.kind === 'found' && ['rejected', 'disabled'].includes(state.status);
  const isNew =
    state.kind === 'missing' || (isGivenUp && (await hasOtherWords(provider, contentSid, proposal)));
  if (isNew) {
    const made = await provider.templates.create({
      name,
      locale,
      body: proposal.body,
      samples: proposal.variables.map(({ sample }) => sample),
      buttons: proposal.buttons,
    });
    if (made.sid === null) return { fault: `was not made: ${problemOf(made.code)}` };
    contentSid = made.sid;
    // Kept before it is submitted: whoever repeats this then finds it.
    await keep(deps, tenantId, proposal, contentSid);
  } else if (state.kind === 'found' && state.status !== 'unsubmitted') return { did: 'was there' };

  const asked = await provider.templates.requestApproval(contentSid, { name, category });
  return asked.kind === 'asked'
    ? { did: 'submitted' }
    : { fault: `was made, but not submitted: ${problemOf(asked.code)}` };
};

const hasOtherWords = async (
  provider: Provider,
  contentSid: string,
  { body }: Proposal,
): Promise<boolean> => {
  const told = await provider.templates.content(contentSid);
  return told.kind === 'found' && told.content.body !== body;
};

const keep = (deps: SubmitDeps, tenantId: string, proposal: Proposal, contentSid: string): Promise<void> =>
  deps.store.tenant(tenantId, async (tx) => {
    const { kind, locale, body, buttons } = proposal;
    const content: TemplateContent = { body, buttons };
    const variables = proposal.variables.map(({ field }) => field);
    await tx.tenants.lock('templates');
    await tx.templates.save({ kind, locale, contentSid, variables });
    // Nothing is sent by it before it is approved.
    const approval = {
      ...{ status: 'unsubmitted' as const, category: null, rejectionReason: null },
      checkedAt: deps.now(),
    };
    await tx.templates.asked({ kind, locale, contentSid }, approval, content);
  });

/**
 * Asks the provider about every template of a tenant and says a line for each, and why what it was not told; false if
 * one needs somebody, or nobody can say.
 */
export const tellStatus = async (
  deps: SubmitDeps,
  tenantId: string,
  provider: Provider,
  say: (line: string) => void,
): Promise<boolean> => {
  const list = () => deps.store.tenant(tenantId, (tx) => tx.templates.list());
  const notTold = await askAbout(deps, tenantId, provider, await list());
  for (const code of new Set(notTold.map(({ code }) => code))) say(`Not told: ${problemOf(code)}`);
  const templates = await list();
  for (const template of templates) {
    const isOld = notTold.some(({ kind, locale }) => kind === template.kind && locale === template.locale);
    say(`${labelOf(template)} ${isOld ? lastKnown(template) : stateOf(template)}`);
  }
  if (templates.length === 0) say('No template is set: npm run templates -- submit');
  return (
    templates.length > 0 &&
    notTold.length === 0 &&
    !templates.some(({ approval }) => approval && needsSomebody(approval.status))
  );
};

// Without advice: what there was to do then may be done by now.
const lastKnown = ({ approval, contentSid }: Template): string =>
  approval
    ? `not told now; ${approval.status} at ${approval.checkedAt.toISOString()} ${contentSid}`
    : `not told now, nor before ${contentSid}`;

const labelOf = ({ kind, locale }: { kind: string; locale: string }): string =>
  `${kind.padEnd(22)} ${locale.padEnd(5)}`;

const stateOf = (template: Template | null): string => {
  if (!template?.approval) return 'not known yet';
  const { status, category } = template.approval;
  const why = needsSomebody(status) ? `: ${whyUnusable(template.approval)}` : '';
  return `${status}${category ? ` as ${category}` : ''} ${template.contentSid}${why}`;
};

const problemOf = (code: string): string => {
  if (['20003', '401'].includes(code)) {
    return 'Twilio refuses our credentials: check account, token or API key, then start the service once';
  }
  if (/^\d{5}$/.test(code)) {
    return `Twilio's answer was ${code}: look it up at twilio.com/docs/api/errors, then run this again`;
  }
  if (/^\d{3}$/.test(code)) {
    return `what answered instead of Twilio said HTTP ${code}: check TWILIO_API_BASE_URL and proxies, then run this again`;
  }
  // As the system spells why there was no connection.
  if (/^[A-Z][A-Z0-9_]+$/.test(code)) {
    return `Twilio could not be reached (${code}): check the network and TWILIO_API_BASE_URL, then run this again`;
  }
  return `Twilio's answer was not understood (${code}): run this again`;
};
