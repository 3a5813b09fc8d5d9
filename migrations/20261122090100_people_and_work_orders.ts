import type { Knex } from 'knex';
import { separateTenants } from './tenant-tables.ts';

const up = async (knex: Knex) => {
  await knex.raw(`
    CREATE TABLE technician (
      tenant_id uuid NOT NULL REFERENCES tenant,
      id uuid NOT NULL,
      external_id text NOT NULL,
      name text NOT NULL,
      phone text,
      email text,
      role text NOT NULL CHECK (role IN ('technician', 'supervisor', 'planner')),
      -- NULL: the tenant's.
      locale text,
      time_zone text,
      supervisor_id uuid,
      active boolean NOT NULL,
      preferences jsonb NOT NULL DEFAULT '{}',
      last_seen_at timestamptz,
      created_at timestamptz NOT NULL DEFAULT now(),
      PRIMARY KEY (tenant_id, id),
      UNIQUE (tenant_id, external_id),
      UNIQUE (tenant_id, phone),
      FOREIGN KEY (tenant_id, supervisor_id) REFERENCES technician
    );

    -- Where a technician can be reached and recognised. WhatsApp may hide the phone behind a user id.
    CREATE TABLE technician_address (
      tenant_id uuid NOT NULL,
      technician_id uuid NOT NULL,
      kind text NOT NULL CHECK (kind IN ('whatsapp', 'whatsapp-user-id', 'sms')),
      -- E.164, or the user id, without the provider's prefix.
      value text NOT NULL,
      active boolean NOT NULL DEFAULT true,
      PRIMARY KEY (tenant_id, kind, value),
      FOREIGN KEY (tenant_id, technician_id) REFERENCES technician ON DELETE CASCADE
    );
    CREATE INDEX ON technician_address (tenant_id, technician_id);

    CREATE TABLE asset (
      tenant_id uuid NOT NULL REFERENCES tenant,
      id uuid NOT NULL,
      code text NOT NULL,
      name text NOT NULL,
      location text,
      created_at timestamptz NOT NULL DEFAULT now(),
      PRIMARY KEY (tenant_id, id),
      UNIQUE (tenant_id, code)
    );

    CREATE TABLE asset_responsible (
      tenant_id uuid NOT NULL,
      asset_id uuid NOT NULL,
      technician_id uuid NOT NULL,
      position int NOT NULL,
      PRIMARY KEY (tenant_id, asset_id, technician_id),
      FOREIGN KEY (tenant_id, asset_id) REFERENCES asset ON DELETE CASCADE,
      FOREIGN KEY (tenant_id, technician_id) REFERENCES technician
    );

    CREATE TABLE work_order (
      tenant_id uuid NOT NULL REFERENCES tenant,
      id uuid NOT NULL,
      number text NOT NULL,
      -- Letters and digits of the number, upper case: WO-7 and wo 7 are one order.
      number_key text NOT NULL,
      title text NOT NULL,
      description text,
      priority text NOT NULL CHECK (priority IN ('low', 'medium', 'high', 'critical')),
      kind text NOT NULL CHECK (kind IN ('corrective', 'preventive')),
      asset_id uuid,
      assignee_id uuid,
      planner_id uuid,
      -- A moment, or a day whose end is in the reader's zone; never both.
      due_at timestamptz,
      due_on date,
      scheduled_at timestamptz,
      scheduled_on date,
      status text NOT NULL CHECK (status IN
        ('open', 'assigned', 'acknowledged', 'in_progress', 'delayed', 'completed', 'cancelled')),
      escalated boolean NOT NULL DEFAULT false,
      version int NOT NULL DEFAULT 1,
      -- Counts assignments, so that each is told once, whoever asks for it.
      assignment_no int NOT NULL DEFAULT 0,
      assigned_at timestamptz,
      acknowledged_at timestamptz,
      started_at timestamptz,
      completed_at timestamptz,
      confirmed_at timestamptz,
      -- Completed or cancelled; shortly after, its technician still gets the true refusal.
      closed_at timestamptz,
      created_at timestamptz NOT NULL DEFAULT now(),
      PRIMARY KEY (tenant_id, id),
      UNIQUE (tenant_id, number_key),
      CHECK (due_at IS NULL OR due_on IS NULL),
      CHECK (scheduled_at IS NULL OR scheduled_on IS NULL),
      FOREIGN KEY (tenant_id, asset_id) REFERENCES asset,
      FOREIGN KEY (tenant_id, assignee_id) REFERENCES technician,
      FOREIGN KEY (tenant_id, planner_id) REFERENCES technician
    );
    CREATE INDEX ON work_order (tenant_id, assignee_id, status);
    CREATE INDEX work_order_due ON work_order (tenant_id, id)
      WHERE status NOT IN ('completed', 'cancelled') AND assignee_id IS NOT NULL
        AND (due_at IS NOT NULL OR due_on IS NOT NULL);
    CREATE INDEX ON work_order (tenant_id, asset_id);

    -- Every change, in the order it was made; feed_no is given after commit, by one publisher.
    CREATE TABLE event (
      tenant_id uuid NOT NULL REFERENCES tenant,
      id uuid NOT NULL,
      seq bigint GENERATED ALWAYS AS IDENTITY,
      feed_no bigint,
      type text NOT NULL,
      at timestamptz NOT NULL,
      actor_kind text NOT NULL CHECK (actor_kind IN ('technician', 'cmms', 'admin', 'system')),
      actor_id text,
      work_order_id uuid,
      -- What the event is about besides, and what caused it. No foreign keys: retention empties messages first.
      message_id uuid,
      alert_id uuid,
      undoes uuid,
      data jsonb NOT NULL DEFAULT '{}',
      PRIMARY KEY (tenant_id, id),
      UNIQUE (tenant_id, feed_no),
      FOREIGN KEY (tenant_id, work_order_id) REFERENCES work_order
    );
    CREATE INDEX ON event (tenant_id, work_order_id, seq);
    CREATE INDEX event_unpublished ON event (tenant_id, seq) WHERE feed_no IS NULL;

    -- What the CMMS asked us to tell people, by its own key, for ever.
    CREATE TABLE notification (
      tenant_id uuid NOT NULL REFERENCES tenant,
      idempotency_key text NOT NULL,
      -- Of the content, so that the same key with other content is refused.
      content_hash bytea NOT NULL,
      name text NOT NULL,
      state text NOT NULL CHECK (state IN ('accepted', 'done', 'invalid')),
      faults jsonb NOT NULL DEFAULT '[]',
      message_ids uuid[] NOT NULL DEFAULT '{}',
      created_at timestamptz NOT NULL DEFAULT now(),
      PRIMARY KEY (tenant_id, idempotency_key)
    );

    -- One mark per reminder that was decided, so that each goes once whatever restarts.
    CREATE TABLE reminder_mark (
      tenant_id uuid NOT NULL,
      work_order_id uuid NOT NULL,
      rule text NOT NULL,
      due_on date NOT NULL,
      sent_on date NOT NULL,
      PRIMARY KEY (tenant_id, work_order_id, rule, due_on, sent_on),
      FOREIGN KEY (tenant_id, work_order_id) REFERENCES work_order
    );
  `);
  await separateTenants(knex, {
    technician: { rights: 'SELECT, INSERT, UPDATE', gate: 'SELECT' },
    technician_address: { rights: 'SELECT, INSERT, UPDATE, DELETE', gate: 'SELECT' },
    asset: { rights: 'SELECT, INSERT, UPDATE' },
    asset_responsible: { rights: 'SELECT, INSERT, UPDATE, DELETE' },
    work_order: { rights: 'SELECT, INSERT, UPDATE' },
    event: { rights: 'SELECT, INSERT, UPDATE', gate: 'SELECT' },
    notification: { rights: 'SELECT, INSERT, UPDATE' },
    reminder_mark: { rights: 'SELECT, INSERT' },
  });
};

const down = async (knex: Knex) => {
  await knex.raw(`
    DROP TABLE reminder_mark, notification, event, work_order, asset_responsible, asset,
      technician_address, technician`);
};

export default { up, down };
