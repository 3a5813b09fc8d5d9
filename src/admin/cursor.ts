import { z } from 'zod';

/** A place in a list by time: microseconds since 1970, and the id of what was there. */
type Cursor = { at: number; id: string };

/** Where a list goes on, as it is in an address. */
export const writeCursor = ({ at, id }: Cursor): string => `${at}.${id}`;

/** Null: it is none. */
export const readCursor = (written: string): Cursor | null => {
  const [, at, id] = /^(-?\d{1,16})\.([0-9a-f-]{36})$/.exec(written) ?? [];
  return at && z.uuid().safeParse(id).success ? { at: Number(at), id: id! } : null;
};
