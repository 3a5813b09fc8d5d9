import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { lanes } from '../../src/domain/message.ts';
import { useOutbox } from '../messaging/outbox-stage.ts';
import { seed } from '../support/seed.ts';

const outbox = useOutbox();

const people = 4;
// Far enough from every limit that the test's own seconds decide nothing.
const row = fc.record({
  to: fc.nat(people - 1),
  lane: fc.constantFrom(...lanes),
  kind: fc.constantFrom('alert.raised', 'alert.taken'),
  status: fc.constantFrom('queued', 'queued', 'queued', 'sending', 'accepted'),
  /** Seconds from now. */
  dueIn: fc.constantFrom(null, -60, -60, -30, -20, 15, 300),
  expiresIn: fc.constantFrom(-10, 3600, 3600, 3600, 3600),
});
const budget = fc.record({
  left: fc.constantFrom(0.5, 3.5, 7.5, 10.5, 40.5),
  /** Seconds since it was so much. */
  ago: fc.constantFrom(0, 30, 60, 400),
});
type Row = {
  to: number;
  lane: string;
  kind: string;
  status: string;
  dueIn: number | null;
  expiresIn: number;
};
type Budget = { left: number; ago: number } | null;

/** The same said plainly: which rows may go, then the first of each person's, then their order. */
const reference = (rows: Row[], budgets: Budget[], limit: number): number[] => {
  const numbered = rows.map((each, seq) => ({
    ...each,
    ...{ seq, rank: lanes.indexOf(each.lane as never) },
    // Pages overtake it.
    news: each.lane === 'critical' && each.kind !== 'alert.raised' ? 1 : 0,
  }));
  const left = (to: number) => {
    const had = budgets[to];
    return had ? Math.min(45, had.left + had.ago / 6) : 45;
  };
  const isDue = ({ dueIn }: Row) => dueIn !== null && dueIn <= 0;
  const mayGo = (m: (typeof numbered)[number]) => {
    if (m.expiresIn <= 0) return true;
    if (m.lane === 'critical') return left(m.to) >= (m.news ? 6 : 1);
    return (
      left(m.to) >= 11 &&
      !numbered.some(
        (o) =>
          o.to === m.to &&
          o.status === 'sending' &&
          o.lane !== 'critical' &&
          (o.dueIn === null || (o.lane === m.lane && o.seq < m.seq && o.dueIn > 0 && o.dueIn < 30)),
      )
    );
  };
  const first = new Map<string, (typeof numbered)[number]>();
  for (const m of numbered.filter((each) => isDue(each) && mayGo(each))) {
    const key = `${m.to} ${m.lane === 'critical'}`;
    const before = first.get(key);
    if (!before || m.rank < before.rank || (m.rank === before.rank && m.news < before.news))
      first.set(key, m);
  }
  return [...first.values()]
    .sort((a, b) => a.rank - b.rank || a.news - b.news || a.dueIn! - b.dueIn! || a.seq - b.seq)
    .slice(0, limit)
    .map(({ seq }) => seq);
};

test('what a channel may send next is the same as said plainly, whatever is in the table', async () => {
  const on = await outbox.channel();
  const technicians: Awaited<ReturnType<typeof on.technician>>[] = [];
  for (let n = 0; n < people; n++) technicians.push(await on.technician());

  const ask = async (rows: Row[], budgets: Budget[], limit: number): Promise<number[]> => {
    const ids: string[] = rows.map(() => randomUUID());
    await on.query('DELETE FROM message WHERE tenant_id = $1', [on.tenantId]);
    await on.query('DELETE FROM pair_budget WHERE tenant_id = $1', [on.tenantId]);
    await on.query(
      `INSERT INTO message (tenant_id, id, direction, channel_id, conversation_id, technician_id, way, kind, lane,
         status, due_at, expires_at)
       SELECT $1, r.id, 'out', $2, r.conversation, r.technician, 'whatsapp', r.kind, r.lane, r.status,
         now() + r.due_in * interval '1 second', now() + r.expires_in * interval '1 second'
       FROM jsonb_to_recordset($3::jsonb) AS r(id uuid, conversation uuid, technician uuid, lane text, kind text, status text,
         due_in int, expires_in int, place int) ORDER BY r.place`,
      [
        on.tenantId,
        on.channelId,
        JSON.stringify(
          rows.map((each, place) => ({
            ...{ id: ids[place], conversation: technicians[each.to]!.conversationId, place },
            ...{ technician: technicians[each.to]!.id, lane: each.lane },
            ...{ kind: each.kind, status: each.status },
            ...{ due_in: each.dueIn, expires_in: each.expiresIn },
          })),
        ),
      ],
    );
    for (const [to, had] of budgets.entries()) {
      if (!had) continue;
      await on.query(
        `INSERT INTO pair_budget (tenant_id, conversation_id, left_over, at)
         VALUES ($1, $2, $3, now() - $4 * interval '1 second')`,
        [on.tenantId, technicians[to]!.conversationId, had.left, had.ago],
      );
    }
    const due = await on.store.tenant(on.tenantId, (tx) => tx.outbox.due(on.channelId, limit));
    return due.map(({ id }) => ids.indexOf(id));
  };

  await fc.assert(
    fc.asyncProperty(
      fc.array(row, { maxLength: 14 }),
      fc.array(fc.option(budget), { minLength: people, maxLength: people }),
      fc.integer({ min: 1, max: 8 }),
      async (rows, budgets, limit) => {
        expect(await ask(rows, budgets, limit)).toEqual(reference(rows, budgets, limit));
      },
    ),
    { numRuns: 300, seed },
  );
}, 60_000);
