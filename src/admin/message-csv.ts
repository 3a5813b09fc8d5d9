import { DateTime } from 'luxon';
import type { FoundMessages, ListedMessage } from '../store/messages.ts';
import { asItStands } from './message-words.ts';
import { whatHappened } from './plain-words.ts';

/** What a spreadsheet opens in good time, and a browser keeps. */
const mostExported = 100_000;

/**
 * Messages as a spreadsheet reads them, page by page as the reader takes them. The last line says that it is whole, or
 * that it was cut; what ends without it, or with an error, is not.
 */
export const messagesAsCsv = (
  readPage: (before: number | null) => Promise<FoundMessages>,
  zone: string,
  most = mostExported,
): ReadableStream<Uint8Array> => {
  let before: number | null = null;
  let written = 0;
  let isOver = false;
  const encoder = new TextEncoder();
  return new ReadableStream({
    start: (controller) => {
      // Excel takes a file without it for one of its own old encodings.
      controller.enqueue(
        encoder.encode(`\uFEFF${line(columns.map(([name]) => name.replace('{zone}', zone)))}`),
      );
    },
    pull: async (controller) => {
      let text = '';
      // Several pages may have nothing that fits.
      while (text === '' && !isOver) {
        const { messages, next } = await readPage(before);
        const fitting = messages.slice(0, most - written);
        text += fitting.map((message) => line(columns.map(([, read]) => read(message, zone)))).join('');
        written += fitting.length;
        before = next;
        const isCut = written >= most && (fitting.length < messages.length || next !== null);
        isOver = isCut || next === null;
        if (isOver)
          text += line([
            isCut
              ? `Cut after ${written} messages: narrow the search, or export the rest by an earlier "To".`
              : `End of export: ${written} messages.`,
          ]);
      }
      controller.enqueue(encoder.encode(text));
      if (isOver) controller.close();
    },
  });
};

type Column = [name: string, read: (message: ListedMessage, zone: string) => string | null];

const columns: Column[] = [
  ['Id', ({ id }) => id],
  [
    'Time ({zone})',
    ({ createdAt }, zone) => DateTime.fromJSDate(createdAt, { zone }).toFormat('yyyy-MM-dd HH:mm:ss'),
  ],
  ['Time (UTC)', ({ createdAt }) => createdAt.toISOString()],
  ['Direction', ({ direction }) => direction],
  ['Person', ({ technician }) => technician],
  ['Name', ({ technicianName }) => technicianName],
  ['Way', ({ way }) => way],
  ['Kind', ({ kind }) => kind],
  ['Status', ({ status }) => status],
  ['Reason', ({ reason }) => reason],
  ['Error', ({ error }) => error?.code ?? null],
  ['What happened', (message) => whatHappened(asItStands(message)).why],
  ['May have arrived twice', ({ possibleDuplicate }) => (possibleDuplicate ? 'yes' : 'no')],
  ['Work orders', ({ workOrders }) => workOrders.join(' ')],
  ['Alert', ({ alert }) => alert],
  ['Attempts', ({ attempts }) => String(attempts.length)],
  ["Provider's ids", ({ attempts }) => attempts.flatMap(({ providerId }) => providerId ?? []).join(' ')],
  ['Text', ({ text }) => text],
];

const line = (cells: (string | null)[]): string => `${cells.map(cell).join(',')}\r\n`;

/** Quoted; what a spreadsheet would take for a formula stays a text. */
const cell = (value: string | null): string => {
  const text = value ?? '';
  return `"${(/^\s*[=+\-@\t\r]/.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`;
};
