import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import { sha256 } from '../src/crypto.ts';
import { conversationAddress } from '../src/domain/phone.ts';
import { identify } from '../src/identity.ts';
import type { Address } from '../src/store/technicians.ts';
import { useApi } from './support/api.ts';
import { createTenant, type TestTenant } from './support/tenant.ts';

const api = useApi();
let tenant: TestTenant;
beforeEach(async () => {
  tenant = await createTenant(api.store);
});

const inTenant: typeof api.store.tenant = async (id, work) => api.store.tenant(id, work);
const put = (id: string, body: object) => api.put(`/technicians/${id}`, { name: id, ...body }, tenant);
const addressesOf = async (id: string): Promise<Address[]> =>
  (await api.get(`/technicians/${id}`, tenant)).body.addresses;
const userIdsOf = async (id: string) =>
  (await addressesOf(id)).flatMap(({ kind, value, active }) =>
    kind === 'whatsapp-user-id' ? `${value}${active ? '' : ' off'}` : [],
  );

/** One message, from the webhook's storing to where its answer would go. */
const hears = async (from: string, userId: string | null = null, of = tenant) => {
  const sid = randomUUID();
  const [stored] = await api.store.gate.storeInbound([
    {
      ...{ kind: 'message', tenantId: of.tenantId, channelId: of.channelId!, id: randomUUID() },
      ...{ key: sha256(sid), raw: Buffer.from('Body=hello'), source: 'webhook', status: 'received' },
      ...{ receivedAt: null, way: 'whatsapp', address: conversationAddress(from), userId, providerId: sid },
      attemptId: null,
    },
  ]);
  const conversation = stored!.conversationId!;
  return inTenant(of.tenantId, async (tx) => {
    const sender = { from, userId, channelId: of.channelId!, messageId: randomUUID() };
    const found = await identify(tx, sender, api.deps);
    const { technician, mayAct, changed, heard } = found;
    await tx.conversations.heard(conversation, stored!.storedAt, {
      ...{ technicianId: technician?.id ?? null, heard, talk: null },
    });
    const to = (await tx.conversations.addresses([conversation])).get(conversation)!;
    return { who: technician?.externalId ?? null, mayAct, changed, to: to.reply, conversation };
  });
};

/** Where a notice would go, and in which conversation. */
const tells = async (id: string) =>
  inTenant(tenant.tenantId, async (tx) => {
    const technician = (await tx.technicians.find(id))!;
    const conversation = await tx.conversations.open(
      tenant.channelId!,
      technician.id,
      `whatsapp:${technician.phone ?? ''}`,
      randomUUID,
    );
    const to = (await tx.conversations.addresses([conversation])).get(conversation)!;
    return { to: to.notice, conversation };
  });

const changes = () =>
  inTenant(tenant.tenantId, async (tx) => {
    await tx.events.publish(100);
    const events = await tx.events.feed({ after: 0, limit: 100, type: 'technician.identity_changed' });
    return events.map(({ actor, data }) => ({ actor: actor.kind, ...data }));
  });

const changed = (technician: string, other: string | null = null) => ({
  ...{ actor: 'system', technician, kind: 'whatsapp-user-id', other },
});

const phone = '+15005550101';
const from = `whatsapp:${phone}`;
const userId = 'whatsapp:US.1349';
const newUserId = 'whatsapp:US.9431';

