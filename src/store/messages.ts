import { type DeliveryStatus, forward } from '../domain/delivery-status.ts';
import type { MessageKind, Way } from '../domain/message.ts';
import { type TimelineEntry, timelineOf } from '../domain/timeline.ts';
import { fallbackAt, fallbackOnceAccepted } from './attempts.ts';
import type { Queries } from './connections.ts';
import { isHidden } from './erasure.ts';
import { firstWayOf } from './first-way.ts';
import {
  firstSince,
  inIndexOrder,
  lastLookedAt,
  type MessageSearch,
  type Stretch,
  searchStatement,
  writtenIn,
} from './message-search.ts';
import type { QuickReplyButton } from './outbox.ts';

export type ListedMessage = {
  id: string;
  seq: number;
  direction: 'in' | 'out';
  technician: string | null;
  technicianName: string | null;
  way: Way;
  kind: string | null;
  lane: string | null;
  status: string;
  reason: string | null;
  text: string | null;
  /** The order it is about, among those it names. */
  workOrderId: string | null;
  workOrders: string[];
  /** The first of the alerts it is about. */
  alert: string | null;
  inReplyTo: string | null;
  answeredBy: string | null;
  possibleDuplicate: boolean;
  error: { code: string | null; text: string | null } | null;
  /** How the last try ended that failed and is repeated later; null: none is repeated. */
  failedForNow: { error: { code: string | null; text: string | null } | null } | null;
  createdAt: Date;
  expiresAt: Date | null;
  attempts: { id: string; providerId: string | null; template: string | null; status: string; at: Date }[];
  timeline: TimelineEntry[];
};

/** What the log holds of one message besides: how it was decided to send it, and what belongs to it. */
export type MessageDetail = {
  message: ListedMessage;
  conversationId: string | null;
  /** The sender here that it went by, or came to. */
  channelAddress: string | null;
  /** When it is sent next; null: nothing is left to do. */
  dueAt: Date | null;
  /** Its own id, if it is the one by the first way. */
  firstId: string;
  /** All that say the same, in their order, this one included: by further ways, and sent again. */
  family: { id: string; way: Way; status: string; resentOf: string | null }[];
  attempts: {
    id: string;
    reason: string;
    address: string;
    text: string | null;
    template: string | null;
    contentSid: string | null;
    state: string;
    status: string;
    providerId: string | null;
    sendingAt: Date;
    error: { code: string | null; text: string | null } | null;
    /** When the person had last written on that conversation before it. */
    heardAt: Date | null;
  }[];
};

/** What was found, and where to go on: with what follows the last one, or where looking stopped. */
export type FoundMessages = {
  messages: ListedMessage[];
  /** Row number to go on below; null: there is nothing further. */
  next: number | null;
  /** Back to when it was looked, where that stopped before there were enough; null: to the end, or enough were found. */
  stoppedAt: Date | null;
};

export type MessageFilter = {
  technicianId?: string;
  workOrderId?: string;
  alertId?: string;
  direction?: 'in' | 'out';
  status?: string;
  since?: Date;
};

