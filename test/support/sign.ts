import { createHmac } from 'node:crypto';

/** Twilio's signature of a form posted to an address, computed apart from the library that checks it. */
export const sign = (token: string, url: string, form: URLSearchParams): string => {
  const signed = [...new Set(form.keys())]
    .sort()
    .flatMap((name) => [...new Set(form.getAll(name))].sort().map((value) => name + value));
  return createHmac('sha1', token)
    .update(url + signed.join(''), 'utf8')
    .digest('base64');
};
