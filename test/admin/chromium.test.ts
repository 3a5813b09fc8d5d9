import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { samples } from '../../src/simulator/samples.ts';
import { maria, type Product, startProduct } from '../start/product.ts';
import { flawsOf } from './flaws.ts';

let product: Product;
let apiKey: string;
let browser: Browser;
let login: { email: string; password: string };
let messageId: string;
beforeAll(async () => {
  product = await startProduct();
  await product.ready();
  const [, email, password] = /first user \(shown once\): (\S+) with password (\S+)$/m.exec(product.text())!;
  login = { email: email!, password: password! };
  apiKey = /API key \(shown once\): (\S+)/.exec(product.text())![1]!;
  const data = { schemaVersion: 1, idempotencyKey: 'refused-1', number: 'WO-404', colour: 'red' };
  await product.call(apiKey, 'POST', '/notifications', { name: 'work-order.reminder', data });
  messageId = await makeTrouble(apiKey);
  const args = ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run'];
  browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args });
}, 120_000);
afterAll(async () => {
  await browser?.close();
  product?.killGroup('SIGINT');
  await product?.exited;
});

/** Somebody who cannot be reached, and an alert. Answers the message that did not arrive. */
const makeTrouble = async (key: string): Promise<string> => {
  const put = async (path: string, body: object, method = 'PUT') =>
    expect((await product.call(key, method, path, body)).status).toBe(201);
  await put('/technicians/E-3000', { name: 'Nadia Rossi', role: 'technician' });
  await put('/work-orders/WO-9000', { title: 'Leaking valve', assignee: 'E-3000', priority: 'high' });
  const alert = {
    externalId: 'A-9000',
    asset: 'PMP-207',
    message: 'Bearing temperature 96 °C',
    severity: 'high',
  };
  await put('/alerts', alert, 'POST');
  // As long as they may be, and nowhere to break.
  await put(`/technicians/${long}`, { name: 'N'.repeat(200), phone: '+12025550191' });
  await put(`/assets/${long}`, { name: 'Q'.repeat(200) });
  await put(`/work-orders/${long}`, {
    title: 'W'.repeat(200),
    assignee: long,
    asset: long,
    dueAt: '2026-01-01',
  });
  await put('/alerts', { ...alert, externalId: long, asset: long, message: 'ع'.repeat(500) }, 'POST');
  const { body } = await product.call(key, 'GET', '/messages?workOrder=WO-9000');
  return body.items[0].id;
};

const sendFile = async (kind: 'image' | 'document', caption: string) => {
  const { contentType, bytes } = samples[kind];
  const path = `/simulator/phones/${encodeURIComponent(maria)}/files?caption=${encodeURIComponent(caption)}`;
  const headers = { 'Content-Type': contentType };
  const answer = await fetch(product.url + path, { method: 'POST', headers, body: new Uint8Array(bytes) });
  expect(answer.status).toBe(200);
};

const long = 'L'.repeat(64);

/** Every page there is for an administrator, but those that the story below walks through. */
const addresses = (): string[] => [
  ...['/work-orders/-/new', '/work-orders/WO-9000', '/work-orders/WO-9000/edit', '/alerts', '/alerts/-/new'],
  ...[
    '/alerts/A-9000',
    '/technicians',
    '/technicians/-/new',
    '/technicians/E-2037',
    '/technicians/E-2037/enrol',
  ],
  ...[
    '/technicians/-/import',
    '/technicians/-/conflicts',
    '/messages',
    `/messages/${messageId}`,
    '/settings',
  ],
  ...[
    '/settings/channel',
    '/settings/check',
    '/settings/test-message',
    '/settings/rules',
    '/settings/templates',
  ],
  ...['/settings/api-keys', '/settings/webhook-endpoints', '/nowhere'],
];

/** Somebody's browser, of his own; what it complains of, and how a page of it is looked at. */
const openBrowser = async (width: number, colorScheme: 'light' | 'dark') => {
  const page = await browser.newPage({ viewport: { width, height: 800 }, colorScheme });
  onTestFinished(() => page.close());
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    // Where a page is not ours, Chromium asks for a picture of the site by itself.
    if (message.location().url.endsWith('/favicon.ico')) return;
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  const look = async (name: string, excluded: Record<string, string> = {}) => {
    expect([name, await flawsOf(page, excluded)]).toEqual([name, []]);
    if (process.env.SCREENSHOTS) {
      await page.screenshot({ path: `${process.env.SCREENSHOTS}/${name}-${width}.png`, fullPage: true });
    }
  };
  /** What a second press is asked for, seen as after the first. */
  const lookBehind = async (name: string) => {
    const opened = await page.evaluate<number>(
      '[...document.querySelectorAll(".sure")].map((details) => { details.open = true; }).length',
    );
    if (opened > 0) await look(`${name}-sure`);
  };
  return { page, complaints, look, lookBehind };
};

