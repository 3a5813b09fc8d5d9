import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { samples } from '../../src/simulator/samples.ts';
import { type Product, startProduct } from '../start/product.ts';
import { ana, sender, setStage } from './stage.ts';

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
const openPage = async (url: string, width: number) => {
  const page = await browser.newPage({ viewport: { width, height: 800 } });
  onTestFinished(() => page.close());
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  page.on('request', (request) => {
    const { protocol, host } = new URL(request.url());
    if (protocol !== 'data:' && host !== new URL(url).host) complaints.push(request.url());
  });
  page.on('response', (response) => {
    if (response.status() >= 400) complaints.push(`${response.status()} ${response.url()}`);
  });
  await page.addInitScript({ content: watcher });
  await page.goto(url);
  return { page, complaints };
};

const sidewaysPixels = (page: Page) =>
  page.evaluate<number>('document.documentElement.scrollWidth - document.documentElement.clientWidth');

test.each([1280, 360])('at %i px a technician asks for the work, and every tick turns', async (width) => {
  const { page, complaints } = await openPage(`${product.url}/simulator`, width);
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

  const trail = page.getByRole('complementary', { name: 'What happened' });
  await trail.locator('li').first().waitFor();
  await trail.getByLabel('Order').selectOption('WO-8301');
  expect(await trail.locator('li b').allTextContents()).not.toContain('WO-8302');

  await page.locator('#faults summary').click();
  expect(await page.getByRole('button', { name: 'Message twice' }).isVisible()).toBe(true);
  expect(await sidewaysPixels(page)).toBe(0);
  expect(complaints).toEqual([]);
});

describe.each([1280, 360])('at %i px', (width) => {
  /** The page before a simulator of the test's own, with a message that has buttons. */
  const openWithButtons = async () => {
    const stage = await setStage();
    const client = stage.connect();
    const actions = ['Acknowledge', 'Start'].map((title) => ({ title, id: `${title}:WO-7` }));
    const content = {
      language: 'en',
      types: { 'twilio/quick-reply': { body: 'WO-7 is yours', actions } },
    } as never;
    const { sid: contentSid } = await client.content.v1.contents.create(content);
    const { sid } = await client.messages.create({ to: ana, from: sender, contentSid });
    await stage.simulator.settled();
    stage.product.received.length = 0;

    const { page, complaints } = await openPage(stage.url, width);
    const phone = page.getByRole('region', { name: 'Phone of Ana Souza' });
    const message = phone.locator('.bubble', { hasText: 'WO-7 is yours' }).first();
    const lastBubble = phone.locator('.bubble').last();
    const expectTidy = async () => {
      expect(await sidewaysPixels(page)).toBe(0);
      expect(complaints).toEqual([]);
    };
    return { ...stage, page, phone, message, lastBubble, sid, expectTidy };
  };

  test('a button is tapped with the keyboard, and again', async () => {
    const { product: told, message, lastBubble, sid, expectTidy } = await openWithButtons();
    const start = message.getByRole('button', { name: 'Start' });
    await start.focus();
    await start.press('Enter');
    await lastBubble.getByRole('img', { name: 'delivered' }).waitFor();
    await start.click();
    await expect
      .poll(() => told.received.map(({ form }) => form.ButtonPayload))
      .toEqual(['Start:WO-7', 'Start:WO-7']);
    expect(told.received[0]!.form).toMatchObject({ Body: 'Start', OriginalRepliedMessageSid: sid });
    expect(await lastBubble.locator('.quoted').textContent()).toContain('WO-7 is yours');
    await expectTidy();
  });

  test('a message is answered by quoting it, and reacted to', async () => {
    const { product: told, phone, message, lastBubble, sid, expectTidy } = await openWithButtons();
    const menu = message.getByLabel('Reply or react to this message');
    await message.hover();
    await menu.click();
    await message.getByRole('button', { name: 'Reply to this message' }).click();
    expect(await phone.locator('.reply-to').textContent()).toContain('WO-7 is yours');
    const composer = phone.getByRole('textbox', { name: 'Message from Ana Souza' });
    await composer.fill('start');
    await composer.press('Enter');
    await lastBubble.getByRole('img', { name: 'delivered' }).waitFor();
    expect(await lastBubble.locator('.quoted').textContent()).toContain('WO-7 is yours');

    await message.hover();
    await menu.click();
    await message.getByRole('button', { name: 'React with 👍' }).click();
    await message.locator('.reaction', { hasText: '👍' }).waitFor();
    expect(told.received.map(({ form }) => [form.Body, form.OriginalRepliedMessageSid])).toEqual([
      ['start', sid],
      ['👍', sid],
    ]);
    await expectTidy();
  });

  test('a photo is chosen, sent with what is written, and shown', async () => {
    const { product: told, page, phone, lastBubble, expectTidy } = await openWithButtons();
    await phone.getByRole('textbox', { name: 'Message from Ana Souza' }).fill('the gasket');
    await phone.getByLabel('Send something else').click();
    const choosing = page.waitForEvent('filechooser');
    await phone.getByRole('button', { name: 'Photo or file…' }).click();
    const { contentType, bytes } = samples.image;
    await (await choosing).setFiles({ name: 'gasket.jpg', mimeType: contentType, buffer: bytes });

    const photo = lastBubble.getByRole('img', { name: 'Photo from Ana Souza' });
    await photo.waitFor();
    await expect
      .poll(() => page.evaluate<number>('document.querySelector(".file img").naturalWidth'))
      .toBe(96);
    expect(await lastBubble.locator('.text').textContent()).toBe('the gasket');
    expect(told.received.map(({ form }) => [form.MessageType, form.Body])).toEqual([['image', 'the gasket']]);
    await expectTidy();
  });

  test('a switch of the phone shows, and goes when the person writes', async () => {
    const { simulator, phone, expectTidy } = await openWithButtons();
    await phone.getByLabel('What is special about this phone').first().click();
    await phone.getByRole('checkbox', { name: '24 hours are over' }).check();
    const tag = phone.getByText('window closed');
    await tag.waitFor();
    await phone.getByRole('button', { name: 'MY WORK' }).click();
    await tag.waitFor({ state: 'detached' });
    expect(simulator.phones()[0]!.windowClosed).toBe(false);
    await expectTidy();
  });
});

test.each([1280, 360])('at %i px the documentation opens by itself', async (width) => {
  const { page, complaints } = await openPage(`${product.url}/docs`, width);
  await page.getByRole('button', { name: /PUT .*work-orders/ }).click();
  await page.getByText('A new assignee is told once').waitFor();
  expect(await sidewaysPixels(page)).toBe(0);
  expect(complaints).toEqual([]);
});
