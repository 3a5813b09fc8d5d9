import type { Twilio } from 'twilio';
import { describe, expect, test } from 'vitest';
import { accountSid, ana, ben, sender, setStage } from './stage.ts';

const assigned = {
  friendly_name: 'assigned_v1',
  language: 'en',
  variables: { 1: 'WO-0', 2: 'an asset' },
  types: {
    'twilio/quick-reply': {
      body: 'Work order {{1}} at {{2}} is yours.',
      actions: [
        { type: 'QUICK_REPLY', title: 'Acknowledge', id: 'ack:{{1}}' },
        { type: 'QUICK_REPLY', title: 'Start {{1}}', id: 'start:{{1}}' },
      ],
    },
  },
};
const menu = {
  friendly_name: 'choose',
  language: 'en',
  types: {
    'twilio/list-picker': {
      body: 'Which one?',
      button: 'Orders',
      items: [
        { item: 'WO-7', id: 'pick:WO-7', description: 'Pump 3' },
        { item: 'WO-8', id: 'pick:WO-8' },
      ],
    },
  },
};

const text = (body: string, variables = {}) => ({
  language: 'en',
  variables,
  types: { 'twilio/text': { body } },
});
const replies = (body: string, ...actions: { title?: string; id?: string }[]) => ({
  language: 'en',
  types: { 'twilio/quick-reply': { body, actions } },
});

const create = (client: Twilio, content: object) => client.content.v1.contents.create(content as never);

const sendContent = (client: Twilio, contentSid: string, variables?: object, to = ana) =>
  client.messages.create({
    to,
    from: sender,
    contentSid,
    ...(variables ? { contentVariables: JSON.stringify(variables) } : {}),
  });

describe('a content', () => {
  test('is created, found again, listed and deleted', async () => {
    const { url, connect, refusalOf } = await setStage({ now: () => new Date('2026-11-22T09:15:00.250Z') });
    const client = connect();

    const { sid } = await create(client, assigned);
    expect(sid).toMatch(/^HX[0-9a-f]{32}$/);
    expect(await client.content.v1.contents(sid).fetch()).toMatchObject({
      accountSid,
      friendlyName: 'assigned_v1',
      language: 'en',
      variables: assigned.variables,
      types: assigned.types,
      dateCreated: new Date('2026-11-22T09:15:00Z'),
      url: `${url}/v1/Content/${sid}`,
      links: {
        approval_create: `${url}/v1/Content/${sid}/ApprovalRequests/whatsapp`,
        approval_fetch: `${url}/v1/Content/${sid}/ApprovalRequests`,
      },
    });

    const others = [
      await create(client, menu),
      await create(client, text('one')),
      await create(client, text('two')),
    ];
    const sids = [sid, ...others.map((each) => each.sid)];
    expect((await client.content.v1.contents.list({ pageSize: 2 })).map((each) => each.sid)).toEqual(sids);

    expect(await client.content.v1.contents(sid).remove()).toBe(true);
    expect(await refusalOf(client.content.v1.contents(sid).fetch())).toMatchObject({
      status: 404,
      code: 20404,
    });
    expect(await refusalOf(sendContent(client, sid))).toMatchObject({ status: 400, code: 21655 });
  });

  const faulty: [string, object, number][] = [
    ['without a language', { types: { 'twilio/text': { body: 'x' } } }, 20001],
    ['without types', { language: 'en' }, 20001],
    [
      'as the client writes it in camel case',
      { language: 'en', types: { twilioText: { body: 'x' } } },
      20001,
    ],
    ['with more than 100 variables', text('x', Object.fromEntries(Array(101).fill('x').entries())), 92002],
    ['with buttons under 1025 characters', replies('x'.repeat(1025), { title: 'A', id: 'a' }), 21658],
    ['with a button title of 21 characters', replies('x', { title: 'x'.repeat(21), id: 'a' }), 21658],
    ['with a button id of 201 characters', replies('x', { title: 'A', id: 'x'.repeat(201) }), 21658],
    ['with a button without an id', replies('x', { title: 'A' }), 20001],
    ['with eleven buttons', replies('x', ...Array(11).fill({ title: 'A', id: 'a' })), 20001],
    ['with no button', replies('x'), 20001],
    [
      'with an entry of 25 characters',
      {
        language: 'en',
        types: {
          'twilio/list-picker': { body: 'x', button: 'y', items: [{ item: 'x'.repeat(25), id: 'a' }] },
        },
      },
      21658,
    ],
  ];
  test.each(faulty)('%s is refused', async (_, content, code) => {
    const { connect, refusalOf, simulator } = await setStage();
    expect(await refusalOf(create(connect(), content))).toMatchObject({ status: 400, code });
    expect(simulator.contents()).toEqual([]);
  });
});

