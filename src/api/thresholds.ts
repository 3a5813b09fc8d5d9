import { z } from '@hono/zod-openapi';
import { collectFaults } from '../cmms/faults.ts';
import { readFields } from '../cmms/fields.ts';
import { saveThresholds, thresholdsShape } from '../cmms/save-thresholds.ts';
import type { Deps } from '../deps.ts';
import { priorities } from '../domain/work-order.ts';
import { keyToFind, readJson } from './body.ts';
import { notFound } from './problem.ts';
import { type ApiRoute, answer, inTenant, problems } from './route.ts';

const thresholdsAnswer = z
  .strictObject({
    metrics: z.array(
      z.strictObject({
        metric: z.string(),
        high: z.number().nullable(),
        low: z.number().nullable(),
        clear: z.number().nullable(),
        severity: z.enum(priorities),
      }),
    ),
  })
  .meta({ id: 'Thresholds' });

const change = z.strictObject(thresholdsShape).partial().meta({ id: 'ThresholdsChange' });

export const thresholdRoutes = (deps: Deps): ApiRoute[] => [
  {
    method: 'put',
    path: '/assets/{code}/thresholds',
    summary: "Set the limits of an asset's readings",
    description:
      'The list replaces the one before; null empties it. Each metric is there once and needs `high`, `low` or both: it ' +
      'is out above `high` and below `low`, not at them. `clear` is where it counts as back: at or below it with `high`, ' +
      'at or above it with `low`; null: at the limit itself. With both limits it lies between them, and back is as far ' +
      'inside either limit as `clear` is inside the nearer one. Limits raise and resolve nothing by themselves: the next ' +
      'reading is compared with the new ones. The alert of an excursion whose metric is taken out of the list stays as it ' +
      'is, to be resolved by somebody; should the metric come back, so does its excursion.',
    body: change,
    answers: { 200: answer(thresholdsAnswer, 'Changed'), ...problems(404, 413, 415, 422) },
    handle: async (c) => {
      const code = keyToFind(c.req.param('code')!);
      const faults = collectFaults();
      const fields = readFields(thresholdsShape, await readJson(c), faults);
      const metrics = await inTenant(c, deps, async (tx) => {
        const isThere = await saveThresholds(tx, code, fields, collectFaults(faults.all));
        return isThere ? tx.thresholds.list((await tx.assets.find(code))!.id) : notFound();
      });
      return c.json({ metrics });
    },
  },
  {
    method: 'get',
    path: '/assets/{code}/thresholds',
    summary: "The limits of an asset's readings",
    answers: { 200: answer(thresholdsAnswer, 'The limits, in the order given'), ...problems(404) },
    handle: async (c) => {
      const code = keyToFind(c.req.param('code')!);
      const metrics = await inTenant(c, deps, async (tx) => {
        const asset = await tx.assets.find(code);
        return asset ? tx.thresholds.list(asset.id) : notFound();
      });
      return c.json({ metrics });
    },
  },
];
