import { z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { apiKeyShape, makeApiKey, revokeApiKey } from '../cmms/api-keys.ts';
import { collectFaults, refuseIfFaulty } from '../cmms/faults.ts';
import { readFields, requireField } from '../cmms/fields.ts';
import type { Deps } from '../deps.ts';
import type { StoredApiKey } from '../store/api-keys.ts';
import { readJson } from './body.ts';
import { limit, page, readQuery, toPage } from './lists.ts';
import { fail, notFound } from './problem.ts';
import { type ApiEnv, type ApiRoute, answer, inTenant, problems } from './route.ts';

const apiKey = z.strictObject({
  id: z.string(),
  label: z.string(),
  createdAt: z.iso.datetime(),
  revokedAt: z.iso.datetime().nullable(),
});
const apiKeyAnswer = apiKey.meta({ id: 'ApiKey' });
const madeAnswer = apiKey
  .extend({ key: z.string().meta({ description: 'Shown this once' }) })
  .meta({ id: 'ApiKeyMade' });

const listQuery = { limit, after: z.uuid().optional().meta({ description: '`next` of the page before' }) };

export const apiKeyRoutes = (deps: Deps): ApiRoute[] => [
  {
    ...makeKey(deps),
    path: '/api-keys',
    summary: 'Make another key',
    description: 'To replace a key: make one, use it, revoke the old one.',
  },
  {
    ...makeKey(deps),
    path: '/tenants/{slug}/api-keys',
    keyOf: 'operator',
    summary: 'Make another key of a tenant',
    description: 'For a tenant that has lost its own; those it has go on.',
  },
  {
    method: 'get',
    path: '/api-keys',
    summary: 'All keys, revoked ones too, by id',
    query: listQuery,
    answers: { 200: answer(page(apiKeyAnswer), 'A page'), ...problems(422) },
    handle: async (c) => {
      const { limit, after = null } = readQuery(c, listQuery);
      const found = await inTenant(c, deps, (tx) => tx.apiKeys.list({ after, limit: limit + 1 }));
      const { items, next } = toPage(found, limit, ({ id }) => id);
      return c.json({ items: items.map(present), next });
    },
  },
  {
    method: 'post',
    path: '/api-keys/{id}/revoke',
    summary: 'Revoke a key, for good',
    description:
      'From the next request on it opens nothing. The last key that still works cannot be revoked: 409.',
    answers: { 200: answer(apiKeyAnswer, 'The key, revoked'), ...problems(404, 409) },
    handle: async (c) => {
      const id = z.uuid().safeParse(c.req.param('id'));
      const { keyId: by } = c.get('caller');
      const key = id.success ? await inTenant(c, deps, (tx) => revokeApiKey(tx, deps, id.data, by)) : null;
      if (key === 'last') {
        return fail('conflict', { detail: 'It is the last key that works: make another one first' });
      }
      return c.json(present(key ?? notFound()));
    },
  },
];

const makeKey = (deps: Deps) => ({
  method: 'post' as const,
  answersSecret: true as const,
  body: z.strictObject(apiKeyShape).meta({ id: 'ApiKeyToMake' }),
  answers: { 201: answer(madeAnswer, 'The key, once'), ...problems(404, 413, 415, 422) },
  handle: async (c: Context<ApiEnv>) => {
    const faults = collectFaults();
    const { label } = readFields(apiKeyShape, await readJson(c), faults);
    requireField({ label }, 'label', faults);
    refuseIfFaulty(faults);
    const by = c.get('caller').keyId ?? 'operator';
    const { made, key } = await inTenant(c, deps, (tx) => makeApiKey(tx, deps, label!, by));
    return c.json({ ...present(made), key }, 201);
  },
});

const present = ({ id, label, createdAt, revokedAt }: StoredApiKey): z.infer<typeof apiKeyAnswer> => ({
  id,
  label,
  createdAt: createdAt.toISOString(),
  revokedAt: revokedAt?.toISOString() ?? null,
});
