import axe from 'axe-core';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { type Product, startProduct } from '../start/product.ts';

let product: Product;
let browser: Browser;
let login: { email: string; password: string };
beforeAll(async () => {
  product = await startProduct();
  await product.ready();
  const [, email, password] = /first user \(shown once\): (\S+) with password (\S+)$/m.exec(product.text())!;
  login = { email: email!, password: password! };
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
  const sideways = await page.evaluate<number>(
    'document.documentElement.scrollWidth - document.documentElement.clientWidth',
  );
  // Not as a script of the page's: its policy allows none.
  await page.evaluate(axe.source);
  const found = await page.evaluate<string[]>(
    'axe.run().then(({ violations }) => violations.map(({ id, nodes }) => id + " " + nodes[0].html))',
  );
  return [...found, ...(sideways > 0 ? [`${sideways} px sideways`] : [])];
};

test.each([
  [360, 'light'],
  [1280, 'dark'],
] as const)('at %i px, %s, the first user signs in and sees every page', async (width, colorScheme) => {
  const page = await browser.newPage({ viewport: { width, height: 800 }, colorScheme });
  onTestFinished(() => page.close());
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  const look = async (name: string) => {
    expect([name, await flawsOf(page)]).toEqual([name, []]);
    if (process.env.SCREENSHOTS) {
      await page.screenshot({ path: `${process.env.SCREENSHOTS}/${name}-${width}.png`, fullPage: true });
    }
  };

  await page.goto(`${product.url}/admin`);
  await look('sign-in');
  await page.getByLabel('E-mail address').fill(login.email);
  await page.getByLabel('Password').fill(login.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('heading', { name: 'Users', level: 1 }).waitFor();
  await page.getByLabel('Name', { exact: true }).fill(`Ana ${width}`);
  await page.getByLabel('E-mail address').fill(`ana-${width}@example.com`);
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  await page.getByRole('heading', { name: `Link for Ana ${width}` }).waitFor();
  await look('users');
  await page.getByRole('link', { name: 'Audit' }).click();
  await page.getByText(`Added a user: ana-${width}@example.com`).waitFor();
  await look('audit');
  await page.getByRole('link', { name: 'My account' }).click();
  await page.getByRole('heading', { name: 'My account' }).waitFor();
  await look('account');
  await page.getByRole('link', { name: 'Switch on' }).click();
  await page.getByLabel('Your password').fill(login.password);
  await page.getByRole('button', { name: 'Go on' }).click();
  await page.getByRole('img', { name: 'Code to scan' }).waitFor();
  await look('second-factor');
  expect(complaints).toEqual([]);
});
