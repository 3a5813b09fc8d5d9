import type { Knex } from 'knex';
import { separateTenants } from './tenant-tables.ts';

const up = async (knex: Knex) => {
  await knex.raw(`
    -- The limits of an asset's metric, with all that is kept of its readings.
    CREATE TABLE threshold (
      tenant_id uuid NOT NULL,
      asset_id uuid NOT NULL,
      metric text NOT NULL,
      -- Its place in the asset's list. NULL: taken out of it; nothing is compared, and should it come back it goes on
      -- where it stood.
      position int,
      high double precision,
      low double precision,
      -- How far it must come back before it counts as back; NULL: to the limit itself.
      clear double precision,
      severity text NOT NULL CHECK (severity IN ('low', 'medium', 'high', 'critical')),
      -- The last reading's moment: an older one says nothing.
      last_at timestamptz,
      -- The excursion it is in: past which limit, since which reading, and its alert, whatever has become of that.
      side text CHECK (side IN ('high', 'low')),
      since timestamptz,
      alert_id uuid,
      PRIMARY KEY (tenant_id, asset_id, metric),
      FOREIGN KEY (tenant_id, asset_id) REFERENCES asset,
      FOREIGN KEY (tenant_id, alert_id) REFERENCES alert,
      CHECK (high IS NOT NULL OR low IS NOT NULL),
      CHECK ((side IS NULL) = (since IS NULL)),
      CHECK ((side IS NULL) = (alert_id IS NULL))
    );
  `);
  await separateTenants(knex, { threshold: { rights: 'SELECT, INSERT, UPDATE' } });
};

const down = async (knex: Knex) => {
  await knex.raw('DROP TABLE threshold');
};

export default { up, down };
