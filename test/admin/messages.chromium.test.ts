import { expect, test } from 'vitest';
import { maria } from '../start/product.ts';
import { useChromium } from './chromium.ts';

const chromium = useChromium();

test('a message that failed is found by its error, sent again, and seen to arrive', async () => {
  const { product, apiKey } = chromium;
  // By WhatsApp, and then by SMS.
  for (const code of [63003, 30005])
    await fetch(`${product.url}/simulator/faults`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ kind: 'refuse', to: maria, code }),
    });
  const text = 'The gate code has changed, ask the office';
  const data = { schemaVersion: 1, idempotencyKey: 'gate-1', to: 'E-2037', text };
  expect((await product.call(apiKey, 'POST', '/notifications', { name: 'message.send', data })).status).toBe(
    202,
  );

  const { page, complaints, look } = await chromium.open('/admin/messages', { looksAt: [360, 1280] });
  await page.getByLabel('Error code').fill('63003');
  await page.getByLabel('Person').fill('Maria');
  const search = page.getByRole('button', { name: 'Search' });
  const found = page.getByRole('link', { name: text });
  await expect
    .poll(async () => {
      await search.click();
      return found.count();
    })
    .toBe(1);
  await look('messages');

  await found.click();
  await page.getByText('The number is not on WhatsApp').first().waitFor();
  await page.getByText('Ask the person which number their WhatsApp has').waitFor();
  // By SMS it goes on first.
  await page.getByRole('link', { name: 'By SMS' }).locator('xpath=..').getByText(': failed').waitFor();
  await look('message');
  await page.getByRole('button', { name: 'Send again by WhatsApp' }).click();
  await page.getByText('It is sent again. This is the new message').waitFor();
  // Without another click: the page stays up to date.
  await page.getByRole('heading', { name: 'What happened: delivered' }).waitFor();
  await product.hears(maria, /gate code has changed/);

  await page.goto(`${product.url}/admin/messages?text=gate+code`);
  const download = page.waitForEvent('download');
  await page.getByRole('link', { name: 'Export as CSV' }).click();
  const file = await (await (await download).createReadStream()).toArray();
  expect(Buffer.concat(file).toString()).toMatch(/^\uFEFF"Id".*"End of export: 3 messages\."\r\n$/s);
  expect(complaints).toEqual([]);
});
