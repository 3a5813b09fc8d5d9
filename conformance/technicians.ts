import { expectFaults, expectFields, expectProblem, expectSame, expectStatus, type Rule } from './rule.ts';

export const technicians: Rule[] = [
  {
    says: 'a technician has exactly the fields of the contract',
    check: async (kit) => {
      const person = await kit.technician();
      expectFields(
        'a technician',
        person,
        'externalId name phone email addresses role locale timeZone supervisor active preferences ' +
          'windowOpenUntil lastSeenAt',
      );
      expectFields('preferences', person.preferences, 'paused kinds ways quietHours');
      expectFields('ways', person.preferences.ways, 'whatsapp sms email');
      for (const address of person.addresses) expectFields('an address', address, 'kind value active');
    },
  },
  {
    says: 'a new technician is active, has the role technician and has written nothing yet',
    check: async (kit) => {
      const { active, role, windowOpenUntil, lastSeenAt, preferences } = await kit.technician();
      expectSame(
        'as new',
        { active, role, windowOpenUntil, lastSeenAt, paused: preferences.paused },
        { active: true, role: 'technician', windowOpenUntil: null, lastSeenAt: null, paused: false },
      );
    },
  },
  {
    says: 'a phone in any spelling is stored as E.164',
    check: async (kit) => {
      const phone = kit.nextPhone();
      const [, area, exchange, line] = /^\+1(...)(...)(....)$/.exec(phone)!;
      const person = await kit.technician({ phone });
      for (const spelling of [
        `+1 (${area}) ${exchange}-${line}`,
        `+1 ${area} ${exchange} ${line}`,
        `+1.${area}.${exchange}.${line}`,
      ]) {
        const path = kit.technicianPath(person.externalId);
        expectSame('phone', expectStatus(await kit.put(path, { phone: spelling }), 200).body.phone, phone);
      }
    },
  },
  {
    says: 'what is no possible phone is a fault at /phone',
    check: async (kit) => {
      for (const phone of ['12', 'the one on the wall', '+1202555010012345']) {
        expectFaults(await kit.putTechnician(kit.name('T'), { name: 'No phone', phone }), '/phone');
      }
    },
  },
  {
    says: 'a phone of another technician is 409',
    check: async (kit) => {
      const one = await kit.technician();
      const other = await kit.technician();
      expectProblem(
        await kit.put(kit.technicianPath(other.externalId), { phone: one.phone }),
        409,
        'conflict',
      );
      expectSame('phone', (await kit.get(kit.technicianPath(other.externalId))).body.phone, other.phone);
    },
  },
  {
    says: 'the role is technician, supervisor or planner',
    check: async (kit) => {
      for (const role of ['technician', 'supervisor', 'planner']) {
        expectSame('role', (await kit.technician({ role })).role, role);
      }
      expectFaults(await kit.putTechnician(kit.name('T'), { name: 'Boss', role: 'boss' }), '/role');
    },
  },
  {
    says: 'addresses are of the kinds whatsapp, whatsapp-user-id and sms',
    check: async (kit) => {
      const value = `US.${kit.runId}${kit.name('').replace(/\D/g, '')}`;
      const { addresses } = await kit.technician({
        addresses: [{ kind: 'whatsapp-user-id', value, active: true }],
      });
      expectSame(
        'the address',
        addresses.find(({ kind }: { kind: string }) => kind === 'whatsapp-user-id'),
        { kind: 'whatsapp-user-id', value, active: true },
      );
      const odd = { name: 'Odd', addresses: [{ kind: 'pigeon', value: 'x', active: true }] };
      expectFaults(await kit.putTechnician(kit.name('T'), odd), '/addresses/0/kind');
    },
  },
  {
    says: 'preferences keep what is paused, kinds by job name, ways and quiet hours',
    check: async (kit) => {
      const { externalId } = await kit.technician();
      const path = kit.technicianPath(externalId);
      const preferences = {
        paused: true,
        kinds: { 'work-order.reminder': false, 'message.send': true },
        ways: { whatsapp: true, sms: false, email: false },
        quietHours: { from: '22:00', to: '06:00' },
      };
      const { body } = expectStatus(await kit.put(path, { preferences }), 200);
      expectSame('paused', body.preferences.paused, true);
      expectSame('the kind switched off', body.preferences.kinds['work-order.reminder'], false);
      expectSame('ways', body.preferences.ways, preferences.ways);
      expectSame('quiet hours', body.preferences.quietHours, preferences.quietHours);
      expectSame('as it is read', expectStatus(await kit.get(path), 200).body, body);
      expectFaults(
        await kit.put(path, { preferences: { quietHours: { from: '25:00', to: '06:00' } } }),
        '/preferences/quietHours/from',
      );
      expectFaults(
        await kit.put(path, { preferences: { kinds: { nonsense: true } } }),
        '/preferences/kinds/nonsense',
      );
    },
  },
  {
    says: 'locale and time zone are checked; a supervisor must be known',
    check: async (kit) => {
      const known = await kit.technician({ locale: 'es', timeZone: 'Europe/Madrid', email: 'a@example.com' });
      expectSame(
        'as given',
        [known.locale, known.timeZone, known.email],
        ['es', 'Europe/Madrid', 'a@example.com'],
      );
      expectFaults(
        await kit.putTechnician(kit.name('T'), {
          name: 'Nowhere',
          locale: '!',
          timeZone: 'Mars/Olympus',
          supervisor: kit.name('none'),
        }),
        '/locale',
        '/timeZone',
        '/supervisor',
      );
    },
  },
];
