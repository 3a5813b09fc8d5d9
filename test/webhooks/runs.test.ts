import { expect, test } from 'vitest';
import { createRuns } from '../../src/webhooks/runs.ts';

/** Runs that last until they are ended by hand. */
const setUp = (limits: { perTenant: number; inAll: number }) => {
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  const runs = createRuns(async ({ id }) => {
    begun.push(id);
    await new Promise<void>((end) => ends.set(id, end));
  }, limits);
  return {
    begun,
    rings: (...ids: string[]) => {
      for (const id of ids) runs.start({ tenantId: id[0]!, id });
    },
    ends: async (id: string) => {
      ends.get(id)!();
      for (let turn = 0; turn < 5; turn++) await Promise.resolve();
    },
    stop: runs.stop,
  };
};

test('an endpoint has one run at a time, and one more for all bells that came meanwhile', async () => {
  const { begun, rings, ends } = setUp({ perTenant: 2, inAll: 4 });
  rings('a1', 'a1', 'a1');
  expect(begun).toEqual(['a1']);
  await ends('a1');
  expect(begun).toEqual(['a1', 'a1']);
  await ends('a1');
  expect(begun).toHaveLength(2);
});

test('a tenant has so many runs, and the next as one ends', async () => {
  const { begun, rings, ends } = setUp({ perTenant: 2, inAll: 9 });
  rings('a1', 'a2', 'a3', 'a4');
  expect(begun).toEqual(['a1', 'a2']);
  await ends('a1');
  expect(begun).toEqual(['a1', 'a2', 'a3']);
});

test('another tenant has room at once, however many are under way; then who has the fewest is next', async () => {
  const { begun, rings, ends } = setUp({ perTenant: 3, inAll: 3 });
  rings('a1', 'a2', 'a3', 'a4', 'b1', 'b2', 'c1');
  expect(begun).toEqual(['a1', 'a2', 'a3', 'b1', 'c1']);
  await ends('a1');
  expect(begun).toHaveLength(5);
  await ends('a2');
  await ends('a3');
  expect(begun.at(-1)).toBe('a4');
  await ends('b1');
  expect(begun.at(-1)).toBe('b2');
});

test('once it stops nothing begins, and it waits for what is under way', async () => {
  const { begun, rings, ends, stop } = setUp({ perTenant: 1, inAll: 1 });
  rings('a1', 'a1', 'a2');
  let isOver = false;
  const stopped = stop().then(() => {
    isOver = true;
  });
  rings('b1');
  await Promise.resolve();
  expect(isOver).toBe(false);
  await ends('a1');
  await stopped;
  expect(begun).toEqual(['a1']);
});
