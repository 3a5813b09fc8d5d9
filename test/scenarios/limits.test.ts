import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { castIn, inLanguage, tellings } from './languages.ts';
import { type Stage, setStage } from './stage.ts';

describe.each(tellings)('in $language', ({ locale, backend }) => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await setStage({ backend });
  });
  afterAll(() => stage?.strike());

  const say = inLanguage(locale);
  const hear = inLanguage(locale);
  const { technician } = castIn(locale, () => stage);

  const from = async (person: { externalId: string }) =>
    (await stage.messages()).filter(
      (message) => message.technician === person.externalId && message.direction === 'in',
    );

  test('two machines that answer each other with what neither understands fall silent', async () => {
    const tech = await technician();
    let said = 0;
    for (let heard = 0; said < 12; said++) {
      await tech.says(say(`I am out of office (${said})`, `Estoy fuera de la oficina (${said})`));
      await stage.quiet();
      if (tech.heard().length === heard) break;
      heard = tech.heard().length;
    }
    expect(said).toBe(5);
    expect(tech.heard().at(-1)).toContain(hear('fifth in a row', 'Van cinco seguidos'));
    const messages = await from(tech);
    expect(messages.every(({ answeredBy }) => answeredBy !== null)).toBe(true);
  });

  test('past thirty a minute nothing is done, and one answer says what was not', async () => {
    const tech = await technician();
    await stage.order('T-1', { assignee: tech.externalId, status: 'in_progress' });
    for (let n = 1; n <= 34; n++) await tech.says(say(`note ${n} bar`, `nota ${n} bar`));
    await stage.until(async () => (await from(tech)).length === 34, 30_000, 200);
    const noted = (await stage.eventsOf('T-1')).filter(({ type }) => type === 'work_order.noted');
    expect(noted).toHaveLength(30);
    const messages = await from(tech);
    const skipped = messages.filter(({ text }) => /^not[ae] 3[1-4] bar$/.test(text!));
    expect(new Set(skipped.map(({ answeredBy }) => answeredBy)).size).toBe(1);
    const answer = (await stage.messages()).find(({ id }) => id === skipped[0]!.answeredBy)!;
    expect(answer.text).toContain(hear('Too many messages', 'Demasiados mensajes'));
    for (const n of [31, 32, 33, 34]) expect(answer.text).toContain(say(`note ${n} bar`, `nota ${n} bar`));
    // It leaves when the minute is over.
    expect(answer.status).toBe('queued');
  });
});
