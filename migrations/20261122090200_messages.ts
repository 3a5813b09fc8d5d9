import type { Knex } from 'knex';
import { separateTenants } from './tenant-tables.ts';

const up = async (knex: Knex) => {
  await knex.raw(`
    -- One person on one channel: the unit of order, of the service window and of the pair budget.
    CREATE TABLE conversation (
      tenant_id uuid NOT NULL,
      id uuid NOT NULL,
      channel_id uuid NOT NULL,
      -- NULL while nobody registered has this address.
      technician_id uuid,
      last_inbound_at timestamptz,
      -- When the message was sent that the provider last refused as outside the window.
      window_refused_at timestamptz,
      stranger_answered_at timestamptz,
      created_at timestamptz NOT NULL DEFAULT now(),
      PRIMARY KEY (tenant_id, id),
      UNIQUE (tenant_id, channel_id, technician_id),
      FOREIGN KEY (tenant_id, channel_id) REFERENCES channel,
      FOREIGN KEY (tenant_id, technician_id) REFERENCES technician
    );

    -- Messages that may still go to one person at once; one comes back every six seconds. Apart from the
    -- conversation, whose row a drain keeps locked while it works.
    CREATE TABLE pair_budget (
      tenant_id uuid NOT NULL,
      conversation_id uuid NOT NULL,
      left_over real NOT NULL,
      at timestamptz NOT NULL,
      PRIMARY KEY (tenant_id, conversation_id),
      FOREIGN KEY (tenant_id, conversation_id) REFERENCES conversation ON DELETE CASCADE
    );

    -- The addresses a conversation is known by, as the provider writes them.
    CREATE TABLE conversation_address (
      tenant_id uuid NOT NULL,
      channel_id uuid NOT NULL,
      address text NOT NULL,
      conversation_id uuid NOT NULL,
      PRIMARY KEY (tenant_id, channel_id, address),
      FOREIGN KEY (tenant_id, conversation_id) REFERENCES conversation ON DELETE CASCADE
    );
    CREATE INDEX ON conversation_address (tenant_id, conversation_id);

    -- The log of what came in and goes out; unread and due rows are the to-do list.
    CREATE TABLE message (
      tenant_id uuid NOT NULL,
      id uuid NOT NULL,
      seq bigint GENERATED ALWAYS AS IDENTITY,
      direction text NOT NULL CHECK (direction IN ('in', 'out')),
      channel_id uuid,
      conversation_id uuid,
      technician_id uuid,
      way text NOT NULL CHECK (way IN ('whatsapp', 'sms', 'email')),
      kind text,
      lane text CHECK (lane IN ('critical', 'reply', 'notification', 'digest')),
      lane_rank smallint GENERATED ALWAYS AS
        (array_position(ARRAY['critical', 'reply', 'notification', 'digest'], lane)) STORED,
      status text NOT NULL CHECK (status IN
        ('queued', 'sending', 'unknown', 'accepted', 'sent', 'failed', 'delivered', 'read', 'expired',
         'cancelled', 'received', 'processed', 'disabled')),
      reason text,
      text text,
      in_reply_to uuid,
      answered_by uuid,
      possible_duplicate boolean NOT NULL DEFAULT false,
      error_code text,
      error_text text,
      created_at timestamptz NOT NULL DEFAULT now(),

      -- In: the webhook's body as it came, because text and jsonb refuse NUL.
      raw bytea,
      source text CHECK (source IN ('webhook', 'spill', 'catch-up')),
      provider_id text,
      received_at timestamptz,
      failures int NOT NULL DEFAULT 0,

      -- Out: when to send it next; NULL once nothing is left to do.
      due_at timestamptz,
      -- Why the next attempt is made; NULL for the first.
      next_attempt text,
      expires_at timestamptz,
      -- What must still hold when it is sent.
      work_order_id uuid,
      assignment_no int,
      due_day date,

      PRIMARY KEY (tenant_id, id),
      FOREIGN KEY (tenant_id, channel_id) REFERENCES channel,
      FOREIGN KEY (tenant_id, conversation_id) REFERENCES conversation,
      FOREIGN KEY (tenant_id, technician_id) REFERENCES technician,
      FOREIGN KEY (tenant_id, work_order_id) REFERENCES work_order
    );
    CREATE UNIQUE INDEX message_seq ON message (tenant_id, seq);
    CREATE INDEX message_technician ON message (tenant_id, technician_id, seq) WHERE technician_id IS NOT NULL;
    CREATE INDEX message_unread ON message (tenant_id, conversation_id, received_at, seq)
      WHERE direction = 'in' AND status = 'received';
    CREATE INDEX message_due ON message (tenant_id, channel_id, lane_rank, due_at) WHERE due_at IS NOT NULL;
    -- One row under way per conversation: found without reading the conversation's history.
    CREATE INDEX message_under_way ON message (tenant_id, conversation_id, seq)
      WHERE direction = 'out' AND status IN ('queued', 'sending');
    -- A new assignee is told once per assignment, whoever asks first.
    CREATE UNIQUE INDEX message_assignment ON message (tenant_id, work_order_id, assignment_no)
      WHERE assignment_no IS NOT NULL;

    CREATE TABLE message_work_order (
      tenant_id uuid NOT NULL,
      message_id uuid NOT NULL,
      work_order_id uuid NOT NULL,
      position int NOT NULL,
      PRIMARY KEY (tenant_id, message_id, work_order_id),
      FOREIGN KEY (tenant_id, message_id) REFERENCES message ON DELETE CASCADE,
      FOREIGN KEY (tenant_id, work_order_id) REFERENCES work_order
    );
    CREATE INDEX ON message_work_order (tenant_id, work_order_id);

    -- Every provider id that was ever stored. Never pruned: a webhook may come again days later.
    CREATE TABLE inbound_key (
      tenant_id uuid NOT NULL,
      channel_id uuid NOT NULL,
      -- SHA-256 of the provider's id.
      key bytea NOT NULL,
      message_id uuid NOT NULL,
      PRIMARY KEY (tenant_id, channel_id, key),
      FOREIGN KEY (tenant_id, channel_id) REFERENCES channel
    );

    -- One try to send a message. Its id is in the callback's address.
    CREATE TABLE attempt (
      tenant_id uuid NOT NULL,
      id uuid NOT NULL,
      message_id uuid NOT NULL,
      channel_id uuid NOT NULL,
      -- Why it is made: 'first', 'retry:2', 'possible-duplicate', 'failed:63016'. Unique, so a recovery is tried once.
      reason text NOT NULL,
      address text NOT NULL,
      text text,
      template text,
      state text NOT NULL CHECK (state IN ('sending', 'accepted', 'refused', 'unclear', 'lost')),
      provider_id text,
      -- 'callback' is certain; 'adopted' was matched by its text.
      provider_id_from text CHECK (provider_id_from IN ('answer', 'adopted', 'callback')),
      -- By callbacks: accepted, sent, delivered, read, failed.
      status text NOT NULL,
      error_code text,
      error_text text,
      sending_at timestamptz NOT NULL,
      -- When to look at the provider whether an unclear try went through; NULL when that is settled.
      look_at timestamptz,
      looks int NOT NULL DEFAULT 0,
      PRIMARY KEY (tenant_id, id),
      UNIQUE (tenant_id, message_id, reason),
      FOREIGN KEY (tenant_id, message_id) REFERENCES message ON DELETE CASCADE,
      FOREIGN KEY (tenant_id, channel_id) REFERENCES channel
    );
    CREATE UNIQUE INDEX attempt_provider_id ON attempt (tenant_id, channel_id, provider_id)
      WHERE provider_id IS NOT NULL;
    CREATE INDEX attempt_look ON attempt (tenant_id, channel_id, look_at) WHERE look_at IS NOT NULL;

    -- Every callback as it came. applied_at stays NULL while its attempt is unknown: it may be early.
    CREATE TABLE status_callback (
      tenant_id uuid NOT NULL,
      id uuid NOT NULL,
      seq bigint GENERATED ALWAYS AS IDENTITY,
      channel_id uuid NOT NULL,
      key bytea NOT NULL,
      attempt_id uuid,
      provider_id text NOT NULL,
      raw bytea NOT NULL,
      received_at timestamptz NOT NULL,
      -- When to try to match it next; NULL once it is applied or given up.
      match_at timestamptz,
      -- The attempt it was matched with, and what it said.
      applied_to uuid,
      status text,
      PRIMARY KEY (tenant_id, id),
      UNIQUE (tenant_id, channel_id, key),
      FOREIGN KEY (tenant_id, channel_id) REFERENCES channel
    );
    CREATE INDEX status_callback_open ON status_callback (tenant_id, channel_id, seq) WHERE match_at IS NOT NULL;
    CREATE INDEX status_callback_attempt ON status_callback (tenant_id, applied_to, seq) WHERE applied_to IS NOT NULL;
  `);
  await separateTenants(knex, {
    conversation: { rights: 'SELECT, INSERT, UPDATE', gate: 'SELECT, INSERT' },
    pair_budget: { rights: 'SELECT, INSERT, UPDATE' },
    conversation_address: { rights: 'SELECT, INSERT, UPDATE, DELETE', gate: 'SELECT, INSERT' },
    message: { rights: 'SELECT, INSERT, UPDATE', gate: 'SELECT, INSERT, UPDATE' },
    message_work_order: { rights: 'SELECT, INSERT' },
    inbound_key: { rights: 'SELECT', gate: 'SELECT, INSERT' },
    attempt: { rights: 'SELECT, INSERT, UPDATE', gate: 'SELECT' },
    status_callback: { rights: 'SELECT, UPDATE', gate: 'SELECT, INSERT' },
  });
};

const down = async (knex: Knex) => {
  await knex.raw(`
    DROP TABLE status_callback, attempt, inbound_key, message_work_order, message,
      conversation_address, pair_budget, conversation`);
};

export default { up, down };
