import { notificationNames } from '../cmms/preferences.ts';
import type { Deps } from '../deps.ts';
import { type Approval, languageOf, needsSomebody, whyUnusable } from '../domain/template.ts';
import type { StoredChannel } from '../store/channels.ts';
import type { Tx } from '../store/store.ts';
import type { Template, TemplateKey } from '../store/templates.ts';
import { localeFor, textLanguage } from '../texts/texts.ts';
import type { Provider } from './provider.ts';

/** The sender that notices leave by; null if the tenant has none. */
export const whatsappChannel = async (tx: Tx): Promise<StoredChannel | null> =>
  (await tx.channels.list()).find(({ way, retiredAt }) => way === 'whatsapp' && !retiredAt) ?? null;

/** What the provider did not tell, and what came instead: its code, a status of HTTP, or why it was not reached. */
export type NotTold = TemplateKey & { code: string };

/** Asks about templates of which the provider has never told anything, and which nobody is asking about. */
export const askAboutNew = async (
  deps: Pick<Deps, 'store' | 'log' | 'now'>,
  tenantId: string,
  provider: Provider,
): Promise<void> => {
  const templates = await deps.store.tenant(tenantId, (tx) => tx.templates.toAsk());
  if (templates.length > 0) await askAbout(deps, tenantId, provider, templates);
};

/**
 * Asks the provider where the approval of these templates stands. Whoever must do something hears of it once. Answers
 * those it was not told of, which stay as they were known.
 */
export const askAbout = async (
  deps: Pick<Deps, 'store' | 'log' | 'now'>,
  tenantId: string,
  provider: Provider,
  templates: Template[],
): Promise<NotTold[]> => {
  const inVain: (Template & { code: string })[] = [];
  for (const [at, template] of templates.entries()) {
    const { kind, locale, contentSid } = template;
    const told = await provider.templates.approval(contentSid);
    if (told.kind === 'failed') {
      // It stays as it was known; a later run asks again.
      deps.log.warn({ event: 'template.not-told', kind, locale, code: told.code });
      const { code } = told;
      inVain.push({ ...template, code });
      if (/^\d{5}$/.test(code)) continue;
      // Without an answer of Twilio's own the next question would only wait as long.
      inVain.push(...templates.slice(at + 1).map((each) => ({ ...each, code })));
      break;
    }
    if (told.kind === 'missing' && template.approval?.status === 'approved')
      deps.log.warn({ event: 'template.missing', kind, locale });
    const approval: Approval =
      told.kind === 'missing'
        ? { status: 'missing', category: null, rejectionReason: null, checkedAt: deps.now() }
        : {
            status: told.status,
            category: told.category,
            rejectionReason: told.rejectionReason,
            checkedAt: deps.now(),
          };
    // What was submitted can no longer be edited; until then it is asked for each time.
    const mayHaveChanged = template.content === null || template.approval?.status !== 'approved';
    const shown =
      mayHaveChanged && told.kind === 'found' ? await provider.templates.content(contentSid) : null;
    const content = shown?.kind === 'found' ? shown.content : null;
    const noted = await deps.store.tenant(tenantId, (tx) => tx.templates.asked(template, approval, content));
    if (noted) report(deps, template, noted.before, approval);
  }
  if (inVain.length > 0) {
    const lasting = await deps.store.tenant(tenantId, (tx) => tx.templates.askedInVain(inVain));
    const notTold = lasting.map(({ kind, locale }) => `${kind}/${locale}`).sort();
    if (lasting.length > 0) deps.log.error({ event: 'templates.not-told', alarm: true, notTold });
  }
  return inVain.map(({ kind, locale, code }) => ({ kind, locale, code }));
};

const report = (
  { log }: Pick<Deps, 'log'>,
  { kind, locale, contentSid }: Template,
  before: Approval | null,
  { ...now }: Approval,
) => {
  const facts = { kind, locale, contentSid, status: now.status, before: before?.status ?? null };
  if (before?.status !== now.status) {
    if (needsSomebody(now.status)) {
      log.error({ event: 'template.unusable', alarm: true, ...facts, why: whyUnusable(now) });
    } else log.info({ event: 'template.state', ...facts });
  }
  // Meta changes it by itself: then messages cost more, and some countries get none (63049).
  if (now.category === 'MARKETING' && before?.category !== now.category) {
    log.error({ event: 'template.marketing', alarm: true, ...facts });
  }
};

/** Says, once, which notices could not be sent outside the service window to somebody, in a language they read. */
export const reportGaps = async (
  { store, log }: Pick<Deps, 'store' | 'log'>,
  tenantId: string,
): Promise<void> => {
  const found = await store.tenant(tenantId, async (tx) => {
    return (await tx.tenants.get()) ? tx.templates.keepGaps(await lackingTemplates(tx)) : [];
  });
  if (found.length === 0) return;
  const lacking = found.map(({ kind, locale }) => `${kind}/${locale}`).sort();
  log.error({ event: 'templates.lacking', alarm: true, lacking });
};

/** Which notices have no template of their own in a language that somebody reads. */
export const lackingTemplates = async (tx: Tx): Promise<TemplateKey[]> => {
  const tenant = (await tx.tenants.get())!;
  const locales = (await tx.technicians.locales()).map((locale) => localeFor(locale, tenant.locale));
  return gapsIn(await tx.templates.list(), locales);
};

/** The kinds and languages that have no template, in the locales that people read. */
const gapsIn = (templates: TemplateKey[], locales: string[]): TemplateKey[] => {
  const has = (kind: string, language: string) =>
    templates.some((each) => each.kind === kind && languageOf(each.locale) === language);
  // A text of ours is in a language of ours; somebody may have made a template in their own all the same.
  const missing = locales.flatMap((locale) =>
    notificationNames.flatMap((kind) =>
      has(kind, languageOf(locale)) || has(kind, textLanguage(locale))
        ? []
        : `${kind} ${textLanguage(locale)}`,
    ),
  );
  return [...new Set(missing)].map((each) => {
    const [kind, locale] = each.split(' ') as [string, string];
    return { kind, locale };
  });
};
