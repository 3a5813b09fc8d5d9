import { readFileSync } from 'node:fs';

// Two levels up from dist/src, one from src.
const packageFile = ['../package.json', '../../package.json']
  .map((path) => new URL(path, import.meta.url))
  .map((url) => {
    try {
      return JSON.parse(readFileSync(url, 'utf8')) as { name?: string; version?: string };
    } catch {
      return null;
    }
  })
  .find((found) => found?.name === 'rbm-whatsapp');

/** This release, as package.json names it. */
export const version: string = packageFile?.version ?? '0.0.0';
