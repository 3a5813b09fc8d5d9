import { expect, test } from 'vitest';
import { createPlaces } from '../../src/api/places.ts';

/** Work that ends when it is told to. */
const held = () => {
  let end = () => {};
  const ends = new Promise<void>((resolve) => {
    end = resolve;
  });
  return { end, work: () => ends };
};

test('what finds no place waits for one, in the order it came, also behind what fails', async () => {
  const inPlace = createPlaces(2, 60_000);
  const begun: string[] = [];
  const first = held();
  const second = held();
  const run = (name: string, work: () => Promise<void> = async () => {}) =>
    inPlace(async () => {
      begun.push(name);
      await work();
    });
  const all = [run('first', first.work), run('second', second.work)];
  const fails = run('third', () => Promise.reject(new Error('at fault')));
  const last = run('fourth');
  await Promise.resolve();
  expect(begun).toEqual(['first', 'second']);
  second.end();
  await expect(fails).rejects.toThrow('at fault');
  await last;
  expect(begun).toEqual(['first', 'second', 'third', 'fourth']);
  first.end();
  await Promise.all(all);
});

test('what waits too long is answered 503, and takes no place afterwards', async () => {
  const inPlace = createPlaces(1, 10);
  const first = held();
  const running = inPlace(first.work);
  await expect(inPlace(async () => 'never')).rejects.toMatchObject({ status: 503 });
  first.end();
  await running;
  expect(await inPlace(async () => 'at once')).toBe('at once');
});
