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

/** What a technician wrote, without what Postgres cannot keep. Twilio has answered itself when `answered`. */
export const readContent = (
  raw: Buffer,
): { text: string; from: string; userId: string | null; answered: boolean } => {
  const form = new URLSearchParams(raw.toString('utf8'));
  return {
    text: storable(form.get('Body')),
    from: form.get('From') ?? '',
    userId: form.get('ExternalUserId') || null,
    answered: form.has('OptOutType'),
  };
};

const storable = (text: string | null): string => (text ?? '').replaceAll('\0', '').toWellFormed();
