import type { OrderLine } from '../commands/command.ts';
import type { Asset } from '../domain/work-order.ts';
import type { Page } from './language.ts';
import { maxBodyLength, oneLine, shorten } from './shorten.ts';

// How texts are put together in every language; the words themselves are in the languages' own files.

export const joinLines = (...lines: (string | null | false)[]): string =>
  lines.filter((line) => line !== null && line !== false && line !== '').join('\n');

/** For languages with one plural. */
export const plural = (count: number, one: string, several: string): string =>
  `${count} ${count === 1 ? one : several}`;

export type NumberedOrder = Pick<OrderLine, 'number'>;

export const numberOf = (order: NumberedOrder): string => oneLine(order.number, 64);

/** The order's number, asset and title, so that a mistake is seen at once. */
export const orderHeading = (order: OrderLine, noAsset: string, bold: (text: string) => string): string =>
  `${bold(numberOf(order))} · ${order.asset ? oneLine(order.asset.name, 100) : noAsset}\n${oneLine(order.title, 200)}`;

/**
 * A page of a list, from that entry on: as many as one message holds. `write` makes an entry's lines from
 * its place in the whole list, counted from 1.
 */
export const listPage = <T>(
  entries: T[],
  from: number,
  parts: {
    room?: number | undefined;
    head: string;
    write: (entry: T, place: number) => string;
    foot: string;
    more: (left: number) => string;
  },
): Page => {
  const most = parts.room ?? maxBodyLength;
  const room = most - parts.head.length - parts.foot.length - parts.more(entries.length).length - 4;
  const lines: string[] = [];
  let length = 0;
  for (const [index, entry] of entries.slice(from).entries()) {
    const line = parts.write(entry, from + index + 1);
    if (lines.length > 0 && length + line.length + 1 > room) break;
    lines.push(line);
    length += line.length + 1;
  }
  const shown = from + lines.length;
  const left = entries.length - shown;
  return {
    text: joinLines(parts.head, ...lines, left > 0 && parts.more(left), parts.foot),
    shown,
  };
};

/** A long text, from that character on: as much as one message holds, broken between words. */
export const textPage = (
  text: string,
  from: number,
  parts: { room?: number | undefined; head: string; foot: string; more: string },
): Page => {
  const most = parts.room ?? maxBodyLength;
  const room = most - parts.head.length - parts.foot.length - parts.more.length - 6;
  const rest = text.slice(from);
  if (rest.length <= room) {
    return { text: blocks(parts.head, rest.trim(), parts.foot), shown: text.length };
  }
  const space = rest.lastIndexOf(' ', room);
  let cut = space > room / 2 ? space : room;
  // Never between the halves of one character.
  if (/[\uD800-\uDBFF]$/.test(rest.slice(0, cut))) cut -= 1;
  return {
    text: blocks(parts.head, rest.slice(0, cut).trim(), parts.more, parts.foot),
    shown: from + cut,
  };
};

const blocks = (...parts: string[]): string => parts.filter((part) => part !== '').join('\n\n');

// Less of it says nothing.
const leastDescription = 20;

/** A notice about an order: heading and facts, its description as far as it fits, and how to answer. */
export const noticePage = (
  description: string | null,
  parts: { head: string; facts: string[]; options: string[]; room?: number },
): string => {
  const head = [parts.head, ...parts.facts].join('\n');
  const options = parts.options.join('\n');
  const room = (parts.room ?? maxBodyLength) - head.length - options.length - 4;
  const text = description?.trim() ?? '';
  return blocks(head, text.length <= room || room >= leastDescription ? shorten(text, room) : '', options);
};

export const placeOf = (order: { asset: Asset | null }, noAsset: string): string =>
  order.asset
    ? oneLine(order.asset.name, 150) +
      (order.asset.location ? ` (${oneLine(order.asset.location, 100)})` : '')
    : noAsset;
