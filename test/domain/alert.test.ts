import { expect, test } from 'vitest';
import { alertExpiry, gatherSeconds, messageExpiry } from '../../src/domain/alert.ts';

const now = new Date('2026-11-23T12:00:00.000Z');

test('a page waits the longer for others, the more have left within the minute', () => {
  expect([0, 1, 2, 3, 50].map(gatherSeconds)).toEqual([0, 3, 10, 30, 30]);
});

test('what is critical is worth telling until it is resolved, all else for a week', () => {
  expect(alertExpiry('critical', now)).toBeNull();
  for (const severity of ['low', 'medium', 'high'] as const)
    expect(alertExpiry(severity, now)).toEqual(new Date('2026-11-30T12:00:00.000Z'));
});

test('a message of an alert expires with it, and in a year at most', () => {
  expect(messageExpiry({ expiresAt: now }, new Date(0))).toEqual(now);
  expect(messageExpiry({ expiresAt: null }, now)).toEqual(new Date('2027-11-23T12:00:00.000Z'));
});
