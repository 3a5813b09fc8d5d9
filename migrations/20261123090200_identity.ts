import type { Knex } from 'knex';

const up = async (knex: Knex) => {
  await knex.raw(`
    ALTER TABLE technician_address
      -- A user id that WhatsApp told together with a phone: that phone's value, when, and the provider account it
      -- was told to. It comes and goes with the phone. NULL: the CMMS registered it.
      ADD COLUMN learned_with text,
      ADD COLUMN learned_at timestamptz,
      ADD COLUMN learned_under text,
      -- When another user id took its place. NULL on an inactive one: the CMMS switched it off.
      ADD COLUMN replaced_at timestamptz,
      -- The technician from whose phone this user id of somebody else's has been told, so that it is reported once.
      ADD COLUMN disputed_by uuid,
      -- When its owner last opted in again: what was sent before can still be refused afterwards.
      ADD COLUMN opted_in_at timestamptz,
      ADD FOREIGN KEY (tenant_id, disputed_by) REFERENCES technician;

    ALTER TABLE conversation
      -- Where the last message came from: the technician's address it stands for, and as the provider wrote it.
      -- NULL spelling: the phone was hidden.
      ADD COLUMN heard_on text,
      ADD COLUMN heard_from text;
  `);
};

const down = async (knex: Knex) => {
  await knex.raw(`
    ALTER TABLE conversation DROP COLUMN heard_from, DROP COLUMN heard_on;
    ALTER TABLE technician_address DROP COLUMN opted_in_at, DROP COLUMN disputed_by, DROP COLUMN replaced_at,
      DROP COLUMN learned_under, DROP COLUMN learned_at, DROP COLUMN learned_with;
  `);
};

export default { up, down };
