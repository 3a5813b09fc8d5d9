import type { Json, Kit } from './kit.ts';
import { expectFields, expectMoment, expectSame, expectStatus, expectThat, type Rule } from './rule.ts';

const statusesOut = [
  'queued',
  'sending',
  'unknown',
  'accepted',
  'sent',
  'failed',
  'delivered',
  'read',
  'expired',
  'cancelled',
];
const reasons = [
  'paused',
  'preference',
  'quiet-hours',
  'order-moved-on',
  'alert-claimed',
  'disabled',
  'no-template',
  'no-address',
  'opted-out',
  'expired',
  'provider',
];

const toldOf = (kit: Kit, number: string): Promise<Json> =>
  kit.until(async () => {
    const [message] = await kit.messagesAbout(number);
    expectThat(message !== undefined, `a message about ${number}`, message);
    return message;
  });

export const messages: Rule[] = [
  {
    says: 'a message has exactly the fields of the contract',
    check: async (kit) => {
      const { externalId } = await kit.technician();
      const { number } = await kit.order({ assignee: externalId });
      const message = await toldOf(kit, number);
      expectFields(
        'a message',
        message,
        'id direction technician way kind lane status reason text workOrders alert inReplyTo answeredBy ' +
          'possibleDuplicate error createdAt expiresAt attempts timeline',
      );
      const { direction, technician, kind, lane, workOrders, possibleDuplicate } = message;
      expectSame(
        'the message',
        { direction, technician, kind, lane, workOrders, possibleDuplicate },
        {
          direction: 'out',
          technician: externalId,
          kind: 'work-order.assigned',
          lane: 'notification',
          workOrders: [number],
          possibleDuplicate: false,
        },
      );
      expectThat(['whatsapp', 'sms', 'email'].includes(message.way), 'a known way', message.way);
      expectThat(statusesOut.includes(message.status), `a status of ${statusesOut}`, message.status);
      expectThat(
        message.reason === null || reasons.includes(message.reason),
        'a known reason',
        message.reason,
      );
      expectMoment('createdAt', message.createdAt);
      expectMoment('expiresAt', message.expiresAt);
    },
  },
  {
    says: 'an assignment expires after seven days at most',
    check: async (kit) => {
      const { externalId } = await kit.technician();
      const { createdAt, expiresAt } = await toldOf(kit, (await kit.order({ assignee: externalId })).number);
      const days = (Date.parse(expiresAt) - Date.parse(createdAt)) / 86_400_000;
      expectThat(days > 0 && days < 7.01, 'an expiry within seven days', { createdAt, expiresAt });
    },
  },
  {
    says: 'a message leaves or says why it did not; attempts and timeline tell how',
    check: async (kit) => {
      const { externalId } = await kit.technician();
      const { number } = await kit.order({ assignee: externalId });
      await kit.until(async () => {
        const message = await toldOf(kit, number);
        expectThat(!['queued', 'sending'].includes(message.status), 'the message to be on its way', message);
        for (const attempt of message.attempts)
          expectFields('an attempt', attempt, 'id providerId template status at');
        expectThat(message.timeline.length > 0, 'a timeline', message.timeline);
        for (const entry of message.timeline) {
          expectFields('an entry of the timeline', entry, 'status at source');
          expectMoment('its at', entry.at);
          expectThat(['us', 'provider'].includes(entry.source), 'us or provider as source', entry);
        }
        const hasLeft = ['accepted', 'sent', 'delivered', 'read'].includes(message.status);
        expectThat(!hasLeft || message.attempts.length === 1, 'one attempt', message.attempts);
        const hasEnded = ['expired', 'cancelled', 'failed'].includes(message.status);
        expectThat(!hasEnded || message.reason !== null, 'a reason', message);
      });
    },
  },
  {
    says: 'GET messages/{id} is the message as it is listed',
    check: async (kit) => {
      const { externalId } = await kit.technician();
      const { number } = await kit.order({ assignee: externalId });
      const { id } = await toldOf(kit, number);
      await kit.until(async () => {
        const one = expectStatus(await kit.get(`/messages/${id}`), 200).body;
        expectSame('the message', one, (await kit.messagesAbout(number))[0]);
      });
    },
  },
  {
    says: 'what is held back from somebody who has paused is cancelled, reason paused',
    check: async (kit) => {
      const { externalId } = await kit.technician({ preferences: { paused: true } });
      const { number } = await kit.order({ assignee: externalId });
      await kit.until(async () => {
        const { status, reason } = await toldOf(kit, number);
        expectSame('the message', { status, reason }, { status: 'cancelled', reason: 'paused' });
      });
    },
  },
  {
    says: 'somebody without an address is not told, reason no-address',
    check: async (kit) => {
      const { externalId } = await kit.technician({ phone: null });
      const { number } = await kit.order({ assignee: externalId });
      await kit.until(async () => {
        const { status, reason } = await toldOf(kit, number);
        expectSame('reason', reason, 'no-address');
        expectThat(['cancelled', 'failed'].includes(status), 'the message to have ended', status);
      });
    },
  },
];