describe('approval', () => {
  test('is asked for once and given by whoever plays WhatsApp', async () => {
    const { simulator, connect, refusalOf } = await setStage();
    const client = connect();
    const { sid } = await create(client, assigned);
    const { approvalCreate, approvalFetch } = client.content.v1.contents(sid);
    const state = async () => (await approvalFetch().fetch()).whatsapp;

    expect(await state()).toMatchObject({ status: 'unsubmitted' });
    expect(await approvalCreate.create({ name: 'assigned_v1', category: 'UTILITY' } as never)).toMatchObject({
      name: 'assigned_v1',
      category: 'UTILITY',
      contentType: 'twilio/quick-reply',
      status: 'received',
    });
    expect(await state()).toMatchObject({ status: 'pending', name: 'assigned_v1' });
    expect(
      await refusalOf(approvalCreate.create({ name: 'assigned_v1', category: 'UTILITY' } as never)),
    ).toMatchObject({ code: 92009 });

    simulator.decide(sid, 'rejected', 'INVALID_FORMAT');
    expect(await state()).toMatchObject({ status: 'rejected', rejection_reason: 'INVALID_FORMAT' });
    for (const each of ['approved', 'paused', 'disabled'] as const) {
      simulator.decide(sid, each);
      expect(await state()).toMatchObject({ status: each, rejection_reason: '' });
    }
  });

  test('is refused for a list, a name with spaces and an unknown category', async () => {
    const { connect, refusalOf } = await setStage();
    const client = connect();
    const submit = async (content: object, request: object) => {
      const { sid } = await create(client, content);
      return refusalOf(client.content.v1.contents(sid).approvalCreate.create(request as never));
    };
    expect(await submit(menu, { name: 'menu', category: 'UTILITY' })).toMatchObject({ status: 400 });
    expect(await submit(assigned, { name: 'My menu', category: 'UTILITY' })).toMatchObject({ status: 400 });
    expect(await submit(assigned, { name: 'menu', category: 'SERVICE' })).toMatchObject({ status: 400 });
  });
});

describe('a message with content', () => {
  test('is listed and shown with its variables filled in, and its buttons under it', async () => {
    const { simulator, connect } = await setStage();
    const client = connect();
    const { sid: contentSid } = await create(client, assigned);

    const created = await sendContent(client, contentSid, { 1: 'WO-7', 2: 'Pump 3' });
    expect(created.sid).toMatch(/^MM/);
    expect(created.body).toBe('Work order WO-7 at Pump 3 is yours.');
    expect((await client.messages.list({ to: ana }))[0]!.body).toBe('Work order WO-7 at Pump 3 is yours.');
    expect(await simulator.waitForText(ana, 'Work order')).toMatchObject({
      sid: created.sid,
      buttons: ['Acknowledge', 'Start WO-7'],
      list: null,
    });
  });

  test('has the sample where a variable is left out', async () => {
    const { simulator, connect } = await setStage();
    const client = connect();
    const { sid } = await create(client, assigned);
    await sendContent(client, sid, { 1: 'WO-7' });
    await simulator.waitForText(ana, 'Work order WO-7 at an asset is yours.');
  });

  const failing: [string, object, object, number][] = [
    ['a line break in a variable', assigned, { 1: 'seal\nleaks' }, 63013],
    ['a tab in a variable', assigned, { 1: 'seal\tleaks' }, 63013],
    ['five spaces in a variable', assigned, { 1: 'seal     leaks' }, 63013],
    ['a variable left out that has no sample', text('Order {{1}} at {{2}}.'), { 1: 'WO-7' }, 63028],
    ['a button that gets too long', assigned, { 1: 'WO-1234567890123' }, 63021],
    ['a text that gets longer than 1024', assigned, { 2: 'x'.repeat(1024) }, 63021],
    [
      'four buttons without approval',
      replies('x', ...['a', 'b', 'c', 'd'].map((id) => ({ title: id, id }))),
      {},
      63021,
    ],
  ];
  test.each(failing)('%s: it is taken and fails', async (_, content, variables, code) => {
    const { simulator, connect } = await setStage();
    const client = connect();
    const { sid } = await create(client, content);
    expect((await sendContent(client, sid, variables)).status).toBe('queued');
    await simulator.settled();
    expect(simulator.chat(ana)).toMatchObject([{ tick: 'failed', errorCode: code }]);
  });

  test('four spaces and an apostrophe are no fault', async () => {
    const { simulator, connect } = await setStage();
    const client = connect();
    const { sid } = await create(client, assigned);
    await sendContent(client, sid, { 2: "Ana's    pump" });
    await simulator.waitForText(ana, "at Ana's    pump is");
  });
});

