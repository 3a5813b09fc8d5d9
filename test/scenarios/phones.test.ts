import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { backends, type Stage, setStage } from './stage.ts';

// Everything a phone can send besides typed words.
describe.each(backends)('on %s', (backend) => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await setStage({ backend });
  });
  afterAll(() => stage?.strike());

  const attachmentsOf = async (number: string) =>
    (await stage.eventsOf(number)).filter(({ type }) => type === 'work_order.attachment');

  const answers = async (technician: { externalId: string }) =>
    (await stage.messages()).filter(
      (message) => message.technician === technician.externalId && message.kind === 'reply',
    );

  test('photos sent together are kept on the order in hand, fetched, and answered once', async () => {
    const tech = await stage.technician();
    await stage.order('F-1', { assignee: tech.externalId, status: 'in_progress' });
    await tech.sendsPhoto({ caption: 'gasket after removal' });
    await tech.sendsPhoto();
    await tech.hears(/Kept: 2 photos[\s\S]*F-1/);
    expect(await answers(tech)).toHaveLength(1);
    const events = await attachmentsOf('F-1');
    expect(events.map(({ data }) => [data.kind, data.text])).toEqual([
      ['image', 'gasket after removal'],
      ['image', null],
    ]);
    const sent = (await stage.messages()).filter(
      ({ technician, direction }) => technician === tech.externalId && direction === 'in',
    );
    expect(new Set(sent.map(({ answeredBy }) => answeredBy)).size).toBe(1);
    const stored = await stage.until(async () => {
      const { attachment } = events[0]!.data as { attachment: string };
      const found = await stage.store.tenant(stage.tenantId, (tx) => tx.attachments.get(attachment));
      return found?.state === 'stored' ? found : null;
    });
    expect(stored).toMatchObject({
      workOrder: 'F-1',
      kind: 'image',
      contentType: expect.stringMatching(/^image\//),
    });
  });

  test('a photo with a command is kept on the order that the command changed', async () => {
    const tech = await stage.technician();
    await stage.order('C-1', { assignee: tech.externalId, status: 'in_progress' });
    await stage.order('C-2', { assignee: tech.externalId, status: 'in_progress' });
    await tech.sendsPhoto({ caption: 'complete c-2' });
    await tech.hears(/Completed[\s\S]*C-2[\s\S]*Kept: 1 photo/);
    expect(await attachmentsOf('C-2')).toHaveLength(1);
    expect(await attachmentsOf('C-1')).toHaveLength(0);
  });

  test('with several orders it is asked which one a voice note is for', async () => {
    const tech = await stage.technician();
    await stage.order('V-1', { assignee: tech.externalId, status: 'in_progress' });
    await stage.order('V-2', { assignee: tech.externalId, status: 'in_progress' });
    await tech.sendsVoiceNote();
    await tech.hears('Kept, but for which order?');
    await tech.says('v-2');
    await tech.hears(/Kept: 1 voice note[\s\S]*V-2/);
    expect(await attachmentsOf('V-2')).toHaveLength(1);
  });

  test('an album for which the order is asked is asked about once, and goes to the order chosen', async () => {
    const tech = await stage.technician();
    await stage.order('A-1', { assignee: tech.externalId, status: 'in_progress' });
    await stage.order('A-2', { assignee: tech.externalId, status: 'in_progress' });
    for (let photo = 0; photo < 3; photo++) await tech.sendsPhoto();
    await tech.hears('Kept, but for which order?');
    expect(await answers(tech)).toHaveLength(1);
    await tech.says('a-2');
    await tech.hears(/Kept: 3 photos[\s\S]*A-2/);
    expect(await attachmentsOf('A-2')).toHaveLength(3);
  });

  test('a photo that was taken back is not among those that another answer places', async () => {
    const tech = await stage.technician();
    await stage.order('U-1', { assignee: tech.externalId, status: 'in_progress' });
    await tech.sendsPhoto();
    await tech.hears(/Kept: 1 photo[\s\S]*U-1/);
    await tech.says('undo');
    await tech.hears(/Taken back: attachment[\s\S]*U-1/);
    await stage.order('U-2', { assignee: tech.externalId, status: 'in_progress' });
    await tech.sendsPhoto();
    await tech.hears('Kept, but for which order?');
    await tech.says('u-2');
    await tech.hears(/Kept: 1 photo\n[\s\S]*U-2/);
    expect(await attachmentsOf('U-2')).toHaveLength(1);
  });

  test('a photo for an order that is closed is kept, and its sender hears that it is on none', async () => {
    const tech = await stage.technician();
    await stage.order('Z-1', { assignee: tech.externalId, status: 'completed' });
    await tech.sendsPhoto({ caption: 'z-1 after repair' });
    await tech.hears(/already completed[\s\S]*Kept, but with no order: 1 photo/);
  });

  test('a place and a document go to the order of the message they answer', async () => {
    const tech = await stage.technician();
    await stage.order('L-1', { assignee: tech.externalId, status: 'acknowledged' });
    await tech.shares({ latitude: 25.0187, longitude: -77.3959, label: 'Pump room' });
    await tech.hears(/Kept: 1 location[\s\S]*L-1/);
    const [event] = await attachmentsOf('L-1');
    expect(event!.data).toMatchObject({
      kind: 'location',
      place: { latitude: 25.0187, longitude: -77.3959, label: 'Pump room' },
    });
    await tech.sendsFile({ kind: 'contacts' });
    await tech.hears(/Kept: 1 contact card/);
  });

  test('what cannot be kept or read is answered, and changes nothing', async () => {
    const tech = await stage.technician();
    await stage.order('X-1', { assignee: tech.externalId, status: 'in_progress' });
    await tech.sendsFile({ kind: 'sticker' });
    await tech.hears('stickers are not kept');
    await tech.edits();
    await tech.hears('cannot read this kind of message');
    await tech.forwards('complete x-1');
    await tech.hears(/was forwarded[\s\S]*Reply 1/);
    expect((await stage.findOrder('X-1')).status).toBe('in_progress');
    await tech.says('1');
    await tech.hears(/Completed[\s\S]*X-1/);
  });

  test('a thumbs-up on an assignment acknowledges it; other reactions change nothing', async () => {
    const tech = await stage.technician();
    await stage.order('R-1', { assignee: tech.externalId });
    const first = await tech.hears(/New Work Order Assigned[\s\S]*R-1/);
    await stage.order('R-2', { assignee: tech.externalId });
    await tech.hears(/New Work Order Assigned[\s\S]*R-2/);
    await tech.reacts('👍🏽', first);
    await tech.hears(/Acknowledged[\s\S]*R-1/);
    await tech.reacts('😂', first);
    await tech.hears('only 👍 on an assignment counts');
    expect((await stage.findOrder('R-2')).status).toBe('assigned');
  });

  test('a quoted message says which order is meant, though another was assigned later', async () => {
    const tech = await stage.technician();
    await stage.order('Q-1', { assignee: tech.externalId });
    const first = await tech.hears(/New Work Order Assigned[\s\S]*Q-1/);
    await stage.order('Q-2', { assignee: tech.externalId });
    await tech.hears(/New Work Order Assigned[\s\S]*Q-2/);
    await tech.quotes(first, 'start');
    await tech.hears(/Started[\s\S]*Q-1/);
    await tech.quotes(first, 'status');
    await tech.hears(/Q-1[\s\S]*in progress/);
  });

  test('a button does what it says, and after a reassignment says who has the order now', async () => {
    const tech = await stage.technician();
    const other = await stage.technician();
    await tech.says('my work');
    await tech.hears('No open work orders');
    // The first notice of its form goes as text, and has the content made that the next one is sent with.
    await stage.order('B-1', { assignee: tech.externalId });
    await tech.hears(/New Work Order Assigned[\s\S]*B-1/);
    await stage.until(async () => (await stage.simulator.contents()).length > 0);
    const notice = await stage.until(async () => {
      const number = `B-${2 + tech.heard().length}`;
      await stage.order(number, { assignee: tech.externalId });
      const told = await tech.hears(new RegExp(`New Work Order Assigned[\\s\\S]*${number}`));
      return told.buttons?.length ? { number, told } : null;
    });
    await tech.taps('Start', notice.told);
    await tech.hears(new RegExp(`Started[\\s\\S]*${notice.number}`));
    await stage.order(notice.number, { assignee: other.externalId });
    await tech.taps('Start', notice.told);
    await tech.hears(/Nothing changed: it is now with Technician/);
    expect((await stage.findOrder(notice.number)).assignee).toBe(other.externalId);
  });

  test('whoever hides the phone number is known by the user id, and answered', async () => {
    const tech = await stage.technician();
    await stage.order('H-1', { assignee: tech.externalId });
    await tech.hears(/New Work Order Assigned[\s\S]*H-1/);
    await tech.says('ack');
    await tech.hears(/Acknowledged[\s\S]*H-1/);
    tech.turns({ hidesNumber: true });
    await tech.says('start');
    await tech.hears(/Started[\s\S]*H-1/);
  });
});
