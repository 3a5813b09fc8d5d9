import type { Knex } from 'knex';
import { dueWorkWith } from './20261125090400_endpoints.ts';
import { asGate, readRoles } from './tenant-tables.ts';

/**
 * Messages that did not arrive in time, whoever sends on their channel and whether it is paused: the next way is
 * another channel's.
 */
export const overdueWork = `
      UNION ALL
      (SELECT 'outbound', c.tenant_id, c.id, false, NULL FROM channel c
       WHERE EXISTS (SELECT FROM message m WHERE m.tenant_id = c.tenant_id AND m.channel_id = c.id
         AND m.fallback_at < clock_timestamp()) LIMIT p_limit)`;

// Replaced, not dropped: it keeps its owner and who may call it.
const replace = async (knex: Knex, more: string) => {
  const { gate } = await readRoles(knex);
  await asGate(knex, gate, async () => {
    await knex.raw(dueWorkWith(more));
  });
};

const up = async (knex: Knex) => {
  await knex.raw(`
    -- E-mail: the address is what it is sent from, account_sid the server's name, credentials its address with login.
    ALTER TABLE channel
      DROP CONSTRAINT channel_way_check,
      DROP CONSTRAINT channel_provider_check,
      ADD CONSTRAINT channel_way_check CHECK (way IN ('whatsapp', 'sms', 'email')),
      ADD CONSTRAINT channel_provider_check CHECK (provider IN ('twilio', 'simulator', 'smtp'));

    ALTER TABLE message
      -- The message that says the same by the first way, if this one goes by a further one.
      ADD COLUMN fallback_of uuid,
      -- The assignment a further one tells; assignment_no stays the first one's, since it is unique.
      ADD COLUMN told_assignment_no int,
      -- How it reads by other ways, where that cannot be written anew: { "sms": "…" }.
      ADD COLUMN other_texts jsonb,
      -- How long it may take to arrive before the next way is tried. NULL: there is none, or it has been tried.
      ADD COLUMN fallback_seconds int,
      -- When that time is over; set once the provider has it, NULL again when it arrived or failed.
      ADD COLUMN fallback_at timestamptz;
    -- Each further way is tried once, whatever comes twice.
    CREATE UNIQUE INDEX message_fallback ON message (tenant_id, fallback_of, way) WHERE fallback_of IS NOT NULL;
    CREATE INDEX message_fallback_due ON message (tenant_id, channel_id, fallback_at) WHERE fallback_at IS NOT NULL;
    CREATE INDEX message_told_assignment ON message (tenant_id, work_order_id, told_assignment_no)
      WHERE told_assignment_no IS NOT NULL;
  `);
  await replace(knex, overdueWork);
};

// Row security binds the owner too, who must reach every tenant's rows here.
const ofAllTenants = async (knex: Knex, tables: string[], work: () => Promise<unknown>) => {
  for (const table of tables) await knex.raw(`ALTER TABLE ${table} NO FORCE ROW LEVEL SECURITY`);
  await work();
  for (const table of tables) await knex.raw(`ALTER TABLE ${table} FORCE ROW LEVEL SECURITY`);
};

const down = async (knex: Knex) => {
  await replace(knex, '');
  await knex.raw(`
    DROP INDEX message_told_assignment, message_fallback_due, message_fallback;
    ALTER TABLE message DROP COLUMN fallback_at, DROP COLUMN fallback_seconds, DROP COLUMN other_texts,
      DROP COLUMN told_assignment_no, DROP COLUMN fallback_of;
  `);
  // What went by e-mail stays in the log, without the channel that the version before does not know.
  await ofAllTenants(knex, ['channel', 'conversation', 'message', 'attempt'], () =>
    knex.raw(`
      UPDATE message m SET channel_id = NULL, conversation_id = NULL, due_at = NULL
      FROM channel c WHERE c.tenant_id = m.tenant_id AND c.id = m.channel_id AND c.way = 'email';
      DELETE FROM attempt a USING channel c
        WHERE c.tenant_id = a.tenant_id AND c.id = a.channel_id AND c.way = 'email';
      DELETE FROM conversation v USING channel c
        WHERE c.tenant_id = v.tenant_id AND c.id = v.channel_id AND c.way = 'email';
      DELETE FROM channel WHERE way = 'email';
    `),
  );
  await knex.raw(`
    ALTER TABLE channel
      DROP CONSTRAINT channel_way_check,
      DROP CONSTRAINT channel_provider_check,
      ADD CONSTRAINT channel_way_check CHECK (way IN ('whatsapp', 'sms')),
      ADD CONSTRAINT channel_provider_check CHECK (provider IN ('twilio', 'simulator'));
  `);
};

export default { up, down };