describe('once the service window is closed', () => {
  const later = async () => {
    let now = new Date('2026-11-22T09:00:00Z');
    const stage = await setStage({ now: () => now });
    await stage.simulator.says(ana, 'MY WORK');
    const client = stage.connect();
    const { sid } = await create(client, assigned);
    const status = async (sending: Promise<{ sid: string; status: string }>) => {
      const created = await sending;
      expect(created.status).toBe('queued');
      await stage.simulator.settled();
      const { status: last, errorCode } = await client.messages(created.sid).fetch();
      return [last, errorCode];
    };
    const at = (moment: string) => {
      now = new Date(moment);
    };
    return { ...stage, client, sid, status, at };
  };

  test('free text and content without approval are taken and fail with 63016', async () => {
    const { simulator, product, client, send, sid, status, at } = await later();
    const all = ['unsubmitted', 'pending', 'rejected', 'paused', 'disabled'] as const;

    at('2026-11-23T08:59:00Z');
    expect(await status(send({}))).toEqual(['read', null]);
    expect(await status(sendContent(client, sid))).toEqual(['read', null]);

    at('2026-11-23T09:01:00Z');
    product.received.length = 0;
    expect(await status(send({}))).toEqual(['failed', 63016]);
    expect(product.received.map(({ form }) => [form.MessageStatus, form.ErrorCode])).toEqual([
      ['failed', '63016'],
    ]);
    for (const state of all) {
      simulator.decide(sid, state);
      expect(await status(sendContent(client, sid))).toEqual(['failed', 63016]);
    }
  });

  test('approved content passes, and a tap on it opens the window again', async () => {
    const { simulator, client, send, sid, status, at } = await later();
    at('2026-11-23T09:01:00Z');
    simulator.decide(sid, 'approved');
    expect(await status(sendContent(client, sid))).toEqual(['read', null]);
    await simulator.taps(ana, 'Acknowledge');
    expect(await status(send({}))).toEqual(['read', null]);
  });

  test('somebody who never wrote is outside as well when that is enforced', async () => {
    const { simulator, send } = await setStage({ serviceWindow: 'enforced' });
    await send({ to: ben });
    await simulator.settled();
    expect(simulator.chat(ben)).toMatchObject([{ errorCode: 63016 }]);
  });
});

describe('tapping', () => {
  const received = async (content: object, isApproved: boolean) => {
    const stage = await setStage();
    const client = stage.connect();
    const { sid } = await create(client, content);
    if (isApproved) stage.simulator.decide(sid, 'approved');
    const message = await sendContent(client, sid);
    await stage.simulator.settled();
    stage.product.received.length = 0;
    return { ...stage, message };
  };

  test.each([
    [false, 'interactive'],
    [true, 'button'],
  ])(
    'a button tells its id, its title and the message it belongs to (approved: %s)',
    async (isApproved, type) => {
      const { simulator, product, message } = await received(assigned, isApproved);
      const { httpStatus } = await simulator.taps(ana, 'Start WO-0');
      expect(httpStatus).toBe(200);
      expect(product.received).toMatchObject([{ isSigned: true }]);
      expect(product.received[0]!.form).toMatchObject({
        Body: 'Start WO-0',
        ButtonText: 'Start WO-0',
        ButtonPayload: 'start:WO-0',
        MessageType: type,
        OriginalRepliedMessageSid: message.sid,
        OriginalRepliedMessageSender: sender,
      });
    },
  );

  test('an entry of a list tells its id and title', async () => {
    const { simulator, product } = await received(menu, false);
    expect(simulator.chat(ana)[0]!.list).toEqual({
      button: 'Orders',
      items: [
        { title: 'WO-7', description: 'Pump 3' },
        { title: 'WO-8', description: null },
      ],
    });
    await simulator.taps(ana, 'WO-8');
    expect(product.received[0]!.form).toMatchObject({
      Body: 'WO-8',
      ListId: 'pick:WO-8',
      ListTitle: 'WO-8',
      MessageType: 'interactive',
    });
  });

  test('takes the latest message with that button, unless told which; old ones stay tappable', async () => {
    const { simulator, product, connect, message } = await received(assigned, false);
    const client = connect();
    const { sid } = await create(client, assigned);
    const second = await sendContent(client, sid);
    await simulator.settled();
    product.received.length = 0;

    await simulator.taps(ana, 'Acknowledge');
    await simulator.taps(ana, 'Acknowledge', message.sid);
    await simulator.taps(ana, 'Acknowledge', message.sid);
    expect(product.received.map(({ form }) => form.OriginalRepliedMessageSid)).toEqual([
      second.sid,
      message.sid,
      message.sid,
    ]);
    await expect(simulator.taps(ana, 'Complete')).rejects.toThrow('nothing to tap that says Complete');
  });
});

test('what a reply refers to is forgotten after seven days', async () => {
  let now = new Date('2026-11-01T09:00:00Z');
  const { simulator, product, send } = await setStage({ now: () => now });
  const { sid } = await send({ body: 'WO-1 is yours' });
  await simulator.settled();
  product.received.length = 0;

  await simulator.quotes(ana, sid, 'start');
  now = new Date('2026-11-08T09:00:01Z');
  await simulator.quotes(ana, sid, 'complete');

  expect(product.received.map(({ form }) => form.OriginalRepliedMessageSid)).toEqual([sid, undefined]);
  await expect(simulator.quotes(ben, sid, 'start')).rejects.toThrow('has no message');
});
