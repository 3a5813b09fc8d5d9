import { DateTime } from 'luxon';
import type { When } from '../domain/work-order.ts';
import type { Reader } from './language.ts';

/** A day as `Dec 25, 2024`, in the reader's zone and language. */
export const writeDay = (when: When, reader: Reader): string => {
  const day =
    'on' in when
      ? DateTime.fromISO(when.on, { zone: reader.timeZone })
      : DateTime.fromJSDate(when.at, { zone: reader.timeZone });
  return day.setLocale(reader.locale).toLocaleString(DateTime.DATE_MED);
};

/** A moment as `14:30 Dec 22`, in the reader's zone and language. */
export const writeMoment = (moment: Date, reader: Reader): string => {
  const at = DateTime.fromJSDate(moment, { zone: reader.timeZone }).setLocale(reader.locale);
  return `${at.toFormat('HH:mm')} ${at.toLocaleString({ month: 'short', day: 'numeric' })}`;
};
