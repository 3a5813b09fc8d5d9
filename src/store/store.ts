import pg from 'pg';
import { alerts } from './alerts.ts';
import { apiKeys } from './api-keys.ts';
import { assets } from './assets.ts';
import { attachments } from './attachments.ts';
import { attempts } from './attempts.ts';
import { audit } from './audit.ts';
import { authRecords } from './auth-records.ts';
import { callbacks } from './callbacks.ts';
import { calls } from './calls.ts';
import { chains } from './chains.ts';
import { channels } from './channels.ts';
import { createConnections, isOutdatedPlan, type Queries, UndoneError } from './connections.ts';
import { conversations } from './conversations.ts';
import { enrolments } from './enrolments.ts';
import { erasure } from './erasure.ts';
import { events } from './events.ts';
import { createGate, webhookDeadlineMs } from './gate.ts';
import { idempotency } from './idempotency.ts';
import { inbox } from './inbox.ts';
import { leases } from './leases.ts';
import { messages } from './messages.ts';
import { notReached } from './not-reached.ts';
import { notifications } from './notifications.ts';
import { outbox } from './outbox.ts';
import { overview } from './overview.ts';
import { panelAttempts } from './panel-attempts.ts';
import { panelUsers } from './panel-users.ts';
import { quickReplies } from './quick-replies.ts';
import { reminders } from './reminders.ts';
import { selfTests } from './self-tests.ts';
import { settings } from './settings.ts';
import { technicians } from './technicians.ts';
import { templates } from './templates.ts';
import { tenants } from './tenants.ts';
import { thresholds } from './thresholds.ts';
import { times } from './times.ts';
import { webhookEndpoints } from './webhook-endpoints.ts';
import { workOrders } from './work-orders.ts';

// Row numbers stay far below 2^53; a day has no zone, so it stays text.
pg.types.setTypeParser(pg.types.builtins.INT8, Number);
pg.types.setTypeParser(pg.types.builtins.NUMERIC, Number);
pg.types.setTypeParser(pg.types.builtins.DATE, (day) => day);

/** The tables of one tenant, inside one transaction. */
export type Tx = ReturnType<typeof openTx>;
export type Store = ReturnType<typeof createStore>;

/** Tests change them; nothing else does. */
const usualTimeouts = {
  // A machine that vanishes in the middle of a transaction would keep its locks for as long as TCP waits.
  idleInTransactionMs: 10_000,
  // Longer than any honest query, with what it may wait for behind others.
  queryMs: 30_000,
  webhookMs: webhookDeadlineMs,
};

/**
 * The only way to the database. `url` is the restricted role's: whatever is read or written outside
 * `gate` happens inside one tenant, and Postgres itself keeps the others out of reach.
 */
export const createStore = (options: {
  url: string;
  maxConnections?: number;
  timeouts?: Partial<typeof usualTimeouts>;
}) => {
  const timeouts = { ...usualTimeouts, ...options.timeouts };
  const connections = createConnections({ ...options, timeouts });
  const gate = createGate(options.url, timeouts.webhookMs);

  /** Runs `work` in one transaction of one tenant; repeats it whole when something else got in its way. */
  const tenant = async <T>(tenantId: string, work: (tx: Tx) => Promise<T>): Promise<T> => {
    for (let attempt = 1; ; attempt++) {
      try {
        return await connections.transaction(tenantId, (queries) => work(openTx(queries, tenantId)));
      } catch (error) {
        if (attempt >= 5 || !(isConflict(error) || isOutdatedPlan(error))) throw error;
      }
    }
  };

  /** Refuses a connection that row-level security would not bind. */
  const assertRestricted = async () => {
    const { rows } = await connections.query(`
      SELECT current_user AS role, rolsuper OR rolbypassrls AS unrestricted FROM pg_roles WHERE rolname = current_user`);
    if (rows[0].unrestricted) {
      throw new Error(
        `database role "${rows[0].role}" can pass row-level security; DATABASE_URL must name one that cannot`,
      );
    }
  };

  /** Milliseconds one round trip takes; rejects if the database does not answer. */
  const ping = () => gate.ping();

  const close = async () => {
    await connections.close();
    await gate.close();
  };

  return { tenant, gate, assertRestricted, ping, close };
};

const openTx = (trx: Queries, tenantId: string) => ({
  tenantId,
  alerts: alerts(trx, tenantId),
  apiKeys: apiKeys(trx, tenantId),
  assets: assets(trx, tenantId),
  attachments: attachments(trx, tenantId),
  attempts: attempts(trx, tenantId),
  audit: audit(trx, tenantId),
  authRecords: authRecords(trx, tenantId),
  callbacks: callbacks(trx, tenantId),
  calls: calls(trx, tenantId),
  chains: chains(trx, tenantId),
  channels: channels(trx, tenantId),
  conversations: conversations(trx, tenantId),
  enrolments: enrolments(trx, tenantId),
  erasure: erasure(trx, tenantId),
  events: events(trx, tenantId),
  idempotency: idempotency(trx, tenantId),
  inbox: inbox(trx, tenantId),
  leases: leases(trx, tenantId),
  messages: messages(trx, tenantId),
  notReached: notReached(trx, tenantId),
  notifications: notifications(trx, tenantId),
  outbox: outbox(trx, tenantId),
  overview: overview(trx, tenantId),
  panelAttempts: panelAttempts(trx, tenantId),
  panelUsers: panelUsers(trx, tenantId),
  quickReplies: quickReplies(trx, tenantId),
  reminders: reminders(trx, tenantId),
  selfTests: selfTests(trx, tenantId),
  settings: settings(trx, tenantId),
  technicians: technicians(trx, tenantId),
  templates: templates(trx, tenantId),
  tenants: tenants(trx, tenantId),
  thresholds: thresholds(trx, tenantId),
  times: times(trx, tenantId),
  webhookEndpoints: webhookEndpoints(trx, tenantId),
  workOrders: workOrders(trx, tenantId),
});

/** Whether Postgres undid it because something else got in its way: done again at once, it may well work. */
export const isConflict = (error: unknown): boolean =>
  ['40P01', '40001'].includes((error as { code?: string }).code ?? '');

/** What a deployment, a failover or a restore mends, whatever was asked. */
const passingCodes = new Set([
  '25P03', // Left idle in a transaction.
  '25006', // Read-only: a standby, until it is promoted.
  '28P01', // The role's password is being changed.
  '3D000', // The database is being restored.
  '55P03', // A lock that somebody else holds.
]);

/** Whether an error says that the database is away or busy, so that trying again later can help. */
export const isPassing = (error: unknown): boolean => {
  const { code = '', message = '' } = error as { code?: string; message?: string };
  return (
    /^(08|53|57|40|58)/.test(code) ||
    passingCodes.has(code) ||
    error instanceof UndoneError ||
    /^E(CONN|PIPE|TIMEDOUT|HOST(UNREACH|DOWN)|NET(UNREACH|DOWN)|AI_AGAIN|NOTFOUND)/.test(code) ||
    // pg has no codes for these.
    /connection terminated|not queryable|timeout (exceeded when trying to connect|expired)|Query read timeout/i.test(
      message,
    )
  );
};
