import { expect, test } from 'vitest';
import { windowOpenUntil } from '../../src/domain/service-window.ts';

const minutesAgo = (count: number) => new Date(now.getTime() - count * 60_000);
const now = new Date('2026-11-22T12:00:00.000Z');

test.each<[string, Date | null, Date | null, number | null]>([
  ['never wrote', null, null, null],
  ['wrote just now', minutesAgo(0), null, 23 * 60 + 50],
  ['wrote 23 hours and 49 minutes ago', minutesAgo(23 * 60 + 49), null, 1],
  ['wrote 23 hours and 50 minutes ago', minutesAgo(23 * 60 + 50), null, null],
  ['wrote before what was refused', minutesAgo(10), minutesAgo(9), null],
  ['wrote at the moment of what was refused', minutesAgo(10), minutesAgo(10), null],
  ['wrote after what was refused', minutesAgo(10), minutesAgo(11), 23 * 60 + 40],
  ['never wrote, and was refused', null, minutesAgo(10), null],
])('who %s', (_, lastInboundAt, windowRefusedAt, minutesLeft) => {
  const until = windowOpenUntil({ lastInboundAt, windowRefusedAt }, now);
  expect(until && (until.getTime() - now.getTime()) / 60_000).toBe(minutesLeft);
});
