// Counts the active series of a tenant: which metric has most of them, and which label made them.
import type { TenantPrincipal } from '@penstock/shared/auth/principal.ts'
import type { PenstockDatabase } from '@penstock/shared/database/database.ts'
import type { Cardinality, CardinalityQuery } from '../cardinality-contract.ts'
import { countByLabel, countByMetric, countByValue, countSeries } from '../cardinality-queries.ts'

/** Returns the counts of the caller's tenant, in one snapshot. */
export async function cardinality(
  { db }: { readonly db: Pick<PenstockDatabase, 'read'> },
  { tenant }: TenantPrincipal,
  query: CardinalityQuery,
): Promise<Cardinality> {
  const { label } = query
  const scope = { tenantId: tenant.id, service: query.service_name ?? null, limit: query.limit }
  return await db.read(tenant.id, async (tx) => ({
    series: await countSeries(tx, scope),
    limit: tenant.seriesLimit,
    by_metric: await countByMetric(tx, scope),
    by_label: await countByLabel(tx, scope),
    ...(label === undefined ? {} : { label_values: await countByValue(tx, scope, label) }),
  }))
}
