import { expect, test } from 'vitest';
import { textsFor } from '../../src/texts/texts.ts';

const write = (
  locale: string,
  value: number,
  limit: number,
  metric = 'temperature',
  side: 'high' | 'low' = 'high',
) => textsFor(locale).excursion({ metric, side, value, limit }, locale);

test.each([
  ['en', 93.4, 80, 'high', 'temperature: 93.4, above the limit of 80'],
  ['en', -4, 0.5, 'low', 'temperature: -4, below the limit of 0.5'],
  ['es', 93.4, 80, 'high', 'temperature: 93,4, por encima del límite de 80'],
  ['es-MX', 1.5, 2, 'low', 'temperature: 1.5, por debajo del límite de 2'],
] as const)('metric, value and limit in a line, in %s', (locale, value, limit, side, expected) => {
  expect(write(locale, value, limit, 'temperature', side)).toBe(expected);
});

test.each([
  ['what a sensor is not exact about', 93.4000015258789, 80, '93.4, above the limit of 80'],
  ['just past the limit', 80.0000001, 80, '80.0000001, above the limit of 80'],
  ['by the last digit there is', 0.30000000000000004, 0.3, '0.30000000000000004, above the limit of 0.3'],
  ['what is counted', 1234567, 80, '1234567, above the limit of 80'],
  ['very many', 1.5e300, 2e12, '1.5E300, above the limit of 2E12'],
  ['very few', 0.0000012, 0, '1.2E-6, above the limit of 0'],
])('numbers are short: %s', (_says, value, limit, expected) => {
  expect(write('en', value, limit)).toBe(`temperature: ${expected}`);
});

test('what the CMMS calls its metric makes no line of its own', () => {
  expect(write('en', 2, 1, `a\n\nb${'😀'.repeat(60)}`)).toMatch(/^a b😀+…: 2, above the limit of 1$/u);
});
