import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, onTestFinished } from 'vitest';
import { type Product, startProduct } from '../start/product.ts';
import { flawsOf } from './flaws.ts';

type Screen = {
  page: Page;
  /** What the browser has complained of. */
  complaints: string[];
  /** The page as it is now has no flaw at any of the widths, on a phone in light colours, on a desk in dark ones. */
  look(name: string): Promise<void>;
};

/** The product and a Chromium, for the test file that calls this. `options`: how it is started, asked once it is. */
export const useChromium = (
  options: () => Promise<NonNullable<Parameters<typeof startProduct>[0]>> = async () => ({}),
) => {
  let product: Product;
  let browser: Browser;
  beforeAll(async () => {
    const args = ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run'];
    [product, browser] = await Promise.all([
      options().then(startProduct),
      chromium.launch({ executablePath: '/usr/bin/chromium', args }),
    ]);
    await product.ready();
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    product?.killGroup('SIGINT');
    await product?.exited;
  });

  /** The first user's screen, signed in and at `path`; closed with the test. */
  const open = async (
    path: string,
    { width = 360, looksAt = [width] }: { width?: number; looksAt?: number[] } = {},
  ): Promise<Screen> => {
    const page = await browser.newPage({ viewport: { width, height: 800 } });
    onTestFinished(() => page.close());
    const complaints: string[] = [];
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
    });
    const look = async (name: string) => {
      for (const each of looksAt) {
        await page.setViewportSize({ width: each, height: 800 });
        await page.emulateMedia({ colorScheme: each === 360 ? 'light' : 'dark' });
        expect([name, each, await flawsOf(page)]).toEqual([name, each, []]);
        if (process.env.SCREENSHOTS)
          await page.screenshot({ path: `${process.env.SCREENSHOTS}/${name}-${each}.png`, fullPage: true });
      }
    };
    const [, email, password] = /first user \(shown once\): (\S+) with password (\S+)$/m.exec(
      product.text(),
    )!;
    await page.goto(product.url + path);
    await page.getByLabel('E-mail address').fill(email!);
    await page.getByLabel('Password').fill(password!);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.waitForURL(product.url + path);
    return { page, complaints, look };
  };

  return {
    open,
    get product() {
      return product;
    },
    get apiKey() {
      return /API key \(shown once\): (\S+)/.exec(product.text())![1]!;
    },
  };
};
