import { signButton } from '../buttons.ts';
import type { Deps } from '../deps.ts';
import { type Alert, whyUntrue } from '../domain/alert.ts';
import type { WorkOrder } from '../domain/work-order.ts';
import type { DueMessage } from '../store/outbox.ts';
import type { Tx } from '../store/store.ts';

/** What a message is about: an order, or alerts in the order it names them; or neither. */
export type About = { order: WorkOrder | null; alerts: Alert[] };

/** What each of these messages is about. Read after what is not true any more was dropped from them. */
export const aboutEach = async (
  tx: Tx,
  messages: DueMessage[],
  orders: Map<string, WorkOrder>,
): Promise<Map<string, About>> => {
  const ofAlerts = messages.flatMap(({ id, kind }) => (kind.startsWith('alert.') ? id : []));
  const idsOf = ofAlerts.length === 0 ? new Map<string, string[]>() : await tx.alerts.ofMessages(ofAlerts);
  const alertIds = [...new Set([...idsOf.values()].flat())];
  const alerts = alertIds.length === 0 ? new Map<string, Alert>() : await tx.alerts.getMany(alertIds);
  return new Map(
    messages.map(({ id, kind, workOrderId, by }) => [
      id,
      {
        order: orders.get(workOrderId ?? '') ?? null,
        // What was tried before keeps those of which it is not so any more.
        alerts: (idsOf.get(id) ?? [])
          .flatMap((alertId) => alerts.get(alertId) ?? [])
          .filter((alert) => whyUntrue(kind, alert, by?.id ?? null) === null),
      },
    ]),
  );
};

/**
 * What a tap on a button sends: the signed action on the order or the alert. Of several alerts it is the command alone,
 * as if typed in reply to the message: then we ask which of them. So it is where there is neither.
 */
export const payloadFor = (
  tx: Tx,
  { now, secretKeys }: Pick<Deps, 'now' | 'secretKeys'>,
  { order, alerts }: About,
  action: string,
): string => {
  const common = { tenantId: tx.tenantId, action, issuedAt: now() };
  const [alert, ...others] = alerts;
  if (order) {
    const { id: orderId, assignmentNo } = order;
    return signButton({ ...common, orderId, assignmentNo }, secretKeys[0]!);
  }
  return alert && others.length === 0 ? signButton({ ...common, alertId: alert.id }, secretKeys[0]!) : action;
};