describe('a phone in another spelling', () => {
  test.each([
    ['+52 55 1234 5678', '+5215512345678', '+525512345678'],
    ['+52 1 55 1234 5678', '+525512345678', '+525512345678'],
    ['+55 21 8765 4321', '+5521987654321', '+5521987654321'],
    ['+55 21 98765 4321', '+552187654321', '+5521987654321'],
    ['+54 11 15 5874 9895', '+5491158749895', '+5491158749895'],
    ['+54 11 5874 9895', '+5491158749895', '+5491158749895'],
    ['+54 9 11 5874 9895', '+541158749895', '+5491158749895'],
  ])('%s writes as %s: known, in one conversation, answered in that spelling', async (given, wa, first) => {
    await put('T-1', { phone: given });
    const told = await tells('T-1');
    expect(told.to).toBe(`whatsapp:${first}`);
    expect(await hears(`whatsapp:${wa}`)).toEqual({
      ...{ who: 'T-1', mayAct: true, changed: false, to: `whatsapp:${wa}` },
      conversation: told.conversation,
    });
    // The spelling that came last is the one that arrives.
    expect(await tells('T-1')).toEqual({ to: `whatsapp:${wa}`, conversation: told.conversation });
    await hears(`whatsapp:${first}`);
    expect((await tells('T-1')).to).toBe(`whatsapp:${first}`);
  });

  test("is another technician's: 409, wherever it is asked for", async () => {
    await put('T-1', { phone: '+52 55 1234 5678' });
    const asPhone = await put('T-2', { phone: '+52 1 55 1234 5678' });
    expect([asPhone.status, asPhone.body.errors[0].pointer]).toEqual([409, '/phone']);
    await put('T-3', { phone: '+54 11 5874 9895' });
    const asAddress = await put('T-2', { addresses: [{ kind: 'sms', value: '+54 9 11 5874 9895' }] });
    expect([asAddress.status, asAddress.body.errors[0].pointer]).toEqual([409, '/addresses/0']);
    expect((await put('T-1', { phone: '+52 1 55 1234 5678' })).status).toBe(200);
  });

  test('of somebody unknown is answered as it came, and stays one conversation when he is registered', async () => {
    const before = await hears('whatsapp:+5215512345678');
    expect(before).toMatchObject({ who: null, to: 'whatsapp:+5215512345678' });
    expect((await hears('whatsapp:+525512345678')).conversation).toBe(before.conversation);
    await hears('whatsapp:+5215512345678');
    await put('T-1', { phone: '+52 55 1234 5678' });
    expect(await tells('T-1')).toEqual({ to: before.to, conversation: before.conversation });
  });

  test('that two technicians share from before is nobody, unless a user id says who', async () => {
    await put('T-1', { addresses: [{ kind: 'whatsapp-user-id', value: 'US.1349' }] });
    await put('T-2', {});
    await inTenant(tenant.tenantId, async (tx) => {
      const [one, two] = [await tx.technicians.find('T-1'), await tx.technicians.find('T-2')];
      await tx.technicians.setAddresses(one!.id, [
        { kind: 'whatsapp', value: '+552187654321', active: true },
        { kind: 'whatsapp-user-id', value: 'US.1349', active: true },
      ]);
      await tx.technicians.setAddresses(two!.id, [
        { kind: 'whatsapp', value: '+5521987654321', active: true },
      ]);
    });
    expect((await hears('whatsapp:+552187654321')).who).toBeNull();
    expect((await hears('whatsapp:+552187654321', userId)).who).toBe('T-1');
  });
});

test.each(['', 'nobody', 'messenger:12', 'whatsapp:', 'whatsapp:+0', 'whatsapp:us.1'])(
  'a sender that cannot be read (%j) is nobody, and is not refused',
  async (unreadable) => {
    await put('T-1', { phone });
    expect(await hears(unreadable)).toMatchObject({ who: null, mayAct: true, changed: false });
    expect((await hears(from, unreadable)).who).toBe('T-1');
    expect(await userIdsOf('T-1')).toEqual([]);
  },
);

