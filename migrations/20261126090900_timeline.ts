import type { Knex } from 'knex';

// Statuses move in many statements; whichever does it, the time is noted.
const up = async (knex: Knex) => {
  await knex.raw(`
    -- When the status became what it is; NULL while it is what it began as, and where it moved before this column.
    ALTER TABLE message ADD COLUMN status_at timestamptz;
    ALTER TABLE attempt ADD COLUMN status_at timestamptz;
    CREATE FUNCTION note_status_at() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      NEW.status_at := clock_timestamp();
      RETURN NEW;
    END $$;
    CREATE TRIGGER status_at BEFORE UPDATE OF status ON message FOR EACH ROW
      WHEN (NEW.status IS DISTINCT FROM OLD.status) EXECUTE FUNCTION note_status_at();
    CREATE TRIGGER status_at BEFORE UPDATE OF status ON attempt FOR EACH ROW
      WHEN (NEW.status IS DISTINCT FROM OLD.status) EXECUTE FUNCTION note_status_at();
  `);
};

const down = async (knex: Knex) => {
  await knex.raw(`
    DROP TRIGGER status_at ON message;
    DROP TRIGGER status_at ON attempt;
    DROP FUNCTION note_status_at();
    ALTER TABLE message DROP COLUMN status_at;
    ALTER TABLE attempt DROP COLUMN status_at;
  `);
};

export default { up, down };
