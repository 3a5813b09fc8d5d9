import type { Knex } from 'knex';
import { asGate, readRoles } from './tenant-tables.ts';

// A user id that comes with the phone of a technician says nothing about the conversation: it may be somebody
// else's, who wrote under it alone. And an SMS address has no prefix before its phone.
const changes: [before: string, after: string][] = [
  [
    'AND a.address IN (v_missing.address, v_missing.user_id)',
    `AND (a.address = v_missing.address OR (a.address = v_missing.user_id AND NOT EXISTS (
            SELECT FROM technician_address t WHERE t.tenant_id = v_missing.tenant AND t.active
              AND t.kind = v_missing.way AND t.value = split_part(v_missing.address, ':', -1))))`,
  ],
  [
    "(v_missing.way, split_part(v_missing.address, ':', 2)),",
    "(v_missing.way, split_part(v_missing.address, ':', -1)),",
  ],
];

const up = (knex: Knex) => rewrite(knex, changes);
const down = (knex: Knex) =>
  rewrite(
    knex,
    changes.map(([before, after]) => [after, before]),
  );

/** Changes these places of `store_inbound` and leaves the rest of it, its owner and its rights as they are. */
const rewrite = async (knex: Knex, places: [from: string, to: string][]) => {
  const { gate } = await readRoles(knex);
  const { rows } = await knex.raw(
    "SELECT pg_get_functiondef(oid) AS text FROM pg_proc WHERE proname = 'store_inbound' AND pronamespace = 'public'::regnamespace",
  );
  let text: string = rows[0].text;
  for (const [from, to] of places) {
    if (text.split(from).length !== 2) throw new Error(`store_inbound does not hold once: ${from}`);
    text = text.replace(from, () => to);
  }
  await asGate(knex, gate, async () => {
    await knex.raw(text.replaceAll('?', '\\?'));
  });
};

export default { up, down };
