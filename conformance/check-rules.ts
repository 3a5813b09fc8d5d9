import { createKit, type KitOptions, Stopped } from './kit.ts';
import { Mismatch, type Need, type Rule, Skipped } from './rule.ts';
import { sections } from './sections.ts';

export type Result = {
  section: string;
  says: string;
  outcome: 'pass' | 'fail' | 'skip';
  /** What the rule made and could not be taken back. */
  left: string[];
  /** Why it was skipped. */
  why?: string;
  expected?: string;
  came?: string;
};

/**
 * Checks the rules one after another and tells of each as soon as it is known. When it is to stop, it takes back what
 * the rule under way has made, and answers what it knows by then.
 */
export const checkRules = async (
  options: KitOptions,
  /** Names of sections, or a part of what a rule says; all rules when empty. */
  only: string[] = [],
  tell: (result: Result) => void = () => {},
): Promise<Result[]> => {
  const kit = createKit(options);
  const missing: Record<Need, boolean> = {
    'operator-key': options.operatorKey === null,
    queue: options.addJob === null,
    receiver: options.receiveAt === null,
  };
  const check = async ({ says, needs, check }: Rule): Promise<Omit<Result, 'section' | 'says' | 'left'>> => {
    if (needs && missing[needs]) return { outcome: 'skip', why: wanted[needs] };
    try {
      await check(kit);
      return { outcome: 'pass' };
    } catch (error) {
      if (error instanceof Stopped) return { outcome: 'skip', why: 'stopped' };
      if (error instanceof Skipped) return { outcome: 'skip', why: error.message };
      if (error instanceof Mismatch) return { outcome: 'fail', expected: error.expected, came: error.came };
      // What came was so different that looking into it failed.
      return { outcome: 'fail', expected: says, came: String((error as Error).stack) };
    }
  };

  const wantedRules = sections.flatMap(({ name, rules }) =>
    rules
      .filter(({ says }) => only.length === 0 || only.some((part) => name === part || says.includes(part)))
      .map((rule) => ({ section: name, rule })),
  );
  const results: Result[] = [];
  for (const { section, rule } of wantedRules) {
    const outcome = await check(rule);
    const left = await kit.cleanUp();
    const isLast = results.length === wantedRules.length - 1 || options.stopping?.aborted;
    if (isLast) left.push(...(await kit.end()));
    const result: Result = { section, says: rule.says, ...outcome, left };
    results.push(result);
    tell(result);
    if (isLast) break;
  }
  return results;
};

const wanted: Record<Need, string> = {
  'operator-key': 'give --operator-key',
  queue: 'give --redis or --database-queue',
  receiver: 'give --receive-at',
};
