import { expect, test } from 'vitest';
import { sayEvent } from '../../src/admin/event-words.ts';
import { eventTypes } from '../../src/cmms/event.ts';

test.each(eventTypes)('%s is told in words', (type) => {
  const { what } = sayEvent({ type, data: {}, undoes: null }, (key) => key);
  expect(what).toMatch(/^[A-Z][^._]+$/);
});

test.each([
  ['opted-out', 'Ana has opted out'],
  ['not-read', 'Ana reads nothing and is not reminded any more'],
  ['failed', 'Ana was reached by no way'],
])('why somebody is not reached, %s, is told with the name', (reason, words) => {
  const event = { type: 'technician.unreachable', data: { technician: 'E-1', reason }, undoes: null };
  expect(sayEvent(event, () => 'Ana').what).toBe(words);
});
