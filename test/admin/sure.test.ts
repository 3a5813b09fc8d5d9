import { expect, test } from 'vitest';
import { usePanel } from './panel.ts';
import { giveWork } from './work.ts';

const panel = usePanel();

test('what is not undone by another press is behind a first one, which needs no script', async () => {
  await giveWork(panel);
  const other = await panel.user('planner');
  await panel.deps.store.tenant(panel.tenant.tenantId, (tx) =>
    tx.authRecords.update('user', [{ field: 'id', value: other.id }], { twoFactorEnabled: true }),
  );
  const browser = await panel.signedIn('administrator');
  const behind = async (path: string) => {
    const { text } = await browser.get(path);
    return [...text.matchAll(/<details class="sure"><summary.*?<form method="post" action="([^"]+)"/gs)].map(
      ([, action]) => action,
    );
  };
  expect(await behind('/admin/work-orders/WO-1')).toEqual(['/admin/work-orders/WO-1/status']);
  expect(await behind('/admin/technicians/E-1')).toEqual(['/admin/technicians/E-1/leave']);
  expect(await behind('/admin/settings/channel')).toEqual(['/admin/settings/enabled']);
  expect(await behind('/admin/settings/api-keys')).toEqual([
    expect.stringMatching(/^\/admin\/settings\/api-keys\/[^/]+\/revoke$/),
  ]);
  expect(await behind('/admin/users')).toEqual([
    `/admin/users/${other.id}/remove-second-factor`,
    `/admin/users/${other.id}/disable`,
  ]);
});
