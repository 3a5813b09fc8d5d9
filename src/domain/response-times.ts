import { dayAfter, startOfDay } from './dates.ts';
import type { When } from './work-order.ts';

/** From what to what it took how long: of an alert, and of each person who was told of it. */
export const measures = [
  'raisedToSent',
  'sentToDelivered',
  'deliveredToRead',
  'raisedToAnswered',
  'answeredToResolved',
  'pagedToRead',
  'pagedToAnswered',
] as const;

export type Measure = (typeof measures)[number];

/** By what a report groups alerts. */
export const groupings = ['person', 'team', 'asset', 'week'] as const;

export type Grouping = (typeof groupings)[number];

/** From a moment on, and before another. */
export type Stretch = { from: Date; to: Date };

export const usualDays = 28;
const dayMs = 24 * 60 * 60 * 1000;

/** What a report is about: a day counts from its beginning to its end in that zone; until now, unless told otherwise. */
export const stretchOf = (given: { from?: When; to?: When }, timeZone: string, now: Date): Stretch => {
  const to = given.to ? endOf(given.to, timeZone) : now;
  const from = given.from
    ? 'on' in given.from
      ? startOfDay(given.from.on, timeZone)
      : given.from.at
    : new Date(to.getTime() - usualDays * dayMs);
  return { from, to };
};

const endOf = (when: When, timeZone: string): Date =>
  'on' in when ? startOfDay(dayAfter(when.on, 1), timeZone) : when.at;

export const maxDays = 400;

export const isTooLong = ({ from, to }: Stretch): boolean => to.getTime() - from.getTime() > maxDays * dayMs;
