import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openEnrolment } from '../../src/cmms/enrol.ts';
import { castIn, heardByEnrolment, inLanguage, tellings } from './languages.ts';
import { type Stage, secretKey, setStage } from './stage.ts';

// A code on the panel's screen, sent from a phone.
describe.each(tellings)('in $language', ({ locale, backend }) => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await setStage({ backend });
  });
  afterAll(() => stage?.strike());

  const hear = inLanguage(locale);
  const { technician, unheard } = castIn(locale, () => stage);

  const codeFor = (externalId: string, code: string) =>
    stage.store.tenant(stage.tenantId, async (tx) => {
      const facts = { now: stage.deps.now(), newId: stage.deps.newId };
      await openEnrolment(tx, (await tx.technicians.find(externalId))!, code, facts, [secretKey]);
    });

  test('a new phone is answered as a stranger until it sends the code, and works from then on', async () => {
    const tech = await technician({ phone: null, name: 'Ana Silva' });
    await stage.order('E-1', { assignee: tech.externalId, status: 'in_progress' });
    await tech.says('my work');
    await tech.hears('This number is for registered technicians');
    await tech.says('ACDE-34FG');
    await codeFor(tech.externalId, 'ACDE34FH');
    await tech.says('acde 34fh');
    await tech.hears(
      hear('This phone is registered for Ana Silva', 'Este teléfono quedó registrado para Ana Silva'),
      hear('HELP', 'AYUDA'),
    );
    await tech.says('complete e-1');
    await tech.hears(hear('Completed', 'Terminada'), 'E-1');
    await stage.quiet();
    // The wrong code was met with silence.
    expect(await tech.heard()).toHaveLength(3);
  });

  test("somebody else's phone stays theirs, and says so", async () => {
    const [ana, ben] = [await technician({ phone: null }), await technician()];
    await codeFor(ana.externalId, 'ACDE34FJ');
    await ben.says('ACDE-34FJ');
    await ben.hears(hear('Nothing changed', 'Sin cambios'), hear('another person', 'otra persona'));
    const [conflict] = await stage.store.tenant(stage.tenantId, (tx) => tx.enrolments.conflicts());
    expect(conflict).toMatchObject({ technicianId: ana.id, conflictWith: ben.id });
  });

  test('every text of an enrolment was heard', () => {
    expect(unheard().filter((key) => heardByEnrolment.includes(key))).toEqual([]);
  });
});
