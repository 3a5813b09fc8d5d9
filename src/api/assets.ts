import { z } from '@hono/zod-openapi';
import { collectFaults } from '../cmms/faults.ts';
import { assetShape, key, readFields } from '../cmms/fields.ts';
import { saveAsset } from '../cmms/save-asset.ts';
import type { Deps } from '../deps.ts';
import type { ListedAsset } from '../store/assets.ts';
import { dropReadOnly, keyToFind, keyToSave, readJson } from './body.ts';
import { afterKey, limit, page, readQuery, toPage } from './lists.ts';
import { notFound } from './problem.ts';
import { type ApiRoute, answer, asCmms, inTenant, problems } from './route.ts';

const assetAnswer = z
  .strictObject({
    code: z.string(),
    name: z.string(),
    location: z.string().nullable(),
    responsible: z.array(z.string()).meta({ description: 'External ids, in the order given' }),
  })
  .meta({ id: 'Asset' });

const change = z.strictObject(assetShape).partial().meta({ id: 'AssetChange' });

const listQuery = { limit, after: afterKey };

export const assetRoutes = (deps: Deps): ApiRoute[] => [
  {
    method: 'put',
    path: '/assets/{code}',
    summary: 'Create or change an asset',
    description: 'A new one needs a name.',
    body: change,
    answers: {
      201: answer(assetAnswer, 'Created'),
      200: answer(assetAnswer, 'Changed'),
      ...problems(409, 413, 415, 422),
    },
    handle: async (c) => {
      const faults = collectFaults();
      const given = c.req.param('code')!;
      const body = dropReadOnly(await readJson(c), { code: (value) => value === given }, faults);
      const fields = readFields(assetShape, body, faults);
      const code = keyToSave(given, 'code', key, faults);
      const { created, asset } = await asCmms(c, deps, async (tx, facts) => {
        const { created } = await saveAsset(tx, code, fields, facts, collectFaults(faults.all));
        return { created, asset: (await tx.assets.detail(code))! };
      });
      return c.json(present(asset), created ? 201 : 200);
    },
  },
  {
    method: 'get',
    path: '/assets/{code}',
    summary: 'One asset',
    answers: { 200: answer(assetAnswer, 'The asset'), ...problems(404) },
    handle: async (c) => {
      const code = keyToFind(c.req.param('code')!);
      const found = await inTenant(c, deps, (tx) => tx.assets.detail(code));
      return c.json(present(found ?? notFound()));
    },
  },
  {
    method: 'get',
    path: '/assets',
    summary: 'All assets, by code',
    query: listQuery,
    answers: { 200: answer(page(assetAnswer), 'A page'), ...problems(422) },
    handle: async (c) => {
      const { limit, after = null } = readQuery(c, listQuery);
      const found = await inTenant(c, deps, (tx) => tx.assets.list({ after, limit: limit + 1 }));
      const { items, next } = toPage(found, limit, ({ code }) => code);
      return c.json({ items: items.map(present), next });
    },
  },
];

const present = (asset: ListedAsset): z.infer<typeof assetAnswer> => ({
  code: asset.code,
  name: asset.name,
  location: asset.location,
  responsible: asset.responsible,
});
