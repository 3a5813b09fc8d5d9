import { z } from 'zod';
import { follow, nameExcursion, type Reading, type Turn, untilBack } from '../domain/excursion.ts';
import { priorities } from '../domain/work-order.ts';
import type { Tx } from '../store/store.ts';
import type { MetricKey, Threshold, WatchedThreshold } from '../store/thresholds.ts';
import { textsFor } from '../texts/texts.ts';
import { resolveAlert } from './change-alert.ts';
import type { Bell, Facts } from './facts.ts';
import { collectFaults } from './faults.ts';
import { key, moment, readFields, readMoment, requireField } from './fields.ts';
import { raiseAlert } from './raise-alert.ts';

export const readingShape = {
  asset: key,
  metric: key,
  value: z.number('must be a finite number'),
  at: moment,
};

/** A metric of one asset with its readings, in no order. */
export type MetricReadings = MetricKey & { readings: Reading[] };

// A clock that is a little fast is taken for right. A reading of next year would have all true ones ignored.
const maxAheadMs = 5 * 60_000;

/** Sorts out what is wrong, each with its place, and puts the others together by asset and metric. */
export const sortReadings = async (
  tx: Tx,
  given: unknown[],
  now: Date,
): Promise<{ metrics: MetricReadings[]; rejected: { index: number; detail: string }[] }> => {
  const read = given.map((each) => {
    const faults = collectFaults();
    const fields = readFields(readingShape, each, faults);
    if (!faults.has('')) for (const name of Object.keys(readingShape)) requireField(fields, name, faults);
    return { fields, faults };
  });
  const assetIds = await tx.assets.idsOf([...new Set(read.flatMap(({ fields }) => fields.asset ?? []))]);

  const rejected: { index: number; detail: string }[] = [];
  const metrics = new Map<string, MetricReadings>();
  for (const [index, { fields, faults }] of read.entries()) {
    const { asset, metric, value } = fields;
    const assetId = assetIds.get(asset ?? '');
    const at = fields.at === undefined ? null : readMoment(fields.at);
    if (asset !== undefined && !assetId) faults.add('/asset', 'names nothing we know');
    if (at && at.getTime() > now.getTime() + maxAheadMs) faults.add('/at', 'lies in the future');
    if (faults.all.length > 0) {
      const details = faults.all.map(({ pointer, detail }) => `${pointer.slice(1)} ${detail}`.trim());
      rejected.push({ index, detail: details.join('; ') });
      continue;
    }
    const own: MetricReadings = { assetId: assetId!, metric: metric!, readings: [] };
    const { readings } = metrics.get(nameOf(own)) ?? own;
    readings.push({ value: value!, at: at! });
    metrics.set(nameOf(own), { ...own, readings });
  }
  return { metrics: [...metrics.values()], rejected };
};

/**
 * Notes the readings of metrics that stay where they are, within their limits or in their excursion. Answers those for
 * which an excursion begins or ends, the most severe first: nothing of theirs is noted yet.
 */
export const noteReadings = async (tx: Tx, metrics: MetricReadings[]): Promise<MetricReadings[]> => {
  const given = new Map(metrics.map((each) => [nameOf(each), each]));
  const followed = (await tx.thresholds.lock(metrics)).map((threshold) => {
    const metric = given.get(nameOf({ assetId: threshold.asset.id, metric: threshold.metric }))!;
    return { metric, threshold, ...follow(threshold, threshold, metric.readings) };
  });
  await tx.thresholds.follow(
    followed
      .filter(({ turns }) => turns.length === 0)
      .map(({ metric: { assetId, metric }, threshold: { excursion }, watched: { lastAt } }) => ({
        ...{ assetId, metric, lastAt, excursion },
      })),
  );
  return followed
    .filter(({ turns }) => turns.length > 0)
    .sort((one, other) => rankOf(other.threshold) - rankOf(one.threshold))
    .map(({ metric }) => metric);
};

const nameOf = ({ assetId, metric }: MetricKey): string => JSON.stringify([assetId, metric]);
const rankOf = ({ severity }: Threshold): number => priorities.indexOf(severity);

/**
 * Raises an alert for each excursion that begins with these readings of one metric, and resolves that of each which
 * ends. Answers what was raised, by external id, and whether there is more of it to be done by the same call again. Ring
 * the bells after the commit.
 */
export const turnByReadings = async (
  tx: Tx,
  metric: MetricReadings,
  facts: Facts,
): Promise<{ raised: string[]; bells: Bell[]; isDone: boolean }> => {
  const [threshold] = await tx.thresholds.lock([metric]);
  // Taken out of the list since it was looked at.
  if (!threshold) return { raised: [], bells: [], isDone: true };
  const readings = untilBack(threshold, threshold, metric.readings);
  const { watched, turns } = follow(threshold, threshold, readings);
  const raised: string[] = [];
  const bells: Bell[] = [];
  let alertId = threshold.excursion?.alertId ?? null;
  for (const turn of turns) {
    if (turn.kind === 'ended') {
      const alert = (await tx.alerts.lock([alertId!])).get(alertId!)!;
      const resolved = await resolveAlert(tx, alert, bySensor, facts);
      bells.push(...resolved.bells);
      alertId = null;
    } else {
      const begun = await raiseAlert(tx, alertOf(threshold, turn, facts), facts, collectFaults());
      bells.push(...begun.bells);
      if (begun.isNew) raised.push(begun.alert.externalId);
      alertId = begun.alert.id;
    }
  }
  await tx.thresholds.follow([
    {
      ...{ assetId: metric.assetId, metric: metric.metric, lastAt: watched.lastAt },
      excursion: watched.excursion && { ...watched.excursion, alertId: alertId! },
    },
  ]);
  return { raised, bells, isDone: readings.length === metric.readings.length };
};

const bySensor = { note: null };

const alertOf = (
  { asset, metric, severity }: WatchedThreshold,
  { at, side, value, limit }: Turn & { kind: 'began' },
  { now, tenant: { locale } }: Facts,
) => ({
  externalId: nameExcursion(asset.code, metric, at),
  asset: asset.code,
  message: textsFor(locale).excursion({ metric, side, value, limit }, locale),
  severity,
  // Of a clock that is fast.
  raisedAt: (at < now ? at : now).toISOString(),
});
