import twilio from 'twilio';

/**
 * Whether Twilio signed this request with one of the tokens (its security documentation, "Validating
 * requests"). `url` is the address Twilio was given; a fragment is neither sent nor signed.
 */
export const isSigned = (
  tokens: string[],
  signature: string | undefined,
  url: string,
  form: URLSearchParams,
): boolean => {
  if (!signature) return false;
  // Without a prototype: a field may be named like something every object has.
  const params: Record<string, string[]> = Object.create(null);
  for (const [name, value] of form) {
    params[name] ??= [];
    params[name].push(value);
  }
  return tokens.some((token) => twilio.validateRequest(token, signature, url, params));
};
