import { beforeAll, describe, expect, test } from 'vitest';
import { readFacts } from '../../src/cmms/facts.ts';
import { collectFaults } from '../../src/cmms/faults.ts';
import { raiseAlert } from '../../src/cmms/raise-alert.ts';
import { saveTechnician } from '../../src/cmms/save-technician.ts';
import { saveWorkOrder } from '../../src/cmms/save-work-order.ts';
import { usePanel } from './panel.ts';
import { giveWork } from './work.ts';

const panel = usePanel();

/** What a CMMS may call somebody or something by. */
const keys = [
  ...['new', 'import', 'conflicts', 'edit', 'enrol', '-', '-/new', '*', ':externalId', '\\', '?', '#'],
  ...[
    'a/b',
    '//',
    '../../users',
    './',
    '...',
    'a?b=c',
    'a#b',
    '&amp;',
    '%',
    '%41',
    '%2F',
    '%2e%2e',
    '%E0%A4%A',
  ],
  ...[
    'a b',
    ' a ',
    'a+b',
    "it's",
    '"<i>"',
    ';',
    'Größe',
    'Gro\u0308ße',
    '日本 🔧',
    'a\ufeff',
    '🔧'.repeat(64),
  ],
];
// Letters and digits are all that tells two numbers apart.
const numbers = [
  'new',
  'import',
  'conflicts',
  'edit',
  ...keys.map((key, place) => `${place}${key}`.slice(0, 64)),
];

const kinds = {
  technicians: { keys, action: 'leave', page: 'enrol', says: (key: string) => `${key}, technician` },
  alerts: { keys, action: 'resolve', page: null, says: (key: string) => `Alert ${key}` },
  'work-orders': { keys: numbers, action: 'note', page: 'edit', says: (key: string) => `Work order ${key}` },
};

beforeAll(async () => {
  await giveWork(panel);
  await panel.deps.store.tenant(panel.tenant.tenantId, async (tx) => {
    const facts = await readFacts(tx, panel.deps, { kind: 'cmms', id: null });
    const faults = collectFaults();
    for (const [place, externalId] of keys.entries()) {
      await saveTechnician(tx, externalId, { name: `The ${place}.`, role: 'technician' }, facts, faults);
      const alert = { asset: 'PUMP-3', message: `The ${place}.`, severity: 'low' as const };
      await raiseAlert(tx, { externalId, ...alert }, facts, faults);
    }
    for (const [place, number] of numbers.entries())
      await saveWorkOrder(tx, number, { title: `The ${place}.` }, facts, faults);
  });
});

const escaped = (text: string) =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');

describe.each(Object.entries(kinds))('%s', (kind, { keys, action, page, says }) => {
  test('the list leads to each, whatever its key, and from there to what is done about it', async () => {
    const browser = await panel.signedIn('planner');
    let list = '';
    let more: string | undefined = `/admin/${kind}`;
    while (more) {
      const { text } = await browser.get(more);
      list += text;
      more = /<a href="([^"]+)">More</.exec(text)?.[1]?.replaceAll('&amp;', '&');
    }
    const wrong: string[] = [];
    for (const [place, key] of keys.entries()) {
      const link = new RegExp(`href="([^"]+)">(?:<b>|[^<]*</a><br ?/?>)The ${place}\\.<`).exec(list);
      const path = link![1]!.replaceAll('&#39;', "'");
      const shows = async (address: string) => {
        const { status, text } = await browser.get(address);
        return status === 200 && text.includes(escaped(says(key))) && text.includes(`The ${place}.`);
      };
      if (!(await shows(path))) wrong.push(`${key}: ${path}`);
      if (page) {
        const { status, text } = await browser.get(`${path}/${page}`);
        if (status !== 200 || !text.includes('csrf')) wrong.push(`${key}: ${path}/${page}`);
      }
      const { location } = await browser.post(`${path}/${action}`, { text: 'x' });
      if (!location?.startsWith(`${path}?done=`) || !(await shows(location)))
        wrong.push(`${key}: ${path}/${action} leads to ${location}`);
    }
    expect(wrong).toEqual([]);
  });
});

test('somebody who is called like a page is added, and to sign in does not lose the way', async () => {
  const browser = await panel.signedIn('planner');
  const form = /<a class="button[^"]*" href="([^"]+)">\s*Add a technician/.exec(
    (await browser.get('/admin/technicians')).text,
  )![1]!;
  await browser.get(form);
  const fields = { externalId: 'queues/new', name: 'Ana Souza', role: 'technician' };
  const { location } = await browser.post(form, fields);
  expect((await browser.get(location!)).text).toContain('queues/new, technician');

  const { email } = await panel.user('auditor');
  const stranger = panel.browser();
  for (const path of ['/admin/technicians/new', '/admin/technicians/queues%2Fnew']) {
    const asked = await stranger.get(path);
    expect(new URLSearchParams(asked.location!.split('?')[1]).get('next')).toBe(path);
  }
  const query = `?${new URLSearchParams({ next: '/admin/technicians/queues%2Fnew' })}`;
  await stranger.get(`/admin/sign-in${query}`);
  expect((await stranger.signIn(email, undefined, query)).location).toBe('/admin/technicians/queues%2Fnew');
});
