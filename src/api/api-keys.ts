import { z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { newApiKey } from '../api-key.ts';
import { collectFaults, refuseIfFaulty } from '../cmms/faults.ts';
import { readFields, requireField, text } from '../cmms/fields.ts';
import { sha256 } from '../crypto.ts';
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

const shape = { label: text(1, 100).meta({ description: 'Who uses it; named as the actor of its changes' }) };
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
      const key = id.success
        ? await inTenant(c, deps, async (tx) => {
            // One at a time, so that two keys cannot revoke each other.
            await tx.tenants.lock('api keys');
            const found = await tx.apiKeys.get(id.data);
            if (!found || found.revokedAt) return found;
            if (!(await tx.apiKeys.anyUsableBut(id.data))) {
              return fail('conflict', { detail: 'It is the last key that works: make another one first' });
            }
            await tx.apiKeys.revoke(id.data, deps.now());
            deps.log.info({ event: 'api-key.revoked', keyId: id.data, by: c.get('caller').keyId });
            return tx.apiKeys.get(id.data);
          })
        : null;
      return c.json(present(key ?? notFound()));
    },
  },
];

const makeKey = (deps: Deps) => ({
  method: 'post' as const,
  answersSecret: true as const,
  body: z.strictObject(shape).meta({ id: 'ApiKeyToMake' }),
  answers: { 201: answer(madeAnswer, 'The key, once'), ...problems(404, 413, 415, 422) },
  handle: async (c: Context<ApiEnv>) => {
    const faults = collectFaults();
    const { label } = readFields(shape, await readJson(c), faults);
    requireField({ label }, 'label', faults);
    refuseIfFaulty(faults);
    const key = newApiKey();
    const id = deps.newId();
    const made = await inTenant(c, deps, async (tx) => {
      await tx.apiKeys.add({ id, label: label!, hash: sha256(key) });
      return (await tx.apiKeys.get(id))!;
    });
    deps.log.info({ event: 'api-key.made', keyId: id, by: c.get('caller').keyId ?? 'operator' });
    return c.json({ ...present(made), key }, 201);
  },
});

const present = ({ id, label, createdAt, revokedAt }: StoredApiKey): z.infer<typeof apiKeyAnswer> => ({
  id,
  label,
  createdAt: createdAt.toISOString(),
  revokedAt: revokedAt?.toISOString() ?? null,
});
