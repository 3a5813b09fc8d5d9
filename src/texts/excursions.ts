import type { Excursion } from '../domain/excursion.ts';
import type { Language, Texts } from './language.ts';
import { oneLine } from './shorten.ts';

export type ExcursionValues = { metric: string; side: Excursion['side']; value: number; limit: number };

/** What an alert says of a metric that is past its limit: a line, whatever way it is sent. */
export const excursionIn =
  (language: Language): Texts['excursion'] =>
  ({ metric, side, value, limit }, locale) =>
    language.excursion[side](oneLine(metric, 64), ...writeNumbers([value, limit], locale));

/** As short as they can be told apart. What is counted is told whole. */
const writeNumbers = ([value, limit]: [number, number], locale: string): [string, string] => {
  const write = (number: number, digits: number) => {
    const size = Math.abs(number);
    const isExtreme = size >= 1e12 || (size > 0 && size < 1e-4);
    return new Intl.NumberFormat(locale, {
      notation: isExtreme ? 'scientific' : 'standard',
      maximumSignificantDigits: Number.isInteger(number) && !isExtreme ? 17 : digits,
      useGrouping: false,
    }).format(number);
  };
  const digits = write(value, 6) === write(limit, 6) ? 17 : 6;
  return [write(value, digits), write(limit, digits)];
};
