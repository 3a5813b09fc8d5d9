import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  canonicalPhone,
  conversationAddress,
  isCountry,
  readAddress,
  readPhone,
  variantsOf,
  whatsappPhone,
} from '../../src/domain/phone.ts';
import { seed } from '../support/seed.ts';

describe('a phone in any spelling', () => {
  test.each([
    ['+12025550101', 'US', '+12025550101'],
    ['(202) 555-0101', 'US', '+12025550101'],
    ['tel:+1-202-555-0101', 'US', '+12025550101'],
    ['202.555.0101', 'US', '+12025550101'],
    ['1 202 555 0101', 'US', '+12025550101'],
    ['＋１２０２５５５０１０１', 'US', '+12025550101'],
    ['٢٠٢٥٥٥٠١٠١', 'US', '+12025550101'],
    ['0151 23456789', 'DE', '+4915123456789'],
    ['+49 (0) 151 23456789', 'US', '+4915123456789'],
    ['0049 151 23456789', 'DE', '+4915123456789'],
    ['07400 123456', 'GB', '+447400123456'],
    ['+1 500 555 0006', 'US', '+15005550006'],
    ['+52 1 55 1234 5678', 'US', '+525512345678'],
    ['521 55 1234 5678', 'MX', '+525512345678'],
    ['1 55 1234 5678', 'MX', '+525512345678'],
    ['044 55 1234 5678', 'MX', '+525512345678'],
    ['045 55 1234 5678', 'MX', '+525512345678'],
    ['55 1234 5678', 'MX', '+525512345678'],
    ['(21) 8765-4321', 'BR', '+5521987654321'],
    ['0 41 21 98765-4321', 'BR', '+5521987654321'],
    ['+55 11 3214-5678', 'US', '+551132145678'],
    ['011 15-5874-9895', 'AR', '+5491158749895'],
    ['11 5874 9895', 'AR', '+541158749895'],
    ['+54 9 11 15 5874 9895', 'US', '+5491158749895'],
    ['+54 9 011 5874 9895', 'US', '+5491158749895'],
  ])('%s in %s', (text, country, phone) => {
    expect(readPhone(text, country)).toBe(phone);
  });

  test.each([
    'call 500 555 0157 now',
    '+1 202 555 0101 ext. 9',
    '202 555 0101 #9',
    '',
    'call me',
    '12',
    '+1',
    '+1202555010199999',
    '+999 123456789',
    '202555',
  ])('%j is none', (text) => {
    expect(readPhone(text, 'US')).toBeNull();
  });
});

describe('the canonical spelling of a phone somebody wrote from', () => {
  test.each([
    ['+5215512345678', '+525512345678'],
    ['+525512345678', '+525512345678'],
    ['+5491158749895', '+5491158749895'],
    ['+541158749895', '+541158749895'],
    ['+54111558749895', '+5491158749895'],
    ['+549111558749895', '+5491158749895'],
    ['+552187654321', '+5521987654321'],
    ['+5521987654321', '+5521987654321'],
    ['+551132145678', '+551132145678'],
    ['+447911123456', '+447911123456'],
    // Not valid, and kept all the same.
    ['+447700900123', '+447700900123'],
    ['+15550100200', '+15550100200'],
    ['+99912345', '+99912345'],
    ['+52155123456', '+52155123456'],
  ])('%s is %s', (written, canonical) => {
    expect(canonicalPhone(written)).toBe(canonical);
  });

  test.each([
    ['+541158749895', '+5491158749895'],
    ['+54111558749895', '+5491158749895'],
    ['+5215512345678', '+525512345678'],
    ['+12025550101', '+12025550101'],
  ])('WhatsApp knows %s as %s', (phone, known) => {
    expect(whatsappPhone(phone)).toBe(known);
  });
});

describe('the spellings of one phone', () => {
  test.each([
    ['+5215512345678', ['+525512345678', '+5215512345678']],
    ['+525512345678', ['+525512345678', '+5215512345678']],
    ['+552187654321', ['+5521987654321', '+552187654321']],
    ['+5521987654321', ['+5521987654321', '+552187654321']],
    ['+551132145678', ['+551132145678']],
    ['+5491158749895', ['+5491158749895', '+541158749895']],
    ['+541158749895', ['+541158749895', '+5491158749895']],
    ['+54111558749895', ['+5491158749895', '+541158749895', '+54111558749895']],
    ['+12025550101', ['+12025550101']],
    ['+15550100200', ['+15550100200']],
  ])('%s', (phone, variants) => {
    expect(variantsOf(phone)).toEqual(variants);
  });

  const national = (length: number) => fc.stringMatching(new RegExp(`^[1-9]\\d{${length - 1}}$`));
  const phones = fc.oneof(
    national(10).map((rest) => `+52${rest}`),
    national(10).map((rest) => `+55${rest}`),
    national(11).map((rest) => `+55${rest}`),
    national(10).map((rest) => `+54${rest}`),
    national(10).map((rest) => `+549${rest}`),
    national(10).map((rest) => `+1${rest}`),
  );

  test('are found from each other, and WhatsApp knows them by one', () => {
    fc.assert(
      fc.property(phones, (phone) => {
        const variants = variantsOf(phone);
        expect(variants).toContain(phone);
        for (const variant of variants) {
          expect(new Set(variantsOf(variant))).toEqual(new Set(variants));
          expect(whatsappPhone(variant)).toBe(whatsappPhone(phone));
        }
        expect(canonicalPhone(canonicalPhone(phone))).toBe(canonicalPhone(phone));
      }),
      { numRuns: 3000, seed },
    );
  });
});

test.each([
  ['whatsapp:+5215512345678', 'whatsapp:+525512345678'],
  ['whatsapp:+541158749895', 'whatsapp:+5491158749895'],
  ['+541158749895', '+541158749895'],
  ['whatsapp:US.1349', 'whatsapp:US.1349'],
  ['whatsapp:nobody', 'whatsapp:nobody'],
  ['', ''],
])('a conversation with %j is known by %j', (address, known) => {
  expect(conversationAddress(address)).toBe(known);
});

describe('an address as Twilio writes it', () => {
  test.each([
    ['whatsapp:+12025550101', { kind: 'whatsapp', value: '+12025550101' }],
    ['+12025550101', { kind: 'sms', value: '+12025550101' }],
    ['whatsapp:US.13491208655302741918', { kind: 'whatsapp-user-id', value: 'US.13491208655302741918' }],
    ['whatsapp:US.ENT.1349Ab', { kind: 'whatsapp-user-id', value: 'US.ENT.1349Ab' }],
    ['US.13491208655302741918', null],
    ['whatsapp:12025550101', null],
    ['whatsapp:+0202555', null],
    ['whatsapp:', null],
    ['whatsapp:us.1349', null],
    ['whatsapp:US.13 49', null],
    ['messenger:1349', null],
    ['+12025550101\n', null],
    ['', null],
  ])('%j', (address, read) => {
    expect(readAddress(address)).toEqual(read);
  });
});

test.each([
  ['US', true],
  ['DE', true],
  ['XX', false],
  ['us', false],
  ['', false],
])('isCountry(%j) is %s', (code, known) => {
  expect(isCountry(code)).toBe(known);
});
