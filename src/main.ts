import { randomUUID } from 'node:crypto';
import { ConfigError, readConfig } from './config.ts';
import { createLog } from './log.ts';
import { startService } from './service.ts';
import { createSimulatorApp } from './simulator/app.tsx';
import { createSimulator } from './simulator/engine.ts';

/** Long enough for what is in flight; a supervisor kills soon after. */
const stopDeadlineMs = 20_000;

const main = async () => {
  const config = readConfig(process.env);
  const log = createLog(config.logLevel);
  const service = startService(config, {
    log,
    say: (line) => process.stdout.write(`${line}\n`),
    now: () => new Date(),
    newId: randomUUID,
    simulate: ({ basePath, ...account }) => {
      const simulator = createSimulator({ ...account, approves: true });
      return {
        routes: (latestEvents) => createSimulatorApp(simulator, { basePath, latestEvents }),
        addPhone: simulator.addPhone,
        close: async () => simulator.close(),
      };
    },
  });

  let stoppingSince: number | null = null;
  const stop = async (signal: string) => {
    // Ctrl-C reaches us twice, from the terminal and from npm; only a later one means "now".
    if (stoppingSince !== null) {
      if (Date.now() - stoppingSince > 2000) process.exit(130);
      return;
    }
    stoppingSince = Date.now();
    process.stdout.write(`${signal}: finishing what is in flight\n`);
    setTimeout(() => {
      log.error({ event: 'stop.timeout' });
      process.exit(1);
    }, stopDeadlineMs).unref();
    await service.stop();
    process.stdout.write('stopped\n');
    process.exit(0);
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      stop(signal).catch((error: Error) => {
        log.error({ event: 'stop.failed', reason: error.message });
        process.exit(1);
      });
    });
  }
  try {
    await service.started;
  } catch (error) {
    // Stopped while starting: the stop under way ends the process.
    if (stoppingSince !== null) return;
    await service.stop();
    throw error;
  }
};

main().catch((error: Error) => {
  // What an operator can mend is said in a sentence; only a fault of ours comes with its stack.
  const plain =
    error instanceof ConfigError || 'advice' in error || (error as { code?: string }).code !== undefined;
  process.stderr.write(`${plain || !error.stack ? error.message : error.stack}\n`);
  process.exit(1);
});
