import { describe, expect, it } from 'vitest';
import { kindOfMedia, readContent } from '../../src/messaging/twilio-forms.ts';

const account = 'AC00000000000000000000000000000000';
const mediaUrl = (n: number) =>
  `https://api.twilio.com/2010-04-01/Accounts/${account}/Messages/MM33333333333333333333333333333333/Media/ME4444444444444444444444444444444${n}`;
const common = {
  AccountSid: account,
  MessageSid: 'SM0f0e0d0c0b0a09080706050403020100',
  From: 'whatsapp:+15005550101',
  To: 'whatsapp:+14155238886',
  WaId: '15005550101',
  ProfileName: 'Ana "Field" Souza',
  SmsStatus: 'received',
  NumMedia: '0',
  NumSegments: '1',
  ReferralNumMedia: '0',
  ApiVersion: '2010-04-01',
};
const read = (fields: Record<string, string>) =>
  readContent(Buffer.from(new URLSearchParams({ ...common, ...fields }).toString()));
const plain = {
  from: 'whatsapp:+15005550101',
  text: '',
  userId: null,
  answeredTo: null,
  media: [],
  place: null,
  messageType: null,
  buttonPayload: null,
  quotedId: null,
  forwarded: false,
};

describe('what a technician sent', () => {
  it('is a text', () => {
    expect(
      read({
        MessageType: 'text',
        Body: 'pump 3 is leaking again',
        ExternalUserId: 'whatsapp:US.4102030405060708',
        ChannelMetadata: JSON.stringify({ type: 'whatsapp', data: { context: { WaId: '15005550101' } } }),
      }),
    ).toEqual({
      ...plain,
      text: 'pump 3 is leaking again',
      userId: 'whatsapp:US.4102030405060708',
      messageType: 'text',
    });
  });

  it('is a tapped button with its payload and the message it stands under', () => {
    expect(
      read({
        MessageType: 'interactive',
        From: 'whatsapp:US.4102030405060708',
        ExternalUserId: 'whatsapp:US.4102030405060708',
        Body: 'Start work',
        ButtonText: 'Start work',
        ButtonPayload: 'wo:4711:start:v3',
        OriginalRepliedMessageSid: 'MM22222222222222222222222222222222',
        OriginalRepliedMessageSender: 'whatsapp:+14155238886',
        Forwarded: 'false',
        FrequentlyForwarded: 'false',
      }),
    ).toEqual({
      ...plain,
      from: 'whatsapp:US.4102030405060708',
      userId: 'whatsapp:US.4102030405060708',
      text: 'Start work',
      messageType: 'interactive',
      buttonPayload: 'wo:4711:start:v3',
      quotedId: 'MM22222222222222222222222222222222',
    });
  });

  it('is a photo with its caption', () => {
    expect(
      read({
        MessageType: 'image',
        NumMedia: '1',
        Body: 'gasket after removal',
        MediaUrl0: mediaUrl(0),
        MediaContentType0: 'image/jpeg',
      }),
    ).toEqual({
      ...plain,
      text: 'gasket after removal',
      messageType: 'image',
      media: [{ url: mediaUrl(0), type: 'image/jpeg' }],
    });
  });

  it.each([
    ['without a name', {}, { label: null, address: null }],
    [
      'with a name',
      { Label: 'Plant 2', Address: 'Dock Road 1' },
      { label: 'Plant 2', address: 'Dock Road 1' },
    ],
  ])('is a place %s', (_, fields, named) => {
    expect(
      read({
        MessageType: 'location',
        Body: '',
        Latitude: '25.018766403198',
        Longitude: '-77.395950317383',
        ...fields,
      }),
    ).toEqual({
      ...plain,
      messageType: 'location',
      place: { latitude: 25.018766403198, longitude: -77.395950317383, ...named },
    });
  });

  it.each([
    [{ Latitude: '25.0' }],
    [{ Latitude: '', Longitude: '' }],
    [{ Latitude: ' ', Longitude: '1' }],
    [{ Latitude: 'north', Longitude: '1' }],
    [{ Latitude: '91', Longitude: '1' }],
    [{ Latitude: '1', Longitude: '-180.5' }],
    [{ Latitude: 'Infinity', Longitude: '1' }],
  ])('is no place with %o', (fields) => {
    expect(read(fields as Record<string, string>).place).toBeNull();
  });

  it('keeps every media in its order, whatever NumMedia says', () => {
    expect(
      read({
        NumMedia: '1',
        MediaUrl10: mediaUrl(3),
        MediaUrl2: mediaUrl(2),
        MediaContentType2: 'audio/ogg; codecs=opus',
        MediaUrl0: mediaUrl(0),
        MediaUrl1: '',
        ReferralMediaUrl: 'https://example.com/advertisement',
      }).media,
    ).toEqual([
      { url: mediaUrl(0), type: null },
      { url: mediaUrl(2), type: 'audio/ogg; codecs=opus' },
      { url: mediaUrl(3), type: null },
    ]);
  });

  it.each([
    ['a list entry', { ListId: 'order-2', ListTitle: 'WO-2' }, 'order-2'],
    ['a button only the channel tells of', { ChannelMetadata: inContext({ ButtonPayload: 'b1' }) }, 'b1'],
    ['an empty payload', { ButtonPayload: '', ListId: '' }, null],
    ['a payload that is no text', { ChannelMetadata: inContext({ ButtonPayload: { id: 1 } }) }, null],
    ['metadata that is no JSON', { ChannelMetadata: '{' }, null],
    ['metadata without a context', { ChannelMetadata: 'null' }, null],
    ['a context that is no object', { ChannelMetadata: '{"data":{"context":"x"}}' }, null],
  ])('reads the payload of %s', (_, fields, payload) => {
    expect(read(fields as Record<string, string>).buttonPayload).toBe(payload);
  });

  it.each([
    [{ Forwarded: 'true' }, true],
    [{ Forwarded: 'false', FrequentlyForwarded: 'true' }, true],
    [{ Forwarded: 'false' }, false],
    [{}, false],
  ])('%o is forwarded: %s', (fields, forwarded) => {
    expect(read(fields as Record<string, string>).forwarded).toBe(forwarded);
  });

  it('loses what Postgres cannot keep', () => {
    const { text, place, buttonPayload, media } = read({
      Body: 'a\0b',
      ButtonPayload: 'p\0',
      Latitude: '1',
      Longitude: '1',
      Label: 'x\0y',
      MediaUrl0: 'https://x/\0',
    });
    expect([text, buttonPayload, place?.label, media[0]?.url]).toEqual(['ab', 'p', 'xy', 'https://x/']);
  });
});

describe('the kind of media', () => {
  it.each([
    ['image/jpeg', 'image', 'image'],
    ['image/jpeg', null, 'image'],
    ['IMAGE/PNG', 'document', 'image'],
    ['image/webp', 'sticker', 'sticker'],
    ['image/webp', null, 'sticker'],
    ['image/webp', 'image', 'image'],
    ['audio/ogg; codecs=opus', 'audio', 'audio'],
    ['application/ogg', null, 'audio'],
    ['video/mp4', null, 'video'],
    ['text/vcard', 'contacts', 'contact'],
    ['text/x-vcard;charset=utf-8', null, 'contact'],
    ['application/pdf', null, 'document'],
    ['application/pdf', 'image', 'document'],
    [null, 'audio', 'audio'],
    ['', 'contacts', 'contact'],
    ['application/octet-stream', 'video', 'video'],
    [null, 'constructor-like', 'document'],
    [null, null, 'document'],
  ])('of %s in a message called %s is %s', (type, messageType, kind) => {
    expect(kindOfMedia(type, messageType)).toBe(kind);
  });
});

function inContext(context: Record<string, unknown>) {
  return JSON.stringify({ type: 'whatsapp', data: { context } });
}
