import { describe, expect, test } from 'vitest';
import { readButton } from '../../src/buttons.ts';
import { makeContent } from '../../src/messaging/content.ts';
import { testSecretKey } from '../support/tenant.ts';
import { newSid, refused, unclear, useOutbox } from './outbox-stage.ts';

const outbox = useOutbox();
const hour = 60 * 60 * 1000;
const dueDay = '2027-01-31';

const buttons = [
  { title: 'Acknowledge', action: 'ACK' },
  { title: 'Start', action: 'START' },
];

/** A technician with an order, who wrote an hour ago unless told otherwise, and notices about it. */
const stage = async (options: { lastInboundAt?: Date | null } = {}) => {
  const on = await outbox.channel();
  const person = async (lastInboundAt: Date | null) => {
    const ana = await on.technician();
    const order = await on.order({
      assigneeId: ana.id,
      status: 'assigned',
      assignmentNo: 7,
      due: { on: dueDay },
    });
    if (lastInboundAt)
      await on.store.tenant(on.tenantId, (tx) =>
        tx.conversations.heard(ana.conversationId, lastInboundAt, {
          ...{ technicianId: ana.id, heard: null, talk: null },
        }),
      );
    const notify = (text: string, fields = {}) =>
      on.queue(ana, text, {
        // Always true, and said as it was written.
        kind: 'work-order.taken',
        lane: 'notification',
        about: { workOrderId: order.id, assignmentNo: null, dueDay },
        buttons,
        ...fields,
      });
    return { ana, order, notify };
  };
  const { lastInboundAt = new Date(Date.now() - hour) } = options;
  const contents = () =>
    on.query(
      `SELECT content_sid AS sid, tries, extract(epoch FROM make_at - clock_timestamp())::float8 AS "inSeconds"
       FROM quick_reply_content WHERE tenant_id = $1`,
      [on.tenantId],
    );
  /** Runs until what is wanted is made. */
  const madeBefore = async (notify: (text: string) => Promise<string>, text: string) => {
    await notify(text);
    await on.run();
    on.provider.sent.length = 0;
  };
  return { ...on, ...(await person(lastInboundAt)), person, contents, madeBefore };
};

/** How each message went: by content, or as plain text. */
const ways = (sent: { content: unknown; text: string }[]) =>
  sent.map(({ content, text }) => [content ? 'content' : 'text', text]);

