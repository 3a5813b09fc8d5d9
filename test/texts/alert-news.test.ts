import { describe, expect, test } from 'vitest';
import type { AlertLine } from '../../src/domain/alert.ts';
import { writeNews } from '../../src/texts/texts.ts';
import { asset, reader } from './orders.ts';

const alert = (message: string): AlertLine => ({
  ...{ externalId: 'A-1', asset, message, severity: 'critical', raisedAt: new Date('2024-12-22T14:30:00Z') },
});
const write = (
  kind: 'taken' | 'released' | 'reopened' | 'resolved',
  count: number,
  as: Partial<typeof reader> = {},
) => {
  const alerts = Array.from({ length: count }, (_, n) => alert(`Fault ${n + 1}`));
  const common = { alerts, by: 'Ana' };
  return kind === 'resolved'
    ? writeNews(
        { key: 'alert.resolved', values: { ...common, note: null }, orderId: null },
        { ...reader, ...as },
      )
    : writeNews({ key: `alert.${kind}`, values: common, orderId: null }, { ...reader, ...as });
};

describe('what somebody did to alerts', () => {
  test.each([
    ['taken', '🏃 *Ana is going*', '🏃 *Ana is going to 2 alerts*'],
    ['released', '↩️ *Ana is no longer going*', '↩️ *Ana is no longer going to 2 alerts*'],
    [
      'reopened',
      '↩️ *Not resolved yet: Ana took that back*',
      '↩️ *2 alerts not resolved yet: Ana took that back*',
    ],
    ['resolved', '✅ *Resolved* by Ana', '✅ *2 alerts resolved* by Ana'],
  ] as const)('says of one what it is about, and lists several: %s', (kind, ofOne, ofTwo) => {
    expect(write(kind, 1)).toContain(`${ofOne}\n*Feed Pump 3* · Fault 1`);
    expect(write(kind, 2)).toContain(`${ofTwo}\n• *Feed Pump 3* · Fault 1\n• *Feed Pump 3* · Fault 2`);
  });

  test.each([
    ['taken', 'Ana va en camino', 'Ana va en camino a 2 alertas'],
    ['released', 'Ana ya no va', 'Ana ya no va a 2 alertas'],
    ['reopened', 'Todavia sin resolver: Ana lo deshizo', '2 alertas todavia sin resolver: Ana lo deshizo'],
    ['resolved', 'Resuelta por Ana', '2 alertas resueltas por Ana'],
  ] as const)('in Spanish on text messages: %s', (kind, ofOne, ofTwo) => {
    const as = { locale: 'es', way: 'sms' as const };
    expect(write(kind, 1, as)).toContain(`${ofOne}\nFeed Pump 3 - Fault 1`);
    expect(write(kind, 2, as)).toContain(`${ofTwo}\n- Feed Pump 3 - Fault 1\n- Feed Pump 3 - Fault 2`);
  });

  test('says how many more there are than fit, and what can be done', () => {
    const text = write('taken', 100);
    expect(text).toMatch(
      /^🏃 \*Ana is going to 100 alerts\*\n• [\s\S]*\nand \d+ more\nYou need not go\. ESCALATE/,
    );
    const left = Number(/and (\d+) more/.exec(text)?.[1]);
    expect(text.match(/^• /gm)).toHaveLength(100 - left);
    expect(text.length).toBeLessThanOrEqual(1600);
    expect(write('released', 100, { way: 'sms' })).toMatch(/\nand \d+ more\n[\s\S]*RESPONDING/);
  });
});
