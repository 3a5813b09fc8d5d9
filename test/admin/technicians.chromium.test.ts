import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { type Product, startProduct } from '../start/product.ts';
import { flawsOf } from './flaws.ts';

let product: Product;
let browser: Browser;
beforeAll(async () => {
  product = await startProduct();
  await product.ready();
  const args = ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run'];
  browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args });
}, 60_000);
afterAll(async () => {
  await browser?.close();
  product?.killGroup('SIGINT');
  await product?.exited;
});

test('a technician is enrolled by a code, and the page sees it arrive', async () => {
  const [, email, password] = /first user \(shown once\): (\S+) with password (\S+)$/m.exec(product.text())!;
  const page = await browser.newPage({ viewport: { width: 360, height: 800 } });
  onTestFinished(() => page.close());
  const look = async (name: string) => {
    for (const width of [1280, 360]) {
      await page.setViewportSize({ width, height: 800 });
      await page.emulateMedia({ colorScheme: width === 360 ? 'light' : 'dark' });
      expect([name, width, await flawsOf(page)]).toEqual([name, width, []]);
      if (process.env.SCREENSHOTS) {
        await page.screenshot({ path: `${process.env.SCREENSHOTS}/${name}-${width}.png`, fullPage: true });
      }
    }
  };
  await page.goto(`${product.url}/admin/technicians`);
  await page.getByLabel('E-mail address').fill(email!);
  await page.getByLabel('Password').fill(password!);
  await page.getByRole('button', { name: 'Sign in' }).click();

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
});
