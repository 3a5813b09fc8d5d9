import { describe, expect, test } from 'vitest';
import { isSigned } from '../../src/ingress/signature.ts';
import { sign } from '../support/sign.ts';

const token = '12345';
const sha256OfJson = '0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620';
const sha256OfEmptyObject = '44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a';

const url = 'https://mycompany.com/myapp.php?foo=1&bar=2';
const call = {
  CallSid: 'CA1234567890ABCDE',
  Caller: '+14158675309',
  Digits: '1234',
  From: '+14158675309',
  To: '+18005551212',
};
const message = {
  AccountSid: `AC${'a'.repeat(32)}`,
  ApiVersion: '2010-04-01',
  Body: 'Bomba 3 com vazamento \u26A0\uFE0F & ruído',
  ButtonPayload: 'wo:4711:start',
  ButtonText: 'Iniciar',
  Forwarded: '',
  From: 'whatsapp:+5511999990001',
  MessageSid: 'SM0123456789abcdef0123456789abcdef',
  NumMedia: '0',
  ProfileName: "João D'Ávila",
  To: 'whatsapp:+14155238886',
  WaId: '5511999990001',
};

type Vector = {
  name: string;
  /** The address the request came to: Twilio may have signed it with the standard port. */
  url: string;
  params: Record<string, string | string[]>;
  signature: string;
};

const vectors: Vector[] = [
  { name: 'V1: a form', url, params: call, signature: 'RSOYDt4T1cUTdK1PDd93/VVr8B8=' },
  {
    name: 'V1: signed without the port of its own that https came in on',
    url: 'https://mycompany.com:1234/myapp.php?foo=1&bar=2',
    params: call,
    signature: 'RSOYDt4T1cUTdK1PDd93/VVr8B8=',
  },
  {
    name: 'V2: a port of its own',
    url: 'http://mycompany.com:1234/myapp.php?foo=1&bar=2',
    params: call,
    signature: 'Zmvh+3yNM1Phv2jhDCwEM3q5ebU=',
  },
  {
    name: 'V3: signed with :443, which the request lacks',
    url,
    params: call,
    signature: 'kvajT1Ptam85bY51eRf/AJRuM3w=',
  },
  {
    name: 'V4: signed with :80, which the request lacks',
    url: 'http://mycompany.com/myapp.php?foo=1&bar=2',
    params: call,
    signature: '0ZXoZLH/DfblKGATFgpif+LLRf4=',
  },
  {
    name: 'V5: user and password',
    url: 'https://user:pass@mycompany.com/myapp.php?foo=1&bar=2',
    params: call,
    signature: 'CukzLTc1tT5dXEDIHm/tKBanW10=',
  },
  {
    name: 'V6: user only',
    url: 'https://user@mycompany.com/myapp.php?foo=1&bar=2',
    params: call,
    signature: '2YRLlVAflCqxaNicjMpJcSTgzSs=',
  },
  {
    name: 'V7: user and password, signed with :443',
    url: 'https://user:pass@mycompany.com/myapp.php?foo=1&bar=2',
    params: call,
    signature: 'ZQFR1PTIZXF2MXB8ZnKCvnnA+rI=',
  },
  {
    name: 'V8: a quote in the query, escaped',
    url: `${url}&Body=It%27s+amazing`,
    params: call,
    signature: 'TfZzewPq8wqrGlMfyAud8+/IvJ0=',
  },
  {
    name: 'V8: a quote in the query, as it is',
    url: `${url}&Body=It's+amazing`,
    params: call,
    signature: 'TfZzewPq8wqrGlMfyAud8+/IvJ0=',
  },
  {
    name: 'V9: a repeated field',
    url,
    params: { 'MessagingBinding.Address': ['+1415xxxxxxx', '+1325xxxxxxx'] },
    signature: '83O6e2vORAoJHUNzJjDWN1jz+BA=',
  },
  {
    name: 'V9: a repeated field in another order',
    url,
    params: { 'MessagingBinding.Address': ['+1325xxxxxxx', '+1415xxxxxxx'] },
    signature: '83O6e2vORAoJHUNzJjDWN1jz+BA=',
  },
  {
    name: 'V10: a field repeated with the same value',
    url,
    params: { Sid: 'CA123', SidAccount: 'AC123', Digits: ['5678', '1234', '1234'] },
    signature: 'IK+Dwps556ElfBT0I3Rgjkr1wJU=',
  },
  {
    name: 'V11: a JSON body, of which the address holds the hash',
    url: `${url}&bodySHA256=${sha256OfJson}`,
    params: {},
    signature: 'a9nBmqA0ju/hNViExpshrM61xv4=',
  },
  {
    name: 'V12: an empty JSON body, signed with :443',
    url: `${url}&bodySHA256=${sha256OfEmptyObject}`,
    params: {},
    signature: 'Ldidvp12m26NI7eqEvxnEpkd9Hc=',
  },
  {
    name: 'V13: nothing but the hash in the query',
    url: `https://mycompany.com/myapp.php?bodySHA256=${sha256OfJson}`,
    params: {},
    signature: 'y77kIzt2vzLz71DgmJGsen2scGs=',
  },
  {
    name: 'V14: another host and caller',
    url: 'https://example.com/myapp.php?foo=1&bar=2',
    params: { ...call, Caller: '+14158675310', From: '+14158675310' },
    signature: 'L/OH5YylLD5NRKLltdqwSvS0BnU=',
  },
  {
    name: 'V15: a WhatsApp message with accents, an emoji and an empty field',
    url: 'https://hooks.example.test/webhooks/twilio/inbound',
    params: message,
    signature: 'qnD5ioXrTwCIfxAwVBX+6sF/aPw=',
  },
];

