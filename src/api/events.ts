import { z } from '@hono/zod-openapi';
import { eventAnswer, eventTypes, presentEvent } from '../cmms/event.ts';
import type { Deps } from '../deps.ts';
import { afterNumber, feedPage, limit, readQuery } from './lists.ts';
import { type ApiRoute, answer, inTenant, problems } from './route.ts';

const listQuery = { limit, after: afterNumber, type: z.enum(eventTypes).optional() };

export const eventRoutes = (deps: Deps): ApiRoute[] => [
  {
    method: 'get',
    path: '/events',
    summary: 'Every change, oldest first',
    query: listQuery,
    answers: { 200: answer(feedPage(eventAnswer), 'A page; `next` goes on from its end'), ...problems(422) },
    handle: async (c) => {
      const { limit, after = '0', type } = readQuery(c, listQuery);
      const found = await inTenant(c, deps, (tx) =>
        tx.events.feed({ after: Number(after), limit, ...(type ? { type } : {}) }),
      );
      return c.json({ items: found.map(presentEvent), next: String(found.at(-1)?.feedNo ?? after) });
    },
  },
];
