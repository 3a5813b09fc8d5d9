import { expect, test } from 'vitest';
import { refused, useOutbox } from './outbox-stage.ts';

const outbox = useOutbox();

test('what fails every message rings once in ten minutes, names its cause, and counts the others', async () => {
  const on = await outbox.channel();
  const fails = async (code: string, minutes = 0) => {
    on.provider.will(refused(code, 'fix'));
    const now = new Date(Date.now() + minutes * 60_000);
    const expiresAt = new Date(Date.now() + 60 * 60_000);
    await on.queue(await on.technician(), 'Hello', { kind: 'work-order.assigned', expiresAt });
    await on.run({ now: () => now });
  };
  await fails('63007');
  await fails('63007', 1);
  await fails('63007', 2);
  await fails('63013', 2);
  await fails('63007', 11);

  const cause = { reason: 'provider', kind: 'work-order.assigned', way: 'whatsapp', template: null };
  const lines = on.logged.filter(({ event }) => event === 'message.failed');
  expect(lines).toMatchObject([
    { alarm: true, code: '63007', ...cause },
    { alarm: false, code: '63007', ...cause },
    { alarm: false, code: '63007' },
    { alarm: true, code: '63013' },
    { alarm: true, code: '63007', more: 2 },
  ]);
});
