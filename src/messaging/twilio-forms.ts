// What Twilio's webhooks say. Undocumented fields come and go, so each is read by itself and the form is kept.

export type InboundForm = {
  messageSid: string;
  accountSid: string;
  from: string;
  to: string;
  /** The business-scoped user id (`whatsapp:US.1349…`), if told. */
  userId: string | null;
};

export type StatusForm = {
  messageSid: string;
  accountSid: string;
  from: string;
  status: string;
  errorCode: string | null;
  errorText: string | null;
};

/** The parts of an incoming message that routing needs; null if one is missing. */
export const readInboundForm = (form: URLSearchParams): InboundForm | null => {
  const messageSid = form.get('MessageSid');
  const accountSid = form.get('AccountSid');
  const from = form.get('From');
  const to = form.get('To');
  if (!messageSid || !accountSid || !from || !to) return null;
  return { messageSid, accountSid, from, to, userId: form.get('ExternalUserId') || null };
};

export const readStatusForm = (form: URLSearchParams): StatusForm | null => {
  const messageSid = form.get('MessageSid');
  const accountSid = form.get('AccountSid');
  const from = form.get('From');
  const status = form.get('MessageStatus');
  if (!messageSid || !accountSid || !from || !status) return null;
  return {
    messageSid,
    accountSid,
    from,
    status,
    errorCode: storable(form.get('ErrorCode')) || null,
    errorText: storable(form.get('ChannelStatusMessage')) || storable(form.get('ErrorMessage')) || null,
  };
};

type Place = { latitude: number; longitude: number; label: string | null; address: string | null };

export type Content = {
  text: string;
  from: string;
  userId: string | null;
  /** The kind of word to which Twilio has answered by itself. */
  answeredTo: 'stop' | 'start' | 'other' | null;
  /** `type` is what the sender's phone claims, if anything. */
  media: { url: string; type: string | null }[];
  place: Place | null;
  /** Twilio's undocumented word for what it is, in small letters: a hint, never proof. */
  messageType: string | null;
  /** What the tapped button or list entry stands for. */
  buttonPayload: string | null;
  /** The provider's id of the message this one replies to; Twilio tells it for seven days. */
  quotedId: string | null;
  forwarded: boolean;
};

/** What a technician sent, without what Postgres cannot keep. */
export const readContent = (raw: Buffer): Content => {
  const form = new URLSearchParams(raw.toString('utf8'));
  return {
    text: storable(form.get('Body')),
    from: form.get('From') ?? '',
    userId: form.get('ExternalUserId') || null,
    answeredTo: readOptOut(form.get('OptOutType')),
    media: readMedia(form),
    place: readPlace(form),
    messageType: storable(form.get('MessageType')).toLowerCase() || null,
    buttonPayload: readButtonPayload(form),
    quotedId: storable(form.get('OriginalRepliedMessageSid')) || null,
    forwarded: form.get('Forwarded') === 'true' || form.get('FrequentlyForwarded') === 'true',
  };
};

const readOptOut = (type: string | null): Content['answeredTo'] => {
  if (type === null) return null;
  const word = type.toLowerCase();
  return word === 'stop' || word === 'start' ? word : 'other';
};

// By the fields that are there: NumMedia has been seen to disagree with them.
const readMedia = (form: URLSearchParams): Content['media'] =>
  [...new Set(form.keys())]
    .flatMap((name) => /^MediaUrl(\d{1,3})$/.exec(name)?.[1] ?? [])
    .sort((a, b) => Number(a) - Number(b))
    .map((n) => ({
      url: storable(form.get(`MediaUrl${n}`)),
      type: storable(form.get(`MediaContentType${n}`)) || null,
    }))
    .filter(({ url }) => url !== '');

const readPlace = (form: URLSearchParams): Place | null => {
  const latitude = readDegrees(form.get('Latitude'), 90);
  const longitude = readDegrees(form.get('Longitude'), 180);
  if (latitude === null || longitude === null) return null;
  return {
    latitude,
    longitude,
    label: storable(form.get('Label')) || null,
    address: storable(form.get('Address')) || null,
  };
};

const readDegrees = (text: string | null, most: number): number | null => {
  if (!text?.trim()) return null;
  const degrees = Number(text);
  return Math.abs(degrees) <= most ? degrees : null;
};

// A list's choice comes as ListId, which is nowhere documented; either may be in the channel's own data only.
const readButtonPayload = (form: URLSearchParams): string | null => {
  const context = readChannelContext(form.get('ChannelMetadata'));
  const found = [form.get('ButtonPayload'), form.get('ListId'), context.ButtonPayload, context.ListId];
  return storable(found.find((value): value is string => typeof value === 'string' && value !== '')) || null;
};

const readChannelContext = (metadata: string | null): { ButtonPayload?: unknown; ListId?: unknown } => {
  try {
    const context = JSON.parse(metadata ?? '')?.data?.context;
    return typeof context === 'object' && context !== null ? context : {};
  } catch {
    // No JSON: then it tells nothing.
    return {};
  }
};

export type MediaKind = 'image' | 'audio' | 'video' | 'document' | 'contact' | 'sticker';

/** What to call it: by its type, and by Twilio's word for the message where the type says nothing. */
export const kindOfMedia = (type: string | null, messageType: string | null): MediaKind => {
  const plain = (type ?? '').split(';')[0]!.trim().toLowerCase();
  if (contactTypes.includes(plain)) return 'contact';
  // Phones send photos as JPEG or PNG; WebP is what WhatsApp makes of a sticker.
  if (plain === 'image/webp') return messageType === 'image' ? 'image' : 'sticker';
  if (plain.startsWith('image/')) return 'image';
  if (plain.startsWith('audio/') || plain === 'application/ogg') return 'audio';
  if (plain.startsWith('video/')) return 'video';
  if (plain !== '' && plain !== 'application/octet-stream') return 'document';
  return kindOfMessageType[messageType ?? ''] ?? 'document';
};

const contactTypes = ['text/vcard', 'text/x-vcard', 'text/directory'];
const kindOfMessageType: Record<string, MediaKind> = {
  image: 'image',
  audio: 'audio',
  voice: 'audio',
  video: 'video',
  contacts: 'contact',
  sticker: 'sticker',
};

const storable = (text: string | null | undefined): string =>
  (text ?? '').replaceAll('\0', '').toWellFormed();
