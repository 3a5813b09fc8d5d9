import { parseArgs } from 'node:util';
import { CannotCheck, findInstallation, readAddress } from './before.ts';
import { checkRules, type Result } from './check-rules.ts';
import { openQueue } from './queue-client.ts';
import { sections } from './sections.ts';

const usage = `npm run conformance -- --url http://localhost:3000 --key rbm_…

  --url             the installation, with or without /api/v1
  --key             an API key of the tenant to check with
  --tenant          that tenant's name in queue jobs (default)
  --operator-key    also check the operator's routes; makes a tenant and leaves it switched off
  --redis           address of its Redis: also check the queue
  --database-queue  address of its database, when the queue is there
  --receive-at      an address that it can call and that leads to this machine: also check that webhooks arrive
  --listen          host:port of this machine where that address leads to, with plain HTTP, for example behind a
                    tunnel that has the https (the host and port of --receive-at, when that is http)
  --only            a section (${sections.map(({ name }) => name).join(', ')}),
                    or a part of what a rule says; may be repeated
  --patience        seconds to wait for what happens after an answer (20)`;

const readOptions = () => {
  try {
    const { values } = parseArgs({
      options: {
        url: { type: 'string' },
        key: { type: 'string' },
        tenant: { type: 'string', default: 'default' },
        'operator-key': { type: 'string' },
        redis: { type: 'string' },
        'database-queue': { type: 'string' },
        'receive-at': { type: 'string' },
        listen: { type: 'string' },
        only: { type: 'string', multiple: true, default: [] },
        patience: { type: 'string', default: '20' },
        help: { type: 'boolean', default: false },
      },
    });
    if (values.help || !values.url || !values.key || !(Number(values.patience) > 0)) return null;
    return { ...values, url: values.url, key: values.key };
  } catch (error) {
    console.error(`${(error as Error).message}\n`);
    return null;
  }
};

/** Where to listen for webhooks that are sent to `receiveAt`. */
const readPlace = (receiveAt: string | undefined, listen: string | undefined) => {
  if (!receiveAt) return null;
  if (!/^https?:\/\//i.test(receiveAt) || !URL.canParse(receiveAt)) {
    throw new CannotCheck(`--receive-at ${receiveAt}: the address must begin with http:// or https://`);
  }
  const { protocol, port } = new URL(receiveAt);
  if (listen !== undefined) {
    const [, host, to] = /^\[?([^[\]]+?)\]?:(\d{1,5})$/.exec(listen) ?? [];
    if (!host || Number(to) > 65_535) throw new CannotCheck(`--listen ${listen} is not like 127.0.0.1:8080`);
    return { host, port: Number(to) };
  }
  if (protocol === 'http:') return { host: null, port: Number(port || 80) };
  throw new CannotCheck(
    '--receive-at is https: say with --listen host:port where it leads to on this machine',
  );
};

const write = ({ section, says, outcome, why, expected, came, left }: Result) => {
  console.log(`${outcome}  ${section}: ${says}${why ? ` (${why})` : ''}`);
  if (outcome === 'fail') console.log(`        expected  ${expected}\n        came      ${came}`);
  for (const what of left) console.log(`        left behind: ${what}`);
};

const run = async (options: NonNullable<ReturnType<typeof readOptions>>): Promise<number> => {
  const url = readAddress(options.url);
  const listen = readPlace(options['receive-at'], options.listen);
  const operatorKey = options['operator-key'] ?? null;
  await findInstallation(url, options.key, operatorKey);
  const { redis, 'database-queue': database } = options;
  const queue = redis || database ? await openQueue({ redis, database }) : null;

  // The second time ends it at once.
  const stop = new AbortController();
  let exitCode: number | null = null;
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    process.once(signal, () => {
      exitCode = code;
      console.error('Taking back what was made; once more ends it at once.');
      stop.abort();
    });
  }
  console.log(
    `Checking ${url}. It tries to send to fictional phones; planners of the tenant may be told of a message without an order that did not arrive.\n`,
  );
  const results = await checkRules(
    {
      url,
      key: options.key,
      tenant: options.tenant,
      operatorKey,
      receiveAt: options['receive-at'] ?? null,
      listen,
      addJob: queue?.addJob ?? null,
      patienceMs: Number(options.patience) * 1000,
      stopping: stop.signal,
    },
    options.only,
    write,
  );
  await queue?.close();
  return exitCode ?? tellSum(results);
};

/** The exit code: 0 when all that was checked holds and nothing is left behind. */
const tellSum = (results: Result[]): number => {
  const count = (outcome: Result['outcome']) => results.filter((result) => result.outcome === outcome).length;
  const left = results.flatMap((result) => result.left).length;
  console.log(`\n${count('pass')} passed, ${count('fail')} failed, ${count('skip')} skipped`);
  if (left > 0) console.log(`${left} could not be taken back`);
  if (count('fail') > 0 || left > 0) return 1;
  if (count('pass') > 0) return 0;
  console.error(results.length === 0 ? 'No rule is called that.' : 'Nothing was checked.');
  return 2;
};

const options = readOptions();
if (!options) {
  console.error(usage);
  process.exit(2);
}
try {
  process.exit(await run(options));
} catch (error) {
  if (!(error instanceof CannotCheck)) throw error;
  console.error(error.message);
  process.exit(2);
}
