import { measureAlerts } from './alerts.ts';
import { measureBacklog } from './backlog.ts';
import { measureCommands } from './commands.ts';
import { measurePanel } from './panel.ts';
import { startServers } from './processes.ts';
import { measureReminders } from './reminders.ts';
import { measureWebhooks } from './webhooks.ts';

// Side by side in one run: what a machine can do differs, the ratio says what our promises cost. Nothing is asserted.
const lines: Record<string, typeof measureWebhooks> = {
  webhooks: measureWebhooks,
  commands: measureCommands,
  backlog: measureBacklog,
  reminders: measureReminders,
  alerts: measureAlerts,
  panel: measurePanel,
};

// Children and servers end with this process.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
const wanted = process.argv.slice(2);
const servers = await startServers();
try {
  for (const [name, measure] of Object.entries(lines)) {
    if (wanted.length === 0 || wanted.includes(name)) await measure(servers);
  }
} finally {
  await servers.stop();
}
process.exit(0);