export const messages = (trx: Queries, tenantId: string) => {
  const rows = () =>
    trx('message as m')
      .leftJoin('technician as t', (join) =>
        join.on('t.tenant_id', 'm.tenant_id').on('t.id', 'm.technician_id'),
      )
      .where({ 'm.tenant_id': tenantId })
      .select('m.*', 't.external_id as technician', 't.name as technician_name')
      .select(trx.raw(`${isHidden.message('m')} AS is_hidden`));

  const fillIn = async (found: Row[]): Promise<ListedMessage[]> => {
    const ids = found.map((row) => row.id!);
    const ofMessages = (table: string) =>
      trx(table).where({ tenant_id: tenantId }).whereIn('message_id', ids);
    const orders = await trx('message_work_order as o')
      .join('work_order as w', (join) => join.on('w.tenant_id', 'o.tenant_id').on('w.id', 'o.work_order_id'))
      .where({ 'o.tenant_id': tenantId })
      .whereIn('o.message_id', ids)
      .orderBy('o.position')
      .select('o.message_id', 'w.number');
    const alerts = await trx('message_alert as x')
      .join('alert as a', (join) => join.on('a.tenant_id', 'x.tenant_id').on('a.id', 'x.alert_id'))
      .where({ 'x.tenant_id': tenantId })
      .whereIn('x.message_id', ids)
      .orderBy('x.position')
      .select('x.message_id', 'a.external_id');
    const tries = await ofMessages('attempt').orderBy('sending_at');
    const callbacks = await trx('status_callback')
      .where({ tenant_id: tenantId })
      .whereIn(
        'applied_to',
        tries.map((row) => row.id),
      )
      .whereNotNull('status')
      .orderBy('seq');
    return found.map((row) => {
      const attempts = tries.filter((attempt) => attempt.message_id === row.id);
      const last = attempts.at(-1);
      const isRepeated = row.status === 'sending' && row.due_at !== null && last?.status === 'failed';
      return {
        id: row.id!,
        seq: row.seq!,
        direction: row.direction!,
        technician: row.technician!,
        technicianName: row.technician_name!,
        way: row.way!,
        kind: row.kind!,
        lane: row.lane!,
        status: row.status!,
        reason: row.reason!,
        text: row.is_hidden ? null : row.text!,
        workOrderId: row.work_order_id!,
        workOrders: orders.filter((order) => order.message_id === row.id).map((order) => order.number),
        alert: alerts.find((alert) => alert.message_id === row.id)?.external_id ?? null,
        inReplyTo: row.in_reply_to!,
        answeredBy: row.answered_by!,
        possibleDuplicate: row.possible_duplicate!,
        error: errorOf(row, row.is_hidden!),
        failedForNow: isRepeated ? { error: errorOf(last, row.is_hidden!) } : null,
        createdAt: row.received_at ?? row.created_at!,
        expiresAt: row.expires_at!,
        attempts: attempts.map((attempt) => ({
          id: attempt.id,
          providerId: attempt.provider_id,
          template: attempt.template,
          status: attempt.status,
          at: attempt.sending_at,
        })),
        timeline: timelineOf(
          {
            beganAs: row.direction === 'in' ? 'received' : 'queued',
            beganAt: row.received_at ?? row.created_at!,
            status: row.status!,
            statusAt: row.status_at!,
          },
          attempts.map((attempt) => ({
            sendingAt: attempt.sending_at,
            acceptedAt: attempt.accepted_at,
            status: attempt.status,
            statusAt: attempt.status_at,
            told: callbacks
              .filter((callback) => callback.applied_to === attempt.id)
              .map((callback) => ({ status: callback.status, at: callback.received_at })),
          })),
        ),
      };
    });
  };

  return {
    get: async (id: string): Promise<ListedMessage | null> => {
      const row = await rows().where({ 'm.id': id }).first();
      return row ? (await fillIn([row]))[0]! : null;
    },

    /** Newest first, before that row number. */
    list: async (
      page: { before: number | null; limit: number } & MessageFilter,
    ): Promise<ListedMessage[]> => {
      const query = rows().orderBy('m.seq', 'desc').limit(page.limit);
      if (page.before !== null) query.where('m.seq', '<', page.before);
      if (page.technicianId) query.where({ 'm.technician_id': page.technicianId });
      if (page.direction) query.where({ 'm.direction': page.direction });
      if (page.status) query.where({ 'm.status': page.status });
      if (page.since) query.whereRaw('coalesce(m.received_at, m.created_at) >= ?', [page.since]);
      if (page.workOrderId) {
        query.whereIn(
          'm.id',
          trx('message_work_order')
            .where({ tenant_id: tenantId, work_order_id: page.workOrderId })
            .select('message_id'),
        );
      }
      if (page.alertId) {
        query.whereIn(
          'm.id',
          trx('message_alert').where({ tenant_id: tenantId, alert_id: page.alertId }).select('message_id'),
        );
      }
      return fillIn(await query);
    },

    /** Messages about an order or an alert, newest first, that began before that moment. */
    about: async (
      subject: { workOrderId: string } | { alertId: string },
      page: { before: Date | null; limit: number },
    ): Promise<ListedMessage[]> => {
      const [of, id] =
        'workOrderId' in subject
          ? ['message_work_order WHERE tenant_id = $1 AND work_order_id = $2', subject.workOrderId]
          : ['message_alert WHERE tenant_id = $1 AND alert_id = $2', subject.alertId];
      // From these few, whatever Postgres thinks of how many there are: never from the newest of all.
      const found = await trx.rows<{ id: string }>(
        `WITH named AS MATERIALIZED (SELECT message_id FROM ${of})
         SELECT m.id FROM named JOIN message m ON m.tenant_id = $1 AND m.id = named.message_id
         WHERE $3::timestamptz IS NULL OR coalesce(m.received_at, m.created_at) < $3
         ORDER BY m.seq DESC LIMIT $4`,
        [tenantId, id, page.before, page.limit],
      );
      const ids = found.map((row) => row.id);
      return ids.length === 0 ? [] : fillIn(await rows().whereIn('m.id', ids).orderBy('m.seq', 'desc'));
    },

    detail: async (id: string): Promise<MessageDetail | null> => {
      const row = await rows().where({ 'm.id': id }).first();
      if (!row) return null;
      const firstId = row.fallback_of ?? row.id;
      const [[message], family, attempts, channel] = await Promise.all([
        fillIn([row]),
        trx('message')
          .where({ tenant_id: tenantId })
          .where((each) => each.where({ id: firstId }).orWhere({ fallback_of: firstId }))
          .orderBy('seq')
          .select('id', 'way', 'status', 'resent_of'),
        // What the person wrote is among the last of their messages, or the window had long been closed.
        trx.rows<Record<string, never>>(
          `SELECT a.*, (SELECT i.received_at FROM (
               SELECT n.received_at, n.conversation_id, n.direction FROM message n
               WHERE n.tenant_id = $1 AND n.technician_id = $3 AND n.seq < $4 ORDER BY n.seq DESC LIMIT 3000
             ) AS i WHERE i.direction = 'in' AND i.conversation_id = $5 AND i.received_at <= a.sending_at LIMIT 1) AS heard_at
           FROM attempt a WHERE a.tenant_id = $1 AND a.message_id = $2 ORDER BY a.sending_at`,
          // Tries go on for hours, in which others write.
          [tenantId, id, row.technician_id, row.seq + 100_000, row.conversation_id],
        ),
        trx('channel').where({ tenant_id: tenantId, id: row.channel_id }).first('address'),
      ]);
      return {
        message: message!,
        conversationId: row.conversation_id,
        channelAddress: channel?.address ?? null,
        dueAt: row.due_at,
        firstId,
        family: family.map((each) => ({
          ...{ id: each.id, way: each.way, status: each.status },
          resentOf: each.resent_of,
        })),
        attempts: attempts.map((each) => ({
          ...{ id: each.id!, reason: each.reason! },
          ...(row.is_hidden ? { address: '', text: null } : { address: each.address!, text: each.text! }),
          ...{ template: each.template!, contentSid: each.content_sid!, state: each.state! },
          ...{ status: each.status!, providerId: each.provider_id!, sendingAt: each.sending_at! },
          error: errorOf(each, row.is_hidden),
          heardAt: each.heard_at!,
        })),
      };
    },

    /** Newest first, before that row number; by statements of bounded effort, however much there is. */
    search: async (
      search: MessageSearch,
      page: { before: number | null; limit: number },
    ): Promise<FoundMessages> => {
      await trx.rows(inIndexOrder.text, inIndexOrder.values);
      const firstOf = async (at: Date | undefined) => {
        if (!at) return null;
        const { text, values } = firstSince(tenantId, at);
        // Nothing is written yet: then nothing is found either.
        return (await trx.rows<{ seq: number }>(text, values))[0]?.seq ?? null;
      };
      const { since, until } = writtenIn(search);
      const [from, to] = [await firstOf(since), await firstOf(until)];
      const below = [page.before, to].filter((each) => each !== null);
      const stretch: Stretch = { below: below.length > 0 ? Math.min(...below) : null, from };

      const { text, values } = searchStatement(tenantId, search, stretch, page.limit + 1);
      const found = await trx.rows<{ id: string; seq: number }>(text, values);
      const shown = found.slice(0, page.limit);
      const rowsOfPage = await rows().whereIn(
        'm.id',
        shown.map(({ id }) => id),
      );
      const messages = (await fillIn(rowsOfPage)).sort((a, b) => b.seq - a.seq);
      if (found.length > page.limit) return { messages, next: shown.at(-1)!.seq, stoppedAt: null };
      const last = lastLookedAt(tenantId, search, stretch);
      const [stopped] = await trx.rows<{ seq: number; at: Date }>(last.text, last.values);
      return { messages, next: stopped?.seq ?? null, stoppedAt: stopped?.at ?? null };
    },

    /**
     * Moves an outbound message to a status if that is forward; answers the status it has then. `toldAt` is when we
     * were told, if that was before now: news may come late, and what is behind still says since when at the latest.
     */
    moveTo: async (
      id: string,
      news: DeliveryStatus,
      toldAt: Date | null = null,
    ): Promise<DeliveryStatus | null> => {
      const row = await trx('message')
        .where({ tenant_id: tenantId, id, direction: 'out' })
        .forUpdate()
        .first('status', 'sent_at', 'delivered_at', 'read_at');
      if (!row) return null;
      const status = forward(row.status, news);
      const times = (reachedWith[news] ?? []).filter(
        (column) => row[column] === null || (toldAt && toldAt < row[column]),
      );
      if (status !== row.status || times.length > 0) {
        const arrived = status === 'delivered' || status === 'read';
        const isOnItsWay = status === 'unknown' || status === 'accepted' || status === 'sent';
        await trx('message as m')
          .where({ tenant_id: tenantId, id })
          .update({
            ...Object.fromEntries(times.map((column) => [column, toldAt ?? trx.raw('clock_timestamp()')])),
            ...(status === row.status
              ? {}
              : {
                  status,
                  // Whatever was said to have ended it before, it has not.
                  ...(arrived ? { reason: null, error_code: null, error_text: null } : {}),
                  fallback_at: isOnItsWay
                    ? trx.raw(status === 'unknown' ? fallbackAt : fallbackOnceAccepted)
                    : null,
                }),
          });
      }
      return status;
    },

    /** The message that told an assignment, however far it got. */
    ofAssignment: async (workOrderId: string, assignmentNo: number): Promise<string | null> =>
      (
        await trx('message')
          .where({ tenant_id: tenantId, work_order_id: workOrderId, assignment_no: assignmentNo })
          .first('id')
      )?.id ?? null,

    /** Brings the notice of an assignment up to date, as long as it waits to be sent, be it once more. */
    rewriteQueuedNotice: async (
      workOrderId: string,
      assignmentNo: number,
      notice: { kind: MessageKind; texts: Record<Way, string>; buttons: QuickReplyButton[] | null },
    ): Promise<void> => {
      const { whatsapp, sms, email } = notice.texts;
      await trx('message')
        .where({ tenant_id: tenantId, work_order_id: workOrderId })
        .where((told) =>
          told.where({ assignment_no: assignmentNo }).orWhere({ told_assignment_no: assignmentNo }),
        )
        .whereNotNull('due_at')
        .update({
          kind: notice.kind,
          text: trx.raw("CASE way WHEN 'sms' THEN ? WHEN 'email' THEN ? ELSE ? END", [sms, email, whatsapp]),
          buttons: notice.buttons ? JSON.stringify(notice.buttons) : null,
        });
    },

    /**
     * The message behind a provider's id, ours or the person's own, and the orders it was about; of his own,
     * those that its answer was about (`id`: the answer).
     */
    byProviderId: async (
      channelId: string,
      providerId: string,
    ): Promise<{ id: string; kind: MessageKind | null; workOrderIds: string[] } | null> => {
      const { rows: found } = await trx.raw(
        `WITH meant AS (
           SELECT m.id, m.kind FROM attempt a
           JOIN message m ON m.tenant_id = a.tenant_id AND m.id = a.message_id
           WHERE a.tenant_id = :tenantId AND a.channel_id = :channelId AND a.provider_id = :providerId
           UNION ALL
           SELECT coalesce(m.answered_by, m.id), m.kind FROM inbound_key k
           JOIN message m ON m.tenant_id = k.tenant_id AND m.id = k.message_id
           WHERE k.tenant_id = :tenantId AND k.channel_id = :channelId AND k.key = sha256(convert_to(:providerId, 'UTF8'))
         )
         SELECT meant.id, meant.kind, o.work_order_id FROM meant
         LEFT JOIN message_work_order o ON o.tenant_id = :tenantId AND o.message_id = meant.id
         ORDER BY o.position`,
        { tenantId, channelId, providerId },
      );
      return found.length === 0
        ? null
        : {
            id: found[0].id,
            kind: found[0].kind,
            workOrderIds: found.flatMap((row: Row) => row.work_order_id ?? []),
          };
    },

    /**
     * Orders whose notices were held back while the person had paused, since his last pause, or have reached him by
     * no way since he opted out; the newest first.
     */
    missed: async (
      technicianId: string,
      externalId: string,
      optedOutSince: Date | null,
    ): Promise<string[]> => {
      const { rows: missed } = await trx.raw(
        `SELECT o.work_order_id AS id FROM message m
         JOIN message_work_order o ON o.tenant_id = m.tenant_id AND o.message_id = m.id
         WHERE m.tenant_id = :tenantId AND m.technician_id = :technicianId
           AND (m.reason = 'paused' AND m.created_at >= coalesce((
               SELECT max(e.at) FROM event e WHERE e.tenant_id = m.tenant_id AND e.type = 'technician.resumed'
                 AND e.actor_id = :externalId AND e.actor_kind = 'technician'), '-infinity')
             OR m.kind <> 'reply' AND m.created_at >= :optedOutSince::timestamptz
               AND (m.status IN ('failed', 'expired') OR m.status = 'cancelled'
                 AND m.reason IN ('opted-out', 'no-address', 'no-template', 'provider'))
               AND NOT EXISTS (
                 SELECT FROM message w WHERE w.tenant_id = m.tenant_id
                   AND (w.id = m.fallback_of OR w.fallback_of = ${firstWayOf('m')})
                   AND w.status NOT IN ('failed', 'expired', 'cancelled')))
         GROUP BY o.work_order_id ORDER BY max(m.seq) DESC LIMIT 200`,
        { tenantId, technicianId, externalId, optedOutSince },
      );
      return missed.map(({ id }: { id: string }) => id);
    },

    /** When the provider accepted the notice of each order's present assignment. */
    noticesAccepted: async (technicianId: string): Promise<Map<string, Date>> => {
      const accepted = await trx('message as m')
        .join('work_order as w', (join) =>
          join
            .on('w.tenant_id', 'm.tenant_id')
            .on('w.id', 'm.work_order_id')
            .on('w.assignment_no', trx.raw('coalesce(m.assignment_no, m.told_assignment_no)')),
        )
        .join('attempt as a', (join) => join.on('a.tenant_id', 'm.tenant_id').on('a.message_id', 'm.id'))
        .where({
          'm.tenant_id': tenantId,
          'w.assignee_id': technicianId,
          'w.status': 'assigned',
          'a.state': 'accepted',
        })
        .groupBy('m.work_order_id')
        .select('m.work_order_id')
        .select(trx.raw('min(coalesce(a.accepted_at, a.sending_at)) AS at'));
      return new Map(accepted.map((row) => [row.work_order_id, row.at]));
    },
  };
};

/** Where it is noted that a message had come that far. Whoever has read it has received it. */
const reachedWith: Partial<Record<DeliveryStatus, ('sent_at' | 'delivered_at' | 'read_at')[]>> = {
  sent: ['sent_at'],
  delivered: ['sent_at', 'delivered_at'],
  read: ['sent_at', 'delivered_at', 'read_at'],
};

const errorOf = ({ error_code: code, error_text: text }: Row, isHidden: boolean) =>
  code !== null || text !== null ? { code: code!, text: isHidden ? null : text! } : null;

type Row = Record<string, never>;
