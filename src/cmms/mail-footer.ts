import type { Tx } from '../store/store.ts';
import type { Technician } from '../store/technicians.ts';
import type { Reader } from '../texts/language.ts';
import { textsFor } from '../texts/texts.ts';
import { reachBy } from './route.ts';

/**
 * Adds to what goes by e-mail that replies to it are not read, and how its reader can answer: by the ways that have a
 * sender here and an address there. Other ways keep the text.
 */
export const withMailFooter = async (
  tx: Tx,
  text: string,
  reader: Reader,
  technician: Technician,
): Promise<string> => {
  if (reader.way !== 'email') return text;
  const reached = await reachBy(tx, technician, ['whatsapp', 'sms']);
  const number = (way: 'whatsapp' | 'sms') =>
    reached.find((each) => each.way === way)?.channel.address.replace('whatsapp:', '') ?? null;
  const answerAt = { whatsapp: number('whatsapp'), sms: number('sms') };
  return `${text}\n\n${textsFor(reader.locale).mailFooter(answerAt)}`;
};
