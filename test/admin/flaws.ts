import axe from 'axe-core';
import type { Page } from 'playwright-core';

/**
 * What a reader with a small screen, or none, would stumble over. `excluded`: rules of axe's that are not asked for, each
 * with the reason.
 */
export const flawsOf = async (page: Page, excluded: Record<string, string> = {}) => {
  const sideways = await page.evaluate<number>(
    'document.documentElement.scrollWidth - document.documentElement.clientWidth',
  );
  // Not as a script of the page's: its policy allows none.
  await page.evaluate(axe.source);
  const found = await page.evaluate<string[]>(
    'axe.run().then(({ violations }) => violations.map(({ id, nodes }) => id + " " + nodes[0].html))',
  );
  const flaws = found.filter((flaw) => !(flaw.split(' ', 1)[0]! in excluded));
  return [...flaws, ...(sideways > 0 ? [`${sideways} px sideways`] : [])];
};
