import { randomUUID } from 'node:crypto';
import { readConfig } from '../../src/config.ts';
import { createLog } from '../../src/log.ts';
import { startService } from '../../src/service.ts';
import { quickTiming } from './timing.ts';

// The service as main.ts starts it, but with the waits around a provider shortened.
const config = readConfig(process.env);
const service = startService(config, {
  log: createLog(config.logLevel),
  say: (line) => process.stdout.write(`${line}\n`),
  now: () => new Date(),
  newId: randomUUID,
  pace: { timing: quickTiming, recovery: { everyMs: 500, waitedMs: 500 } },
  simulate: () => {
    throw new Error('the test brings its own simulator');
  },
});
process.on('SIGTERM', () => {
  void service.stop().then(() => process.exit(0));
});
await service.started;