describe('a notice with buttons', () => {
  test('goes as text the first time; the content that is made then carries the next of its form', async () => {
    const on = await stage();
    await on.notify('*New*\n\nWO-1');
    await on.run();
    expect(ways(on.provider.sent)).toEqual([['text', '*New*\n\nWO-1']]);
    expect(on.provider.made).toMatchObject([
      {
        name: expect.stringMatching(/^rbm quick reply [0-9a-f]{12}$/),
        definition: {
          body: '{{1}}\n\n{{2}}',
          buttons: [
            { title: 'Acknowledge', id: '{{3}}' },
            { title: 'Start', id: '{{4}}' },
          ],
        },
      },
    ]);

    const id = await on.notify("*New*\n\nIt's WO-2");
    await on.run();
    const sent = on.provider.sent.at(-1)!;
    expect(sent).toMatchObject({
      text: '*New*\n\nIt’s WO-2',
      content: { sid: on.provider.made[0]!.sid, variables: { 1: '*New*', 2: 'It’s WO-2' } },
    });
    const ids = [sent.content!.variables[3]!, sent.content!.variables[4]!];
    expect(ids.map((payload) => readButton(payload, on.tenantId, [testSecretKey], new Date()))).toMatchObject(
      [
        { kind: 'valid', action: 'ACK', orderId: on.order.id, assignmentNo: 7 },
        { kind: 'valid', action: 'START', orderId: on.order.id, assignmentNo: 7 },
      ],
    );
    expect(on.provider.made).toHaveLength(1);
    expect(await on.message(id)).toMatchObject({ status: 'accepted', text: "*New*\n\nIt's WO-2" });
  });

  test('waits for no content: a slow provider holds back no message', async () => {
    const on = await stage();
    let finish = () => {};
    on.provider.makes(
      () =>
        new Promise((made) => {
          finish = () => made({ sid: 'HX-slow' });
        }),
    );
    await on.notify('first');
    const running = on.run();
    await on.provider.isAsked('first');
    await on.notify('second');
    await on.provider.isAsked('second');
    expect(on.provider.made).toEqual([]);
    finish();
    await running;
    expect(ways(on.provider.sent)).toEqual([
      ['text', 'first'],
      ['text', 'second'],
    ]);
    expect(await on.contents()).toEqual([{ sid: 'HX-slow', tries: 1, inSeconds: null }]);
  });

  test.each<[string, (now: number) => Date | null]>([
    ['who never wrote', () => null],
    ['who wrote 23 hours and 50 minutes ago', (now) => new Date(now - 23 * hour - 50 * 60_000)],
  ])('to somebody %s goes as text, and no content is wanted', async (_, lastInboundAt) => {
    const on = await stage({ lastInboundAt: lastInboundAt(Date.now()) });
    await on.notify('first');
    await on.run();
    expect(ways(on.provider.sent)).toEqual([['text', 'first']]);
    expect(await on.contents()).toEqual([]);

    // Somebody else's window is open, so there is content: that changes nothing here.
    const { notify } = await on.person(new Date());
    await notify('second');
    await on.run();
    await on.notify('third');
    await on.run();
    expect(ways(on.provider.sent).at(-1)).toEqual(['text', 'third']);
  });

  test('goes as text once WhatsApp has said that the window is closed, until they write again', async () => {
    const on = await stage();
    await on.madeBefore(on.notify, 'before');
    const id = await on.notify('refused');
    await on.run();
    const [attempt] = await on.attempts(id);
    await on.callback({ providerId: attempt!.providerId!, status: 'undelivered', errorCode: '63016' });
    await on.applyCallbacks();
    expect(await on.message(id)).toMatchObject({ status: 'failed', reason: 'no-template' });

    await on.notify('closed');
    await on.run();
    await on.store.tenant(on.tenantId, (tx) =>
      tx.conversations.heard(on.ana.conversationId, new Date(), {
        ...{ technicianId: on.ana.id, heard: null, talk: null },
      }),
    );
    await on.notify('open again');
    await on.run();
    expect(ways(on.provider.sent)).toEqual([
      ['content', 'refused'],
      ['text', 'closed'],
      ['content', 'open again'],
    ]);
  });

  test('of more than 1,024 characters goes as text, whole', async () => {
    const on = await stage();
    await on.madeBefore(on.notify, 'short');
    await on.notify('x'.repeat(1025));
    await on.notify('x'.repeat(1024));
    await on.run();
    expect(ways(on.provider.sent)).toEqual([
      ['text', 'x'.repeat(1025)],
      ['content', 'x'.repeat(1024)],
    ]);
    expect(on.provider.made).toHaveLength(1);
  });

  test('no longer goes when its order has moved on, whatever content there is', async () => {
    const on = await stage();
    await on.madeBefore(on.notify, 'before');
    const id = await on.notify('stale', {
      kind: 'work-order.assigned',
      about: { workOrderId: on.order.id, assignmentNo: 6, dueDay: null },
    });
    await on.run();
    expect(on.provider.sent).toEqual([]);
    expect(await on.message(id)).toMatchObject({ status: 'cancelled', reason: 'order-moved-on' });
  });
});

test('an answer without buttons goes as text, and asks for no content', async () => {
  const on = await stage();
  await on.madeBefore(on.notify, 'before');
  await on.queue(on.ana, 'Acknowledged');
  await on.run();
  expect(ways(on.provider.sent)).toEqual([['text', 'Acknowledged']]);
});

