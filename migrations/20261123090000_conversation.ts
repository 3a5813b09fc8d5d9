import type { Knex } from 'knex';
import { separateTenants } from './tenant-tables.ts';

const up = async (knex: Knex) => {
  await knex.raw(`
    -- What the conversation is in the middle of: a question asked, a list that MORE continues, messages not
    -- understood in a row. Belongs to the drain that holds the conversation's lock.
    ALTER TABLE conversation ADD COLUMN talk jsonb NOT NULL DEFAULT '{}';

    -- A technician's change: the order's version and what was there before, so that UNDO can put it back.
    ALTER TABLE event ADD COLUMN before jsonb;
    CREATE INDEX event_of_message ON event (tenant_id, message_id) WHERE message_id IS NOT NULL;
    CREATE INDEX event_undoes ON event (tenant_id, undoes) WHERE undoes IS NOT NULL;

    -- The technician's message whose change this one tells somebody else; UNDO withdraws it.
    ALTER TABLE message ADD COLUMN caused_by uuid;
    CREATE INDEX message_caused_by ON message (tenant_id, caused_by) WHERE caused_by IS NOT NULL;
    -- Quick replies to show in the window: [{ "title": …, "action": … }]. NULL: none.
    ALTER TABLE message ADD COLUMN buttons jsonb;

    -- The provider keeps our messages from this address: its owner has opted out there.
    ALTER TABLE technician_address ADD COLUMN opted_out_at timestamptz;

    -- Whether a thumbs-up on an assignment acknowledges it.
    ALTER TABLE tenant ADD COLUMN thumbs_up_acknowledges boolean NOT NULL DEFAULT true;

    -- What somebody sent besides words. Its bytes are fetched by a worker and kept outside the database.
    CREATE TABLE attachment (
      tenant_id uuid NOT NULL,
      id uuid NOT NULL,
      seq bigint GENERATED ALWAYS AS IDENTITY,
      message_id uuid NOT NULL,
      channel_id uuid NOT NULL,
      technician_id uuid NOT NULL,
      -- NULL until it is known which order it belongs to.
      work_order_id uuid,
      kind text NOT NULL CHECK (kind IN ('image', 'audio', 'video', 'document', 'contact', 'location')),
      caption text,
      -- Where the provider keeps it; NULL for a location.
      source_url text,
      -- As the provider says, and as the bytes themselves show.
      declared_type text,
      content_type text,
      size_bytes bigint,
      sha256 bytea,
      -- Of a location: { latitude, longitude, label, address }.
      place jsonb,
      state text NOT NULL CHECK (state IN ('waiting', 'stored', 'refused', 'lost')),
      -- Why it is refused or lost, in plain words.
      problem text,
      tries int NOT NULL DEFAULT 0,
      -- When to fetch it next; NULL once nothing is left to do.
      fetch_at timestamptz,
      received_at timestamptz NOT NULL,
      PRIMARY KEY (tenant_id, id),
      FOREIGN KEY (tenant_id, message_id) REFERENCES message,
      FOREIGN KEY (tenant_id, channel_id) REFERENCES channel,
      FOREIGN KEY (tenant_id, technician_id) REFERENCES technician,
      FOREIGN KEY (tenant_id, work_order_id) REFERENCES work_order
    );
    CREATE UNIQUE INDEX attachment_seq ON attachment (tenant_id, seq);
    CREATE INDEX attachment_fetch ON attachment (tenant_id, channel_id, fetch_at) WHERE fetch_at IS NOT NULL;
    CREATE INDEX attachment_message ON attachment (tenant_id, message_id);
    CREATE INDEX attachment_order ON attachment (tenant_id, work_order_id) WHERE work_order_id IS NOT NULL;

    -- Content made at the provider for messages with quick replies, one per shape and account.
    CREATE TABLE quick_reply_content (
      tenant_id uuid NOT NULL REFERENCES tenant,
      account_sid text NOT NULL,
      -- How many lines and which buttons: SHA-256 of what the content was made from.
      shape bytea NOT NULL,
      -- What to make it from, until it is made.
      definition jsonb NOT NULL,
      content_sid text,
      -- When to try to make it next; NULL once it is made.
      make_at timestamptz,
      tries int NOT NULL DEFAULT 0,
      PRIMARY KEY (tenant_id, account_sid, shape)
    );
  `);
  await separateTenants(knex, {
    attachment: { rights: 'SELECT, INSERT, UPDATE', gate: 'SELECT' },
    quick_reply_content: { rights: 'SELECT, INSERT, UPDATE' },
  });
};

const down = async (knex: Knex) => {
  await knex.raw(`
    DROP TABLE quick_reply_content, attachment;
    ALTER TABLE tenant DROP COLUMN thumbs_up_acknowledges;
    ALTER TABLE technician_address DROP COLUMN opted_out_at;
    ALTER TABLE message DROP COLUMN buttons, DROP COLUMN caused_by;
    DROP INDEX event_undoes, event_of_message;
    ALTER TABLE event DROP COLUMN before;
    ALTER TABLE conversation DROP COLUMN talk;
  `);
};

export default { up, down };
