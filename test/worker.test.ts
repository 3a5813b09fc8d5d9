import { randomUUID } from 'node:crypto';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import type { Files } from '../src/attachments/files.ts';
import type { Deps } from '../src/deps.ts';
import type { Processor, Queues } from '../src/queue-backend.ts';
import { recoverySettings } from '../src/recovery.ts';
import { startWorker } from '../src/worker.ts';
import { quickTiming } from './support/timing.ts';

type Job = Parameters<Processor>[0];

/** The worker's way with a job of the CMMS, over a database that fails as told. */
const startOnFailingStore = async (failsWith: () => Error) => {
  const processors = new Map<string, Processor>();
  const alarms: unknown[] = [];
  const fail = async () => {
    throw failsWith();
  };
  const deps = {
    store: { tenant: fail, gate: new Proxy({}, { get: () => fail }) },
    ring: () => {},
    log: pino({}, { write: (line: string) => void (JSON.parse(line).alarm && alarms.push(line)) }),
    now: () => new Date(),
    newId: randomUUID,
    secretKeys: [],
    enabled: true,
  } as unknown as Deps;
  const queues = {
    backend: 'postgres',
    ready: Promise.resolve(),
    spillState: async () => 'empty',
    work: async (name: string, _: number, processor: Processor) => void processors.set(name, processor),
    stopWorkers: async () => {},
  } as unknown as Queues;
  const worker = await startWorker(deps, queues, {
    providerOf: () => {
      throw new Error('nothing is sent here');
    },
    publicBaseUrl: 'https://rbm.example.com',
    files: {} as Files,
    timing: quickTiming,
    recovery: recoverySettings,
  });
  return { work: processors.get('notifications')!, alarms, stop: () => worker.stop(0) };
};

/** A job that keeps between its runs what the queue keeps. */
const createJob = (delays: number[] = []) => {
  const kept = { attemptsStarted: 0, failures: 0 };
  return (): Job => ({
    id: 'job-1',
    name: 'message.send',
    data: { schemaVersion: 1, tenant: 'default', idempotencyKey: 'k', to: 'E-1', text: 'hi' },
    attemptsStarted: ++kept.attemptsStarted,
    failures: kept.failures,
    again: async (delayMs, failures = kept.failures) => {
      delays.push(delayMs);
      kept.failures = failures;
      return new Error('put back');
    },
  });
};

test('a job that waited long for the database has not used up its tries at a fault of ours', async () => {
  let error = Object.assign(new Error('away'), { code: 'ECONNREFUSED' });
  const { work, alarms, stop } = await startOnFailingStore(() => error);
  const job = createJob();
  for (let run = 0; run < 50; run++) await expect(work(job())).rejects.toThrow('put back');

  error = new Error('a fault of ours') as never;
  for (let failure = 1; failure < 20; failure++) await expect(work(job())).rejects.toThrow('put back');
  expect(alarms).toEqual([]);
  await expect(work(job())).rejects.toThrow('put back');
  expect(alarms).toHaveLength(1);
  await stop();
});

test('a job that fails by our fault again and again is kept and tried each minute, and the log quotes no text', async () => {
  const { work, alarms, stop } = await startOnFailingStore(() =>
    Object.assign(new Error('Key (phone)=(+15005550101) is odd'), { code: 'XX000' }),
  );
  const delays: number[] = [];
  const job = createJob(delays);
  for (let run = 0; run < 30; run++) await expect(work(job())).rejects.toThrow('put back');
  expect(delays.slice(-10)).toEqual(Array(10).fill(60_000));
  expect(alarms).toHaveLength(11);
  expect(alarms.join()).toContain('XX000');
  expect(alarms.join()).not.toContain('5005550101');
  await stop();
});
