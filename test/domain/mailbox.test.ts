import { expect, test } from 'vitest';
import { readMailbox } from '../../src/domain/mailbox.ts';

const address = 'rbm@example.com';

test.each([
  [address, ''],
  [`<${address}>`, ''],
  [`RBM <${address}>`, 'RBM'],
  [` Wartung Süd, RBM  <${address}> `, 'Wartung Süd, RBM'],
  [`"RBM: Plant (2); Inc" <${address}>`, 'RBM: Plant (2); Inc'],
])('%s is a sender', (text, name) => {
  expect(readMailbox(text)).toEqual({ name, address });
});

test.each([
  '',
  'RBM',
  'rbm@example',
  `a:b;<${address}>`,
  `RBM: x <${address}>`,
  `RBM; x <${address}>`,
  `RBM (Plant) <${address}>`,
  `"RBM <${address}>`,
  `rbm,${address}`,
  `RBM <a;${address}>`,
  `RBM <${address}>, x@example.com`,
  `RBM\r\nBcc: x <${address}>`,
])('%j is none', (text) => {
  expect(readMailbox(text)).toBeNull();
});
