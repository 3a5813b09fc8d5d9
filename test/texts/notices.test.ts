import { describe, expect, test } from 'vitest';
import { textsFor, writeNotice } from '../../src/texts/texts.ts';
import { asset, monstrous, order, reader } from './orders.ts';

const write = (kind: Parameters<typeof writeNotice>[0], fields = {}, as = {}) =>
  writeNotice(kind, order(fields), { ...reader, ...as });

describe('the assignment', () => {
  test('has its heading, labels, blank lines and reply options exactly', () => {
    expect(write('work-order.assigned')).toBe(
      [
        '🔧 *New Work Order Assigned*',
        '📋 *WO#:* WO-1042',
        '📝 *Title:* Replace the shaft seal',
        '🏭 *Asset:* Feed Pump 3 (Hall B)',
        '⚡ *Priority:* High',
        '📅 *Due:* Dec 25, 2024',
        '',
        'Leaks when warm.',
        'Seal is on shelf 4.',
        '',
        '💬 *Reply with:*',
        '✅ ACK - Acknowledge receipt',
        '▶️ START - Start work',
        '❓ HELP - Request assistance',
      ].join('\n'),
    );
  });

  test.each([{ description: null }, { description: ' \n ' }])(
    'leaves out a missing description: %j',
    (fields) => {
      expect(write('work-order.assigned', fields)).toContain('Dec 25, 2024\n\n💬 *Reply with:*\n✅ ACK');
    },
  );

  test('says what is missing', () => {
    const text = write('work-order.assigned', { asset: null, due: null });
    expect(text).toContain('*Asset:* no asset\n');
    expect(text).toContain('*Due:* no date\n');
    expect(write('work-order.assigned', { asset: { ...asset, location: null } })).toContain(
      '*Asset:* Feed Pump 3\n',
    );
  });

  test.each(['low', 'medium', 'high', 'critical'] as const)('names the priority %s', (priority) => {
    const label = { low: 'Low', medium: 'Medium', high: 'High', critical: 'Critical' }[priority];
    expect(write('work-order.assigned', { priority })).toContain(`*Priority:* ${label}\n`);
  });
});

test('the reminder has its heading, labels, blank lines and reply options exactly', () => {
  expect(write('work-order.reminder')).toBe(
    [
      '⏰ *Work Order Reminder*',
      '📋 *WO#:* WO-1042',
      '📝 *Title:* Replace the shaft seal',
      '⏳ Due in 3 days',
      '📅 *Due Date:* Dec 25, 2024',
      '',
      '💬 *Reply with:*',
      '📊 STATUS - Update status',
      '⏸️ DELAY {reason} - Report delay',
      '🏁 COMPLETE - Mark as done',
    ].join('\n'),
  );
});

describe('the reminder counts days', () => {
  test.each([
    ['2024-12-24', 'Due in 2 days'],
    ['2024-12-23', 'Due in 1 day'],
    ['2024-12-22', 'Due today'],
    ['2024-12-21', 'Overdue by 1 day'],
    ['2024-12-12', 'Overdue by 10 days'],
  ])('%s: %s', (on, words) => {
    expect(write('work-order.reminder', { due: { on } })).toContain(`\n⏳ ${words}\n`);
  });
});

test('planned maintenance tells when, and a reassignment that nothing need be done', () => {
  expect(write('maintenance.scheduled', { scheduled: { at: new Date('2024-12-22T14:30:00Z') } })).toMatch(
    /^🗓️ \*Scheduled Maintenance\*\n.*WO-1042\n.*seal\n.*Feed Pump 3 \(Hall B\)\n📅 \*Scheduled:\* 14:30 Dec 22\n\nLeaks/u,
  );
  expect(write('maintenance.scheduled', { scheduled: { on: '2024-12-25' } })).toContain(
    '*Scheduled:* Dec 25, 2024\n',
  );
  const gone = write('work-order.unassigned');
  expect(gone).toContain('WO-1042');
  expect(gone).toContain('Feed Pump 3');
  expect(gone).toContain('no longer yours');
});

test('a cancellation tells which order, and that nothing need be done', () => {
  expect(write('work-order.cancelled')).toBe(
    [
      '🚫 *Work Order Cancelled*',
      '📋 *WO#:* WO-1042',
      '📝 *Title:* Replace the shaft seal',
      '🏭 *Asset:* Feed Pump 3 (Hall B)',
      '',
      'You need not do anything.',
    ].join('\n'),
  );
  expect(write('work-order.cancelled', {}, { locale: 'es' })).toMatch(
    /^🚫 \*Orden de trabajo cancelada\*\n[\s\S]*\n\nNo tiene que hacer nada\.$/u,
  );
});

describe("dates are written in the reader's zone and language", () => {
  const due = { at: new Date('2024-12-25T23:30:00Z') };
  test.each([
    ['en', 'UTC', 'Dec 25, 2024'],
    ['en-US', 'Asia/Tokyo', 'Dec 26, 2024'],
    ['en', 'America/New_York', 'Dec 25, 2024'],
    ['de', 'Europe/Berlin', '26. Dez. 2024'],
    ['fr', 'Europe/Paris', '26 déc. 2024'],
  ])('%s in %s: %s', (locale, timeZone, written) => {
    expect(write('work-order.assigned', { due }, { locale, timeZone })).toContain(`*Due:* ${written}\n`);
    expect(write('work-order.assigned', { due: { on: '2024-12-25' } }, { locale: 'en', timeZone })).toContain(
      '*Due:* Dec 25, 2024\n',
    );
  });

  test('moments as well', () => {
    const scheduled = { at: new Date('2024-12-22T23:30:00Z') };
    expect(write('maintenance.scheduled', { scheduled }, { timeZone: 'Europe/Berlin' })).toContain(
      '00:30 Dec 23',
    );
    expect(write('maintenance.scheduled', { scheduled }, { timeZone: 'America/New_York' })).toContain(
      '18:30 Dec 22',
    );
  });
});

describe('the longest fields still give one message that can be sent', () => {
  test.each([
    'work-order.assigned',
    'work-order.unassigned',
    'work-order.cancelled',
    'maintenance.scheduled',
    'work-order.reminder',
  ] as const)('%s', (kind) => {
    const text = writeNotice(kind, monstrous(), reader);
    expect(text.length).toBeLessThanOrEqual(1600);
    expect(text.isWellFormed()).toBe(true);
    const options = {
      'work-order.assigned': 'HELP',
      'maintenance.scheduled': 'HELP',
      'work-order.reminder': 'COMPLETE',
    };
    if (kind in options) expect(text).toContain(`${options[kind as keyof typeof options]} - `);
  });

  test.each([0, 1])('a description is cut between characters, not inside one (%i)', (shift) => {
    const text = write('work-order.assigned', { description: 'x'.repeat(shift) + '😀'.repeat(1000) });
    expect(text.length).toBeGreaterThan(1590);
    expect(text.length).toBeLessThanOrEqual(1600);
    expect(text.isWellFormed()).toBe(true);
    expect(text).toContain('😀…\n\n💬 *Reply with:*');
  });

  test('a description that fits is whole', () => {
    const fits = 'x'.repeat(1200);
    expect(write('work-order.assigned', { description: fits })).toContain(`\n\n${fits}\n\n`);
  });
});

test('every button fits where it is shown, and no two of a language look alike', () => {
  const titles = Object.values(textsFor('en').buttons);
  expect(titles.filter(({ length }) => length < 1 || length > 20)).toEqual([]);
  expect(new Set(titles).size).toBe(titles.length);
});
