import { type CountryCode, isSupportedCountry, parsePhoneNumberFromString } from 'libphonenumber-js/max';

/** A phone as E.164 from any spelling; null if no such number is possible. National ones are read in `country`. */
export const readPhone = (text: string, country: string): string | null => {
  const phone = parsePhoneNumberFromString(text.normalize('NFKC'), country as CountryCode);
  return phone?.isPossible() ? phone.number : null;
};

export const isCountry = (code: string): boolean => isSupportedCountry(code);

/** Splits `whatsapp:+1555…` or `whatsapp:US.1349…` as Twilio writes addresses; a bare number is SMS. */
export const readAddress = (
  address: string,
): { kind: 'whatsapp' | 'whatsapp-user-id' | 'sms'; value: string } | null => {
  const [, prefix, phone, userId] =
    /^(whatsapp:)?(?:(\+[1-9]\d{4,14})|([A-Z]{2}\.(?:ENT\.)?[A-Za-z0-9]{1,128}))$/.exec(address) ?? [];
  if (phone) return { kind: prefix ? 'whatsapp' : 'sms', value: phone };
  if (userId && prefix) return { kind: 'whatsapp-user-id', value: userId };
  return null;
};