describe('a user id', () => {
  test('that comes with a known phone is learned: alone, it is known from then on', async () => {
    await put('T-1', { phone });
    expect((await hears(userId, userId)).who).toBeNull();
    const first = await hears(from, userId);
    expect(first).toMatchObject({ who: 'T-1', changed: false, to: from });
    const alone = await hears(userId, userId);
    // Hidden or not, the phone is where everything goes to.
    expect(alone).toEqual({ ...first, to: from });
    expect(await userIdsOf('T-1')).toEqual(['US.1349']);
    expect(await changes()).toEqual([]);
  });

  test('is where a person without a phone is reached', async () => {
    await put('T-1', { addresses: [{ kind: 'whatsapp-user-id', value: 'US.1349' }] });
    expect((await tells('T-1')).to).toBe(userId);
    expect(await hears(userId, userId)).toMatchObject({ who: 'T-1', to: userId });
    // WhatsApp shows the phone again: it is hers, as the user id says.
    expect(await hears(from, userId)).toMatchObject({ who: 'T-1', mayAct: true, to: from });
    expect((await hears(from)).who).toBeNull();
  });

  test('other than the one learned: recorded once, and the new one counts', async () => {
    await put('T-1', { phone });
    const { conversation } = await hears(from, userId);
    await hears(userId, userId);
    expect(await hears(from, newUserId)).toMatchObject({ who: 'T-1', mayAct: true, changed: true });
    for (const sender of [from, newUserId]) {
      expect(await hears(sender, newUserId)).toMatchObject({ who: 'T-1', changed: false, conversation });
    }
    expect(await changes()).toEqual([changed('T-1')]);
    expect(await userIdsOf('T-1')).toEqual(['US.1349 off', 'US.9431']);

    const old = await hears(userId, userId);
    expect(old).toMatchObject({ who: null, to: userId });
    expect(old.conversation).not.toBe(conversation);
    expect((await tells('T-1')).to).toBe(from);

    // Back again: a change as well.
    expect(await hears(from, userId)).toMatchObject({ who: 'T-1', changed: true });
    expect(await userIdsOf('T-1')).toEqual(['US.1349', 'US.9431 off']);
    expect(await changes()).toHaveLength(2);
  });

  test('other than the one the CMMS registered is a change too', async () => {
    await put('T-1', { phone, addresses: [{ kind: 'whatsapp-user-id', value: 'US.1349' }] });
    expect(await hears(from, newUserId)).toMatchObject({ who: 'T-1', changed: true });
    expect(await userIdsOf('T-1')).toEqual(['US.1349 off', 'US.9431']);
  });

  test('of a second phone, of another account or of the company is no change', async () => {
    await put('T-1', { phone, addresses: [{ kind: 'whatsapp', value: '+15005550102' }] });
    await hears(from, userId);
    expect(await hears('whatsapp:+15005550102', newUserId)).toMatchObject({
      ...{ who: 'T-1', changed: false, to: 'whatsapp:+15005550102' },
    });
    expect(await hears(from, 'whatsapp:US.ENT.77')).toMatchObject({ who: 'T-1', changed: false, to: from });
    await inTenant(tenant.tenantId, async (tx) => {
      const channel = (await tx.channels.get(tenant.channelId!))!;
      await tx.channels.save({ ...channel, accountSid: 'AC-other' }, new Date());
    });
    expect(await hears(from, 'whatsapp:US.5')).toMatchObject({ who: 'T-1', changed: false });
    expect(await userIdsOf('T-1')).toEqual(['US.1349', 'US.5', 'US.9431', 'US.ENT.77']);
    expect(await changes()).toEqual([]);
  });

  test('learned by two messages at once is learned once', async () => {
    await put('T-1', { phone });
    const { conversation } = await hears(from);
    const learned = await Promise.all(
      [1, 2, 3].map(() =>
        inTenant(tenant.tenantId, (tx) =>
          identify(tx, { from, userId, channelId: tenant.channelId!, messageId: conversation }, api.deps),
        ),
      ),
    );
    expect(learned.map(({ technician }) => technician!.externalId)).toEqual(['T-1', 'T-1', 'T-1']);
    expect(await changes()).toEqual([]);
    expect(await userIdsOf('T-1')).toEqual(['US.1349']);
  });

  test('is not known in another tenant', async () => {
    await put('T-1', { phone });
    await hears(from, userId);
    const elsewhere = await createTenant(api.store);
    expect((await hears(from, userId, elsewhere)).who).toBeNull();
    expect((await hears(userId, userId, elsewhere)).who).toBeNull();
  });
});

