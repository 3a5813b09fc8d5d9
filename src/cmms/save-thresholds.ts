import { z } from 'zod';
import { priorities } from '../domain/work-order.ts';
import type { Tx } from '../store/store.ts';
import type { Threshold } from '../store/thresholds.ts';
import { type Faults, refuseIfFaulty } from './faults.ts';
import { type Fields, key } from './fields.ts';

const limit = z.number().nullable();

/** What a PUT may say. */
export const thresholdsShape = {
  metrics: z
    .array(
      z.strictObject({
        metric: key,
        high: limit.optional(),
        low: limit.optional(),
        clear: limit.optional(),
        severity: z.enum(priorities),
      }),
    )
    .max(100)
    .nullable(),
};

type Given = NonNullable<Fields<typeof thresholdsShape>['metrics']>;

/**
 * Replaces the list of an asset's thresholds; null empties it. Readings are compared with them from the next one on:
 * limits say nothing about the machine, so nothing is raised or resolved. False if there is no such asset. Throws
 * Refused, with `faults` and what else is wrong, and writes nothing then.
 */
export const saveThresholds = async (
  tx: Tx,
  code: string,
  { metrics }: Fields<typeof thresholdsShape>,
  faults: Faults,
): Promise<boolean> => {
  const asset = await tx.assets.lock(code);
  if (!asset) return false;
  if (metrics) checkLimits(metrics, faults);
  refuseIfFaulty(faults);
  if (metrics !== undefined) await tx.thresholds.replace(asset.id, (metrics ?? []).map(inFull));
  return true;
};

/** What is wrong with them taken together. Those that are wrong by themselves have left gaps, which forEach passes over. */
const checkLimits = (metrics: Given, faults: Faults): void => {
  metrics.forEach(({ metric, high = null, low = null, clear = null }, place) => {
    const own = faults.under(`/metrics/${place}`);
    if (metric !== undefined && metrics.findIndex((each) => each?.metric === metric) < place)
      own.add('/metric', 'is there twice');
    if (own.has('/high') || own.has('/low')) return;
    if (high === null && low === null) own.add('', 'needs high, low or both');
    else if (high !== null && low !== null && high <= low) own.add('/high', 'must be above low');
    else if (clear !== null && ((high !== null && clear > high) || (low !== null && clear < low)))
      own.add('/clear', 'must be within the limits');
  });
};

const inFull = ({ metric, severity, high, low, clear }: Given[number]): Threshold => ({
  ...{ metric, high: high ?? null, low: low ?? null, clear: clear ?? null, severity },
});
