import { expect, test } from 'vitest';
import { accountSid, ana, ben, sender, setStage } from './stage.ts';

const received = async (act: (stage: Awaited<ReturnType<typeof setStage>>) => Promise<unknown>) => {
  const stage = await setStage();
  await act(stage);
  expect(stage.product.received.every(({ isSigned }) => isSigned)).toBe(true);
  return stage.product.received.at(-1)!.form;
};

const files = [
  ['image', 'image/jpeg'],
  ['audio', 'audio/ogg'],
  ['video', 'video/mp4'],
  ['document', 'application/pdf'],
  ['sticker', 'image/webp'],
  ['contacts', 'text/vcard'],
] as const;

test.each(files)(
  'a file of the kind %s is told with its type and where it lies',
  async (kind, contentType) => {
    const { simulator, product, url } = await setStage();
    const { sid } = await simulator.sends(ana, { kind });
    const { form } = product.received[0]!;
    expect(sid).toMatch(/^MM/);
    expect(form).toMatchObject({
      MessageType: kind,
      NumMedia: '1',
      MediaContentType0: contentType,
      Body: '',
    });
    expect(form.MediaUrl0).toMatch(
      new RegExp(`^${url}/2010-04-01/Accounts/${accountSid}/Messages/${sid}/Media/ME[0-9a-f]{32}$`),
    );
    expect(simulator.chat(ana)).toMatchObject([{ type: kind, media: { kind, contentType } }]);
  },
);

test('what is written under a photo is its Body', async () => {
  const form = await received(({ simulator }) =>
    simulator.sends(ana, { kind: 'image', caption: 'gasket after removal' }),
  );
  expect(form.Body).toBe('gasket after removal');
});

test('a place has its coordinates, and a name only if it was given one', async () => {
  const here = { latitude: 25.018766403198, longitude: -77.395950317383 };
  const bare = await received(({ simulator }) => simulator.shares(ana, here));
  expect(bare).toMatchObject({
    MessageType: 'location',
    Body: '',
    Latitude: '25.018766403198',
    Longitude: '-77.395950317383',
  });
  expect(bare).not.toHaveProperty('Label');

  const named = await received(({ simulator }) =>
    simulator.shares(ana, { ...here, label: 'Pump house', address: 'Dock 4' }),
  );
  expect(named).toMatchObject({ Label: 'Pump house', Address: 'Dock 4' });
});

test('a reaction is an emoji and the message it belongs to', async () => {
  const { simulator, product, send } = await setStage();
  const { sid } = await send({ body: 'WO-1 is yours' });
  await simulator.settled();
  product.received.length = 0;

  await simulator.reacts(ana, sid, '👍');
  expect(product.received[0]!.form).toMatchObject({
    MessageType: 'reaction',
    Body: '👍',
    OriginalRepliedMessageSid: sid,
    OriginalRepliedMessageSender: sender,
  });
  expect(simulator.chat(ana)[1]).toMatchObject({ type: 'reaction', text: '👍', quotedSid: sid });
  await expect(simulator.reacts(ben, sid, '👍')).rejects.toThrow('has no message');
});

test('a forwarded message says so', async () => {
  const form = await received(({ simulator }) => simulator.forwards(ana, 'ACK'));
  expect(form).toMatchObject({ Body: 'ACK', Forwarded: 'true', FrequentlyForwarded: 'false' });
});

test('an edit arrives as a type that nobody documents, without text', async () => {
  const form = await received(({ simulator }) => simulator.edits(ana));
  expect(form).toMatchObject({ MessageType: 'unsupported', Body: '', NumMedia: '0' });
});

test('every phone has a user id of its own beside its number, always the same', async () => {
  const [first, again, other] = await Promise.all(
    [ben, ben, 'whatsapp:+12025550103'].map((address) =>
      received(async ({ simulator }) => {
        simulator.addPhone({ address, name: 'Ben Carter' });
        await simulator.says(address, 'ACK');
      }),
    ),
  );
  expect(first!.ExternalUserId).toMatch(/^whatsapp:US\.\d{20}$/);
  expect(first!.ExternalUserId).not.toContain(ben.slice(-10));
  expect(again!.ExternalUserId).toBe(first!.ExternalUserId);
  expect(other!.ExternalUserId).not.toBe(first!.ExternalUserId);
});

test('typing is shown for a message of the person, who sees it read', async () => {
  const { simulator, connect, refusalOf } = await setStage();
  const { sid } = await simulator.says(ana, 'MY WORK');
  const typing = connect().messaging.v2.typingIndicator;
  const seen: string[] = [];
  simulator.onChange(({ kind }) => seen.push(kind));

  expect(await typing.create({ channel: 'whatsapp', messageId: sid })).toMatchObject({ success: true });

  expect(simulator.typedAfter()).toEqual([sid]);
  expect(simulator.chat(ana)[0]!.tick).toBe('read');
  expect(seen).toEqual(['message', 'typing']);
  const unknown = typing.create({ channel: 'whatsapp', messageId: `SM${'0'.repeat(32)}` });
  expect(await refusalOf(unknown)).toMatchObject({ status: 404 });
});
