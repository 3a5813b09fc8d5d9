import type { Knex } from 'knex';
import { dueWorkWith } from './20261125090400_endpoints.ts';
import { overdueWork } from './20261126090200_ways.ts';
import { asGate, readRoles, separateTenants } from './tenant-tables.ts';

const dueChains = `
      UNION ALL
      (SELECT 'chains', c.tenant_id, c.id, c.lane = 'critical', c.next_at FROM chain c
       WHERE c.next_at < clock_timestamp() - p_waited ORDER BY 4 DESC, 5 LIMIT p_limit)`;

// Replaced, not dropped: it keeps its owner and who may call it.
const replace = async (knex: Knex, more: string) => {
  const { gate } = await readRoles(knex);
  await asGate(knex, gate, async () => {
    await knex.raw(dueWorkWith(more));
  });
};

const up = async (knex: Knex) => {
  await knex.raw(`
    CREATE TABLE alert (
      tenant_id uuid NOT NULL REFERENCES tenant,
      id uuid NOT NULL,
      external_id text NOT NULL,
      asset_id uuid NOT NULL,
      message text NOT NULL,
      severity text NOT NULL CHECK (severity IN ('low', 'medium', 'high', 'critical')),
      -- Who was named to be told first; empty: nobody was.
      recipients uuid[] NOT NULL DEFAULT '{}',
      state text NOT NULL CHECK (state IN ('open', 'responding', 'resolved')),
      -- When it came up, as the CMMS says.
      raised_at timestamptz NOT NULL,
      created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
      -- Who goes, since when by the database's clock; stays when it is resolved.
      responder_id uuid,
      claimed_at timestamptz,
      resolved_at timestamptz,
      -- NULL: until it is resolved.
      expires_at timestamptz,
      version int NOT NULL DEFAULT 1,
      PRIMARY KEY (tenant_id, id),
      UNIQUE (tenant_id, external_id),
      FOREIGN KEY (tenant_id, asset_id) REFERENCES asset,
      FOREIGN KEY (tenant_id, responder_id) REFERENCES technician,
      CHECK ((responder_id IS NULL) = (claimed_at IS NULL)),
      CHECK (state <> 'open' OR responder_id IS NULL),
      CHECK (state <> 'responding' OR responder_id IS NOT NULL),
      CHECK ((state = 'resolved') = (resolved_at IS NOT NULL))
    );
    CREATE INDEX ON alert (tenant_id, asset_id);
    CREATE INDEX alert_unresolved ON alert (tenant_id, id) WHERE state <> 'resolved';

    -- Who is told next, and when, until somebody answers: of an alert, or of a technician's call for help.
    CREATE TABLE chain (
      tenant_id uuid NOT NULL,
      id uuid NOT NULL,
      kind text NOT NULL CHECK (kind IN ('alert.raised', 'work-order.escalated', 'work-order.needed')),
      lane text NOT NULL CHECK (lane IN ('critical', 'reply', 'notification')),
      alert_id uuid,
      -- Of a call for help: its order, if it is about one; who called, why, and by which message.
      work_order_id uuid,
      caller_id uuid,
      reason text,
      caused_by uuid,
      -- As the settings had them when it began: [{ waitSeconds, notify, ways }].
      steps jsonb NOT NULL,
      -- The step that was started last; 0: the first people.
      step int NOT NULL DEFAULT 0,
      -- Counts every start of a step, also of the last one again.
      turn int NOT NULL DEFAULT 0,
      step_at timestamptz NOT NULL DEFAULT clock_timestamp(),
      -- When the next step starts; NULL: it does not run.
      next_at timestamptz,
      -- Everybody there is was told, and nobody has answered.
      exhausted boolean NOT NULL DEFAULT false,
      -- Why it does not run.
      ended text CHECK (ended IN ('claimed', 'resolved', 'withdrawn', 'expired', 'nobody', 'no-steps')),
      expires_at timestamptz,
      created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
      PRIMARY KEY (tenant_id, id),
      FOREIGN KEY (tenant_id, alert_id) REFERENCES alert,
      FOREIGN KEY (tenant_id, work_order_id) REFERENCES work_order,
      FOREIGN KEY (tenant_id, caller_id) REFERENCES technician,
      CHECK ((kind = 'alert.raised') = (alert_id IS NOT NULL)),
      CHECK ((next_at IS NULL) = (ended IS NOT NULL))
    );
    CREATE UNIQUE INDEX chain_alert ON chain (tenant_id, alert_id) WHERE alert_id IS NOT NULL;
    CREATE INDEX chain_work_order ON chain (tenant_id, work_order_id) WHERE work_order_id IS NOT NULL;
    CREATE INDEX chain_due ON chain (next_at) WHERE next_at IS NOT NULL;

    -- Somebody told at one turn of a chain; the message may go on by further ways.
    CREATE TABLE page (
      tenant_id uuid NOT NULL,
      id uuid NOT NULL,
      seq bigint GENERATED ALWAYS AS IDENTITY,
      chain_id uuid NOT NULL,
      technician_id uuid NOT NULL,
      step int NOT NULL,
      turn int NOT NULL,
      message_id uuid NOT NULL,
      -- Who asked for it before its time, and is told when it is read.
      asked_by uuid,
      seen_told_at timestamptz,
      at timestamptz NOT NULL DEFAULT clock_timestamp(),
      PRIMARY KEY (tenant_id, id),
      -- Nobody is told twice at one turn, whatever runs twice.
      UNIQUE (tenant_id, chain_id, turn, technician_id),
      FOREIGN KEY (tenant_id, chain_id) REFERENCES chain ON DELETE CASCADE,
      FOREIGN KEY (tenant_id, technician_id) REFERENCES technician,
      FOREIGN KEY (tenant_id, message_id) REFERENCES message ON DELETE CASCADE
    );
    CREATE INDEX page_message ON page (tenant_id, message_id);
    CREATE INDEX page_technician ON page (tenant_id, technician_id, seq);

    -- The alerts a message is about: a page of several, who is going, the all-clear.
    CREATE TABLE message_alert (
      tenant_id uuid NOT NULL,
      message_id uuid NOT NULL,
      alert_id uuid NOT NULL,
      position int NOT NULL,
      PRIMARY KEY (tenant_id, message_id, alert_id),
      FOREIGN KEY (tenant_id, message_id) REFERENCES message ON DELETE CASCADE,
      FOREIGN KEY (tenant_id, alert_id) REFERENCES alert
    );
    CREATE INDEX ON message_alert (tenant_id, alert_id);

    -- The ways a page may go, in their order; NULL: the usual ones.
    ALTER TABLE message ADD COLUMN by_ways text[];
    -- The pages of one person, whatever else he was ever told.
    CREATE INDEX message_pages ON message (tenant_id, technician_id, created_at)
      WHERE kind = 'alert.raised' AND direction = 'out';
    CREATE INDEX event_alert ON event (tenant_id, alert_id, seq) WHERE alert_id IS NOT NULL;
  `);
  await separateTenants(knex, {
    alert: { rights: 'SELECT, INSERT, UPDATE' },
    chain: { rights: 'SELECT, INSERT, UPDATE', gate: 'SELECT' },
    page: { rights: 'SELECT, INSERT, UPDATE' },
    message_alert: { rights: 'SELECT, INSERT, DELETE' },
  });
  await replace(knex, overdueWork + dueChains);
};

const down = async (knex: Knex) => {
  await replace(knex, overdueWork);
  await knex.raw(`
    DROP INDEX event_alert, message_pages;
    ALTER TABLE message DROP COLUMN by_ways;
    DROP TABLE message_alert, page, chain, alert;
  `);
};

export default { up, down };
