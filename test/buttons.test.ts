import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readButton, signButton } from '../src/buttons.ts';
import { seed } from './support/seed.ts';

const key = 'k'.repeat(32);
const older = 'o'.repeat(32);
const day = 24 * 60 * 60 * 1000;

const common = {
  tenantId: fc.uuid(),
  action: fc.stringMatching(/^[A-Z_ ]{1,30}$/),
  issuedAt: fc
    .date({ min: new Date(0), max: new Date('2200-01-01'), noInvalidDate: true })
    .map((at) => new Date(at)),
};
const buttons = fc.oneof(
  fc.record({ ...common, orderId: fc.uuid(), assignmentNo: fc.nat() }),
  fc.record({ ...common, alertId: fc.uuid() }),
);
const characters = fc.constantFrom(
  ...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_. =+/\né😀\0',
);

describe('a button payload', () => {
  test('says what it was signed with, and is short', () => {
    fc.assert(
      fc.property(buttons, (button) => {
        const { tenantId, ...said } = button;
        const payload = signButton(button, key);
        expect(payload.length).toBeLessThanOrEqual(100);
        expect(payload).toMatch(/^[\w.-]+$/);
        expect(readButton(payload, tenantId, [key], button.issuedAt)).toEqual({ kind: 'valid', ...said });
        expect(readButton(payload, tenantId, [older, key], button.issuedAt)).toMatchObject({ kind: 'valid' });
      }),
      { numRuns: 500, seed },
    );
  });

  test('with any character changed, added or left out is forged', () => {
    fc.assert(
      fc.property(buttons, fc.nat(), characters, (button, place, character) => {
        const payload = signButton(button, key);
        const at = place % payload.length;
        const rest = payload.slice(at + 1);
        const read = (changed: string) => readButton(changed, button.tenantId, [key], button.issuedAt).kind;
        // Without our own first letters it is nothing we ever made.
        const wrong = at < 4 ? ['forged', 'foreign'] : ['forged'];
        if (character !== payload[at]) expect(wrong).toContain(read(payload.slice(0, at) + character + rest));
        expect(wrong).toContain(read(payload.slice(0, at) + rest));
        expect(read(payload + character)).toBe('forged');
        expect(['forged', 'foreign']).toContain(read(character + payload));
      }),
      { numRuns: 2000, seed },
    );
  });

  test('of another tenant or another key is forged', () => {
    fc.assert(
      fc.property(buttons, fc.uuid(), fc.string({ minLength: 1 }), (button, otherTenant, otherKey) => {
        fc.pre(otherTenant !== button.tenantId && otherKey !== key);
        const payload = signButton(button, key);
        expect(readButton(payload, otherTenant, [key], button.issuedAt)).toEqual({ kind: 'forged' });
        expect(readButton(payload, button.tenantId, [otherKey], button.issuedAt)).toEqual({ kind: 'forged' });
        expect(readButton(payload, button.tenantId, [], button.issuedAt)).toEqual({ kind: 'forged' });
      }),
      { seed },
    );
  });

  test('expires after 30 days, and still says what it was', () => {
    const issuedAt = new Date('2026-11-01T08:00:00.000Z');
    const tenantId = randomUUID();
    const button = { orderId: randomUUID(), action: 'START', assignmentNo: 3, issuedAt };
    const payload = signButton({ tenantId, ...button }, key);
    const readLater = (ms: number) => readButton(payload, tenantId, [key], new Date(issuedAt.getTime() + ms));
    expect(readLater(30 * day)).toEqual({ kind: 'valid', ...button });
    expect(readLater(30 * day + 1)).toEqual({ kind: 'expired', ...button });
    // A clock that was set back.
    expect(readLater(-60_000)).toEqual({ kind: 'valid', ...button });
  });

  test('of a version to come is not taken for one of ours', () => {
    const button = {
      tenantId: randomUUID(),
      orderId: randomUUID(),
      action: 'ACK',
      assignmentNo: 1,
      issuedAt: new Date(0),
    };
    const payload = signButton(button, key).replace('rbm1', 'rbm3');
    expect(readButton(payload, button.tenantId, [key], new Date(0))).toEqual({ kind: 'forged' });
  });

  test('of a notice that was sent before alerts had buttons is still good', () => {
    const payload = 'rbm1.AAAAAAAAQACAAAAAAAAAAQ.3.mhfzs3k0.START.lAI9WVbfK3YIqd6Ci6hI3g';
    const button = {
      ...{ orderId: '00000000-0000-4000-8000-000000000001', action: 'START', assignmentNo: 3 },
      issuedAt: new Date('2025-11-01T08:00:00.000Z'),
    };
    const tenantId = '00000000-0000-4000-8000-00000000000a';
    expect(signButton({ tenantId, ...button }, key)).toBe(payload);
    expect(readButton(payload, tenantId, [key], button.issuedAt)).toEqual({ kind: 'valid', ...button });
  });

  test.each([
    ['an order', { orderId: randomUUID(), assignmentNo: 1 }],
    ['an alert', { alertId: randomUUID() }],
  ])('about %s says nothing about anything else', (_, about) => {
    const button = { tenantId: randomUUID(), action: 'ESCALATE', issuedAt: new Date(0), ...about };
    const other = 'orderId' in about ? ['rbm1', 'rbm2'] : ['rbm2', 'rbm1'];
    const payload = signButton(button, key).replace(other[0]!, other[1]!);
    expect(readButton(payload, button.tenantId, [key], new Date(0))).toEqual({ kind: 'forged' });
  });

  test('that somebody else made is foreign, whatever it looks like', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string({ unit: 'binary' }),
          fc.constantFrom('', 'ACK', 'rbm', 'rbm1', 'rbm2', 'RBM1.x'),
        ),
        (text) => {
          fc.pre(!/^rbm\d/.test(text));
          expect(readButton(text, randomUUID(), [key, older], new Date(0))).toEqual({ kind: 'foreign' });
        },
      ),
      { numRuns: 2000, seed, examples: [['rbm.1'], ['\0'], ['\ud800'], ['x'.repeat(100_000)]] },
    );
  });

  test('that only begins like ours is forged', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(readButton(`rbm1.${text}`, randomUUID(), [key], new Date(0))).toEqual({ kind: 'forged' });
      }),
      { numRuns: 1000, seed },
    );
  });
});
