import { parseArgs } from 'node:util';
import { checkRules, type Result } from './check-rules.ts';
import { openQueue } from './queue-client.ts';
import { sections } from './sections.ts';

const usage = `npm run conformance -- --url http://localhost:3000 --key rbm_…

  --url             the installation
  --key             an API key of the tenant to check with
  --tenant          that tenant's name in queue jobs (default)
  --operator-key    also check the operator's routes; makes a tenant and leaves it switched off
  --redis           address of its Redis: also check the queue
  --database-queue  address of its database, when the queue is there
  --receive-at      an address of this machine that it can call: also check that webhooks arrive
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
        only: { type: 'string', multiple: true, default: [] },
        patience: { type: 'string', default: '20' },
        help: { type: 'boolean', default: false },
      },
    });
    if (values.help || !values.url || !values.key || !(Number(values.patience) > 0)) return null;
    return { ...values, url: values.url, key: values.key };
  } catch {
    return null;
  }
};

const write = ({ section, says, outcome, why, expected, came }: Result) => {
  console.log(`${outcome}  ${section}: ${says}${why ? ` (${why})` : ''}`);
  if (outcome === 'fail') console.log(`        expected  ${expected}\n        came      ${came}`);
};

const options = readOptions();
if (!options) {
  console.error(usage);
  process.exit(2);
}
const { redis, 'database-queue': database } = options;
const queue = redis || database ? await openQueue({ redis, database }) : null;
const results = await checkRules(
  {
    url: options.url.replace(/\/+$/, ''),
    key: options.key,
    tenant: options.tenant,
    operatorKey: options['operator-key'] ?? null,
    receiveAt: options['receive-at'] ?? null,
    addJob: queue?.addJob ?? null,
    patienceMs: Number(options.patience) * 1000,
  },
  options.only,
  write,
);
await queue?.close();

const count = (outcome: Result['outcome']) => results.filter((result) => result.outcome === outcome).length;
console.log(`\n${count('pass')} passed, ${count('fail')} failed, ${count('skip')} skipped`);
if (results.length === 0) console.error('No rule is called that.');
process.exit(count('fail') > 0 || results.length === 0 ? 1 : 0);
