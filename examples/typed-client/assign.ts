import { defaults, getWorkOrdersByNumberEvents, putWorkOrdersByNumber } from './generated-client.ts';

// Assigns an order, and prints what has happened to it. The client is generated: see ../README.md.
//
//   RBM_KEY=… npx tsx examples/typed-client/assign.ts WO-7 E-2037 "Check belt"

const [number, assignee, title] = process.argv.slice(2);
const { RBM_KEY, RBM_URL = 'http://localhost:3000' } = process.env;
if (!number || !assignee || !title || !RBM_KEY) {
  console.error('RBM_KEY=… assign.ts <number> <assignee> <title>');
  process.exit(2);
}
defaults.baseUrl = `${RBM_URL}/api/v1`;
defaults.headers = { Authorization: `Bearer ${RBM_KEY}` };

const saved = await putWorkOrdersByNumber({
  $number: number,
  workOrderChange: { title, assignee, priority: 'high', dueAt: '2036-12-25' },
});
// The compiler knows what each status carries.
if (saved.status === 422) {
  for (const { pointer, detail } of saved.data.errors) console.error(`${pointer} ${detail}`);
  process.exit(1);
}
if (saved.status !== 200 && saved.status !== 201) throw new Error(`${saved.status} ${saved.data.title}`);
console.log(`${saved.data.number} is ${saved.data.status}, version ${saved.data.version}`);

const events = await getWorkOrdersByNumberEvents({ $number: number });
if (events.status !== 200) throw new Error(`${events.status} ${events.data.title}`);
for (const { at, type, actor } of events.data.items) console.log(`${at} ${type} by ${actor.kind}`);