describe('what was learned', () => {
  beforeEach(async () => {
    await put('T-1', { phone });
    await hears(from, userId);
  });

  test('stays when the CMMS writes its own addresses, and is not lost when it sends back what it read', async () => {
    await put('T-1', { addresses: [] });
    expect((await hears(userId, userId)).who).toBe('T-1');
    const { body } = await api.get('/technicians/T-1', tenant);
    expect((await put('T-1', body)).body).toEqual(body);
    await put('T-1', { phone: '+15005550109', addresses: [] });
    expect((await hears(userId, userId)).who).toBeNull();
  });

  test('stays off where the CMMS switches it off; the phone still counts', async () => {
    await put('T-1', { addresses: [{ kind: 'whatsapp-user-id', value: 'US.1349', active: false }] });
    await put('T-1', { name: 'Maria' });
    expect(await hears(from, userId)).toMatchObject({ who: 'T-1', changed: false });
    expect((await hears(userId, userId)).who).toBeNull();
    expect(await userIdsOf('T-1')).toEqual(['US.1349 off']);
  });

  test('goes when the phone is switched off', async () => {
    await put('T-1', { addresses: [{ kind: 'whatsapp', value: phone, active: false }] });
    expect((await hears(from, userId)).who).toBeNull();
    expect((await hears(userId, userId)).who).toBeNull();
  });
});

describe('a number that a second person takes over', () => {
  test("history stays with the first, new messages are the second one's, with the user id and in any spelling", async () => {
    const number = '+525512345678';
    const [old, wa] = [`whatsapp:${number}`, 'whatsapp:+5215512345678'];
    await put('T-1', { phone: number });
    const first = await hears(wa, userId);
    await hears(userId, userId);
    expect((await put('T-2', { phone: '+52 1 55 1234 5678' })).status).toBe(409);

    await put('T-1', { phone: '+15005550109' });
    for (const sender of [wa, old, userId]) {
      expect(await hears(sender, userId)).toMatchObject({ who: null, to: sender });
    }
    expect((await put('T-2', { phone: '+52 1 55 1234 5678' })).status).toBe(201);
    const second = await hears(wa, userId);
    expect(second).toMatchObject({ who: 'T-2', mayAct: true, changed: false, to: wa });
    expect(second.conversation).not.toBe(first.conversation);
    expect(await hears(userId, userId)).toMatchObject({ who: 'T-2', conversation: second.conversation });
    expect(await tells('T-1')).toEqual({ to: 'whatsapp:+15005550109', conversation: first.conversation });
    expect(await userIdsOf('T-1')).toEqual([]);
  });

  test('learning while the phone is taken away leaves nothing behind', async () => {
    for (let round = 0; round < 5; round++) {
      await put('T-1', { phone });
      await hears(from);
      await Promise.all([hears(from, userId), put('T-1', { phone: null })]);
      expect(await addressesOf('T-1')).toEqual([]);
    }
  });
});

describe("one technician's phone with another's user id", () => {
  test.each(['heard before', 'never heard'])(
    'acts for neither, answers, and is told once (%s)',
    async (when) => {
      await put('T-1', { phone });
      await put('T-2', { phone: '+15005550102' });
      const taken = 'whatsapp:+15005550102';
      await hears(from, userId);
      await hears(userId, userId);
      if (when === 'heard before') await hears(taken);
      const contradiction = { who: 'T-2', mayAct: false, to: taken };
      const first = await hears(taken, userId);
      expect(first).toMatchObject({ ...contradiction, changed: true });
      expect(await hears(taken, userId)).toMatchObject({ ...contradiction, changed: false });
      expect((await tells('T-2')).conversation).toBe(first.conversation);
      expect(await changes()).toEqual([changed('T-2', 'T-1')]);
      expect(await hears(from, userId)).toMatchObject({ who: 'T-1', mayAct: true });

      // The CMMS says who it is.
      await put('T-1', { phone: null });
      expect(await hears(taken, userId)).toMatchObject({ who: 'T-2', mayAct: true, changed: false });
    },
  );
});