const pictureWidths = '[...document.images].map(({ naturalWidth }) => naturalWidth)';

const fillIn = async (page: Page, { email, password } = login) => {
  await page.getByLabel('E-mail address').fill(email);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('navigation', { name: 'Pages' }).waitFor();
};

const signIn = async (page: Page) => {
  await page.goto(`${product.url}/admin`);
  await fillIn(page);
  await page.getByRole('heading', { name: 'Overview', level: 1 }).waitFor();
};

test('what was typed when the session ended is in its form again after signing in', async () => {
  const page = await browser.newPage();
  onTestFinished(() => page.close());
  await page.goto(`${product.url}/admin/work-orders/WO-9000/edit`);
  await fillIn(page);
  const title = page.getByLabel('Title');
  await title.fill('Typed before lunch');
  await page.getByLabel('Priority').selectOption('critical');
  await page.context().clearCookies();
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('You had been signed out meanwhile').waitFor();
  await fillIn(page);
  await page.getByText('What you had typed is here again').waitFor();
  expect(await title.inputValue()).toBe('Typed before lunch');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('heading', { name: 'Typed before lunch' }).waitFor();
  await page.goto(`${product.url}/admin/work-orders/WO-9000/edit`);
  expect(await page.getByLabel('Priority').inputValue()).toBe('critical');
  expect(await page.getByText('What you had typed is here again').count()).toBe(0);

  await title.fill('Typed at night');
  await page.context().clearCookies();
  await page.getByRole('button', { name: 'Save' }).click();
  const meanwhile = { title: 'Changed by the CMMS' };
  expect((await product.call(apiKey, 'PUT', '/work-orders/WO-9000', meanwhile)).status).toBe(200);
  await fillIn(page);
  await page.getByText('What you had typed is here again').waitFor();
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('is now “Changed by the CMMS”; you typed “Typed at night”').waitFor();
});

test('what somebody typed is kept from whoever signs in there next, and a code is not kept', async () => {
  const page = await browser.newPage();
  onTestFinished(() => page.close());
  await signIn(page);
  await page.goto(`${product.url}/admin/users`);
  await page.getByLabel('Name', { exact: true }).fill('Ivo');
  await page.getByLabel('E-mail address').fill('ivo@example.com');
  await page.getByLabel('Role').first().selectOption('planner');
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  await page.getByRole('heading', { name: 'Link for Ivo' }).waitFor();
  const link = new URL(await page.locator('.secret code').innerText());

  const edit = `${product.url}/admin/work-orders/WO-9000/edit`;
  await page.goto(edit);
  await page.getByLabel('Title').fill('For my eyes only');
  await page.context().clearCookies();
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('You had been signed out meanwhile').waitFor();

  await page.goto(product.url + link.pathname + link.search);
  await page.getByLabel('Password', { exact: true }).fill('three small snails');
  await page.getByLabel('Password again').fill('three small snails');
  await page.getByRole('button', { name: 'Set password' }).click();
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  await page.goto(edit);
  await fillIn(page, { email: 'ivo@example.com', password: 'three small snails' });
  expect(await page.getByLabel('Title').inputValue()).not.toBe('For my eyes only');
  expect(await page.evaluate('JSON.stringify(sessionStorage)')).toBe('{}');

  await page.goto(`${product.url}/admin/account/second-factor`);
  await page.getByLabel('Your password').fill('three small snails');
  await page.getByRole('button', { name: 'Go on' }).click();
  await page.getByLabel('Code', { exact: true }).fill('123456');
  await page.evaluate(
    "document.querySelector('[name=code]').form.dispatchEvent(new Event('submit', { bubbles: true }))",
  );
  expect(await page.evaluate('JSON.stringify(sessionStorage)')).not.toContain('123456');
});

test('nothing is so long that a page goes sideways', async () => {
  const page = await browser.newPage({ viewport: { width: 360, height: 800 } });
  onTestFinished(() => page.close());
  await signIn(page);
  const tooWide: string[] = [];
  for (const address of [
    'work-orders/:',
    'work-orders/:/edit',
    'alerts/:',
    'technicians/:',
    'technicians/:/enrol',
  ]) {
    await page.goto(`${product.url}/admin/${address.replace(':', long)}`);
    const width = await page.evaluate<number>('document.documentElement.scrollWidth');
    if (width > 360) tooWide.push(`${address} ${width}`);
  }
  expect(tooWide).toEqual([]);
});

