import type { ApprovalStatus } from '../domain/template.ts';
import type { QuickReplyDefinition } from '../store/quick-replies.ts';
import type { TemplateContent } from '../store/templates.ts';

/** What a provider is asked to send. Addresses as the provider writes them. */
export type Outgoing = {
  from: string;
  to: string;
  text: string;
  /** Sent in the text's place: the same words, with buttons. */
  content: { sid: string; variables: Record<string, string> } | null;
  messagingServiceSid: string | null;
  /** Where it reports what became of the message; holds the attempt's id. */
  statusCallback: string;
  /** Of every try the same. */
  messageId: string;
  /** The order it is about, if any. */
  orderNumber: string | null;
  at: Date;
};

/** What follows from a refusal: the same again later, as a template, another way, never to this person, or not before somebody mends something. */
export type Then = 'retry' | 'template' | 'other-way' | 'stop' | 'fix';

/**
 * How a call ended. Only an answer that proves the message was not taken is `refused`; whatever leaves that
 * open is `unclear`, and then nobody sends again blindly.
 */
export type Outcome =
  /** `status`: no report will come of what became of it, and this is known already. */
  | { kind: 'accepted'; id: string; status?: 'sent' }
  | { kind: 'refused'; code: string | null; text: string; next: Then; pauseMs?: number }
  | { kind: 'unclear'; text: string };

/** `sid` null: not made, or nobody knows; `code` says what the provider gave as the reason. */
export type ContentOutcome = { sid: string } | { sid: null; code: string };

/** `code`: the provider's, a status of HTTP, or why it was not reached. */
type NotTold = { kind: 'missing' } | { kind: 'failed'; code: string };

/** What a provider tells of the account and of its senders; asking sends nothing, and nothing of it throws for an outcome. */
export type AccountAtProvider = {
  /** Asked with the token that signs webhooks. */
  account: () => Promise<{ kind: 'found'; status: string; isTrial: boolean } | NotTold>;
  /** Whether the key that sends is taken; null where the token itself sends. */
  sendingKey: () => Promise<{ kind: 'found' } | NotTold | null>;
  /** A WhatsApp sender; `inboundUrl`: where its messages are posted to. `others`: the account's, when it has not this one. */
  sender: (
    address: string,
  ) => Promise<
    | { kind: 'found'; status: string; reasons: string[]; inboundUrl: string | null }
    | { kind: 'not-among'; others: string[] }
    | NotTold
  >;
  /** A messaging service; `inboundUrl`: its own, null where it leaves that to its senders. */
  messagingService: (
    sid: string,
    address: string,
  ) => Promise<{ kind: 'found'; holdsSender: boolean; inboundUrl: string | null } | NotTold>;
};

/** For a provider without accounts; `code` says why. */
export const noAccount = (code: string): AccountAtProvider => ({
  account: async () => ({ kind: 'failed', code }),
  sendingKey: async () => null,
  sender: async () => ({ kind: 'failed', code }),
  messagingService: async () => ({ kind: 'failed', code }),
});

/** A template as it is to be made: placeholders `{{1}}` in the body and the buttons' ids, and a sample for each. */
type NewTemplate = {
  name: string;
  locale: string;
  body: string;
  samples: string[];
  buttons: { title: string; id: string }[];
};

/** What a provider keeps of templates. Nothing of it throws for an outcome. */
export type TemplatesAtProvider = {
  content: (sid: string) => Promise<{ kind: 'found'; content: TemplateContent } | NotTold>;
  approval: (sid: string) => Promise<
    | {
        kind: 'found';
        status: ApprovalStatus;
        category: string | null;
        rejectionReason: string | null;
      }
    | NotTold
  >;
  create: (template: NewTemplate) => Promise<ContentOutcome>;
  /** Hands it to WhatsApp; `asked` as well when that was done before. */
  requestApproval: (
    sid: string,
    request: { name: string; category: string },
  ) => Promise<{ kind: 'asked' } | { kind: 'failed'; code: string }>;
};

/** For a provider that keeps no templates; `code` says why. */
export const noTemplates = (code: string): TemplatesAtProvider => ({
  content: async () => ({ kind: 'failed', code }),
  approval: async () => ({ kind: 'failed', code }),
  create: async () => ({ sid: null, code }),
  requestApproval: async () => ({ kind: 'failed', code }),
});

/** A message in the provider's own list. */
export type ListedAtProvider = {
  id: string;
  direction: 'in' | 'out';
  from: string | null;
  to: string;
  text: string;
  status: string;
  createdAt: Date;
};

/** How it went to fetch the bytes of what somebody sent. */
export type MediaAnswer =
  | { kind: 'got'; bytes: Buffer }
  /** Not there, or not yet. */
  | { kind: 'not-there' }
  /** The account's credentials were refused. */
  | { kind: 'unauthorized' }
  /** It never will be fetched, and why in plain words; an alarm if somebody should look into it. */
  | { kind: 'refused'; problem: string; alarm?: true }
  | { kind: 'failed'; reason: string }
  /** We stopped it. */
  | { kind: 'stopped' };

/** One channel's provider. `send` and `media` do not throw for an outcome; the lists throw when they cannot be had. */
export type Provider = {
  send: (message: Outgoing) => Promise<Outcome>;
  /** What we sent to an address since then, all pages. */
  listSentTo: (to: string, since: Date) => Promise<ListedAtProvider[]>;
  /** What came in for our address since then, all pages. */
  listReceived: (ours: string, since: Date) => Promise<ListedAtProvider[]>;
  /** The bytes behind an address that a webhook named. */
  media: (url: string, stopping: AbortSignal) => Promise<MediaAnswer>;
  /** Makes content to send messages with; does not throw for an outcome. */
  createContent: (name: string, definition: QuickReplyDefinition) => Promise<ContentOutcome>;
  templates: TemplatesAtProvider;
  account: AccountAtProvider;
};