describe('content that the provider refuses', () => {
  test.each(['20404', '21655', '21656', '92007', '99999'])(
    'with %s at once: the same text goes as plain text, once, and other content is made',
    async (code) => {
      const on = await stage();
      await on.madeBefore(on.notify, 'before');
      on.provider.will(refused(code, 'fix'));
      const id = await on.notify("It's due");
      await on.run();
      expect(ways(on.provider.sent)).toEqual([
        ['content', 'It’s due'],
        ['text', "It's due"],
      ]);
      expect((await on.attempts(id)).map(({ reason, state, code: given }) => [reason, state, given])).toEqual(
        [
          ['first', 'refused', code],
          [`failed:${code}`, 'accepted', null],
        ],
      );
      expect(await on.message(id)).toMatchObject({ status: 'accepted', reason: null, error: null });
      expect(await on.events()).toEqual([]);

      // Not at once again: it may be refused as well.
      await on.notify('meanwhile');
      await on.run();
      expect(ways(on.provider.sent).at(-1)).toEqual(['text', 'meanwhile']);
      expect(on.provider.made).toHaveLength(1);
      await on.pass(121);
      await on.notify('asks again');
      await on.run();
      await on.notify('with the new one');
      await on.run();
      expect(on.provider.made).toHaveLength(2);
      expect(on.provider.sent.at(-1)!.content!.sid).toBe(on.provider.made[1]!.sid);
    },
  );

  test('as plain text it may be refused for now like any other, and is never content again', async () => {
    const on = await stage();
    await on.madeBefore(on.notify, 'before');
    on.provider.will(refused('21656', 'fix'), refused('20429', 'retry'));
    const id = await on.notify('stubborn');
    await on.run();
    // Meanwhile somebody has made other content.
    await on.query(
      "UPDATE quick_reply_content SET content_sid = 'HX-new', make_at = NULL WHERE tenant_id = $1",
      [on.tenantId],
    );
    await on.pass(60);
    await on.run();
    expect(ways(on.provider.sent)).toEqual([
      ['content', 'stubborn'],
      ['text', 'stubborn'],
      ['text', 'stubborn'],
    ]);
    expect((await on.attempts(id)).map(({ reason }) => reason)).toEqual(['first', 'failed:21656', 'retry:2']);
    expect(await on.message(id)).toMatchObject({ status: 'accepted' });
  });

  test('refused for good as plain text too, it has failed', async () => {
    const on = await stage();
    await on.madeBefore(on.notify, 'before');
    on.provider.will(refused('21656', 'fix'), refused('21617', 'fix'));
    const id = await on.notify('hopeless');
    await on.run();
    await on.run();
    expect(on.provider.sent).toHaveLength(2);
    expect(await on.message(id)).toMatchObject({ status: 'failed', error: { code: '21617' } });
  });

  test('by a callback: the text follows, once, and the message arrives', async () => {
    const on = await stage();
    await on.madeBefore(on.notify, 'before');
    const id = await on.notify('late');
    await on.run();
    const [attempt] = await on.attempts(id);
    await on.callback({ providerId: attempt!.providerId!, status: 'undelivered', errorCode: '63013' });
    await on.callback({ providerId: attempt!.providerId!, status: 'failed', errorCode: '63013' });
    await on.applyCallbacks();
    await on.run();
    await on.run();
    expect(ways(on.provider.sent)).toEqual([
      ['content', 'late'],
      ['text', 'late'],
    ]);
    const [, second] = await on.attempts(id);
    expect(second).toMatchObject({ reason: 'failed:63013', state: 'accepted' });
    await on.callback({ providerId: second!.providerId!, status: 'delivered' });
    await on.applyCallbacks();
    expect(await on.message(id)).toMatchObject({ status: 'delivered' });
  });

  test('a refusal that is not about content ends the message as always', async () => {
    const on = await stage();
    await on.madeBefore(on.notify, 'before');
    on.provider.will(refused('21610', 'stop'));
    const id = await on.notify('opted out');
    await on.run();
    expect(on.provider.sent).toHaveLength(1);
    expect(await on.message(id)).toMatchObject({ status: 'failed', reason: 'opted-out' });
    expect(await on.contents()).toMatchObject([{ sid: expect.any(String), inSeconds: null }]);
  });

  test('refused for now, it goes by content again', async () => {
    const on = await stage();
    await on.madeBefore(on.notify, 'before');
    on.provider.will(refused('20429', 'retry'));
    await on.notify('later');
    await on.run();
    await on.pass(60);
    await on.run();
    expect(ways(on.provider.sent)).toEqual([
      ['content', 'later'],
      ['content', 'later'],
    ]);
  });
});

