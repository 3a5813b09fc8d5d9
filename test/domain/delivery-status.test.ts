import { describe, expect, test } from 'vitest';
import {
  type DeliveryStatus,
  deliveryStatuses,
  forward,
  fromTwilio,
} from '../../src/domain/delivery-status.ts';

// Written out, so that a change of the order is a change here.
const ranks: Record<DeliveryStatus, number> = {
  queued: 0,
  sending: 1,
  unknown: 2,
  accepted: 3,
  sent: 4,
  failed: 5,
  expired: 5,
  cancelled: 5,
  delivered: 6,
  read: 7,
};

describe('only a higher rank replaces', () => {
  const pairs = deliveryStatuses.flatMap((current) => deliveryStatuses.map((news) => ({ current, news })));
  test.each(pairs)('$current, then $news', ({ current, news }) => {
    expect(forward(current, news)).toBe(ranks[news] > ranks[current] ? news : current);
  });
});

test('whatever the order of the news, the outcome is the same', () => {
  const news: DeliveryStatus[] = ['accepted', 'sent', 'failed', 'delivered', 'read'];
  const orders = permutations(news);
  expect(orders).toHaveLength(120);
  for (const order of orders) expect(order.reduce(forward, 'queued')).toBe('read');
});

describe("Twilio's words", () => {
  test.each([
    ['accepted', 'accepted'],
    ['scheduled', 'accepted'],
    ['queued', 'accepted'],
    ['sending', 'accepted'],
    ['sent', 'sent'],
    ['delivered', 'delivered'],
    ['read', 'read'],
    ['undelivered', 'failed'],
    ['failed', 'failed'],
    ['canceled', 'failed'],
    ['receiving', null],
    ['received', null],
    ['partially_delivered', null],
    ['Delivered', null],
    ['', null],
    ['constructor', null],
    ['toString', null],
  ])('%j means %j', (word, status) => {
    expect(fromTwilio(word)).toBe(status);
  });
});

const permutations = <T>(items: T[]): T[][] =>
  items.length === 0
    ? [[]]
    : items.flatMap((item, index) =>
        permutations(items.toSpliced(index, 1)).map((others) => [item, ...others]),
      );
