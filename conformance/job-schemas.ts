import { readFileSync } from 'node:fs';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

const ajv = new Ajv2020({ strict: false, allErrors: true });
addFormats.default(ajv);
const compiled = new Map<string, ValidateFunction>();

/** What the published schema of that job has against the data; null if nothing. */
export const schemaFaults = (name: string, data: unknown): string | null => {
  const path = new URL(`../schemas/${name}.schema.json`, import.meta.url);
  const check = compiled.get(name) ?? ajv.compile(JSON.parse(readFileSync(path, 'utf8')));
  compiled.set(name, check);
  return check(data) ? null : ajv.errorsText(check.errors);
};