describe('an unclear end of a message with buttons', () => {
  test('is found at the provider by what the phone shows, and nothing is sent again', async () => {
    const on = await stage();
    await on.madeBefore(on.notify, 'one\ntwo');
    const held = newSid();
    on.provider.will(unclear);
    const id = await on.notify("\tIt's    \t  due\r\nnow ");
    await on.run();
    const text = 'It’s    due\nnow';
    expect(ways(on.provider.sent)).toEqual([['content', text]]);
    on.provider.listed = [on.listed({ id: held, to: on.ana.address, text })];
    await on.pass(16);
    await on.run();
    await on.pass(300);
    await on.run();
    expect(on.provider.sent).toHaveLength(1);
    expect(await on.attempts(id)).toMatchObject([{ state: 'accepted', providerId: held, from: 'adopted' }]);
    expect(await on.message(id)).toMatchObject({ status: 'accepted', possibleDuplicate: false });
  });
});

describe('content', () => {
  test('that could not be made is tried again after growing pauses, and nothing of a text is logged', async () => {
    const on = await stage();
    const failing = () => ({ sid: null, code: '20500' });
    const pauses: number[] = [];
    for (let tries = 1; tries <= 8; tries++) {
      on.provider.makes(failing);
      await on.notify(`door code sesame, ${tries}`);
      await on.run();
      // Nothing is made before the pause is over.
      await on.notify('too soon');
      await on.run();
      expect(on.provider.made).toHaveLength(tries);
      const [content] = await on.contents();
      pauses.push(content!.inSeconds);
      await on.pass(content!.inSeconds + 1);
    }
    expect(pauses.map((seconds) => Math.round(seconds / 60))).toEqual([1, 2, 4, 8, 16, 32, 60, 60]);
    expect(new Set(ways(on.provider.sent).map(([way]) => way))).toEqual(new Set(['text']));
    expect(JSON.stringify(on.logged)).not.toContain('sesame');
    expect(on.logged.filter(({ event }) => event === 'content.not-made')).toHaveLength(8);

    await on.notify('once more');
    await on.run();
    await on.notify('with buttons');
    await on.run();
    expect(ways(on.provider.sent).at(-1)).toEqual(['content', 'with buttons']);
  });

  test('is made once, however many channels of the account want it at once', async () => {
    const on = await stage();
    await Promise.all(Array.from({ length: 20 }, (_, index) => on.notify(`notice ${index}`)));
    await Promise.all([on.run(), on.run(), on.run()]);
    await on.run();
    const channel = (await on.store.tenant(on.tenantId, (tx) => tx.channels.get(on.channelId)))!;
    await on.query(
      'UPDATE quick_reply_content SET content_sid = NULL, make_at = now() WHERE tenant_id = $1',
      [on.tenantId],
    );
    await Promise.all(
      Array.from({ length: 4 }, () => makeContent(on.deps, on.tenantId, channel, on.provider.provider)),
    );
    expect(on.provider.made).toHaveLength(2);
  });

  test('is not shared between tenants, nor between accounts of one', async () => {
    const [one, other] = [await stage(), await stage()];
    await one.madeBefore(one.notify, 'before');
    await other.notify('first here');
    await other.run();
    expect(ways(other.provider.sent)).toEqual([['text', 'first here']]);

    await one.query('UPDATE channel SET account_sid = $1 WHERE id = $2', [
      `AC${'9'.repeat(32)}`,
      one.channelId,
    ]);
    await one.notify('other account');
    await one.run();
    await one.notify('its own content');
    await one.run();
    expect(ways(one.provider.sent)).toEqual([
      ['text', 'other account'],
      ['content', 'its own content'],
    ]);
    expect(one.provider.sent[1]!.content!.sid).toBe(one.provider.made[1]!.sid);
  });

  test('is not made without end: what has yet another form goes as text', async () => {
    const on = await stage();
    await on.query(
      `INSERT INTO quick_reply_content (tenant_id, account_sid, shape, definition, content_sid)
       SELECT c.tenant_id, c.account_sid, sha256(n::text::bytea), '{}', 'HX' || n
       FROM channel c, generate_series(1, 500) n WHERE c.id = $1`,
      [on.channelId],
    );
    await on.notify('one too many');
    await on.run();
    await on.notify('again');
    await on.run();
    expect(new Set(ways(on.provider.sent).map(([way]) => way))).toEqual(new Set(['text']));
    expect(on.provider.made).toEqual([]);
  });
});
