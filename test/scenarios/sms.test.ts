import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { backends, type Stage, setStage } from './stage.ts';

describe.each(backends)('by text message, over %s', (backend) => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await setStage({ backend, sms: true });
  }, 60_000);
  afterAll(() => stage?.strike());

  const statusOf = async (number: string) => (await stage.findOrder(number)).status;
  const addressOf = async (id: string) =>
    (await stage.store.tenant(stage.tenantId, (tx) => tx.technicians.addresses(id))).find(
      ({ kind }) => kind === 'sms',
    )!;
  test('a job is done from the first command to the last, the number in every answer', async () => {
    const ana = await stage.technician();
    await stage.order('WO-101', { assignee: ana.externalId, status: 'assigned' });
    await ana.sms.says('ACK WO-101');
    await ana.sms.hears(/^Acknowledged\nWO-101 .*Next: START WO-101 when you begin\./s);
    await ana.sms.says('START WO-101');
    await ana.sms.hears(/^Started\n.*NOTE WO-101 \{text\} as you go, COMPLETE WO-101/s);
    await ana.sms.says('NOTE WO-101 seal “B” replaced');
    await ana.sms.hears(/^Note saved\n.*"seal "B" replaced"/s);
    await ana.sms.says('complete 101');
    await ana.sms.hears(/^Completed\n/);
    expect(await statusOf('WO-101')).toBe('completed');
    expect(
      (await stage.eventsOf('WO-101')).find(({ type }) => type === 'work_order.noted')?.data,
    ).toMatchObject({
      text: 'seal “B” replaced',
    });
  });

  test('a list is asked where several fit, and its number chooses', async () => {
    const ana = await stage.technician();
    for (const number of ['WO-111', 'WO-112']) {
      await stage.order(number, { assignee: ana.externalId, status: 'in_progress' });
    }
    await ana.sms.says('COMPLETE');
    const { text } = await ana.sms.hears(/which order\?[\s\S]*or send COMPLETE \{number\}/);
    await ana.sms.says('2');
    await ana.sms.hears('Completed');
    const chosen = /^2\. (\S+)/m.exec(text)![1]!;
    expect(await statusOf(chosen)).toBe('completed');
  });

  test("HELP gets Twilio's answer and our menu, which calls itself MENU", async () => {
    const ana = await stage.technician();
    await ana.sms.says('HELP');
    await ana.sms.hears('Reply STOP to unsubscribe');
    const { text } = await ana.sms.hears('these are the commands');
    expect(text).toContain('\nMENU - ');
    expect(text).not.toMatch(/HELP|STOP/);
  });

  test('a bare START starts nothing and lists what could be started', async () => {
    const ana = await stage.technician();
    await stage.order('WO-121', { assignee: ana.externalId, status: 'assigned' });
    await ana.sms.says('START');
    await ana.sms.hears(/which order\?\n1\. WO-121 [\s\S]*or send START \{number\}/);
    expect(await statusOf('WO-121')).toBe('assigned');
    await ana.sms.says('START WO-121');
    await ana.sms.hears('Started');
  });

  test('STOP cuts text messages off and pauses; it is said on WhatsApp, and START by text message undoes both', async () => {
    const pat = await stage.technician({ role: 'planner' });
    const ana = await stage.technician();
    await ana.sms.says('STOP');
    await ana.hears(/Text messages to you are switched off[\s\S]*paused here, too/);
    await pat.hears(/has opted out of text messages/);
    await stage.quiet();
    expect((await addressOf(ana.id)).optedOutAt).not.toBeNull();
    expect(ana.sms.heard()).toEqual([expect.stringContaining('unsubscribed')]);

    await stage.order('WO-131', { assignee: ana.externalId });
    await stage.quiet();
    await ana.sms.says('START');
    await ana.sms.hears(/Notifications are on again[\s\S]*WO-131/);
    expect((await addressOf(ana.id)).optedOutAt).toBeNull();
    expect(await statusOf('WO-131')).toBe('assigned');
    await stage.order('WO-132', { assignee: ana.externalId });
    await ana.hears('WO-132');
  });

  test('END cuts text messages off and leaves the work and WhatsApp as they were', async () => {
    const ana = await stage.technician();
    await stage.order('WO-141', { assignee: ana.externalId, status: 'in_progress' });
    await ana.sms.says('END');
    await ana.hears(/because you sent “END” there\.\nYour orders are as they were/);
    expect(await statusOf('WO-141')).toBe('in_progress');
    await stage.order('WO-142', { assignee: ana.externalId });
    await ana.hears('WO-142');
    await ana.sms.says('YES');
    await ana.sms.hears('Notifications are on again');
  });

  test('a command from a phone that is cut off is answered on WhatsApp', async () => {
    const ana = await stage.technician();
    await stage.order('WO-145', { assignee: ana.externalId, status: 'assigned' });
    await ana.sms.says('END');
    await ana.hears('because you sent “END” there');
    await ana.sms.says('ACK WO-145');
    await ana.hears(/^✅ Acknowledged\n.*WO-145/);
    await ana.sms.says('what is this');
    await ana.hears('did not understand');
    await stage.quiet();
    const answers = (await stage.messages()).filter(
      ({ technician, kind }) => technician === ana.externalId && kind === 'reply',
    );
    expect(answers.map(({ way, status }) => [way, status === 'failed'])).toEqual(
      Array.from({ length: 3 }, () => ['whatsapp', false]),
    );
    await ana.sms.says('START');
    await ana.sms.hears('Notifications are on again');
  });

  test('what could be sent by no way meanwhile is listed when the phone opts in again', async () => {
    const ana = await stage.technician();
    await ana.says('STOP', { OptOutType: 'STOP' });
    await ana.sms.says('END');
    await stage.quiet();
    await stage.order('WO-151', { assignee: ana.externalId });
    await stage.quiet();
    await ana.sms.says('START');
    await ana.sms.hears(/Meanwhile held back \(1\):\n- WO-151/);
    await ana.sms.says('START');
    await ana.sms.hears(/which order\?[\s\S]*WO-151/);
  });

  test('and so is what failed by the only way that was left', async () => {
    const ana = await stage.technician();
    ana.turns({ notOnWhatsApp: true });
    await ana.sms.says('END');
    await stage.quiet();
    await stage.order('WO-152', { assignee: ana.externalId });
    await stage.until(async () =>
      (await stage.messages()).some(
        ({ workOrders, status }) => workOrders[0] === 'WO-152' && status === 'failed',
      ),
    );
    await ana.sms.says('START');
    await ana.sms.hears(/Meanwhile held back \(1\):\n- WO-152/);
  });

  test('YES with nothing to resume shows the menu', async () => {
    const ana = await stage.technician();
    await ana.sms.says('YES');
    await ana.sms.hears('these are the commands');
  });

  test('somebody unknown who is cut off hears nothing of ours', async () => {
    const address = '+12025559999';
    stage.simulator.addPhone({ address, name: 'Stranger' });
    const before = await stage.messages();
    await stage.simulator.says(address, 'STOP');
    const after = await stage.until(async () => {
      const all = await stage.messages();
      return all.some(({ status, technician }) => status === 'processed' && technician === null) && all;
    });
    expect(after.length - before.length).toBe(1);
  });

  test('every message has one answer, and each is in the log as a text message', async () => {
    const ana = await stage.technician();
    await ana.sms.says('MY WORK');
    await ana.sms.hears('No open work orders');
    await stage.quiet();
    const mine = (await stage.messages()).filter(({ technician }) => technician === ana.externalId);
    expect(mine.map(({ direction, way }) => [direction, way])).toEqual(
      expect.arrayContaining([
        ['in', 'sms'],
        ['out', 'sms'],
      ]),
    );
  });
});
