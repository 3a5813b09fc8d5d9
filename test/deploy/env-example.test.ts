import { expect, test } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { configVariables, productionEnv, readProjectFile, readVariables, sorted } from './compose-file.ts';

const settings = readProjectFile('.env.example')
  .split('\n')
  .flatMap((line) => {
    const [, hash, name = '', value = ''] = /^(#?)([A-Z][A-Z\d_]*)=(.*)$/.exec(line) ?? [];
    return name ? [{ name, value, isOptional: hash === '#' }] : [];
  });

test('.env.example has every variable that the service or docker-compose.yml reads, once, and no other', () => {
  const read = new Set([...configVariables(), ...readVariables().map(({ name }) => name)]);
  expect(sorted(settings.map(({ name }) => name))).toEqual(sorted(read));
});

test('what Compose needs is empty and not commented out, all else is commented out', () => {
  const needed = settings.filter(({ isOptional }) => !isOptional);
  expect(sorted(needed.map(({ name }) => name))).toEqual(sorted(Object.keys(productionEnv)));
  expect(needed.filter(({ value }) => value)).toEqual([]);
});

test('every value it shows is the default', () => {
  const fallbacks = new Map(readVariables().map(({ name, fallback }) => [name, fallback]));
  const isForCompose = (name: string) => !configVariables().includes(name);
  const shown = settings.filter(({ value }) => value);
  expect(shown.length).toBeGreaterThan(5);
  for (const { name, value } of shown) {
    if (isForCompose(name)) expect(fallbacks.get(name), name).toBe(value);
    else expect(readConfig({ [name]: value }), name).toEqual(readConfig({}));
  }
});

test('left as it is, it changes nothing', () => {
  const untouched = Object.fromEntries(
    settings.filter(({ isOptional }) => !isOptional).map(({ name, value }) => [name, value]),
  );
  expect(readConfig(untouched)).toEqual(readConfig({}));
});
