import { expect, test } from 'vitest';
import type { Tx } from '../../src/store/store.ts';
import { useOutbox } from '../messaging/outbox-stage.ts';
import { setModelStage } from './model-stage.ts';

const outbox = useOutbox();

test('a page that another alert joins is not withdrawn when somebody goes to the first', async () => {
  const person = { role: 'technician', ways: ['whatsapp'], under: -1 } as const;
  const stage = await setModelStage(await outbox.channel(), {
    people: [person, person, person].map((each) => ({ ...each, ways: [...each.ways] })),
    responsible: [],
    onCall: [],
    alerts: [
      { severity: 'critical', recipients: [0, 1] },
      { severity: 'critical', recipients: [0] },
    ],
    steps: [{ waitSeconds: 200, notify: [2], ways: ['whatsapp'] }],
    holder: null,
  });
  const { tenantId, query, people, deps } = stage;
  await stage.raise(deps, 0);
  await query(
    "UPDATE message SET due_at = now() + interval '20 seconds' WHERE tenant_id = $1 AND technician_id = $2",
    [tenantId, people[0]!.id],
  );
  await stage.send(deps);

  // The second alert has joined the first's page and is not committed yet.
  let commit!: () => void;
  const mayCommit = new Promise<void>((resolve) => {
    commit = resolve;
  });
  let joined!: () => void;
  const hasJoined = new Promise<void>((resolve) => {
    joined = resolve;
  });
  const tenant = <T>(id: string, work: (tx: Tx) => Promise<T>) =>
    deps.store.tenant(id, async (tx) => {
      const result = await work(tx);
      joined();
      await mayCommit;
      return result;
    });
  const raising = stage.raise({ ...deps, store: { ...deps.store, tenant } }, 1);
  await hasJoined;
  const claiming = stage.say(deps, 1, 'RESPONDING');
  const waits =
    "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()";
  while ((await query(waits, [])).length === 0);
  commit();
  await Promise.all([raising, claiming]);

  expect((await stage.world()).alerts.map((alert) => alert?.state)).toEqual(['responding', 'open']);
  const pages = await query(
    "SELECT status FROM message WHERE tenant_id = $1 AND technician_id = $2 AND kind = 'alert.raised'",
    [tenantId, people[0]!.id],
  );
  expect(pages).toEqual([{ status: 'queued' }]);
});

test('alerts of one moment become one page for whoever has none that waits', async () => {
  const stage = await setModelStage(await outbox.channel(), {
    people: [{ role: 'technician', ways: ['whatsapp'], under: -1 }],
    responsible: [],
    onCall: [],
    alerts: [
      { severity: 'critical', recipients: [0] },
      { severity: 'critical', recipients: [0] },
    ],
    steps: [],
    holder: null,
  });
  const { tenantId, query, deps } = stage;
  let commit!: () => void;
  const mayCommit = new Promise<void>((resolve) => {
    commit = resolve;
  });
  let written!: () => void;
  const isWritten = new Promise<void>((resolve) => {
    written = resolve;
  });
  const tenant = <T>(id: string, work: (tx: Tx) => Promise<T>) =>
    deps.store.tenant(id, async (tx) => {
      const result = await work(tx);
      written();
      await mayCommit;
      return result;
    });
  const first = stage.raise({ ...deps, store: { ...deps.store, tenant } }, 0);
  await isWritten;
  let isOver = false;
  const second = stage.raise(deps, 1).then(() => {
    isOver = true;
  });
  const waits =
    "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()";
  while (!isOver && (await query(waits, [])).length === 0);
  commit();
  await Promise.all([first, second]);

  expect(
    await query(
      `SELECT m.status, count(*)::int AS alerts FROM message m JOIN message_alert x ON x.message_id = m.id
       WHERE m.tenant_id = $1 AND m.kind = 'alert.raised' GROUP BY m.id, m.status`,
      [tenantId],
    ),
  ).toEqual([{ status: 'queued', alerts: 2 }]);
});
