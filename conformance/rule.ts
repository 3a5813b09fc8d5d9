import type { Answer, Kit } from './kit.ts';

/** One sentence of the contract, and how to find out whether it holds. */
export type Rule = {
  says: string;
  /** What the rule cannot be checked without; it is skipped when that is not given. */
  needs?: Need;
  check: (kit: Kit) => Promise<void>;
};

export type Need = 'operator-key' | 'queue' | 'receiver';

export type Section = { name: string; rules: Rule[] };

/** The installation did something else than the contract says. */
export class Mismatch extends Error {
  readonly expected: string;
  readonly came: string;
  constructor(expected: string, came: string) {
    super(`expected ${expected}, came ${came}`);
    this.expected = expected;
    this.came = came;
  }
}

/** The rule cannot be checked here. */
export class Skipped extends Error {}

export const skip = (why: string): never => {
  throw new Skipped(why);
};

/** An installation of a version that does not do it yet says so, instead of pretending. */
export const orSkip = (answer: Answer): Answer => {
  if (answer.status === 501) skip(`${answer.request} is not in this version`);
  return answer;
};

export const expectThat = (holds: boolean, expected: string, came: unknown): void => {
  if (!holds) throw new Mismatch(expected, show(came));
};

export const expectSame = (what: string, came: unknown, expected: unknown): void =>
  expectThat(sorted(came) === sorted(expected), `${what} ${show(expected)}`, came);

export const expectStatus = (answer: Answer, ...statuses: number[]): Answer => {
  expectThat(
    statuses.includes(answer.status),
    `${answer.request} to be answered ${statuses.join(' or ')}`,
    `${answer.status} ${answer.text}`,
  );
  return answer;
};

/** Exactly these fields, null where there is nothing. */
export const expectFields = (what: string, value: unknown, fields: string): void =>
  expectSame(`${what} with exactly the fields`, Object.keys(Object(value)).sort(), fields.split(' ').sort());

const momentPattern = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

export const expectMoment = (what: string, value: unknown): void =>
  expectThat(
    typeof value === 'string' && momentPattern.test(value),
    `${what} in UTC with milliseconds, like 2026-12-25T09:00:00.000Z`,
    value,
  );

export const expectProblem = (answer: Answer, status: number, slug?: string): void => {
  expectStatus(answer, status);
  const type = answer.headers.get('content-type')?.split(';')[0] ?? null;
  expectSame(`${answer.request} answered with the content type`, type, 'application/problem+json');
  for (const field of ['type', 'title', 'status', 'detail', 'errors']) {
    expectThat(field in Object(answer.body), `a problem with the field ${field}`, answer.body);
  }
  expectSame("the problem's status", answer.body.status, status);
  expectThat(
    /^urn:rbm:problem:[a-z-]+$/.test(answer.body.type),
    'a type urn:rbm:problem:…',
    answer.body.type,
  );
  expectThat(typeof answer.body.title === 'string', 'a title', answer.body);
  expectThat(Array.isArray(answer.body.errors), 'a list of errors', answer.body);
  if (slug) expectSame(`${answer.request} answered with type`, answer.body.type, `urn:rbm:problem:${slug}`);
};

/** 422 that names a fault at each of these pointers. A pointer may begin further up, as /data of a notification. */
export const expectFaults = (answer: Answer, ...pointers: string[]): void => {
  expectProblem(answer, 422, 'invalid');
  expectPointers(answer.body.errors, ...pointers);
};

export const expectPointers = (
  faults: { pointer: string; detail: string }[],
  ...pointers: string[]
): void => {
  for (const pointer of pointers) {
    expectThat(
      faults.some((fault) => fault.pointer.endsWith(pointer) && fault.detail.length > 0),
      `a fault at ${pointer}`,
      faults,
    );
  }
};

const show = (value: unknown): string => {
  const text = typeof value === 'string' ? value : JSON.stringify(value ?? null);
  return text.length > 600 ? `${text.slice(0, 600)}…` : text;
};

// Postgres keeps JSON without the order of its fields.
const sorted = (value: unknown): string =>
  JSON.stringify(value ?? null, (_name, part) =>
    part !== null && typeof part === 'object' && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
