import { readMailbox } from '../domain/mailbox.ts';

type Mail = { subject: string; text: string; html: string };

const maxSubjectLength = 120;

/**
 * A message as an e-mail: the subject from its first line and the order's number; the text without the marks that only
 * WhatsApp shows; the same as HTML, one column that a phone shows without zooming.
 */
export const writeMail = (text: string, orderNumber: string | null): Mail => {
  const lines = text.split('\n');
  const plain = text.replace(bold, '$1');
  return {
    subject: subjectOf(lines.find((line) => line.trim() !== '') ?? '', orderNumber),
    text: plain,
    html: htmlOf(text),
  };
};

/** WhatsApp's *bold*, as it reads it: not across lines, and tight at both ends. */
const bold = /(?<![\p{L}\p{N}*])\*(?=\S)([^*\n]*?\S)\*(?![\p{L}\p{N}*])/gu;

const subjectOf = (line: string, orderNumber: string | null): string => {
  const words = line
    .replace(bold, '$1')
    .replace(/^[^\p{L}\p{N}¿¡“"]+/u, '')
    .replace(/\s+/g, ' ')
    .trim();
  const isNamed = orderNumber === null || words.includes(orderNumber);
  const subject = isNamed ? words : `${words}: ${orderNumber}`;
  const characters = [...subject];
  return characters.length > maxSubjectLength
    ? `${characters.slice(0, maxSubjectLength - 1).join('')}…`
    : subject;
};

const htmlOf = (text: string): string => {
  const body = escapeHtml(text).replace(bold, '<b>$1</b>').replaceAll('\n', '<br>\n');
  return [
    '<!doctype html>',
    '<html><head><meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1"></head>',
    '<body style="margin:0;padding:16px;font:16px/1.5 sans-serif;max-width:40em;overflow-wrap:anywhere">',
    body,
    '</body></html>',
    '',
  ].join('\n');
};

const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (character) => entities[character]!);

const entities: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** The same for every try of a message, so that a mail server or program shows it once. */
export const messageIdOf = (messageId: string, from: string): string =>
  `<${messageId}@${readMailbox(from)!.address.split('@')[1]}>`;
