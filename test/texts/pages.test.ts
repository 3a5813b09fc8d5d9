import { describe, expect, test } from 'vitest';
import type { AlertLine } from '../../src/domain/alert.ts';
import { ways } from '../../src/domain/message.ts';
import { writePage } from '../../src/texts/texts.ts';
import { asset, reader } from './orders.ts';
import { fillings, pageCases } from './values.ts';

const alert = (fields: Partial<AlertLine> = {}): AlertLine => ({
  ...{ externalId: 'A-1', asset, message: 'Bearing temperature 97 °C', severity: 'critical' },
  ...{ raisedAt: new Date('2024-12-22T14:30:00Z'), ...fields },
});

describe('a page', () => {
  test('has its heading, labels, blank lines and reply options exactly', () => {
    expect(writePage([alert()], reader)).toBe(
      [
        '🚨 *CRITICAL EQUIPMENT ALERT*',
        '🏭 *Asset:* Feed Pump 3 (Hall B)',
        '🔔 *Alert:* Bearing temperature 97 °C',
        '🕐 *Time:* 14:30 Dec 22',
        '',
        '⚠️ *Immediate attention required!*',
        '',
        '💬 *Reply with:*',
        '🏃 RESPONDING - On my way',
        '🆘 ESCALATE - Need supervisor',
      ].join('\n'),
    );
  });

  test('is plain on text messages, in the words of the language', () => {
    expect(writePage([alert()], { ...reader, locale: 'es', way: 'sms' })).toBe(
      [
        'ALERTA CRITICA DE EQUIPO',
        'Equipo: Feed Pump 3 (Hall B)',
        'Alerta: Bearing temperature 97 °C',
        'Hora: 14:30 22 dic',
        '',
        '¡Se requiere atencion inmediata!',
        '',
        'Responda con:',
        'VOY - Voy en camino',
        'ESCALAR - Necesito un supervisor',
      ].join('\n'),
    );
  });

  test.each([
    ['low', 'Low'],
    ['medium', 'Medium'],
    ['high', 'High'],
  ] as const)('that is not critical does not say so: %s', (severity, label) => {
    const text = writePage([alert({ severity })], reader);
    expect(text).toContain(`*EQUIPMENT ALERT (${label})*\n`);
    expect(text).not.toMatch(/critical|immediate/i);
  });

  test("tells the time in the reader's zone", () => {
    expect(writePage([alert()], { ...reader, timeZone: 'Asia/Tokyo' })).toContain('*Time:* 23:30 Dec 22\n');
  });

  test('of several alerts lists them, and says how many more there are', () => {
    const text = writePage([alert(), alert({ message: 'Vibration' })], reader);
    expect(text).toMatch(/2 CRITICAL EQUIPMENT ALERTS\*\n• .*97 °C · 14:30 Dec 22\n• .*Vibration · 14:30/);
    const flood = writePage(
      Array.from({ length: 200 }, () => alert()),
      reader,
    );
    expect(flood).toMatch(/200 CRITICAL[\s\S]*\nand \d+ more\n/);
    expect(flood).toContain('RESPONDING - On my way');
  });

  test.each(ways)('fits by %s whatever it is filled with', (way) => {
    for (const filling of Object.values(fillings)) {
      for (const alerts of pageCases(filling)) {
        const text = writePage(alerts, { ...reader, way });
        expect(text.length).toBeLessThanOrEqual({ sms: 1000, whatsapp: 1600, email: 20_000 }[way]);
        expect(text).toMatch(/ESCALATE - Need supervisor$/);
        expect(text.isWellFormed()).toBe(true);
      }
    }
  });
});