test('a long title takes three lines of the overview, and nothing stands askew or too narrow', async () => {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  onTestFinished(() => page.close());
  await signIn(page);
  const boxesOf = async (selector: string) =>
    Promise.all((await page.locator(selector).all()).map(async (each) => (await each.boundingBox())!));
  const lines = (await boxesOf('.needs td:first-child a')).map(({ height }) => Math.round(height / 24));
  expect(Math.max(...lines)).toBe(3);
  await page.goto(`${product.url}/admin/technicians`);
  const tops = (await boxesOf('main form.row :is(input, select, button)')).map(({ y }) => Math.round(y));
  expect([tops.length, new Set(tops).size]).toEqual([4, 1]);
  await page.goto(`${product.url}/admin/alerts/A-9000`);
  const [field, button] = await boxesOf('form[action$="/respond"] :is(input:not([type=hidden]), button)');
  expect(button!.y).toBe(field!.y);
  await page.setViewportSize({ width: 360, height: 800 });
  for (const [path, name] of [
    ['alerts/A-9000', 'technician'],
    ['alerts/A-9000', 'reason'],
    ['work-orders/WO-9000', 'assignee'],
  ]) {
    await page.goto(`${product.url}/admin/${path}`);
    const [box] = await boxesOf(`#${name}`);
    expect([name, box!.width > 280]).toEqual([name, true]);
  }
});

// bull-board's own markup, which comes as it is.
const ofTheBoard = {
  'button-name': 'its theme and its menu are opened by buttons that show a symbol only',
  'image-redundant-alt': 'its logo repeats its title',
  'page-has-heading-one': 'it has no headings of the first level',
  'svg-img-alt': 'its symbols have no names',
};

