import { describe, expect, test } from 'vitest';
import type { Reply } from '../../src/commands/command.ts';
import type { WorkOrder } from '../../src/domain/work-order.ts';
import { writeReply } from '../../src/texts/texts.ts';
import { decide, facts, order as mine } from '../commands/facts.ts';
import { monstrous, order, reader } from './orders.ts';

type Listed = 'myWork' | 'pending' | 'whichOrder';

/** Every page of a list, as MORE would bring them. */
const pagesOf = (of: Listed, orders: WorkOrder[]): string[] => {
  const pages: string[] = [];
  for (let from = 0; ; ) {
    const values = { orders, from, action: 'NOTE', rest: 'seal', leftOver: null };
    const { text, shown } = writeReply({ key: of, values, orders } as Reply, reader);
    expect(shown).toBeGreaterThan(from);
    pages.push(text);
    if (shown === null || shown >= orders.length) return pages;
    from = shown;
  }
};

const fiveHundred = Array.from({ length: 500 }, (_, index) =>
  order({
    id: `o${index}`,
    number: `WO-${String(index).padStart(4, '0')}`,
    title: `Replace the shaft seal ${'and the bearing '.repeat(index % 9)}`,
    status: (['assigned', 'acknowledged', 'in_progress', 'delayed'] as const)[index % 4]!,
  }),
);

describe.each(['myWork', 'pending', 'whichOrder'] as const)('500 orders in %s', (of) => {
  const pages = pagesOf(of, fiveHundred);

  test('come in pages that can be sent', () => {
    expect(pages.length).toBeGreaterThan(10);
    for (const page of pages) {
      expect(page.length).toBeLessThanOrEqual(1600);
      expect(page.isWellFormed()).toBe(true);
      expect(page.at(-1)).not.toBe('…');
    }
    // And not in more than it takes.
    for (const page of pages.slice(0, -1)) expect(page.length).toBeGreaterThan(1200);
  });

  test('every order stands on exactly one of them, in turn', () => {
    expect(
      pages.flatMap((page) => [...page.matchAll(/\*(WO-\d{4})\*/g)].map(([, number]) => number)),
    ).toEqual(fiveHundred.map(({ number }) => number));
  });

  test('each but the last says how many are left and how to go on', () => {
    let shown = 0;
    for (const page of pages) {
      shown += page.match(/\*WO-\d{4}\*/g)!.length;
      const more = shown < 500 ? [`… and ${500 - shown} more: send MORE`] : [];
      expect(page.match(/… and .*/g) ?? []).toEqual(more);
    }
    expect(shown).toBe(500);
  });
});

test('the numbers of a question go on from page to page', () => {
  const places = pagesOf('whichOrder', fiveHundred).flatMap((page) =>
    [...page.matchAll(/^(\d+)\. \*WO-/gmu)].map(([, place]) => Number(place)),
  );
  expect(places).toEqual(fiveHundred.map((_, index) => index + 1));
});

test('a number from any page chooses that order, also while another is shown', () => {
  const orders = Array.from({ length: 500 }, (_, index) => mine(`WO-${5000 - index}`));
  const first = decide('note seal', facts(orders));
  const listed = first.reply.orders;
  const { shown } = writeReply(first.reply, reader);
  const list = {
    list: {
      of: 'whichOrder' as const,
      orderIds: listed.map(({ id }) => id),
      shown: shown!,
      action: 'NOTE' as const,
      rest: 'seal',
    },
    orders: listed,
  };
  const second = decide('more', facts(orders, [], { list }));
  expect(second.question).toEqual(first.question);

  const question = { ...second.question!, askedAt: facts([]).receivedAt.toISOString(), open: true };
  for (const place of [1, shown!, shown! + 1, 500]) {
    expect(decide(String(place), facts(orders), { question }).changes).toMatchObject([
      { orderId: listed[place - 1]!.id, event: { type: 'work_order.noted' } },
    ]);
  }
  expect(decide('0', facts(orders), { question }).changes).toEqual([]);
});

describe.each(['myWork', 'pending', 'whichOrder'] as const)('orders as long as they can be, in %s', (of) => {
  const orders = Array.from({ length: 40 }, (_, index) => monstrous(index));

  test('each still stands once, on a page that can be sent', () => {
    const pages = pagesOf(of, orders);
    for (const page of pages) {
      expect(page.length).toBeLessThanOrEqual(1600);
      expect(page.isWellFormed()).toBe(true);
    }
    expect(
      pages.flatMap((page) => [...page.matchAll(/\*(\d+)😀/gu)].map(([, index]) => Number(index))),
    ).toEqual(orders.map((_, index) => index));
  });
});

describe('a long description is read in pages', () => {
  const read = (description: string, fields: Partial<WorkOrder> = {}) => {
    const one = order({ description, ...fields });
    const pages: string[] = [];
    for (let from = 0; ; ) {
      const reply: Reply = { key: 'orderDetail', values: { order: one, from }, orders: [one] };
      const { text, shown } = writeReply(reply, reader);
      expect(text.length).toBeLessThanOrEqual(1600);
      expect(text.isWellFormed()).toBe(true);
      pages.push(text);
      if (shown === null || shown >= description.length) return pages;
      expect(shown).toBeGreaterThan(from);
      from = shown;
    }
  };
  /** The description's part of a page. */
  const part = (page: string) => page.split('\n\n')[1]!;

  test('10,000 characters of words, none lost or cut', () => {
    const words = Array.from({ length: 1700 }, (_, index) => `word${index}`);
    const description = words.join(' ').slice(0, 10_000).replace(/ \S*$/, '');
    const pages = read(description);
    expect(pages.map(part).join(' ')).toBe(description);
    for (const page of pages) expect(page).toMatch(/^\*WO-1042\* · Feed Pump 3\n/);
    for (const page of pages.slice(0, -1)) {
      expect(page).toContain('send MORE');
      expect(page.length).toBeGreaterThan(1400);
    }
    expect(pages.at(-1)).not.toContain('send MORE');
  });

  test.each([0, 1])('10,000 characters without a space, each of two units (%i)', (shift) => {
    const description = 'x'.repeat(shift) + '😀'.repeat(5000);
    expect(read(description).map(part).join('')).toBe(description);
  });

  test('an order with everything as long as it can be', () => {
    const big = monstrous();
    expect(read(big.description!, big).map(part).join('')).toBe(big.description);
  });

  test.each([null, '', ' \n '])('%j leaves one page without a gap', (description) => {
    const one = order({ description });
    const { text } = writeReply(
      { key: 'orderDetail', values: { order: one, from: 0 }, orders: [one] },
      reader,
    );
    expect(text).not.toContain('send MORE');
    expect(text).not.toMatch(/\n\n\n/);
  });
});
