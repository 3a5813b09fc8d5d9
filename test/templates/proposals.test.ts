import { describe, expect, test } from 'vitest';
import { notificationNames } from '../../src/cmms/preferences.ts';
import { fillIn } from '../../src/messaging/template-variables.ts';
import { readProposals } from '../../src/templates/files.ts';
import { faultsOf, type Proposal, readProposal, rules } from '../../src/templates/proposal.ts';
import { textsFor, writeNotice, writePage } from '../../src/texts/texts.ts';
import { order } from '../commands/facts.ts';

const { proposals, faults } = readProposals();

test('there is a proposal for every kind in every language, each under a name and with words of its own', () => {
  expect(faults).toEqual([]);
  expect(proposals.map(({ kind, locale }) => `${kind} ${locale}`).sort()).toEqual(
    notificationNames.flatMap((kind) => [`${kind} en`, `${kind} es`]).sort(),
  );
  expect(new Set(proposals.map(({ name }) => name)).size).toBe(proposals.length);
  expect(new Set(proposals.map(({ body }) => body)).size).toBe(proposals.length);
});

describe.each(proposals)('$name', (proposal) => {
  test.each(rules)('$says', ({ keeps }) => {
    expect(keeps(proposal)).toBe(true);
  });
});

const proposal = proposals.find(({ name }) => name === 'rbm_work_order_assigned_en')!;

// Each rule is one that a proposal can break.
test.each<[string, Partial<Proposal>]>([
  ['the name has', { name: 'Rbm-1' }],
  ['the category is', { category: 'MARKETING' }],
  ['the locale is', { locale: 'english' }],
  ['the body has at most 1,024', { body: `${proposal.body} ${'word '.repeat(200)}end` }],
  ['the body neither begins', { body: `${proposal.body} {{1}}!` }],
  ['there is more than spaces', { body: proposal.body.replace('{{1}}', '{{1}} {{2}}') }],
  ['variables are numbered', { body: proposal.body.replace('{{1}}', 'one') }],
  ['variables are numbered', { body: proposal.body.replace('{{1}}', '{{9}}') }],
  ['there are at most 100', { variables: Array(101).fill(proposal.variables[0]) }],
  ['the body has at least 2x+1', { body: 'A {{1}} b {{2}} c {{3}} d {{4}} e {{5}} f' }],
  ['the body has no tab', { body: proposal.body.replace('\n\n', '\n\n\n') }],
  ['the body has at most ten emoji', { body: `🔧${proposal.body}` }],
  ['the body links to no wa.me', { body: `${proposal.body} https://wa.me/1202` }],
  ['every field is', { variables: [{ field: 'text', sample: 'a' }, ...proposal.variables.slice(1)] }],
  ['every variable has', { variables: [{ field: 'number', sample: '' }, ...proposal.variables.slice(1)] }],
  ['there are at most three', { buttons: Array(4).fill(proposal.buttons[0]) }],
  ["a button's title", { buttons: [{ title: 'More than twenty characters', id: '{{6}}' }] }],
  ["a button's id", { buttons: [{ title: 'Start', id: 'START' }] }],
])('a proposal can break: %s (%#)', (rule, change) => {
  expect(faultsOf(proposal)).toEqual([]);
  expect(faultsOf({ ...proposal, ...change })).toContainEqual(expect.stringContaining(rule));
});

test.each(['{', '{"kind":"love.letter"}', '[]'])('a file that is no proposal is named: %s', (json) => {
  expect(readProposal(json)).toEqual({ faults: expect.arrayContaining([expect.any(String)]) });
});

describe.each(['en', 'es'])('in %s', (locale) => {
  test('a page of a critical alert has the same words outside the window as inside', () => {
    const reader = {
      way: 'whatsapp',
      locale,
      timeZone: 'UTC',
      now: new Date('2026-12-23T12:00:00Z'),
    } as const;
    const alert = {
      externalId: 'A-1',
      message: 'Bearing 96 °C',
      severity: 'critical',
      asset: { id: 'a', code: 'P-1', name: 'Pump 1', location: 'Hall 2' },
      raisedAt: new Date('2026-12-22T14:30:00Z'),
    } as const;
    const { body, variables } = proposals.find(
      (each) => each.kind === 'alert.raised' && each.locale === locale,
    )!;
    const { alertFields } = textsFor(locale);
    const values = variables.map(({ field }, at) => [
      String(at + 1),
      field in alertFields ? alertFields[field as keyof typeof alertFields]([alert], reader) : '',
    ]);
    expect(fillIn(body, Object.fromEntries(values))).toBe(writePage([alert], reader));
  });

  test.each(['work-order.assigned', 'maintenance.scheduled', 'work-order.reminder'] as const)(
    '%s has the same words outside the window as inside, but for the description',
    (kind) => {
      const told = order('WO-7', {
        ...{ title: 'Replace seal', description: null, priority: 'high' },
        asset: { id: 'a', code: 'P-1', name: 'Pump 1', location: 'Hall 2' },
        due: { on: '2026-12-25' },
        scheduled: { at: new Date('2026-12-22T08:00:00Z') },
      });
      const reader = {
        way: 'whatsapp',
        locale,
        timeZone: 'UTC',
        now: new Date('2026-12-23T12:00:00Z'),
      } as const;
      const { body, variables } = proposals.find((each) => each.kind === kind && each.locale === locale)!;
      const { fields } = textsFor(locale);
      const values = variables.map(({ field }, at) => [
        String(at + 1),
        field in fields ? fields[field as keyof typeof fields](told, reader) : '',
      ]);
      expect(fillIn(body, Object.fromEntries(values))).toBe(writeNotice(kind, told, reader));
    },
  );
});