const formOf = (params: Vector['params']) =>
  new URLSearchParams(
    Object.entries(params).flatMap(([name, values]) =>
      [values].flat().map((value): [string, string] => [name, value]),
    ),
  );

test.each(vectors)('$name is accepted', ({ url, params, signature }) => {
  expect(isSigned([token], signature, url, formOf(params))).toBe(true);
});

describe.each(vectors)('$name is refused', (vector) => {
  const form = formOf(vector.params);
  const { signature } = vector;

  test('with another signature', () => {
    const other = `${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`;
    expect(isSigned([token], other, vector.url, form)).toBe(false);
  });

  test.each(['', 'A', 'é'.repeat(28), `${'A'.repeat(27)}=`, 'A'.repeat(10_000)])(
    'with %j for a signature',
    (other) => {
      expect(isSigned([token], other, vector.url, form)).toBe(false);
    },
  );

  test('without a signature', () => {
    expect(isSigned([token], undefined, vector.url, form)).toBe(false);
  });

  test('with one value changed, one field added and, where there is one, one left out', () => {
    for (const name of new Set(form.keys())) {
      const changed = new URLSearchParams(form);
      changed.set(name, `${form.get(name)}0`);
      expect(isSigned([token], signature, vector.url, changed), name).toBe(false);
      const without = new URLSearchParams(form);
      without.delete(name);
      expect(isSigned([token], signature, vector.url, without), name).toBe(false);
    }
    expect(isSigned([token], signature, vector.url, new URLSearchParams([...form, ['New', '']]))).toBe(false);
  });

  test('with something more in the query', () => {
    const more = `${vector.url}${vector.url.includes('?') ? '&' : '?'}extra=1`;
    expect(isSigned([token], signature, more, form)).toBe(false);
  });

  test('with a fragment: settings for Twilio itself, which it neither sends nor signs', () => {
    expect(isSigned([token], signature, `${vector.url}#rc=2`, form)).toBe(false);
  });

  test('at another path, host or scheme', () => {
    const elsewhere = [
      vector.url.replace(/(\.php|inbound)/, '$1/'),
      vector.url.replace(/(mycompany|hooks\.example|example)\./, 'other.'),
      vector.url.replace(/^(https?)/, (scheme) => (scheme === 'https' ? 'http' : 'https')),
    ];
    for (const other of elsewhere) {
      expect(other).not.toBe(vector.url);
      expect(isSigned([token], signature, other, form), other).toBe(false);
    }
  });

  test('under another token, or none', () => {
    expect(isSigned(['12346'], signature, vector.url, form)).toBe(false);
    expect(isSigned([''], signature, vector.url, form)).toBe(false);
    expect(isSigned([], signature, vector.url, form)).toBe(false);
  });
});

test('while a token is rotated, any of the tokens may have signed', () => {
  for (const { url, params, signature } of vectors) {
    expect(isSigned(['67890', token], signature, url, formOf(params))).toBe(true);
  }
});

test('fields named like what every object has are signed as any other', () => {
  const form = new URLSearchParams('__proto__=a&constructor=b&toString=c&toString=d&hasOwnProperty=e');
  expect(isSigned([token], sign(token, url, form), url, form)).toBe(true);
  const changed = new URLSearchParams('__proto__=x&constructor=b&toString=c&toString=d&hasOwnProperty=e');
  expect(isSigned([token], sign(token, url, form), url, changed)).toBe(false);
});

test('a form of one field thousands of times takes no longer than any other', () => {
  const form = new URLSearchParams('a&'.repeat(32 * 1024));
  const from = performance.now();
  expect(isSigned([token], 'forged', url, form)).toBe(false);
  expect(performance.now() - from).toBeLessThan(500);
});

test('the helper that signs for these tests agrees with the vectors signed over the address as it came', () => {
  const asItCame = vectors.filter(({ name }) => !name.includes('signed with') && !name.includes('as it is'));
  expect(asItCame.length).toBeGreaterThan(10);
  for (const { url, params, signature } of asItCame) expect(sign(token, url, formOf(params))).toBe(signature);
});
