import { beforeEach, describe, expect, test } from 'vitest';
import { refused, useOutbox } from '../messaging/outbox-stage.ts';
import { setModelStage } from './model-stage.ts';

const outbox = useOutbox();
const technician = { role: 'technician' as const, under: -1 };
const [ana, ben, eva] = [0, 1, 2];

type Stage = Awaited<ReturnType<typeof setModelStage>>;
let stage: Stage;

const setStage = async (severities: ('critical' | 'high')[]) => {
  stage = await setModelStage(await outbox.channel(), {
    people: [
      { ...technician, ways: ['whatsapp'] },
      { ...technician, ways: ['whatsapp', 'sms'] },
      { ...technician, ways: ['whatsapp'] },
    ],
    responsible: [],
    onCall: [],
    alerts: severities.map((severity) => ({ severity, recipients: [ana, ben, eva] })),
    steps: [],
    holder: null,
  });
  for (const number of severities.keys()) await stage.raise(stage.deps, number);
  await send();
};
beforeEach(() => setStage(['critical', 'critical', 'critical']));

const say = (who: number, text: string) => stage.say(stage.deps, who, text);
const send = async (...given: Parameters<Stage['send']> extends [unknown, ...infer Rest] ? Rest : never) => {
  await stage.query(
    "UPDATE message SET due_at = now() - interval '1 second' WHERE tenant_id = $1 AND due_at IS NOT NULL",
    [stage.tenantId],
  );
  await stage.send(stage.deps, ...given);
};
/** What was written to somebody of that kind, and of which alerts. */
const written = (who: number, kind: string) =>
  stage.query(
    `SELECT m.status, m.reason, m.text, m.way, m.lane, ARRAY(
       SELECT a.external_id FROM message_alert x JOIN alert a ON a.tenant_id = x.tenant_id AND a.id = x.alert_id
       WHERE x.tenant_id = m.tenant_id AND x.message_id = m.id ORDER BY x.position) AS alerts
     FROM message m WHERE m.tenant_id = $1 AND m.technician_id = $2 AND m.kind = $3 ORDER BY m.seq`,
    [stage.tenantId, stage.people[who]!.id, `alert.${kind}`],
  );
const noFaults = async () =>
  expect(await stage.query('SELECT * FROM faults($1)', [stage.tenantId])).toEqual([]);
const all = ['A-0', 'A-1', 'A-2'];

describe('what one message does to several alerts', () => {
  test('everybody else hears of once: who goes, that it is over, that it is not', async () => {
    await say(ana, 'RESPONDING ALL');
    for (const who of [ben, eva]) {
      expect(await written(who, 'taken')).toEqual([
        expect.objectContaining({
          ...{ status: 'queued', lane: 'critical', alerts: all },
          text: expect.stringMatching(
            /Person p0 is going to 3 alerts\*\n• .*Bearing 0.*\n• .*Bearing 1.*\n• .*Bearing 2/,
          ),
        }),
      ]);
    }
    expect(await written(ana, 'taken')).toEqual([]);
    await send();
    await say(ana, 'COMPLETE');
    await say(ana, 'ALL');
    await send();
    for (const who of [ben, eva])
      expect(await written(who, 'resolved')).toMatchObject([
        {
          status: 'accepted',
          alerts: all,
          text: expect.stringContaining('*3 alerts resolved* by Person p0'),
        },
      ]);
    await say(ana, 'UNDO');
    for (const who of [ben, eva])
      expect(await written(who, 'reopened')).toMatchObject([
        { alerts: all, text: expect.stringContaining('3 alerts not resolved yet: Person p0 took that back') },
      ]);
    await noFaults();
  });

  test('and takes back before it left is not told at all', async () => {
    await say(ana, 'RESPONDING ALL');
    await say(ana, 'UNDO');
    const withdrawn = [{ status: 'cancelled', reason: 'order-moved-on', alerts: all }];
    expect(await written(ben, 'taken')).toMatchObject(withdrawn);
    expect(await written(ben, 'released')).toEqual([]);
    await say(ana, 'RESPONDING ALL');
    await send();
    await say(ana, 'COMPLETE');
    await say(ana, 'ALL');
    await say(ana, 'UNDO');
    expect(await written(ben, 'resolved')).toMatchObject(withdrawn);
    expect(await written(ben, 'reopened')).toEqual([]);
    await noFaults();
  });

  test('and takes back afterwards is told once', async () => {
    await say(ana, 'RESPONDING ALL');
    await send();
    await say(ana, 'UNDO');
    expect(await written(ben, 'released')).toMatchObject([
      { alerts: all, text: expect.stringContaining('Person p0 is no longer going to 3 alerts') },
    ]);
    await noFaults();
  });

  test('is told by a message for each lane, as each has its own rules', async () => {
    await setStage(['critical', 'high', 'high']);
    await say(ana, 'RESPONDING ALL');
    expect(await written(ben, 'taken')).toMatchObject([
      { lane: 'critical', alerts: ['A-0'], text: expect.stringContaining('*Person p0 is going*') },
      { lane: 'notification', alerts: ['A-1', 'A-2'] },
    ]);
    await noFaults();
  });
});

