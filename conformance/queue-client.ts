/** Adds a job to the CMMS's queue as any producer would: without options. */
export type AddJob = (name: string, data: unknown) => Promise<unknown>;

/** The queue of an installation; its packages are loaded only when a queue is named. */
export const openQueue = async (where: { redis?: string | undefined; database?: string | undefined }) => {
  const { Queue, withBackend, createPostgresBackend } = await import('bullmq');
  const queue = where.redis
    ? new Queue('notifications', { connection: { url: where.redis }, prefix: 'rbm' })
    : new (withBackend(createPostgresBackend).Queue)('notifications', {
        connection: { connectionString: where.database!, schema: 'rbm_queue' },
      });
  return {
    addJob: ((name, data) => queue.add(name, data)) satisfies AddJob,
    close: () => queue.close(),
  };
};
