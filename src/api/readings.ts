import { z } from '@hono/zod-openapi';
import { readFacts, ringAll } from '../cmms/facts.ts';
import { collectFaults, refuseIfFaulty } from '../cmms/faults.ts';
import { readFields, requireField } from '../cmms/fields.ts';
import { noteReadings, readingShape, sortReadings, turnByReadings } from '../cmms/take-readings.ts';
import type { Deps } from '../deps.ts';
import { readJson } from './body.ts';
import { type ApiRoute, answer, inTenant, problems } from './route.ts';

const maxReadings = 1000;

const readings = z
  .strictObject({ readings: z.array(z.strictObject(readingShape)).max(maxReadings) })
  .meta({ id: 'Readings' });

/** One that is wrong does not keep the others out, so each is looked at by itself. */
const readingsShape = { readings: z.array(z.unknown()).max(maxReadings) };

const readingsAnswer = z
  .strictObject({
    accepted: z.int(),
    rejected: z.array(z.strictObject({ index: z.int(), detail: z.string() })),
    alerts: z
      .array(z.string())
      .meta({ description: 'External ids of the alerts that these readings raised' }),
  })
  .meta({ id: 'ReadingsTaken' });

export const readingRoutes = (deps: Deps): ApiRoute[] => [
  {
    method: 'post',
    path: '/readings',
    summary: 'Have readings compared with the limits',
    description:
      `At most ${maxReadings}, of any assets, in any order. The first reading past a limit raises an alert; the first that ` +
      'is back resolves it, whoever goes, with an all-clear to everybody who was told. In between no other is raised, ' +
      'also if somebody has resolved it meanwhile. A reading that is no later than the last one of its metric is ignored, ' +
      'so a batch may be sent again. What is wrong is `rejected` by its index, the others are `accepted`: those that are ' +
      'ignored, or of a metric without limits, are among them. `at` may be 5 minutes ahead of this service’s clock at ' +
      'most. Only the last reading’s time is kept, and only of metrics with limits.',
    body: readings,
    answers: { 202: answer(readingsAnswer, 'Compared'), ...problems(413, 415, 422) },
    handle: async (c) => {
      const faults = collectFaults();
      const body = readFields(readingsShape, await readJson(c), faults);
      requireField(body, 'readings', faults);
      refuseIfFaulty(faults);
      const given = body.readings!;
      const { rejected, turning } = await inTenant(c, deps, async (tx) => {
        const { metrics, rejected } = await sortReadings(tx, given, deps.now());
        return { rejected, turning: await noteReadings(tx, metrics) };
      });
      const alerts: string[] = [];
      // Each by itself: the first leaves while the last is written, and no two wait for each other's people.
      for (const metric of turning) {
        for (let isOver = false; !isOver; ) {
          const { raised, bells, isDone } = await inTenant(c, deps, async (tx) =>
            turnByReadings(tx, metric, await readFacts(tx, deps, { kind: 'system', id: null })),
          );
          ringAll(deps, c.get('caller').tenantId, bells);
          alerts.push(...raised);
          isOver = isDone;
        }
      }
      return c.json({ accepted: given.length - rejected.length, rejected, alerts }, 202);
    },
  },
];
