import { readFacts } from '../../src/cmms/facts.ts';
import { collectFaults } from '../../src/cmms/faults.ts';
import { raiseAlert } from '../../src/cmms/raise-alert.ts';
import { saveTechnician } from '../../src/cmms/save-technician.ts';
import { saveWorkOrder } from '../../src/cmms/save-work-order.ts';
import { sha256 } from '../../src/crypto.ts';
import type { TestPanel } from './panel.ts';

export const picture = Buffer.from('not really a picture');

/**
 * Two technicians, Maria (E-1) and James (E-2), a pump, the order WO-1 that nobody has, with a picture of Maria's, and
 * the open alert A-1.
 */
export const giveWork = ({ deps, tenant, files }: TestPanel): Promise<{ attachmentId: string }> =>
  deps.store.tenant(tenant.tenantId, async (tx) => {
    const facts = await readFacts(tx, deps, { kind: 'cmms', id: null });
    const faults = collectFaults();
    for (const [externalId, name, phone] of [
      ['E-1', 'Maria <i>Lopez</i>', '+12025550101'],
      ['E-2', 'James Park', '+12025550102'],
    ] as const) {
      await saveTechnician(tx, externalId, { name, phone, role: 'technician' }, facts, faults);
    }
    await tx.assets.insert({ id: deps.newId(), code: 'PUMP-3', name: 'Cooling pump', location: 'Hall 2' });
    const { order } = await saveWorkOrder(tx, 'WO-1', { title: 'Replace the seal' }, facts, faults);
    const alert = { externalId: 'A-1', asset: 'PUMP-3', message: 'Too hot', severity: 'high' as const };
    await raiseAlert(tx, alert, facts, faults);

    const maria = (await tx.technicians.find('E-1'))!;
    const attachmentId = deps.newId();
    const messageId = deps.newId();
    await deps.store.gate.storeInbound([
      {
        ...{ kind: 'message', tenantId: tenant.tenantId, channelId: tenant.channelId!, id: messageId },
        ...{ key: sha256(messageId), raw: Buffer.from('Body='), source: 'webhook', status: 'received' },
        ...{ receivedAt: null, way: 'whatsapp', address: 'whatsapp:+12025550101', userId: null },
        ...{ providerId: messageId, attemptId: null },
      },
    ]);
    await tx.attachments.add({
      ...{ id: attachmentId, messageId, channelId: tenant.channelId!, technicianId: maria.id },
      ...{
        workOrderId: order.id,
        kind: 'image',
        caption: 'The <b>seal</b>',
        sourceUrl: 'https://x.example/1',
      },
      ...{ declaredType: 'image/jpeg', place: null, receivedAt: deps.now() },
    });
    await files.put(`${tenant.tenantId}/${attachmentId}`, picture);
    await tx.attachments.stored(attachmentId, {
      ...{ contentType: 'image/jpeg', sizeBytes: picture.length, sha256: sha256(picture) },
    });
    return { attachmentId };
  });
