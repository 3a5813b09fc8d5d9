import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { readFacts } from '../../src/cmms/facts.ts';
import { collectFaults } from '../../src/cmms/faults.ts';
import { raiseAlert } from '../../src/cmms/raise-alert.ts';
import { takeDue } from '../../src/messaging/take.ts';
import { timing, unclear, useOutbox } from './outbox-stage.ts';

const outbox = useOutbox();

describe('a critical page', () => {
  /** Somebody with WhatsApp and text messages, who is paged. */
  const paged = async (severity: 'critical' | 'high' = 'critical') => {
    const on = await outbox.channel();
    const person = await on.technician();
    const phone = person.address.replace('whatsapp:', '');
    const messageId = await on.store.tenant(on.tenantId, async (tx) => {
      const smsChannel = {
        ...{ id: randomUUID(), way: 'sms' as const, provider: 'simulator' as const },
        ...{ address: `+1415${String(Date.now()).slice(-7)}`, accountSid: 'AC1', credentials: 'sealed' },
        ...{ messagingServiceSid: null, messagesPerSecond: 1 },
      };
      await tx.channels.save(smsChannel, new Date());
      await tx.technicians.setAddresses(person.id, [
        { kind: 'whatsapp', value: phone, active: true },
        { kind: 'sms', value: phone, active: true },
      ]);
      await tx.assets.insert({ id: randomUUID(), code: 'P-3', name: 'Pump', location: null });
      const facts = await readFacts(tx, on.deps, { kind: 'cmms', id: null });
      const alert = { externalId: 'A-1', asset: 'P-3', message: 'Hot', severity };
      const fields = { ...alert, recipients: [person.externalId] };
      return (await raiseAlert(tx, fields, facts, collectFaults())).messageIds[0]!;
    });
    const byWay = () =>
      on.query(
        "SELECT way, status, split_part(text, chr(10), 1) AS head FROM message WHERE tenant_id = $1 AND direction = 'out' ORDER BY seq",
        [on.tenantId],
      );
    return { on, messageId, byWay };
  };
  const bySms = { way: 'sms', status: 'queued', head: 'CRITICAL EQUIPMENT ALERT' };

  test('of which nobody knows whether it was taken goes on by the next way after ten seconds', async () => {
    const { on, byWay } = await paged();
    on.provider.will(unclear);
    await on.run();
    // It comes back for it by itself.
    expect(
      on.bells.some(({ queue, afterMs }) => queue === 'outbound' && afterMs > 8000 && afterMs < 10_100),
    ).toBe(true);
    await on.pass(8);
    await on.run();
    expect(await byWay()).toHaveLength(1);
    await on.pass(3);
    await on.run();
    expect(await byWay()).toMatchObject([{ way: 'whatsapp', status: 'unknown' }, bySms]);
    expect(
      await on.store.tenant(on.tenantId, (tx) => tx.messages.list({ before: null, limit: 9 })),
    ).toMatchObject([{ alert: 'A-1' }, { alert: 'A-1' }]);
    // The first way is not tried again.
    await on.pass(300);
    await on.run();
    expect(on.provider.sent).toHaveLength(1);
  });

  test('goes on too when whoever sent it has died', async () => {
    const { on, byWay } = await paged();
    await on.store.tenant(on.tenantId, (tx) => takeDue(tx, on.deps, on.channelId, 10, timing));
    await on.pass(11);
    await on.run();
    expect(await byWay()).toMatchObject([{ way: 'whatsapp', status: 'sending' }, bySms]);
  });

  test('that the provider has may take as long as any other', async () => {
    const { on, byWay } = await paged();
    await on.run();
    await on.pass(290);
    await on.run();
    expect(await byWay()).toHaveLength(1);
    await on.pass(15);
    await on.run();
    expect(await byWay()).toMatchObject([{ way: 'whatsapp', status: 'accepted' }, bySms]);
  });

  test('no longer goes on once somebody else has claimed it', async () => {
    const { on, byWay, messageId } = await paged();
    on.provider.will(unclear);
    await on.run();
    await on.query(
      `UPDATE alert SET state = 'resolved', resolved_at = now() WHERE tenant_id = $1 AND $2::uuid IS NOT NULL`,
      [on.tenantId, messageId],
    );
    await on.pass(11);
    await on.run();
    expect(await byWay()).toHaveLength(1);
  });

  test('one that is not critical waits as any other', async () => {
    const { on, byWay } = await paged('high');
    on.provider.will(unclear);
    await on.run();
    await on.pass(12);
    await on.run();
    expect(await byWay()).toHaveLength(1);
  });
});
