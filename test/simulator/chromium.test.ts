import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { type Product, startProduct } from '../start/product.ts';

const browserArgs = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

let product: Product;
let browser: Browser;
beforeAll(async () => {
  product = await startProduct();
  await product.ready();
  browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: browserArgs });
}, 60_000);
afterAll(async () => {
  await browser?.close();
  product?.killGroup('SIGINT');
  await product?.exited;
});

// Reports what the page's policy forbids, and notes on each bubble all the ticks it has had.
const watcher = `
  document.addEventListener("securitypolicyviolation", (event) =>
    console.error("policy: " + event.violatedDirective + " " + event.blockedURI));
  new MutationObserver((changes) => {
    for (const { target, oldValue } of changes) {
      const had = target.dataset.ticks ?? oldValue;
      const { tick } = target.dataset;
      if (had && !had.endsWith(tick)) target.dataset.ticks = had + " " + tick;
    }
  }).observe(document, { subtree: true, attributeFilter: ["data-tick"], attributeOldValue: true });
`;

/** A page, and everything in it that should not be. */
const openPage = async (path: string, width: number) => {
  const page = await browser.newPage({ viewport: { width, height: 800 } });
  onTestFinished(() => page.close());
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  page.on('request', (request) => {
    const { protocol, host } = new URL(request.url());
    if (protocol !== 'data:' && host !== new URL(product.url).host) complaints.push(request.url());
  });
  page.on('response', (response) => {
    if (response.status() >= 400) complaints.push(`${response.status()} ${response.url()}`);
  });
  await page.addInitScript({ content: watcher });
  await page.goto(product.url + path);
  return { page, complaints };
};

const sidewaysPixels = (page: Page) =>
  page.evaluate<number>('document.documentElement.scrollWidth - document.documentElement.clientWidth');

test.each([1280, 360])('at %i px a technician asks for the work, and every tick turns', async (width) => {
  const { page, complaints } = await openPage('/simulator', width);
  const phone = page.getByRole('region', { name: 'Phone of' }).first();
  expect(await phone.getByRole('heading').textContent()).toBe('Maria Santos');
  expect(await sidewaysPixels(page)).toBe(0);

  const bubbles = phone.locator('.bubble');
  const before = await bubbles.count();
  const composer = phone.getByRole('textbox', { name: 'Message from Maria Santos' });
  await composer.fill('MY WORK');
  await composer.press('Enter');
  const sent = bubbles.nth(before);
  const answer = bubbles.nth(before + 1);

  await sent.getByRole('img', { name: 'delivered' }).waitFor();
  expect(await sent.getAttribute('data-ticks')).toBe('sent delivered');
  expect(await sent.locator('.text').textContent()).toBe('MY WORK');

  await answer.waitFor();
  expect(await answer.locator('.text').textContent()).toMatch(/Your work orders \(3\)[\s\S]*WO-8301/);
  expect(await answer.locator('strong').allTextContents()).toContain('WO-8301');
  await answer.getByRole('img', { name: 'read' }).waitFor();
  expect(await answer.getAttribute('data-ticks')).toMatch(/sent delivered read$/);

  await page.locator('#faults summary').click();
  expect(await page.getByRole('button', { name: 'Message twice' }).isVisible()).toBe(true);
  expect(await sidewaysPixels(page)).toBe(0);
  expect(complaints).toEqual([]);
});

test.each([1280, 360])('at %i px the documentation opens by itself', async (width) => {
  const { page, complaints } = await openPage('/docs', width);
  await page.getByRole('button', { name: /PUT .*work-orders/ }).click();
  await page.getByText('A new assignee is told once').waitFor();
  expect(await sidewaysPixels(page)).toBe(0);
  expect(complaints).toEqual([]);
});
