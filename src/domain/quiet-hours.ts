import { DateTime } from 'luxon';
import { dayOf } from './dates.ts';

/** Times of day by the reader's clock; past midnight when `to` is the earlier one. */
export type QuietHours = { from: string; to: string };

/**
 * The end of the quiet hours that a moment lies in; null outside them. One stretch a night, whatever the clock does: a
 * beginning or end that it skips is where it goes on; of those it shows twice, the first begins and the second ends.
 */
export const quietUntil = ({ from, to }: QuietHours, timeZone: string, now: Date): Date | null => {
  const today = DateTime.fromISO(dayOf(now, timeZone), { zone: timeZone });
  for (const day of [today.minus({ days: 1 }), today]) {
    const begins = shown(day, from)[0]!;
    const ends = shown(to > from ? day : day.plus({ days: 1 }), to).at(-1)!;
    if (begins <= now && now < ends) return ends;
  }
  return null;
};

/** The moments at which a day's clock shows hh:mm, the earliest first; when it skips that, the one at which it goes on. */
const shown = (day: DateTime, time: string): Date[] => {
  const at = DateTime.fromISO(`${day.toISODate()}T${time}`, { zone: day.zone });
  if (at.toFormat('HH:mm') === time)
    return at
      .getPossibleOffsets()
      .map((each) => each.toJSDate())
      .sort((a, b) => a.getTime() - b.getTime());
  let goesOn = at;
  while (goesOn.minus({ minutes: 1 }).offset === at.offset) goesOn = goesOn.minus({ minutes: 1 });
  return [goesOn.toJSDate()];
};
