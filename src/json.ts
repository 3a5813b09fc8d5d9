import { sha256 } from './crypto.ts';

/** The same for the same JSON, in whatever order its fields came and however it is spaced. */
export const hashOfValue = (value: unknown): Buffer => sha256(JSON.stringify(sorted(value)));

/** The same of a body; of one that is no JSON, of its bytes. */
export const hashOfJson = (body: Buffer): Buffer => {
  try {
    return hashOfValue(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body)));
  } catch {
    return sha256(body);
  }
};

const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, inner]) => [name, sorted(inner)]),
  );
};
