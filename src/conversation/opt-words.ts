import type { Bell } from '../cmms/facts.ts';
import { noteOptOut } from '../cmms/opt-out.ts';
import { findRoute } from '../cmms/route.ts';
import { twilioWordIn } from '../commands/twilio-words.ts';
import { readAddress, variantsOf } from '../domain/phone.ts';
import type { Turn } from './turn.ts';

/** Twilio sends to the phone again. Answers since when it had not, as far as we knew; null: it never stopped. */
export const noteOptIn = async (turn: Turn): Promise<Date | null> => {
  const from = readAddress(turn.content.from);
  if (!from) return null;
  const since = await optedOutSince(turn);
  await turn.tx.technicians.optedIn(from.kind, from.value, turn.message.receivedAt);
  return since;
};

const optedOutSince = async ({ tx, content, technician }: Turn): Promise<Date | null> => {
  const from = readAddress(content.from);
  if (!from) return null;
  const spellings = variantsOf(from.value);
  const address = (await tx.technicians.addresses(technician.id)).find(
    ({ kind, value }) => kind === from.kind && spellings.includes(value),
  );
  return address?.optedOutAt ?? null;
};

/** Twilio has cut the phone off from us. Ring the bells after the commit. */
export const noteCutOff = ({ tx, deps, message, content, tenant }: Turn): Promise<Bell[]> =>
  noteOptOut(
    tx,
    { address: content.from, at: message.receivedAt, messageId: message.id },
    { now: deps.now(), newId: deps.newId, tenant, enabled: true },
  );

/**
 * Where to answer somebody whose phone takes no text message any more: on WhatsApp. Null where he has none; Twilio
 * has told him what happened.
 */
export const answerElsewhere = async ({ tx, deps, technician }: Turn): Promise<Elsewhere | null> => {
  const route = await findRoute(tx, technician, deps.newId);
  return 'not' in route || route.way !== 'whatsapp' ? null : { ...route, way: 'whatsapp' };
};

type Elsewhere = { channelId: string; conversationId: string; way: 'whatsapp' };

/** The same for whatever else a phone sends that has been cut off; null where the answer can go back to it. */
export const answerToCutOff = async (turn: Turn): Promise<Elsewhere | null> =>
  // With START Twilio sends to it again.
  turn.message.way === 'sms' && twilioWordIn(turn.content.text) !== 'start' && (await optedOutSince(turn))
    ? answerElsewhere(turn)
    : null;
