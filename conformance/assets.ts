import { expectFaults, expectFields, expectSame, expectStatus, type Rule } from './rule.ts';

export const assets: Rule[] = [
  {
    says: 'an asset has exactly the fields of the contract',
    check: async (kit) => {
      const asset = await kit.asset();
      expectFields('an asset', asset, 'code name location responsible');
      expectSame('nobody responsible', asset.responsible, []);
    },
  },
  {
    says: 'the people responsible keep their order and can be replaced',
    check: async (kit) => {
      const [one, two] = [(await kit.technician()).externalId, (await kit.technician()).externalId];
      const { code } = await kit.asset({ responsible: [two, one] });
      expectSame('responsible', (await kit.get(`/assets/${code}`)).body.responsible, [two, one]);
      expectSame(
        'responsible',
        expectStatus(await kit.put(`/assets/${code}`, { responsible: [one] }), 200).body.responsible,
        [one],
      );
    },
  },
  {
    says: 'a new asset needs a name, and everybody responsible must be known',
    check: async (kit) => {
      const none = kit.name('none');
      const { externalId } = await kit.technician();
      expectFaults(
        await kit.put(`/assets/${kit.name('A')}`, { responsible: [externalId, none] }),
        '/name',
        '/responsible/1',
      );
    },
  },
];
