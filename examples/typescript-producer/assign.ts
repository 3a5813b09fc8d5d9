import { createPostgresBackend, Queue, withBackend } from 'bullmq';

// Adds one job to the queue `notifications`: an order for somebody, who is told on WhatsApp.
//
//   REDIS_URL=redis://localhost:6379 npx tsx examples/typescript-producer/assign.ts WO-7 E-2037 "Check belt"
//   QUEUE_DATABASE_URL=postgres://…   the same, for an installation without Redis

const [number, assignee, title] = process.argv.slice(2);
const { REDIS_URL, QUEUE_DATABASE_URL, TENANT = 'default' } = process.env;
if (!number || !assignee || !title || !(REDIS_URL || QUEUE_DATABASE_URL)) {
  console.error('REDIS_URL=… or QUEUE_DATABASE_URL=… and: assign.ts <number> <assignee> <title>');
  process.exit(2);
}

const queue = REDIS_URL
  ? new Queue('notifications', { connection: { url: REDIS_URL }, prefix: 'rbm' })
  : new (withBackend(createPostgresBackend).Queue)('notifications', {
      connection: { connectionString: QUEUE_DATABASE_URL!, schema: 'rbm_queue' },
    });

// The key says which assignment this is: added twice, it is done once. Keep it with the assignment in the CMMS.
const idempotencyKey = `assign-${number}-${assignee}-1`;
await queue.add('work-order.assigned', {
  schemaVersion: 1,
  tenant: TENANT,
  idempotencyKey,
  workOrder: { number, title, priority: 'high' },
  assignee,
});
await queue.close();

// GET /api/v1/notifications/{idempotencyKey} tells what became of it.
console.log(idempotencyKey);
