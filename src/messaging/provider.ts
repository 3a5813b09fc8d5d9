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

/** One channel's provider. `send` does not throw for an outcome; the lists throw when they cannot be had. */
export type Provider = {
  send: (message: Outgoing) => Promise<Outcome>;
  /** What we sent to an address since then, all pages. */
  listSentTo: (to: string, since: Date) => Promise<ListedAtProvider[]>;
  /** What came in for our address since then, all pages. */
  listReceived: (ours: string, since: Date) => Promise<ListedAtProvider[]>;
  /** Makes content to send messages with; does not throw for an outcome. */
  createContent: (name: string, definition: QuickReplyDefinition) => Promise<ContentOutcome>;
};
