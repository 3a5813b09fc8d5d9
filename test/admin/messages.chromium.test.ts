import axe from 'axe-core';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { maria, type Product, startProduct } from '../start/product.ts';

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

/** What a reader with a small screen, or none, would stumble over. */
const flawsOf = async (page: Page) => {
  await page.evaluate(axe.source);
  return page.evaluate<unknown[]>(`axe.run().then(({ violations }) => [
    ...violations.map(({ id, nodes }) => id + " " + nodes[0].html),
    ...[...Array(document.documentElement.scrollWidth - document.documentElement.clientWidth)].slice(0, 1).map(() => "sideways"),
  ])`);
};

test('a message that failed is found by its error, sent again, and seen to arrive', async () => {
  const [, key] = /API key \(shown once\): (\S+)/.exec(product.text())!;
  const [, email, password] = /first user \(shown once\): (\S+) with password (\S+)$/m.exec(product.text())!;
  // By WhatsApp, and then by SMS.
  for (const code of [63003, 30005])
    await fetch(`${product.url}/simulator/faults`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ kind: 'refuse', to: maria, code }),
    });
  const text = 'The gate code has changed, ask the office';
  const data = { schemaVersion: 1, idempotencyKey: 'gate-1', to: 'E-2037', text };
  expect((await product.call(key!, 'POST', '/notifications', { name: 'message.send', data })).status).toBe(
    202,
  );

  const page = await browser.newPage({ viewport: { width: 360, height: 800 } });
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  const look = async (name: string) => {
    for (const width of [360, 1280]) {
      await page.setViewportSize({ width, height: 800 });
      await page.emulateMedia({ colorScheme: width === 360 ? 'light' : 'dark' });
      expect([name, width, await flawsOf(page)]).toEqual([name, width, []]);
      if (process.env.SCREENSHOTS)
        await page.screenshot({ path: `${process.env.SCREENSHOTS}/${name}-${width}.png`, fullPage: true });
    }
  };
  await page.goto(`${product.url}/admin/messages`);
  await page.getByLabel('E-mail address').fill(email!);
  await page.getByLabel('Password').fill(password!);
  await page.getByRole('button', { name: 'Sign in' }).click();
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
  await page.close();
});