describe('when one of the alerts changes before that is told', () => {
  /** Ana gives the first one back, and Eva goes. */
  const handOver = async () => {
    await say(ana, 'ESCALATE A-0');
    await say(eva, 'RESPONDING A-0');
  };
  const ofTheRest = expect.stringMatching(
    /^(?!.*Bearing 0)(?=.*p0 is going to 2 alerts).*Bearing 1.*Bearing 2/s,
  );

  test('the rest is told, and of the one who goes to it', async () => {
    await say(ana, 'RESPONDING ALL');
    await handOver();
    await send();
    await send();
    expect(await written(ben, 'taken')).toMatchObject([
      { status: 'accepted', alerts: ['A-1', 'A-2'], text: ofTheRest },
      { status: 'accepted', alerts: ['A-0'], text: expect.stringContaining('Person p2 is going') },
    ]);
    await noFaults();
  });

  test('the rest is told by the next way', async () => {
    await say(ana, 'RESPONDING ALL');
    const fails = [1, 2, 3].map(() => refused('63024', 'other-way'));
    await send(fails, handOver);
    const told = await written(ben, 'taken');
    expect(told[0]).toMatchObject({ way: 'whatsapp', alerts: all });
    expect(told.filter(({ way }) => way === 'sms')).toMatchObject([
      { alerts: ['A-1', 'A-2'], text: ofTheRest },
    ]);
    await noFaults();
  });

  test('once more is tried what is left', async () => {
    await say(ana, 'RESPONDING ALL');
    await send(
      [1, 2].map(() => refused('63018', 'retry')),
      handOver,
    );
    await send();
    expect((await written(ben, 'taken'))[0]).toMatchObject({ status: 'accepted', text: ofTheRest });
    await noFaults();
  });

  test('the rest of what is open again is told, though somebody goes to it', async () => {
    await say(ana, 'RESPONDING ALL');
    await send();
    await say(ana, 'COMPLETE');
    await say(ana, 'ALL');
    await send();
    await say(ana, 'UNDO');
    await say(ana, 'COMPLETE A-0');
    await send();
    expect(await written(ben, 'reopened')).toMatchObject([
      {
        status: 'accepted',
        alerts: ['A-1', 'A-2'],
        text: expect.stringContaining('2 alerts not resolved yet'),
      },
    ]);
    await noFaults();
  });

  test('and then the last, nothing is told', async () => {
    await say(ana, 'RESPONDING ALL');
    await handOver();
    for (const id of ['A-1', 'A-2']) await say(ana, `COMPLETE ${id}`);
    expect((await written(ben, 'taken'))[0]).toMatchObject({ status: 'queued' });
    await send();
    expect((await written(ben, 'taken'))[0]).toMatchObject({ status: 'cancelled', reason: 'order-moved-on' });
    // Whoever was never told that she went is told once that it is over.
    expect(await written(ben, 'resolved')).toMatchObject([{ alerts: ['A-1'] }, { alerts: ['A-2'] }]);
    await noFaults();
  });
});
