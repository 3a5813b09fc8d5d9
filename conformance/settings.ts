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
    says: 'fields left out keep their value, and the settings may be sent back as they were read',
    check: async (kit) => {
      const before = expectStatus(await kit.get('/settings'), 200).body;
      kit.onEnd(() => kit.put('/settings', before));
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
        onCall: [kit.name('none')],
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
        '/escalation/soonish',
        '/fallbackSeconds',
        '/retentionDays',
        '/colour',
      );
      expectSame('the settings', expectStatus(await kit.get('/settings'), 200).body, before);
    },
  },
];
