import type { Asset } from '../domain/work-order.ts';
import type { Queries } from './connections.ts';

export type ListedAsset = Asset & { responsible: string[] };

export const assets = (trx: Queries, tenantId: string) => {
  const rows = () => trx('asset').where({ tenant_id: tenantId });

  const fillIn = async (found: Asset[]): Promise<ListedAsset[]> => {
    const people = await trx('asset_responsible as r')
      .join('technician as t', (join) => join.on('t.tenant_id', 'r.tenant_id').on('t.id', 'r.technician_id'))
      .where({ 'r.tenant_id': tenantId })
      .whereIn(
        'r.asset_id',
        found.map(({ id }) => id),
      )
      .orderBy('r.position')
      .select('r.asset_id', 't.external_id');
    return found.map((asset) => ({
      ...asset,
      responsible: people.filter((row) => row.asset_id === asset.id).map((row) => row.external_id),
    }));
  };

  return {
    find: async (code: string): Promise<Asset | null> => {
      const row = await rows().where({ code }).first();
      return row ? fromRow(row) : null;
    },

    /** The ids of those codes that are there, by code. */
    idsOf: async (codes: string[]): Promise<Map<string, string>> =>
      new Map(
        (
          await trx.rows<{ code: string; id: string }>(
            'SELECT code, id FROM asset WHERE tenant_id = $1 AND code = ANY($2)',
            [tenantId, codes],
          )
        ).map(({ code, id }) => [code, id]),
      ),

    lock: async (code: string): Promise<Asset | null> => {
      const row = await rows().where({ code }).forNoKeyUpdate().first();
      return row ? fromRow(row) : null;
    },

    detail: async (code: string): Promise<ListedAsset | null> => {
      const row = await rows().where({ code }).first();
      return row ? (await fillIn([fromRow(row)]))[0]! : null;
    },

    list: async (page: { after: string | null; limit: number }): Promise<ListedAsset[]> => {
      const query = rows().orderBy('code').limit(page.limit);
      if (page.after !== null) query.where('code', '>', page.after);
      return fillIn((await query).map(fromRow));
    },

    /** The first by code, to choose from. */
    toChoose: async (limit: number): Promise<Pick<Asset, 'code' | 'name'>[]> =>
      trx.rows('SELECT code, name FROM asset WHERE tenant_id = $1 ORDER BY code LIMIT $2', [tenantId, limit]),

    insert: async (asset: Asset): Promise<void> => {
      await trx('asset').insert({ tenant_id: tenantId, ...asset });
    },

    update: async (asset: Asset): Promise<void> => {
      await rows().where({ id: asset.id }).update({ name: asset.name, location: asset.location });
    },

    setResponsible: async (assetId: string, technicianIds: string[]): Promise<void> => {
      await trx('asset_responsible').where({ tenant_id: tenantId, asset_id: assetId }).delete();
      if (technicianIds.length > 0) {
        await trx('asset_responsible').insert(
          technicianIds.map((technician_id, position) => ({
            tenant_id: tenantId,
            asset_id: assetId,
            technician_id,
            position,
          })),
        );
      }
    },
  };
};

const fromRow = ({ id, code, name, location }: Record<string, never>): Asset => ({
  id: id!,
  code: code!,
  name: name!,
  location: location!,
});
