import { timingSafeEqual } from 'node:crypto';
import { rfc2822 } from './rest-api.ts';
import { samples } from './samples.ts';
import type { Account } from './webhooks.ts';

export const mediaKinds = ['image', 'audio', 'video', 'document', 'sticker', 'contacts'] as const;
type MediaKind = (typeof mediaKinds)[number];

/** A file that a person sends; unless told, a small sample of its kind. */
export type Attachment = {
  kind: MediaKind;
  caption?: string;
  bytes?: Uint8Array;
  /** Instead of bytes of its own: this many, served without saying how many they are. */
  size?: number;
  /** What it is said to be, whatever it is. */
  contentType?: string;
  /** So many requests for it find nothing yet. */
  missingTimes?: number;
};

export type Media = {
  sid: string;
  messageSid: string;
  kind: MediaKind;
  contentType: string;
  bytes: Uint8Array;
  hasUnknownLength: boolean;
  missingTimes: number;
  createdAt: Date;
};

export type MediaStore = ReturnType<typeof createMediaStore>;

const linkLifetimeMs = 300_000;

/** The files in the account's messages. */
export const createMediaStore = ({
  account,
  baseUrl,
  now,
  newSid,
  randomBytes,
}: {
  account: Account;
  baseUrl: () => string;
  now: () => Date;
  newSid: (prefix: string) => string;
  randomBytes: (count: number) => Buffer;
}) => {
  const stored = new Map<string, Media>();
  const links = new Map<string, { signature: string; expiresAt: number }>();

  const find = (messageSid: string, sid: string) => {
    const media = stored.get(sid);
    return media?.messageSid === messageSid ? media : null;
  };

  return {
    keep: (messageSid: string, attachment: Attachment): Media => {
      const { kind, bytes, size, contentType = samples[kind].contentType, missingTimes = 0 } = attachment;
      const media = {
        sid: newSid('ME'),
        messageSid,
        kind,
        contentType,
        bytes: size === undefined ? (bytes ?? samples[kind].bytes) : Buffer.alloc(size),
        hasUnknownLength: size !== undefined,
        missingTimes,
        createdAt: now(),
      };
      stored.set(media.sid, media);
      return media;
    },

    find,
    get: (sid: string) => stored.get(sid) ?? null,
    of: (messageSid: string) => [...stored.values()].filter((media) => media.messageSid === messageSid),
    remove: (messageSid: string, sid: string) => find(messageSid, sid) !== null && stored.delete(sid),

    url: ({ messageSid, sid }: Media) =>
      `${baseUrl()}/2010-04-01/Accounts/${account.accountSid}/Messages/${messageSid}/Media/${sid}`,

    /** A link that anybody may follow for a while, to where the file lies; null while it is not there yet. */
    link: (media: Media) => {
      if (media.missingTimes > 0) {
        media.missingTimes -= 1;
        return null;
      }
      const signature = randomBytes(16).toString('hex');
      const expiresAt = now().getTime() + linkLifetimeMs;
      links.set(media.sid, { signature, expiresAt });
      const query = new URLSearchParams({ Expires: String(expiresAt), Signature: signature });
      return `${baseUrl()}/cdn/${account.accountSid}/${media.sid}?${query}`;
    },

    /** What a link leads to; null when it is forged, outdated, or its file deleted. */
    follow: (sid: string, signature: string) => {
      const link = links.get(sid);
      const media = stored.get(sid);
      if (!link || !media || now().getTime() > link.expiresAt) return null;
      const [given, expected] = [Buffer.from(signature), Buffer.from(link.signature)];
      return given.length === expected.length && timingSafeEqual(given, expected) ? media : null;
    },
  };
};

/** The JSON of one file. */
export const mediaResource = (accountSid: string, { sid, messageSid, contentType, createdAt }: Media) => ({
  account_sid: accountSid,
  content_type: contentType,
  date_created: rfc2822(createdAt),
  date_updated: rfc2822(createdAt),
  parent_sid: messageSid,
  sid,
  uri: `/2010-04-01/Accounts/${accountSid}/Messages/${messageSid}/Media/${sid}.json`,
});

/** The JSON of a message's files: at most one, so there is one page. */
export const listMedia = (accountSid: string, messageSid: string, media: Media[]) => {
  const uri = `/2010-04-01/Accounts/${accountSid}/Messages/${messageSid}/Media.json`;
  return {
    first_page_uri: uri,
    previous_page_uri: null,
    next_page_uri: null,
    uri,
    page: 0,
    page_size: 50,
    start: 0,
    end: Math.max(0, media.length - 1),
    media_list: media.map((each) => mediaResource(accountSid, each)),
  };
};
