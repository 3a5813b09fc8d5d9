import type { QuickReplyDefinition } from '../store/quick-replies.ts';

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
};

/** What follows from a refusal: the same again later, as a template, another way, never to this person, or not before somebody mends something. */
export type Then = 'retry' | 'template' | 'other-way' | 'stop' | 'fix';

/**
 * How a call ended. Only an answer that proves the message was not taken is `refused`; whatever leaves that
 * open is `unclear`, and then nobody sends again blindly.
 */
export type Outcome =
  | { kind: 'accepted'; id: string }
  | { kind: 'refused'; code: string | null; text: string; next: Then; pauseMs?: number }
  | { kind: 'unclear'; text: string };

/** `sid` null: not made, or nobody knows; `code` says what the provider gave as the reason. */
export type ContentOutcome = { sid: string } | { sid: null; code: string };

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
};
