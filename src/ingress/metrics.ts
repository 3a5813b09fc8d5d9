import { Hono } from 'hono';
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { Deps } from '../deps.ts';
import type { Queues } from '../queue-backend.ts';
import { queueNames } from '../queues.ts';

/** `/metrics` for Prometheus: what a monitor should watch, asked for when it is read. Nothing of a tenant. */
export const metricsRoutes = ({ store, now }: Deps, queues: Queues) => {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, prefix: 'rbm_' });

  const gauge = (name: string, help: string, read: () => Promise<number | null>) =>
    new Gauge({
      name: `rbm_${name}`,
      help,
      registers: [registry],
      async collect() {
        // What cannot be read is left out rather than shown as it was.
        this.reset();
        const value = await read().catch(() => null);
        if (value !== null) this.set(value);
      },
    });
  const isUp = async (work: Promise<unknown>) => {
    try {
      return (await work) === false ? 0 : 1;
    } catch {
      return 0;
    }
  };

  gauge('database_up', 'Whether Postgres answers.', () => isUp(store.ping()));
  gauge('queue_up', 'Whether the queue answers.', () => isUp(queues.isUp()));
  gauge('workers', 'Worker processes alive within the last half minute.', () => store.gate.workerCount());
  gauge('oldest_unprocessed_seconds', 'How long the oldest unread message has waited.', async () => {
    const { oldestUnreadAt } = await store.gate.inboxAge();
    return oldestUnreadAt ? Math.max(0, (now().getTime() - oldestUnreadAt.getTime()) / 1000) : 0;
  });
  new Gauge({
    name: 'rbm_queue_waiting',
    help: 'Jobs waiting in each queue.',
    labelNames: ['queue'],
    registers: [registry],
    async collect() {
      this.reset();
      for (const queue of queueNames) {
        const count = await queues.waiting(queue).catch(() => null);
        if (count !== null) this.set({ queue }, count);
      }
    },
  });

  new Gauge({
    name: 'rbm_templates',
    help: 'Templates by the state of their approval; lacking: languages that people read without one.',
    labelNames: ['state'],
    registers: [registry],
    async collect() {
      this.reset();
      const states = await store.gate.templateStates().catch(() => []);
      for (const { state, count } of states) this.set({ state }, count);
    },
  });

  const app = new Hono();
  app.get('/metrics', async (c) =>
    c.text(await registry.metrics(), 200, { 'Content-Type': registry.contentType }),
  );
  return app;
};
