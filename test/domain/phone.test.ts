import { describe, expect, test } from 'vitest';
import { isCountry, readAddress, readPhone } from '../../src/domain/phone.ts';

describe('a phone in any spelling', () => {
  test.each([
    ['+12025550101', 'US', '+12025550101'],
    ['(202) 555-0101', 'US', '+12025550101'],
    ['202.555.0101', 'US', '+12025550101'],
    ['1 202 555 0101', 'US', '+12025550101'],
    ['＋１２０２５５５０１０１', 'US', '+12025550101'],
    ['٢٠٢٥٥٥٠١٠١', 'US', '+12025550101'],
    ['0151 23456789', 'DE', '+4915123456789'],
    ['+49 (0) 151 23456789', 'US', '+4915123456789'],
    ['0049 151 23456789', 'DE', '+4915123456789'],
    ['07400 123456', 'GB', '+447400123456'],
    ['+1 500 555 0006', 'US', '+15005550006'],
  ])('%s in %s', (text, country, phone) => {
    expect(readPhone(text, country)).toBe(phone);
  });

  test.each(['', 'call me', '12', '+1', '+1202555010199999', '+999 123456789', '202555'])(
    '%j is none',
    (text) => {
      expect(readPhone(text, 'US')).toBeNull();
    },
  );
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
