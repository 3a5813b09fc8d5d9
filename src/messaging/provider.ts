/** What a provider is asked to send. Addresses as the provider writes them. */
export type Outgoing = {
  from: string;
  to: string;
  text: string;
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
};
