import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { type Config, ConfigError, readConfig } from '../config.ts';
import { createLog } from '../log.ts';
import { whatsappChannel } from '../messaging/poll-templates.ts';
import { createProviders } from '../messaging/providers.ts';
import { hasOwnDatabase, ownSecretKey, StartError, startOwnPostgres } from '../own-database.ts';
import { prepareDatabase } from '../store/prepare.ts';
import { createStore } from '../store/store.ts';
import { readProposals } from './files.ts';
import { submitTemplates, tellStatus } from './submit.ts';

const usage = `npm run templates -- submit    makes the templates of templates/ at Twilio and asks for approval
npm run templates -- status    asks where the approval of each stands
  --tenant {slug}              another tenant than "default"`;

/** What an operator can mend, said in a sentence. */
class Advice extends Error {}

const say = (line: string) => void process.stdout.write(`${line}\n`);

const main = async (): Promise<boolean> => {
  const { command, slug } = readArguments();
  const config = readConfig(process.env);
  const { proposals, faults } = command === 'submit' ? readProposals() : { proposals: [], faults: [] };
  if (faults.length > 0) throw new Advice(`Nothing was submitted:\n  - ${faults.join('\n  - ')}`);

  const { databaseUrl, secretKey, close } = await openDatabase(config);
  const store = createStore({ url: databaseUrl, maxConnections: 2 });
  try {
    const [tenantId] = await store.gate.tenantIds(slug);
    if (!tenantId) throw new Advice(`There is no tenant "${slug}": start the service once, or name another.`);
    const channel = await store.tenant(tenantId, whatsappChannel);
    if (!channel)
      throw new Advice(
        `Tenant "${slug}" has no WhatsApp sender: set the TWILIO_ variables and start the service once.`,
      );
    const secretKeys = [secretKey, ...(config.secretKeyPrevious ? [config.secretKeyPrevious] : [])];
    const provider = createProviders(secretKeys, { twilio: config.twilioApiBaseUrl, simulator: null })(
      channel,
    );
    const deps = { store, log: createLog('silent'), now: () => new Date() };

    let allWell = false;
    const held = await store.gate.withLock(`rbm templates ${tenantId}`, async () => {
      allWell =
        command === 'submit'
          ? await submitTemplates(deps, tenantId, provider, proposals, say)
          : await tellStatus(deps, tenantId, provider, say);
    });
    if (!held) throw new Advice('The same command runs elsewhere: wait for it to end.');
    return allWell;
  } finally {
    await store.close();
    await close();
  }
};

/** The service's own database and key: of the environment, or what it has made under DATA_DIR, running or not. */
const openDatabase = async (config: Config) => {
  const { databaseUrl, dataDir } = config;
  if (databaseUrl && config.secretKey)
    return { databaseUrl, secretKey: config.secretKey, close: async () => {} };
  if (config.provider === 'simulator') {
    throw new Advice(
      'Without Twilio this is the demonstration, which submits its templates itself: set the same variables as for the service.',
    );
  }
  if (!hasOwnDatabase(dataDir)) {
    throw new Advice(
      `There is no database in ${resolve(dataDir)}: start the service once, or set DATA_DIR or DATABASE_URL as for the service.`,
    );
  }
  const secretKey = config.secretKey ?? ownSecretKey(dataDir);
  const postgres = await startOwnPostgres(dataDir, () => {});
  try {
    const { appUrl } = await prepareDatabase({ ownerUrl: postgres.url, secretKey, log: () => {} });
    return { databaseUrl: appUrl, secretKey, close: postgres.stop };
  } catch (error) {
    await postgres.stop();
    throw error;
  }
};

const readArguments = (): { command: 'submit' | 'status'; slug: string } => {
  try {
    const { positionals, values } = parseArgs({
      allowPositionals: true,
      options: { tenant: { type: 'string', default: 'default' } },
    });
    const [command, ...more] = positionals;
    if ((command === 'submit' || command === 'status') && more.length === 0)
      return { command, slug: values.tenant };
  } catch {
    // What it cannot read is answered like what it does not know.
  }
  throw new Advice(usage);
};

main().then(
  (allWell) => {
    process.exitCode = allWell ? 0 : 1;
  },
  (error: Error & { code?: string }) => {
    const plain = [Advice, ConfigError, StartError].some((kind) => error instanceof kind);
    process.stderr.write(`${plain ? error.message : `templates: ${error.message || error.code}`}\n`);
    process.exitCode = 1;
  },
);