describe.each([
  [360, 'light'],
  [1280, 'dark'],
] as const)('at %i px, %s', (width, colorScheme) => {
  test('the first user signs in and sees every page', async () => {
    const { page, complaints, look, lookBehind } = await openBrowser(width, colorScheme);
    await page.goto(`${product.url}/admin`);
    await look('sign-in');
    await signIn(page);
    await page.getByText('Nobody was reached').waitFor();
    await look('overview');
    await page.getByRole('link', { name: 'Work orders' }).click();
    await page.getByRole('heading', { name: 'Work orders', level: 1 }).waitFor();
    await look('work-orders');
    await page.getByRole('link', { name: 'WO-8301' }).click();
    await page.getByRole('heading', { name: 'Work order WO-8301' }).waitFor();
    await look('work-order');
    for (const address of addresses()) {
      await page.goto(`${product.url}/admin${address}`);
      await look(address.replaceAll('/', '-').slice(1));
      await lookBehind(address.replaceAll('/', '-').slice(1));
    }
    // The one that is not there is told about, as it should be.
    expect(complaints.splice(0).join()).toMatch(/^[^,]*404[^,]*$/);
    await page.getByRole('link', { name: 'Queues' }).click();
    await page.getByText('/colour is not a known field').waitFor();
    await look('queues');
    await page.goto(`${product.url}/admin/users`);
    await page.getByRole('heading', { name: 'Users', level: 1 }).waitFor();
    await look('users');
    await page.getByRole('link', { name: 'Audit' }).click();
    await page.getByRole('heading', { name: 'Audit', level: 1 }).waitFor();
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

  test('what technicians sent is seen with the order and the message, and on its own', async () => {
    const { page, complaints, look } = await openBrowser(width, colorScheme);
    await sendFile('image', `WO-8301 seal ${width}`);
    await sendFile('document', 'WO-8301 data sheet');
    await signIn(page);
    await page.goto(`${product.url}/admin/work-orders/WO-8301`);
    // They appear by themselves once they are fetched.
    const picture = page.getByRole('img', { name: `seal ${width}` });
    const file = page.getByRole('link', { name: 'Download: document' }).first();
    await picture.waitFor();
    await file.waitFor();
    await picture.evaluate('window.scrollTo(0, document.body.scrollHeight)');
    await expect.poll(() => page.evaluate(pictureWidths)).toContainEqual(96);
    await look('work-order-attachments');
    const saved = page.waitForEvent('download');
    await file.click();
    expect((await saved).suggestedFilename()).toMatch(/^document-.*\.pdf$/);
    await page.goto(`${product.url}/admin/messages?direction=in`);
    await page.getByRole('link', { name: /seal/ }).first().click();
    await page.getByRole('link', { name: 'image' }).waitFor();
    await look('message-attachment');
    await page.getByRole('link', { name: 'image' }).click();
    await expect.poll(() => page.evaluate(pictureWidths)).toEqual([96]);
    expect(complaints).toEqual([]);
  });

  test('somebody who is invited sets a password and signs in', async () => {
    const administrator = await openBrowser(width, colorScheme);
    await signIn(administrator.page);
    const users = administrator.page;
    await users.goto(`${product.url}/admin/users`);
    await users.getByLabel('Name', { exact: true }).fill(`Ana ${width}`);
    await users.getByLabel('E-mail address').fill(`ana-${width}@example.com`);
    await users.getByRole('button', { name: 'Add', exact: true }).click();
    await users.getByRole('heading', { name: `Link for Ana ${width}` }).waitFor();
    await administrator.look('user-link');
    await administrator.lookBehind('user-link');
    const link = new URL(await users.locator('.secret code').innerText());
    await users.getByRole('link', { name: 'Audit' }).click();
    await users.getByText(`Added a user: ana-${width}@example.com`).waitFor();

    const { page, complaints, look } = await openBrowser(width, colorScheme);
    await page.goto(product.url + link.pathname + link.search);
    await page.getByRole('heading', { name: `Welcome, Ana ${width}` }).waitFor();
    await look('invitation');
    const set = async (password: string, again: string) => {
      await page.getByLabel('Password', { exact: true }).fill(password);
      await page.getByLabel('Password again').fill(again);
      await page.getByRole('button', { name: 'Set password' }).click();
    };
    await set('three small snails', 'three small whelks');
    await page.getByText('The password and its repetition differ').waitFor();
    await look('invitation-refused');
    expect(complaints.splice(0).join()).toMatch(/^[^,]*422[^,]*$/);
    await set('three small snails', 'three small snails');
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await look('invitation-used');
    await page.getByLabel('E-mail address').fill(`ana-${width}@example.com`);
    await page.getByLabel('Password').fill('three small snails');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { name: 'Overview', level: 1 }).waitFor();
    expect(complaints).toEqual([]);
    await page.goto(product.url + link.pathname + link.search);
    await page.getByRole('heading', { name: 'This link opens nothing' }).waitFor();
    await look('invitation-over');

    // The same link for whoever may change nothing: the board is the administrators'.
    const board = await page.goto(`${product.url}/admin/queues/board/`);
    expect(board?.status()).toBe(403);
  });

  test('the job board works under its policy, for administrators', async () => {
    const { page, complaints, look } = await openBrowser(width, colorScheme);
    await signIn(page);
    await page.goto(`${product.url}/admin/queues`);
    await page.getByRole('link', { name: 'Open the job board' }).click();
    await page
      .getByText(/^[1-9]\d* Jobs$/)
      .first()
      .waitFor();
    await look('board', ofTheBoard);
    await page.goto(`${product.url}/admin/queues/board/queue/notifications?status=failed`);
    await page.getByText('No failed jobs in this queue').waitFor();
    await look('board-queue', ofTheBoard);
    await page.getByRole('link', { name: 'Back to the panel' }).click();
    await page.getByRole('heading', { name: 'Queues', level: 1 }).waitFor();
    expect(complaints).toEqual([]);
  });
});

test('the keyboard alone leads past the navigation and through it, sends a form, and is asked twice', async () => {
  const { page, complaints } = await openBrowser(1280, 'light');
  await signIn(page);
  const focused = () => page.evaluate<string>('document.activeElement.textContent.trim()');
  const tabTo = async (wanted: () => Promise<boolean>) => {
    for (let presses = 0; presses < 60; presses++) {
      await page.keyboard.press('Tab');
      if (await wanted()) return;
    }
    throw new Error(`not reached; at last: ${await focused()}`);
  };
  const idOfFocused = () => page.evaluate<string>('document.activeElement.id');
  await page.goto(`${product.url}/admin/alerts/A-9000`);
  await page.keyboard.press('Tab');
  expect(await focused()).toBe('Skip to content');
  expect((await page.getByText('Skip to content').boundingBox())!.y).toBeGreaterThanOrEqual(0);
  await page.keyboard.press('Enter');
  expect(await idOfFocused()).toBe('content');

  await tabTo(async () => (await idOfFocused()) === 'technician');
  await page.keyboard.type('E-2037');
  await page.keyboard.press('Enter');
  await page.getByText('The alert is claimed').waitFor();

  await tabTo(async () => (await focused()) === 'Work orders');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Work orders', level: 1 }).waitFor();
  await tabTo(async () => (await focused()) === 'WO-9000');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Work order WO-9000' }).waitFor();
  await tabTo(async () => (await focused()) === 'Cancel the work order');
  await page.keyboard.press('Enter');
  await page.getByText('whoever was told of it hears so at once').waitFor();
  await page.keyboard.press('Tab');
  expect(await focused()).toBe('Yes, cancel it');
  await page.keyboard.press('Enter');
  await page.getByText('The status is changed').waitFor();
  expect(complaints).toEqual([]);
});
