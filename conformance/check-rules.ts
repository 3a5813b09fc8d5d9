import { createKit, type KitOptions } from './kit.ts';
import { Mismatch, type Need, type Rule, Skipped } from './rule.ts';
import { sections } from './sections.ts';

export type Result = {
  section: string;
  says: string;
  outcome: 'pass' | 'fail' | 'skip';
  /** Why it was skipped. */
  why?: string;
  expected?: string;
  came?: string;
};

/** Checks the rules one after another and tells of each as soon as it is known. */
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
  const check = async ({ says, needs, check }: Rule): Promise<Omit<Result, 'section' | 'says'>> => {
    if (needs && missing[needs]) return { outcome: 'skip', why: wanted[needs] };
    try {
      await check(kit);
      return { outcome: 'pass' };
    } catch (error) {
      if (error instanceof Skipped) return { outcome: 'skip', why: error.message };
      if (error instanceof Mismatch) return { outcome: 'fail', expected: error.expected, came: error.came };
      // What came was so different that looking into it failed.
      return { outcome: 'fail', expected: says, came: String((error as Error).stack) };
    }
  };

  const results: Result[] = [];
  for (const { name, rules } of sections) {
    for (const rule of rules) {
      const isWanted = only.some((part) => name === part || rule.says.includes(part));
      if (only.length > 0 && !isWanted) continue;
      const outcome = await check(rule);
      const left = await kit.cleanUp();
      const result: Result =
        outcome.outcome === 'pass' && left.length > 0
          ? {
              section: name,
              says: rule.says,
              outcome: 'fail',
              expected: 'to clean up',
              came: left.join('; '),
            }
          : { section: name, says: rule.says, ...outcome };
      results.push(result);
      tell(result);
    }
  }
  return results;
};

const wanted: Record<Need, string> = {
  'operator-key': 'give --operator-key',
  queue: 'give --redis or --database-queue',
  receiver: 'give --receive-at',
};
