/** What the provider says of a template; `missing`: it knows no such content. */
export const approvalStatuses = [
  'unsubmitted',
  'received',
  'pending',
  'approved',
  'rejected',
  'paused',
  'disabled',
  'missing',
] as const;
export type ApprovalStatus = (typeof approvalStatuses)[number];

/** What the provider said when it was last asked. */
export type Approval = {
  status: ApprovalStatus;
  category: string | null;
  rejectionReason: string | null;
  checkedAt: Date;
};

/** Before it was asked about a template is tried: the provider then decides. */
export const isUsable = (approval: Pick<Approval, 'status'> | null): boolean =>
  approval === null || approval.status === 'approved';

/** Whether somebody has to do something before it can be used; the others only wait for WhatsApp. */
export const needsSomebody = (status: ApprovalStatus): boolean =>
  !['approved', 'received', 'pending'].includes(status);

/** Why it cannot be used, and what to do. */
export const whyUnusable = ({ status, rejectionReason }: Approval): string =>
  status === 'rejected' && rejectionReason
    ? `${causes.rejected} WhatsApp's reason: ${rejectionReason}`
    : causes[status];

const causes: Record<ApprovalStatus, string> = {
  approved: 'it can be used',
  unsubmitted:
    'its template was never submitted for approval: run "npm run templates -- submit", or submit it in the Twilio console',
  received: 'its template still waits for WhatsApp’s approval: minutes as a rule, at most two days',
  pending: 'its template still waits for WhatsApp’s approval: minutes as a rule, at most two days',
  rejected: 'WhatsApp has rejected its template: submit other words under another name.',
  paused:
    'WhatsApp has paused its template for a few hours after complaints: it comes back by itself; send fewer, or use other words',
  disabled: 'WhatsApp has disabled its template for good: submit other words under another name',
  missing: 'the provider has no such content: correct contentSid, or run "npm run templates -- submit"',
};

type Named = { kind: string; locale: string; approval: Pick<Approval, 'status'> | null };

/** For whatever has no template of its own. */
const general = 'message.send';

/**
 * The template that stands for a message: its kind's own in the reader's locale, else in its language, else in
 * the tenant's; one that can be used before one that cannot. A kind that has none at all goes as a plain message.
 * Null when there is none for that either.
 */
export const pickTemplate = <T extends Named>(
  templates: T[],
  kind: string,
  locale: string,
  tenantLocale: string,
): T | null => {
  const own = inOrder(templates, kind, locale, tenantLocale);
  const fitting = own.length > 0 ? own : inOrder(templates, general, locale, tenantLocale);
  return fitting.find(({ approval }) => isUsable(approval)) ?? fitting[0] ?? null;
};

const inOrder = <T extends Named>(templates: T[], kind: string, locale: string, tenantLocale: string): T[] =>
  [...new Set([locale, languageOf(locale), tenantLocale, languageOf(tenantLocale)])].flatMap((wanted) =>
    templates.filter((each) => each.kind === kind && each.locale.toLowerCase() === wanted.toLowerCase()),
  );

/** `es` of `es-MX`. */
export const languageOf = (locale: string): string => locale.split('-')[0]!.toLowerCase();
