import { type CountryCode, isSupportedCountry, parsePhoneNumberFromString } from 'libphonenumber-js/max';

/** A phone as E.164 from any spelling; null if no such number is possible. National ones are read in `country`. */
export const readPhone = (text: string, country: string): string | null => {
  const spelled = text.normalize('NFKC').replace(/^\s*tel:/i, '');
  // The library finds a phone in a sentence and takes an extension apart: neither is a phone that can be written to.
  if (/\p{L}/u.test(spelled)) return null;
  const read = parsePhoneNumberFromString(spelled, country as CountryCode);
  const phone = read && !read.ext && canonicalPhone(read.number);
  return phone && parsePhoneNumberFromString(phone)?.isPossible() ? phone : null;
};

/** One spelling for each phone, from any in E.164. Refuses nothing: what somebody wrote from is a phone. */
export const canonicalPhone = (phone: string): string => {
  // Asked for every webhook, and reading a phone is slow.
  if (!/^\+5[245]/.test(phone)) return phone;
  const rewritten = oldSpellings.reduce((text, [spelling, today]) => text.replace(spelling, today), phone);
  const parsed = parsePhoneNumberFromString(rewritten);
  // Elsewhere the library also takes digits away that may have been dialled for a carrier.
  return parsed?.isValid() && parsed.country === 'AR' ? parsed.number : rewritten;
};

// Prefixes of number plans that have ended, or of calls inside the country. WhatsApp, and people, still use them.
const oldSpellings: [spelling: RegExp, today: string][] = [
  // Mexico: the 1 of mobiles abroad, 044, 045 and 01 within.
  [/^\+52(?:1|01|044|045)(\d{10})$/, '+52$1'],
  // Brazil: mobiles have a ninth digit. Eight digits that begin with 2 to 5 are a landline.
  [/^\+55(?<area>\d\d)(?<rest>[6-9]\d{7})$/, '+55$<area>9$<rest>'],
  // Argentina: the 0 of calls within, and a 15 beside the 9 that replaces it abroad.
  [/^\+5490(\d{10})$/, '+549$1'],
  [/^\+5490?(\d{12})$/, '+54$1'],
];

/**
 * The spelling WhatsApp goes by. In Argentina a mobile needs its 9, which people leave out: then it looks
 * like a landline.
 */
export const whatsappPhone = (phone: string): string =>
  canonicalPhone(phone).replace(/^\+54([1-3]\d{9})$/, '+549$1');

/** Every spelling one phone may come in, the canonical one first. */
export const variantsOf = (phone: string): string[] => {
  const canonical = canonicalPhone(phone);
  const siblings = otherSpellings.flatMap(([spelling, other]) =>
    spelling.test(canonical) ? [canonical.replace(spelling, other)] : [],
  );
  return [...new Set([canonical, ...siblings, phone])];
};

const otherSpellings: [spelling: RegExp, other: string][] = [
  [/^\+52(\d{10})$/, '+521$1'],
  [/^\+55(\d\d)9([6-9]\d{7})$/, '+55$1$2'],
  [/^\+549([1-3]\d{9})$/, '+54$1'],
  [/^\+54([1-3]\d{9})$/, '+549$1'],
];

export const isCountry = (code: string): boolean => isSupportedCountry(code);

type ReadAddress = { kind: 'whatsapp' | 'whatsapp-user-id' | 'sms'; value: string };

/** Splits `whatsapp:+1555…` or `whatsapp:US.1349…` as Twilio writes addresses; a bare number is SMS. */
export const readAddress = (address: string): ReadAddress | null => {
  const [, prefix, phone, userId] =
    /^(whatsapp:)?(?:(\+[1-9]\d{4,14})|([A-Z]{2}\.(?:ENT\.)?[A-Za-z0-9]{1,128}))$/.exec(address) ?? [];
  if (phone) return { kind: prefix ? 'whatsapp' : 'sms', value: phone };
  if (userId && prefix) return { kind: 'whatsapp-user-id', value: userId };
  return null;
};

/** The address a conversation is known by, whichever spelling somebody writes from. As it is when we cannot read it. */
export const conversationAddress = (address: string): string => {
  const read = readAddress(address);
  if (read?.kind === 'whatsapp') return `whatsapp:${whatsappPhone(read.value)}`;
  return read?.kind === 'sms' ? canonicalPhone(read.value) : address;
};
