import { describe, expect, test } from 'vitest';
import { contentTypeOf, extensionOf } from '../../src/attachments/content-type.ts';
import { jpeg, png } from './samples.ts';

const bytes = (...parts: (string | number[])[]) =>
  Buffer.concat([
    ...parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : Buffer.from(part))),
    Buffer.alloc(64),
  ]);
const box = (brand: string) => bytes([0, 0, 0, 24], `ftyp${brand}`, [0, 0, 2, 0], `${brand}mp42`);

describe('what WhatsApp carries is known by its bytes', () => {
  test.each([
    ['image/jpeg', jpeg, 'jpg'],
    ['image/png', png, 'png'],
    ['image/webp', bytes('RIFF', [36, 0, 0, 0], 'WEBPVP8 '), 'webp'],
    ['audio/amr', bytes('#!AMR\n'), 'amr'],
    ['audio/ogg', bytes('OggS', [0, 2], '\0'.repeat(20), [1, 19], 'OpusHead'), 'ogg'],
    ['video/mp4', box('isom'), 'mp4'],
    ['video/3gpp', box('3gp5'), '3gp'],
    ['application/pdf', bytes('%PDF-1.7\n'), 'pdf'],
    ['text/vcard', bytes('BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Ana\r\nEND:VCARD\r\n'), 'vcf'],
  ])('%s', async (type, sample, extension) => {
    expect(await contentTypeOf(sample, 'application/octet-stream')).toBe(type);
    // Whatever was declared.
    expect(await contentTypeOf(sample, 'text/html')).toBe(type);
    expect(await contentTypeOf(sample, null)).toBe(type);
    expect(extensionOf(type)).toBe(extension);
  });
});

describe('what was declared counts only between things of the same make', () => {
  const cfb = bytes([0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1], '\0'.repeat(600));
  test.each([
    [box('isom'), 'audio/mp4', 'audio/mp4'],
    [box('isom'), 'audio/ogg', 'video/mp4'],
    [cfb, 'application/vnd.ms-excel', 'application/vnd.ms-excel'],
    [cfb, 'text/html', 'application/octet-stream'],
    [Buffer.from('Höhe 12 m\n'), 'text/plain; charset=utf-8', 'text/plain'],
    [Buffer.from('Höhe 12 m\n'), 'text/html', 'application/octet-stream'],
    [Buffer.from([0x48, 0xf6, 0x68, 0x65]), 'text/plain', 'application/octet-stream'],
    [Buffer.from('a\0b'), 'text/plain', 'application/octet-stream'],
  ])('case %#', async (sample, declared, type) => {
    expect(await contentTypeOf(sample, declared)).toBe(type);
  });
});

test.each([
  ['a web page', '<!doctype html><script>alert(1)</script>'],
  ['a drawing with a script', '<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script/></svg>'],
  ['a program', 'MZ\x90\0\x03\0\0\0'],
])('%s called a photo is bytes of no known type', async (_, sample) => {
  const type = await contentTypeOf(bytes(sample), 'image/jpeg');
  expect([type, extensionOf(type)]).toEqual(['application/octet-stream', 'bin']);
});
