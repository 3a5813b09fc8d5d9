import { expect, test } from 'vitest';
import { james, maria } from '../start/product.ts';
import { useChromium } from './chromium.ts';

const chromium = useChromium();

test('an alert is raised in the panel, and the answer from the phone arrives on its page by itself', async () => {
  const { product } = chromium;
  const { page, complaints, look } = await chromium.open('/admin/alerts');
  await page.getByRole('link', { name: 'Raise an alert' }).click();
  await page.getByLabel('Asset', { exact: true }).fill('PMP-207');
  await page.getByLabel('Severity').selectOption('critical');
  await page.getByLabel('What is wrong').fill('Bearing temperature 96 °C');
  await page.getByLabel('Whom to tell first').fill('E-2037');
  await look('alert-form');
  await page.getByRole('button', { name: 'See who would be told' }).click();
  await page.getByText('Told first, whom you named').waitFor();
  await look('alert-preview');
  await page.addInitScript({
    content: `addEventListener("DOMContentLoaded", () => {
      const badge = document.querySelector("[role=status] .badge");
      if (badge) badge.isOfThePage = true;
    })`,
  });
  await page.getByRole('button', { name: 'Raise it' }).click();

  // Nothing is loaded again from here on.
  const facts = page.getByRole('region', { name: 'Bearing temperature 96 °C' });
  await facts.getByText('Nobody is going').waitFor();
  await product.hears(maria, /Bearing temperature 96 °C/);
  const history = page.getByRole('region', { name: 'What happened' });
  await history
    .getByText(/^(delivered|read)$/)
    .first()
    .waitFor();
  // Put in anew it would be read out anew; and what holds it has to stay for the next word to be read out.
  expect(await page.evaluate('document.querySelector("[role=status] .badge").isOfThePage')).toBe(true);
  await page.evaluate('document.querySelector("[role=status]:has(.badge)").isOfThePage = true');
  await look('alert-open');
  expect(await product.says(maria, 'RESPONDING')).toBe(true);
  await facts
    .getByText(/is going$/)
    .first()
    .waitFor();
  await history.getByText('Claimed: is going').waitFor();
  expect(await page.getByRole('button', { name: 'Claim it for them' }).count()).toBe(0);
  await facts
    .getByRole('status')
    .getByText(/is going$/)
    .waitFor();
  expect(await page.evaluate('document.querySelector("[role=status]:has(.badge)").isOfThePage')).toBe(true);
  await look('alert-claimed');

  await page.getByLabel('What was done').fill('Greased');
  await page.getByRole('button', { name: 'Resolve' }).click();
  await facts.getByText('Resolved', { exact: true }).first().waitFor();
  await page.getByRole('link', { name: 'Alerts', exact: true }).click();
  await page.getByLabel('State').selectOption('any');
  await page.getByRole('button', { name: 'Show' }).click();
  await page.getByText('Bearing temperature 96 °C').waitFor();
  await look('alerts');

  // Whoever has called is told that it is his, and closes it from his phone.
  await page.getByRole('link', { name: 'Raise an alert' }).click();
  await page.getByLabel('Asset', { exact: true }).fill('CNV-112');
  await page.getByLabel('What is wrong').fill('Belt slips');
  await page.getByLabel('Whom to tell first').fill('E-2037');
  await page.getByLabel('Reference').fill('A-77');
  await page.getByRole('button', { name: 'See who would be told' }).click();
  await page.getByRole('button', { name: 'Raise it' }).click();
  await page.getByLabel('Who is going').fill('E-2052');
  await page.getByRole('button', { name: 'Claim it for them' }).click();
  await page.getByText('The alert is claimed').waitFor();
  await product.hears(james, /You are going[\s\S]*Belt slips/);
  expect(await product.says(james, 'COMPLETE A-77')).toBe(true);
  const slips = page.getByRole('region', { name: 'Belt slips' });
  await slips.getByText('Resolved', { exact: true }).first().waitFor();

  await page.getByRole('link', { name: 'Work orders', exact: true }).click();
  await page.getByRole('link', { name: 'New work order' }).click();
  await page.getByLabel('Title').fill('Replace the bearing');
  await page.getByLabel('Assignee').fill('E-2037');
  await look('order-form');
  await page.getByRole('button', { name: 'Create' }).click();
  await page.getByRole('heading', { name: 'Work order P-00001' }).waitFor();
  await product.hears(maria, /Replace the bearing/);
  await page.getByRole('button', { name: /^Acknowledge for/ }).click();
  await page.getByText('acknowledged for its assignee').waitFor();
  await look('order');
  await page.getByRole('link', { name: 'Edit' }).click();
  await look('order-edit');
  expect(complaints).toEqual([]);
});
