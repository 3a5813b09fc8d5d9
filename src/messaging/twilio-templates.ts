import type { Twilio } from 'twilio';
import type { ContentApprovalRequest } from 'twilio/lib/rest/content/v1/content/approvalCreate.js';
import type { ContentCreateRequest } from 'twilio/lib/rest/content/v1/content.js';
import { type ApprovalStatus, approvalStatuses } from '../domain/template.ts';
import type { TemplateContent } from '../store/templates.ts';
import type { TemplatesAtProvider } from './provider.ts';

/** Contents and WhatsApp's approval of them, through Twilio's Content API. */
export const twilioTemplates = (client: Twilio): TemplatesAtProvider => ({
  content: (sid) =>
    telling(async () => {
      const { types } = await client.content.v1.contents(sid).fetch();
      const content = readTypes(types);
      return content ? { kind: 'found', content } : { kind: 'failed', code: 'a content without a text' };
    }),

  approval: (sid) =>
    telling(async () => {
      const { whatsapp } = await client.content.v1.contents(sid).approvalFetch().fetch();
      const { status, category, rejection_reason: reason } = whatsapp as Record<string, unknown>;
      // A word that is new to us is no approval.
      const known = approvalStatuses.find((each) => each === status) ?? 'pending';
      return {
        kind: 'found',
        status: known as ApprovalStatus,
        category: textOf(category),
        rejectionReason: textOf(reason),
      };
    }),

  create: async ({ name, locale, body, samples, buttons }) => {
    try {
      const request = {
        friendly_name: name,
        language: locale.replaceAll('-', '_'),
        variables: Object.fromEntries(samples.map((sample, at) => [String(at + 1), sample])),
        types:
          buttons.length > 0
            ? {
                'twilio/quick-reply': {
                  body,
                  actions: buttons.map(({ title, id }) => ({ type: 'QUICK_REPLY', title, id })),
                },
              }
            : { 'twilio/text': { body } },
      };
      // The client's types have other names than what it sends as it gets it.
      const { sid } = await client.content.v1.contents.create(request as unknown as ContentCreateRequest);
      return sid ? { sid } : { sid: null, code: 'an answer without an id' };
    } catch (error) {
      return { sid: null, code: codeOf(error) };
    }
  },

  requestApproval: async (sid, { name, category }) => {
    try {
      const request = { name, category } as ContentApprovalRequest;
      await client.content.v1.contents(sid).approvalCreate.create(request as never);
      return { kind: 'asked' };
    } catch (error) {
      const code = codeOf(error);
      // Asked before, and the answer was lost.
      return code === '92009' ? { kind: 'asked' } : { kind: 'failed', code };
    }
  },
});

/** What came of asking; the error itself holds credentials, and only its code leaves here. */
export const telling = async <T>(
  ask: () => Promise<T>,
): Promise<T | { kind: 'missing' } | { kind: 'failed'; code: string }> => {
  try {
    return await ask();
  } catch (error) {
    const { status, code } = error as { status?: number; code?: number | string };
    // The code as well: a proxy's page for an address it does not know is no word of Twilio's.
    return status === 404 && code === 20404 ? { kind: 'missing' } : { kind: 'failed', code: codeOf(error) };
  }
};

/** Of several types of one content the one that WhatsApp shows: the one with buttons. */
const readTypes = (types: Record<string, object>): TemplateContent | null => {
  const shown = ['twilio/quick-reply', 'whatsapp/card', ...Object.keys(types)]
    .map((type) => types[type] as { body?: unknown; actions?: unknown } | undefined)
    .find((type) => textOf(type?.body) !== null);
  if (!shown) return null;
  const actions = Array.isArray(shown.actions) ? (shown.actions as Record<string, unknown>[]) : [];
  return {
    body: shown.body as string,
    buttons: actions.map(({ title, id }) => ({ title: textOf(title) ?? '', id: textOf(id) ?? '' })),
  };
};

const textOf = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null);

// The error itself holds credentials: only its code may leave here.
const codeOf = (error: unknown): string => {
  const { code, status } = error as { status?: number; code?: number | string };
  return String(code ?? status ?? 'unknown');
};
