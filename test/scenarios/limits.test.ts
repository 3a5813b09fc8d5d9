import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { backends, type Stage, setStage } from './stage.ts';

describe.each(backends)('on %s', (backend) => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await setStage({ backend });
  });
  afterAll(() => stage?.strike());

  const from = async (technician: { externalId: string }) =>
    (await stage.messages()).filter(
      (message) => message.technician === technician.externalId && message.direction === 'in',
    );

  test('two machines that answer each other with what neither understands fall silent', async () => {
    const tech = await stage.technician();
    let said = 0;
    for (let heard = 0; said < 12; said++) {
      await tech.says(`I am out of office (${said})`);
      await stage.quiet();
      if (tech.heard().length === heard) break;
      heard = tech.heard().length;
    }
    expect(said).toBe(5);
    expect(tech.heard().at(-1)).toContain('fifth in a row');
    const messages = await from(tech);
    expect(messages.every(({ answeredBy }) => answeredBy !== null)).toBe(true);
  });

  test('past thirty a minute nothing is done, and one answer says what was not', async () => {
    const tech = await stage.technician();
    await stage.order('T-1', { assignee: tech.externalId, status: 'in_progress' });
    for (let n = 1; n <= 34; n++) await tech.says(`note ${n} bar`);
    await stage.until(async () => (await from(tech)).length === 34, 30_000, 200);
    const noted = (await stage.eventsOf('T-1')).filter(({ type }) => type === 'work_order.noted');
    expect(noted).toHaveLength(30);
    const messages = await from(tech);
    const skipped = messages.filter(({ text }) => /^note 3[1-4] bar$/.test(text!));
    expect(new Set(skipped.map(({ answeredBy }) => answeredBy)).size).toBe(1);
    const answer = (await stage.messages()).find(({ id }) => id === skipped[0]!.answeredBy)!;
    for (const n of [31, 32, 33, 34]) expect(answer.text).toContain(`note ${n} bar`);
    expect(answer.status).toBe('queued');
  });
});
