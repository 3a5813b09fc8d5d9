import { expectFaults, expectFields, expectSame, expectStatus, expectThat, type Rule } from './rule.ts';

export const settings: Rule[] = [
  {
    says: 'the settings have exactly the fields of the contract',
    check: async ({ get }) => {
      const { body } = expectStatus(await get('/settings'), 200);
      expectFields(
        'the settings',
        body,
        'enabled timeZone locale quietHours reminders onCall escalation fallbackSeconds retentionDays',
      );
      expectThat(Array.isArray(body.reminders) && Array.isArray(body.onCall), 'lists', body);
    },
  },
  {
    says: 'every setting is kept as it was set',
    check: async (kit) => {
      const before = expectStatus(await kit.get('/settings'), 200).body;
      kit.leave('/settings', before);
      const { externalId } = await kit.technician();
      // For a moment, on an installation that may be in use: nothing that takes anybody's message away.
      const given = {
        enabled: before.enabled,
        timeZone: before.timeZone === 'Europe/Berlin' ? 'Europe/Paris' : 'Europe/Berlin',
        locale: before.locale === 'en' ? 'es' : 'en',
        quietHours: { from: '03:00', to: '03:01' },
        reminders: [
          ...before.reminders.slice(0, 19),
          { id: kit.runId, days: 300, at: '03:00', priorities: ['low'] },
        ],
        onCall: [...before.onCall, externalId],
        escalation: {
          ...before.escalation,
          low: [
            {
              waitSeconds: 86_400,
              notify: ['responsible', 'supervisor', 'on-call', externalId],
              ways: ['whatsapp'],
            },
          ],
        },
        fallbackSeconds: before.fallbackSeconds === 600 ? 601 : 600,
        retentionDays: before.retentionDays + 1,
      };
      for (const [field, value] of Object.entries(given)) {
        const { body } = expectStatus(await kit.put('/settings', { [field]: value }), 200);
        expectSame(field, body[field], value);
      }
      expectSame('the settings', expectStatus(await kit.get('/settings'), 200).body, given);
      expectSame('the settings', expectStatus(await kit.put('/settings', before), 200).body, before);
    },
  },
  {
    says: 'fields left out keep their value, and the settings may be sent back as they were read',
    check: async (kit) => {
      const before = expectStatus(await kit.get('/settings'), 200).body;
      kit.leave('/settings', before);
      const { externalId } = await kit.technician();
      // On call as well, not instead: alarms of this moment must still reach somebody.
      const onCall = [...before.onCall, externalId];
      const changed = expectStatus(await kit.put('/settings', { onCall }), 200).body;
      expectSame('the settings', changed, { ...before, onCall });
      expectSame('the settings', expectStatus(await kit.get('/settings'), 200).body, changed);
      expectSame('the settings', expectStatus(await kit.put('/settings', before), 200).body, before);
    },
  },
  {
    says: 'all faults are named at once and nothing is changed',
    check: async (kit) => {
      const before = expectStatus(await kit.get('/settings'), 200).body;
      const answer = await kit.put('/settings', {
        timeZone: 'Mars/Olympus',
        locale: '!',
        quietHours: { from: '25:00', to: '06:00' },
        onCall: [kit.name('none'), 7],
        escalation: { soonish: [] },
        fallbackSeconds: -1,
        retentionDays: 'long',
        colour: 'red',
      });
      expectFaults(
        answer,
        '/timeZone',
        '/locale',
        '/quietHours/from',
        '/onCall/0',
        '/onCall/1',
        '/escalation/soonish',
        '/fallbackSeconds',
        '/retentionDays',
        '/colour',
      );
      expectSame('the settings', expectStatus(await kit.get('/settings'), 200).body, before);
    },
  },
];
