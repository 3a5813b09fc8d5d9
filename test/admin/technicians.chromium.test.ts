import { expect, test } from 'vitest';
import { useChromium } from './chromium.ts';

const chromium = useChromium();

test('a technician is enrolled by a code, and the page sees it arrive', async () => {
  const { product } = chromium;
  const { page, complaints, look } = await chromium.open('/admin/technicians', { looksAt: [1280, 360] });
  await look('technicians');

  // From a file, of which the script puts the content where it can be read.
  await page.getByRole('link', { name: 'Import from CSV' }).click();
  const buffer = Buffer.from('externalId;name;role\r\nnew-1;Jos\xE9 N\xFA\xF1ez;technician\r\n', 'latin1');
  await page.getByLabel('Choose a file').setInputFiles({ name: 'people.csv', mimeType: 'text/csv', buffer });
  await page.getByRole('button', { name: 'Preview' }).click();
  await page.getByText('1 created, 0 changed, 0 unchanged.').waitFor();
  await look('technician-import');
  await page.getByRole('button', { name: 'Import 1' }).click();
  await page.getByRole('link', { name: 'José Núñez' }).click();

  await look('technician');
  await page.getByRole('link', { name: 'Enrol a phone by a code' }).click();
  await page.getByRole('button', { name: 'Make a code' }).click();
  const code = await page.locator('.code code').innerText();
  await page.getByText('Waiting for the code').waitFor();
  await look('enrol');
  const address = 'whatsapp:+15005550190';
  const added = await fetch(`${product.url}/simulator/phones`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ address, name: 'José' }),
  });
  expect(added.status).toBe(201);
  await product.says(address, code.toLowerCase());
  await page.getByText('Enrolled: WhatsApp number +15005550190').waitFor();
  await product.hears(address, /This phone is registered for José Núñez/);
  expect(complaints).toEqual([]);
});
