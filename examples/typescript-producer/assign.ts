import { createPostgresBackend, Queue, withBackend } from 'bullmq';

// Adds one job to the queue `notifications`: an order for somebody, who is told on WhatsApp.
//
//   REDIS_URL=redis://localhost:6379 npx tsx examples/typescript-producer/assign.ts 4711 WO-7 E-2037 "Check belt"
//   QUEUE_DATABASE_URL=postgres://…   the same, for an installation without Redis

const [assignmentId, number, assignee, title] = process.argv.slice(2);
const { REDIS_URL, QUEUE_DATABASE_URL, TENANT = 'default' } = process.env;
if (!assignmentId || !number || !assignee || !title || !(REDIS_URL || QUEUE_DATABASE_URL)) {
  console.error(
    'REDIS_URL=… or QUEUE_DATABASE_URL=… and: assign.ts <assignment id> <number> <assignee> <title>',
  );
  process.exit(2);
}

let reason = 'no answer within 5 seconds';
const giveUp = () => {
  console.error(`The queue did not take the job: ${reason}. Is its address right, and does it run?`);
  process.exit(1);
};
// BullMQ waits for a Redis that is away without end. Added again with the same key later, the job is done once all the
// same, so nothing is lost by giving up.
const deadline = setTimeout(giveUp, 5000);

const queue = REDIS_URL
  ? new Queue('notifications', { connection: { url: REDIS_URL }, prefix: 'rbm' })
  : new (withBackend(createPostgresBackend).Queue)('notifications', {
      connection: { connectionString: QUEUE_DATABASE_URL!, schema: 'rbm_queue' },
    });

queue.on('error', ({ message }) => {
  reason = message || reason;
});

// The CMMS's own id of this assignment: a new one each time that somebody is assigned. Made of the order and the person
// alone, the key of a second assignment to the same person would be that of the first, and nobody would be told; and a
// corrected title under a key that was used is refused.
const idempotencyKey = `assignment-${assignmentId}`;
const data = {
  schemaVersion: 1,
  tenant: TENANT,
  idempotencyKey,
  workOrder: { number, title, priority: 'high' },
  assignee,
};
try {
  await queue.add('work-order.assigned', data);
} catch (error) {
  reason = (error as Error).message || reason;
  giveUp();
}
clearTimeout(deadline);
await queue.close();

// GET /api/v1/notifications/{idempotencyKey} tells what became of it.
console.log(idempotencyKey);
