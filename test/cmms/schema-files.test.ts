import { readdirSync, readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { expect, test } from 'vitest';
import { notificationSchemas } from '../../src/cmms/notification-schemas.ts';
import { notificationNames } from '../../src/cmms/preferences.ts';
import { schemaFiles } from '../../src/cmms/schema-files.ts';

const folder = new URL('../../schemas/', import.meta.url);
const read = (name: string) => readFileSync(new URL(name, folder), 'utf8');

test('the published files are what the code generates: else run npm run schemas', () => {
  const published = Object.fromEntries(readdirSync(folder).map((name) => [name, read(name)]));
  expect(published).toEqual(schemaFiles());
  expect(Object.keys(published).sort()).toEqual(
    notificationNames.map((name) => `${name}.schema.json`).sort(),
  );
});

const common = { schemaVersion: 1, tenant: 'default', idempotencyKey: 'key-1' };
const workOrder = { number: 'WO-1', title: 'Seal' };
const alert = { externalId: 'AL-1', asset: 'P-7', message: 'Too hot', severity: 'critical' };
const asset = { code: 'P-7', name: 'Pump', location: null };
const right: Record<(typeof notificationNames)[number], object[]> = {
  'work-order.assigned': [
    { workOrder, assignee: 'A' },
    { workOrder: { ...workOrder, asset, version: 3, dueAt: '2026-12-25' }, assignee: 'A', expiresAt: null },
  ],
  'maintenance.scheduled': [
    { workOrder: { ...workOrder, scheduledFor: '2026-12-24T08:00:00Z' }, assignee: 'A' },
  ],
  'work-order.reminder': [{ number: 'WO-1' }, { number: 'WO-1', expiresAt: '2026-12-24T08:00:00.000Z' }],
  'alert.raised': [{ alert }, { alert: { ...alert, recipients: ['A'], raisedAt: null } }],
  'alert.resolved': [{ externalId: 'AL-1' }, { externalId: 'AL-1', note: 'Cooled down' }],
  'message.send': [
    { to: 'A', text: 'x' },
    { to: 'A', text: '🔧'.repeat(700) },
  ],
};
const wrong: Record<(typeof notificationNames)[number], object[]> = {
  'work-order.assigned': [
    { workOrder },
    { workOrder: { title: 'Seal' }, assignee: 'A' },
    { workOrder: { ...workOrder, colour: 'red' }, assignee: 'A' },
    { workOrder: { ...workOrder, priority: 'urgent' }, assignee: 'A' },
    { workOrder: { ...workOrder, asset: { ...asset, floor: 1 } }, assignee: 'A' },
    { workOrder, assignee: 'A', schemaVersion: 2 },
  ],
  'maintenance.scheduled': [{ workOrder, assignee: 7 }],
  'work-order.reminder': [{}, { number: 'x'.repeat(65) }, { number: 'WO-1', expiresAt: 'soon' }],
  'alert.raised': [alert, { alert: { ...alert, severity: 'bad' } }],
  'alert.resolved': [{ alert }],
  'message.send': [{ to: 'A' }, { to: 'A', text: '' }, { to: 'A', text: 'x'.repeat(1501) }],
};

test.each(notificationNames)(
  '%s: a producer that checks against the file is told what we would say',
  (name) => {
    const ajv = new Ajv2020({ strictTypes: false });
    addFormats.default(ajv);
    const check = ajv.compile(JSON.parse(read(`${name}.schema.json`)));
    const verdicts = (each: object) => [
      check({ ...common, ...each }),
      notificationSchemas[name].safeParse({ ...common, ...each }).success,
    ];
    for (const each of right[name]) expect([each, ...verdicts(each)]).toEqual([each, true, true]);
    for (const each of wrong[name]) expect([each, ...verdicts(each)]).toEqual([each, false, false]);
  },
);