describe('an inactive technician', () => {
  test('is unknown, by phone and by user id', async () => {
    await put('T-1', { phone });
    const { conversation } = await hears(from, userId);
    await put('T-1', { active: false });
    expect(await hears(from, userId)).toMatchObject({ who: null, conversation });
    expect((await hears(userId, userId)).who).toBeNull();
    await put('T-1', { active: true });
    expect((await hears(userId, userId)).who).toBe('T-1');
  });

  test('leaves a user id to the one on whose phone it is now, and somebody is told', async () => {
    await put('T-1', { addresses: [{ kind: 'whatsapp-user-id', value: 'US.1349' }] });
    await hears(userId, userId);
    await put('T-1', { active: false });
    await put('T-2', { phone });
    const { conversation } = await tells('T-2');
    expect(await hears(from, userId)).toMatchObject({
      who: 'T-2',
      mayAct: true,
      changed: true,
      conversation,
    });
    expect(await hears(userId, userId)).toMatchObject({ who: 'T-2', changed: false, conversation });
    expect(await changes()).toEqual([changed('T-2', 'T-1')]);
  });
});

describe('opted out', () => {
  const at = new Date('2026-11-22T12:00:00.000Z');
  const later = new Date('2026-11-22T13:00:00.000Z');
  const optOut = (kind: Address['kind'], value: string, when = at) =>
    inTenant(tenant.tenantId, (tx) => tx.technicians.optedOut(kind, value, when));
  const optIn = (kind: Address['kind'], value: string, when = later) =>
    inTenant(tenant.tenantId, (tx) => tx.technicians.optedIn(kind, value, when));
  const assign = async (number: string) => {
    await api.put(`/work-orders/${number}`, { title: 'Seal', assignee: 'T-1' }, tenant);
    const [message] = (await api.get('/messages', tenant)).body.items;
    return [message.status, message.reason];
  };

  test('a notice is held back and says why; an answer still tries', async () => {
    await put('T-1', { phone: '+52 55 1234 5678' });
    await hears('whatsapp:+5215512345678', userId);
    expect(await optOut('whatsapp', '+5215512345678')).toBe('T-1');
    expect(await optOut('whatsapp', '+525512345678')).toBeNull();
    expect(await assign('WO-1')).toEqual(['cancelled', 'opted-out']);
    expect((await tells('T-1')).to).toBeNull();
    // The user id is the same phone.
    for (const sender of ['whatsapp:+5215512345678', userId]) {
      expect((await hears(sender, userId)).to).toBe('whatsapp:+5215512345678');
    }
    await optIn('whatsapp-user-id', 'US.1349');
    expect(await assign('WO-2')).toEqual(['queued', null]);
    // Refused only now, but sent before.
    expect(await optOut('whatsapp', '+525512345678', at)).toBeNull();
    expect(await assign('WO-3')).toEqual(['queued', null]);
  });

  test('at one phone, notices go to the other', async () => {
    await put('T-1', { phone, addresses: [{ kind: 'whatsapp', value: '+15005550102' }] });
    await optOut('whatsapp', phone);
    expect(await assign('WO-1')).toEqual(['queued', null]);
    expect((await tells('T-1')).to).toBe('whatsapp:+15005550102');
    expect((await hears(from)).to).toBe(from);
    expect((await tells('T-1')).to).toBe('whatsapp:+15005550102');
  });

  test('by a user id learned later as well; by nobody we know, nothing happens', async () => {
    await put('T-1', { phone });
    await optOut('whatsapp', phone);
    await hears(from, userId);
    expect((await tells('T-1')).to).toBeNull();
    expect(await optOut('whatsapp', '+15005550177')).toBeNull();
  });
});
