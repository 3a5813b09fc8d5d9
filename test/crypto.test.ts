import { describe, expect, test } from 'vitest';
import { decrypt, derive, encrypt, sha256 } from '../src/crypto.ts';

const key = 'k'.repeat(32);
const older = 'o'.repeat(32);
const wrongKey = /SECRET_KEY is not the one .* SECRET_KEY_PREVIOUS/;

describe('what was encrypted', () => {
  test.each(['{"authToken":"t0ken"}', '', 'Ω 😀\n', 'x'.repeat(100_000)])('is read again: %#', (plain) => {
    expect(decrypt(encrypt(plain, key), [key])).toBe(plain);
  });

  test('looks different each time and shows nothing', () => {
    const first = encrypt('the-token', key);
    expect(encrypt('the-token', key)).not.toBe(first);
    expect(first).not.toContain('the-token');
    expect(Buffer.from(first.split('.').at(-1)!, 'base64url').toString()).not.toContain('the-token');
  });

  test('under the previous key is read while that is known', () => {
    const sealed = encrypt('token', older);
    expect(decrypt(sealed, [key, older])).toBe('token');
    expect(() => decrypt(sealed, [key])).toThrow(wrongKey);
  });

  test('is refused once it was changed, or is something else', () => {
    const sealed = encrypt('token', key);
    const [version, iv, tag, body] = sealed.split('.');
    const flip = (part: string) => (part.startsWith('A') ? 'B' : 'A') + part.slice(1);
    for (const changed of [
      [version, flip(iv!), tag, body],
      [version, iv, flip(tag!), body],
      [version, iv, tag, flip(body!)],
      // A tag of four bytes would be guessed sooner than one of sixteen.
      [version, iv, tag!.slice(0, 6), body],
      ['v2', iv, tag, body],
      [version, iv, tag],
      ['token'],
      [''],
    ]) {
      expect(() => decrypt(changed.join('.'), [key])).toThrow(wrongKey);
    }
  });
});

test('a derived secret depends on key and purpose, and on nothing else', () => {
  expect(derive(key, 'session')).toBe(derive(key, 'session'));
  expect(new Set([derive(key, 'session'), derive(key, 'button'), derive(older, 'session'), key]).size).toBe(
    4,
  );
  expect(derive(key, 'session')).toMatch(/^[0-9a-f]{64}$/);
});

test('sha256 is the known one, of text and bytes alike', () => {
  const hash = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
  expect(sha256('abc').toString('hex')).toBe(hash);
  expect(sha256(Buffer.from('abc')).toString('hex')).toBe(hash);
});
