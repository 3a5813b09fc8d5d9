/** Twilio refuses a longer body (error 21617), counted as JavaScript counts. */
export const maxBodyLength = 1600;

/** At most `length` UTF-16 units, cut between characters, with an ellipsis where something was left out. */
export const shorten = (text: string, length: number): string => {
  if (text.length <= length) return text;
  let cut = text.slice(0, Math.max(0, length - 1));
  if (/[\uD800-\uDBFF]$/.test(cut)) cut = cut.slice(0, -1);
  return `${cut.trimEnd()}…`;
};

/** The same on one line: what the CMMS put into a title must not look like a line of ours. */
export const oneLine = (text: string, length: number): string =>
  shorten(text.replace(/\s+/gu, ' ').trim(), length);
